import assert from 'node:assert/strict'
import { test } from 'node:test'

import { palettes, size, stopsOf, table, textOf } from '../assets/palette.js'
import { decode } from '../assets/planes.js'
import { shade, styleOf } from '../assets/shade.js'
import { boundsOf, surveySize } from '../assets/spread.js'

globalThis.ImageData = class {
  constructor(width, height) {
    this.data = new Uint8ClampedArray(4 * width * height)
  }
}

/** pixels are the colours of points of given counts. */
function pixels(query, nu, more = {}) {
  const { data } = shade({ width: nu.length, height: 1, limit: 1000, nu: Float64Array.from(nu), ...more }, styleOf(new Map(new URLSearchParams(query))), 1)
  return nu.map((_, i) => [...data.slice(4 * i, 4 * i + 3)])
}

test('tables have the colours of their stops, and are smooth', () => {
  for (const name of Object.keys(palettes)) {
    const colors = table(stopsOf(name))
    for (const { at, color } of stopsOf(name)) {
      for (let channel = 0; channel < 3; channel++) assert.ok(Math.abs(colors[3 * Math.floor(at * size) + channel] - color[channel]) <= 2, name)
    }
    for (let i = 0; i < 3 * size; i++) assert.ok(Math.abs(colors[i] - colors[(i + 3) % (3 * size)]) <= 2, `${name}, ${i}`)
    assert.equal(textOf(stopsOf(name)), palettes[name])
  }
})

test('a table that is not cyclic keeps its ends', () => {
  const colors = table(stopsOf('0a141e@0.25,c86400@0.75'), false)
  assert.deepEqual([...colors.slice(0, 3)], [10, 20, 30])
  assert.deepEqual([...colors.slice(-3)], [200, 100, 0])
})

test('points inside have the interior colour, and black in the set', () => {
  assert.deepEqual(pixels('interior=%23102030', [NaN]), [[16, 32, 48]])
  assert.deepEqual(pixels('coloring=set', [NaN, 5]), [[0, 0, 0], [255, 255, 255]])
})

test('the palette is gone through by the root of the count', () => {
  const [start, turned, offset] = [pixels('palette=gray', [0]), pixels('palette=gray', [64]), pixels('palette=gray&offset=0.5', [0])]
  assert.deepEqual(turned, start, 'one turn for a root of 8')
  assert.deepEqual(offset, [[250, 250, 250]])
  assert.deepEqual(pixels('palette=gray&density=2', [4]), pixels('palette=gray', [16]))
})

test('flat steps are flat', () => {
  const colors = pixels('steps=2', Array.from({ length: 100 }, (_, i) => i))
  assert.equal(new Set(colors.map(String)).size, 2)
})

test('light from the right brightens what faces it and darkens what does not', () => {
  const gradients = { octaves: Float32Array.of(9, 9), directions: Float32Array.of(0, 0.5) }
  const [plain] = pixels('', [10])
  const [toward, away] = pixels('coloring=slope&light=0', [10, 10], gradients)
  assert.ok(toward[2] > plain[2] && away[2] < plain[2], `${toward} ${plain} ${away}`)
})

test('ranks give every colour as much of the picture', () => {
  const depths = Float64Array.from({ length: 1000 }, (_, i) => i ** 3)
  const style = { ...styleOf(new Map([['coloring', 'histogram'], ['palette', 'gray']])), bounds: boundsOf(depths) }
  const { data } = shade({ width: 1000, height: 1, limit: 1, nu: depths }, style, 1)
  const bright = Array.from(depths).filter((_, i) => data[4 * i] > 129).length
  assert.ok(Math.abs(bright - 500) < 30, String(bright))
})

test('a range spans a turn by the root of the count', () => {
  const least = 9, greatest = 100, start = 3, length = 7
  const counts = Array.from({ length: 200 }, (_, i) => i)
  for (const ends of ['', '&cyclic=false']) {
    const ranged = pixels(`range=${least},${greatest}${ends}`, counts), other = pixels(`density=${8 / length}&offset=${-start / length}${ends}`, counts)
    ranged.forEach((color, i) => color.forEach((value, c) => assert.ok(Math.abs(value - other[i][c]) <= 2, `${i}${ends}: ${color} and ${other[i]}`)))
  }
  assert.deepEqual(pixels('range=9,100&palette=gray&cyclic=false', [4, 9, 100, 400]), [[8, 8, 8], [8, 8, 8], [250, 250, 250], [250, 250, 250]])
})

test('equalized colours are those of ranks, and in a range of those within', () => {
  const counts = Float64Array.from({ length: 1000 }, (_, i) => i ** 3)
  const at = (query, from) => {
    const { data } = shade({ width: 1000, height: 1, limit: 1, nu: counts }, { ...styleOf(new Map(new URLSearchParams(query))), bounds: boundsOf(counts) }, 1)
    return counts.reduce((bright, _, i) => bright + (i >= from && data[4 * i] > 129 ? 1 : 0), 0)
  }
  assert.equal(at('palette=gray&equalize=1', 0), at('palette=gray&coloring=histogram', 0))
  const within = at(`palette=gray&equalize=1&cyclic=false&range=${500 ** 3},${900 ** 3}`, 500) - 100
  assert.ok(Math.abs(within - 300) < 8, String(within))
  assert.equal(at('palette=gray&equalize=1&range=2e9,3e9', 0), at('palette=gray&range=2e9,3e9', 0), 'there is nothing to rank')
})

test('counts that are not smooth have the colour of where their band begins', () => {
  const zero = -1030.25, bands = [...Array(50).keys()].map(n => 1040 + n + zero), within = bands.map(nu => nu + 0.99)
  for (const query of ['density=3', 'range=20,50&palette=fire', 'formula=multibrot&power=5']) {
    assert.deepEqual(pixels(`smooth=false&${query}`, within, { zero }), pixels(query, bands), query)
    assert.notDeepEqual(pixels(query, within), pixels(query, bands), query)
  }
})

test('the picture that is surveyed is as the farm has it', () => {
  for (const [width, height, w, h] of [[512, 512, 192, 192], [1920, 1080, 256, 144], [100, 50, 100, 50], [390, 844, 88, 192], [5000, 1, 256, 1], [1, 5000, 1, 192]]) {
    assert.deepEqual(surveySize({ width, height }), { width: w, height: h }, `${width}x${height}`)
  }
})

test('a file of numbers is restored', () => {
  // Three pixels of one row: counts 1025 and 1026 with fractions, and one inside.
  const head = new DataView(new ArrayBuffer(32 + 4 + 6 * 3))
  ;[0x3144464d, 3, 1, 6, 64, 0].forEach((n, i) => head.setUint32(4 * i, n, true))
  head.setFloat64(24, -1020, true)
  head.setUint32(32, 4096, true)
  const values = [1025 * 65536 + 0x8000, 1026 * 65536 + 0x4000, 0], bytes = new Uint8Array(head.buffer)
  let left = 0
  values.forEach((value, i) => {
    const e = (value - left) | 0, small = (e << 1 ^ e >> 31) >>> 0
    left = value
    for (let p = 0; p < 4; p++) bytes[36 + 6 + p * 3 + i] = small >>> (24 - 8 * p)
  })
  const { limit, nu } = decode(bytes)
  assert.equal(limit, 4096)
  assert.ok(Math.abs(nu[0] - 5.5) < 1e-4 && Math.abs(nu[1] - 6.25) < 1e-4 && Number.isNaN(nu[2]), String(nu))
})
