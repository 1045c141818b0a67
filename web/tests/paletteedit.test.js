import assert from 'node:assert/strict'
import { test } from 'node:test'

import { palettes, size, stopsOf, table, textOf } from '../assets/palette.js'
import { reversed, turned } from '../assets/paletteedit.js'

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

test('hues are turned, and lightness and saturation stay', () => {
  const color = (/** @type {number[]} */ from, /** @type {number} */ degrees) => turned([{ at: 0.3, color: from }], degrees)[0].color
  assert.deepEqual(color([255, 0, 0], 120), [0, 255, 0])
  assert.deepEqual(color([255, 0, 0], 30), [255, 128, 0])
  assert.deepEqual(color([10, 60, 200], -120), [60, 200, 10])
  assert.deepEqual(color([77, 77, 77], 90), [77, 77, 77])
  for (const { color: from } of stopsOf('spectrum')) {
    const to = color(from, 75)
    assert.deepEqual([Math.max(...to), Math.min(...to)], [Math.max(...from), Math.min(...from)])
    const round = Array.from({ length: 12 }).reduce(now => color(/** @type {number[]} */ (now), 30), from)
    for (let c = 0; c < 3; c++) assert.ok(Math.abs(/** @type {number[]} */ (round)[c] - from[c]) <= 6, `${from} becomes ${round}`)
  }
})
