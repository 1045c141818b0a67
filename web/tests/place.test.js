import assert from 'node:assert/strict'
import { test } from 'node:test'

import { apply, extent, inverse, orientation } from '../assets/orientation.js'
import { fromQuery, fromSpec, pictureQuery, tileQuery, toSpec } from '../assets/parameters.js'
import { fileIn } from '../assets/files.js'
import { depth, read } from '../assets/paste.js'
import { read as readNumber, tilePath } from '../assets/layer.js'
import { inWords } from '../assets/scale.js'

test('a link keeps everything, and says what is unknown', () => {
  const link = 're=-0.5&im=0.25&radius=1e-3&exact=true&rotation=30&mirror=true&stretch_amount=1&stretch_angle=20&formula=julia&power=3&seed_re=0.1&seed_im=-0.2'
    + '&max_iterations=auto&coloring=slope&palette=000764%400%2Cffaa00%400.64&range=12%2C400&equalize=0.25&density=2&offset=0.3&cyclic=false&steps=7&light=10&relief=0.2&interior=%23102030&samples=16&depth=16&format=exr&counts=float'
  const { place, parameters, unknown } = fromQuery(new URLSearchParams(link + '&surprise=1'))
  assert.deepEqual(unknown, ['surprise'])
  assert.deepEqual(new Map(pictureQuery(place, parameters)), new Map(new URLSearchParams(link)))
})

test('what does not fit a parameter is said and not taken', () => {
  const { place, parameters, unknown } = fromQuery(new URLSearchParams('re=bogus&im=0.1&radius=2&radius=3&palette=fires&coloring=slope'))
  assert.deepEqual(unknown, ['re=bogus', 'radius=3', 'palette=fires'])
  assert.deepEqual([place, [...parameters]], [{ re: '-0.75', im: '0.1', radius: '2' }, [['coloring', 'slope']]])
})

test('a text that is all of a file of another program is that file', () => {
  const place = 'Re: -0.75\r\nIm: 0.1\r\nZoom: 1E10\r\nIterations: 100\r\n'
  assert.equal(fileIn(`${place}Smooth: 0\r\n`)?.name, 'text.kfr')
  assert.equal(fileIn('program = "fraktaler-3"\nlocation.real = "-0.75"\n')?.name, 'text.f3.toml')
  assert.equal(fileIn('Formula: Mandelbrot\nLocation:\n\tRe: -1.f\n')?.name, 'text.imt')
  for (const text of [place, '-0.75 0.1 1e-5', 'http://farm/?re=1&im=2']) assert.equal(fileIn(text), null, text)
})

test('a link of no place shows all of its formula', () => {
  assert.deepEqual(fromQuery(new URLSearchParams('formula=multibrot&power=5')).place, { re: '0', im: '0', radius: '1.3' })
  assert.deepEqual(fromQuery(new URLSearchParams('formula=tricorn')).place, { re: '-0.25', im: '0', radius: '2' })
})

test('tiles have the points and colours of a picture, and no place', () => {
  const { parameters } = fromQuery(new URLSearchParams('re=1&radius=2&rotation=3&samples=4&palette=fire'))
  assert.equal(String(tileQuery(parameters)), 'max_iterations=1000&palette=fire')
})

test('a Spec and its link are one thing', () => {
  const spec = {
    formula: 'julia', power: 4, seed: { re: '0.1', im: '0.2' }, center: { re: '1', im: '2' }, radius: '1e-4', stretch: { amount: '1', angle: '3' },
    max_iterations: 'auto', samples: 4, coloring: { method: 'slope', palette: [{ at: '0', color: '#000764' }, { at: '0.5', color: '#ffaa00' }], range: ['12', '400.5'], equalize: '0.5', cyclic: false },
  }
  const { place, parameters } = fromSpec(spec)
  const back = toSpec(place, parameters, 100, 50)
  assert.deepEqual(back, { ...spec, width: 100, height: 50, coloring: { ...spec.coloring, palette: '000764@0,ffaa00@0.5' } })
})

test('places are read as people have them', () => {
  const re = '-1.768667862837488812627419470', im = '0.001645580546820209430325900'
  for (const text of [
    `${re} ${im} 6e-22`, `${re}, ${im}, 6e-22`, `${re} + ${im}i radius 6e-22`, `(${re}+${im}*i) r=6e-22`,
    `Re: ${re}\nIm: ${im}\nZoom: 3.33333333333333e21\nIterations: 5000`, `location.real = "${re}"\nlocation.imag = "${im}"\nlocation.zoom = "3.33333333333333e21"`,
    `http://farm/?re=${re}&im=${im}&radius=6e-22`, `/generate/800/600?re=${re}&im=${im}&radius=6e-22`,
    `${re} / ${im} / 6e-22`, `${re} ${im} 6e-22 zoom`, `${re} ${im} 3.33333333333333e21 zoom`, `real ${re} imag ${im} zoom 3.33333333333333e21`, `x: ${re} y: ${im} size: 12e-22`,
    `center = ${re}, ${im}; radius = 6e-22`, `Location: ${re} ${im} Magnification 3.33333333333333e21`, `${re.replace('-', '\u2212')} + ${im} i 6e-22`,
    `{"width": 1, "height": 1, "center": {"re": "${re}", "im": "${im}"}, "radius": "6e-22"}`,
  ]) {
    const found = read(text)
    assert.ok(found, text)
    assert.deepEqual([found.place.re, found.place.im], [re, im], text)
    assert.ok(Math.abs(Number(found.place.radius) / 6e-22 - 1) < 1e-6, `${text}: ${found.place.radius}`)
  }
  assert.equal(read(`Re: ${re}\nIm: ${im}\nZoom: 1e21\nIterations: 5000`).parameters.get('max_iterations'), '5000')
  for (const text of ['https://elsewhere/?cx=1&z=30', '', 'hello', '1', '1 2 deep', '{"width": ']) assert.equal(read(text), null, text)
})

test('depths are read in any notation', () => {
  for (const [text, want] of [['1e-30', 1e-30], ['0.5', 0.5], ['2^-10', 2 ** -10], ['10^-5', 1e-5], ['zoom 1e30', 2e-30], ['1e30', 2e-30], ['x200', 0.01], ['200x', 0.01], ['1e30 zoom', 2e-30], ['1e-30 zoom', 1e-30], ['radius 5', 5], ['depth 1e5', 2e-5], ['2^20', 2 / 2 ** 20], ['', 1]]) {
    assert.ok(Math.abs(Number(depth(text)) / want - 1) < 1e-9, `${text}: ${depth(text)}`)
  }
  assert.equal(depth('deep'), null)
})

test('an orientation is undone by its inverse, and holds the corners', () => {
  const matrix = orientation(new Map([['rotation', '30'], ['mirror', 'true'], ['stretch_amount', '1'], ['stretch_angle', '20']]))
  const [x, y] = apply(inverse(matrix), ...apply(matrix, 3, 4))
  assert.ok(Math.hypot(x - 3, y - 4) < 1e-12)
  const [halfWidth, halfHeight] = extent(matrix, 200, 100)
  for (const corner of [[100, 50], [-100, 50], [100, -50]]) {
    const [cornerX, cornerY] = apply(matrix, ...corner)
    assert.ok(Math.abs(cornerX) <= halfWidth + 1e-9 && Math.abs(cornerY) <= halfHeight + 1e-9)
  }
})

test('what is right in a picture turned by 90 degrees is upward in the plane', () => {
  const [x, y] = apply(orientation(new Map([['rotation', '90']])), 1, 0)
  assert.ok(Math.abs(x) < 1e-12 && Math.abs(y + 1) < 1e-12, 'up is negative on a screen')
  const [, down] = apply(orientation(new Map([['mirror', 'true']])), 0, 1)
  assert.equal(down, -1)
})

test('tiles have addresses within the square, and are pictures beyond it', () => {
  const query = new URLSearchParams('max_iterations=auto')
  assert.equal(tilePath('3/7/0', query, '3'), '/data/3/3/7/0?max_iterations=auto')
  const deep = (1n << 3000n) - 1n
  assert.equal(tilePath(`3000/${deep.toString(32)}/0`, query, '3'), `/data/3/3000/${deep}/0?max_iterations=auto`)
  assert.equal(readNumber((-deep).toString(32)), -deep)
  assert.equal(tilePath('1/-1/0', query, '3'), '/generate/256/256?re=-3&im=1&radius=1&max_iterations=auto')
  assert.equal(tilePath('-1/0/0', query, '3'), '/generate/256/256?re=2&im=-2&radius=4&max_iterations=auto')
})

test('scales are said in words', () => {
  assert.equal(inWords(Math.log10(1.25)), 'the whole set as wide as a screen')
  assert.match(inWords(-30), /^the whole set 400 times as wide as the observable universe$/)
  assert.match(inWords(-1000), /^the whole set 10\^973 times as wide as the observable universe$/)
})
