import assert from 'node:assert/strict'
import { test } from 'node:test'

import { palettes, size, stopsOf, table, textOf } from '../assets/palette.js'
import { adjusted, reversed, thereAndBack } from '../assets/paletteedit.js'

test('a palette that is reversed has the same colours the other way round, and twice is as before', () => {
  for (const [name, text] of Object.entries(palettes)) {
    for (const cyclic of [true, false]) {
      const stops = stopsOf(name), back = reversed(stops, cyclic)
      assert.equal(textOf(reversed(back, cyclic)), text, name)
      const ahead = table(stops, cyclic), behind = table(back, cyclic)
      const last = cyclic ? size : Math.round(size * (stops[0].at + stops[stops.length - 1].at))
      for (let i = 1; i < last; i++) {
        for (let c = 0; c < 3; c++) assert.ok(Math.abs(ahead[3 * i + c] - behind[3 * (last - i) + c]) <= 1 + (cyclic ? 0 : 2), `${name} ${cyclic} at ${i}`)
      }
    }
  }
})

/** changed is a colour that is adjusted. */
const changed = (from, by) => adjusted([{ at: 0.3, color: from }], by)[0].color

test('hues are turned, and lightness and saturation stay', () => {
  const color = (from, hue) => changed(from, { hue })
  assert.deepEqual(color([255, 0, 0], 120), [0, 255, 0])
  assert.deepEqual(color([255, 0, 0], 30), [255, 128, 0])
  assert.deepEqual(color([10, 60, 200], -120), [60, 200, 10])
  assert.deepEqual(color([77, 77, 77], 90), [77, 77, 77])
  for (const { color: from } of stopsOf('spectrum')) {
    const to = color(from, 75)
    assert.deepEqual([Math.max(...to), Math.min(...to)], [Math.max(...from), Math.min(...from)])
    const round = Array.from({ length: 12 }).reduce(now => color(now, 30), from)
    for (let c = 0; c < 3; c++) assert.ok(Math.abs(round[c] - from[c]) <= 6, `${from} becomes ${round}`)
  }
})

test('saturation goes from gray to as much colour as there is, at the same lightness', () => {
  assert.deepEqual(changed([10, 60, 200], { saturation: -1 }), [105, 105, 105])
  assert.deepEqual(changed([10, 60, 200], { saturation: 1 }), [0, 55, 210])
  assert.deepEqual(changed([77, 77, 77], { saturation: 1 }), [77, 77, 77])
  assert.deepEqual(changed([0, 60, 255], { saturation: 1 }), [0, 60, 255])
})

test('lightness goes from black to white', () => {
  assert.deepEqual(changed([10, 60, 200], { lightness: -1 }), [0, 0, 0])
  assert.deepEqual(changed([10, 60, 200], { lightness: -0.5 }), [5, 30, 100])
  assert.deepEqual(changed([10, 60, 200], { lightness: 1 }), [255, 255, 255])
  assert.deepEqual(changed([10, 60, 200], {}), [10, 60, 200])
})

test('there and back has the colours twice, and no jump', () => {
  for (const name of Object.keys(palettes)) {
    const stops = stopsOf(name), both = thereAndBack(stops), colors = table(both)
    assert.deepEqual(stopsOf(textOf(both)), both, 'it can be written')
    assert.deepEqual([both.length, both[0].at, both[0].color], [2 * stops.length - 2, 0, stops[0].color])
    for (let i = 1; i < size; i++) for (let c = 0; c < 3; c++) assert.ok(Math.abs(colors[3 * i + c] - colors[3 * (size - i) + c]) <= 1, `${name} at ${i}`)
    const last = stops[stops.length - 1].color
    assert.deepEqual([...colors.slice(3 * size / 2, 3 * size / 2 + 3)], last)
  }
  assert.deepEqual(thereAndBack([{ at: 0.2, color: [1, 2, 3] }, { at: 0.6, color: [4, 5, 6] }]), [{ at: 0, color: [1, 2, 3] }, { at: 0.5, color: [4, 5, 6] }])
})
