import assert from 'node:assert/strict'
import { test } from 'node:test'

import { orbitOf } from '../assets/orbit.js'
import { parse } from '../assets/decimal.js'
import { fromPlace } from '../assets/view.js'

/** follow is the orbit of a point of a picture of so small a radius. */
function follow(re, im, { radius = '1e-3', formula = 'mandelbrot', power = 2, seed = ['0', '0'] } = {}) {
  return orbitOf({ ...fromPlace({ re, im, radius }, 1000), formula, power, seed: seed.map(parse) }, 20000)
}

test('points inside come to the cycle of their component', () => {
  for (const [re, im, period] of [['0', '0', 1], ['-0.2', '0.1', 1], ['-1', '0', 2], ['-1.1', '0.05', 2], ['-0.1225', '0.7448', 3], ['-1.7548', '0', 3], ['-1.3', '0', 4]]) {
    const orbit = follow(re, im)
    assert.deepEqual([orbit.period, orbit.escaped, orbit.cycle.length], [period, 0, 2 * period], `${re} ${im}`)
  }
  const { cycle } = follow('-1', '0')
  assert.deepEqual([...cycle].map(n => Math.round(n * 1e9) / 1e9 + 0).sort((a, b) => a - b), [-1, 0, 0, 0])
})

test('points outside escape, and the orbit is theirs', () => {
  const orbit = follow('1', '0')
  assert.equal(orbit.escaped, 3)
  assert.deepEqual(orbit.points, [1, 0, 2, 0, 5, 0])
})

test('every formula has its own steps', () => {
  assert.equal(follow('0', '0', { formula: 'julia', seed: ['-1', '0'] }).period, 2)
  assert.equal(follow('0.1', '0', { formula: 'julia', power: 3, seed: ['0.1', '0'] }).period, 1)
  assert.deepEqual(follow('0.5', '0.5', { formula: 'burning_ship' }).points.slice(0, 4), [0.5, 0.5, 0.5, 1])
  assert.deepEqual(follow('0.5', '0.5', { formula: 'tricorn' }).points.slice(0, 4), [0.5, 0.5, 0.5, 0])
  assert.deepEqual(follow('0.5', '0.5', { formula: 'multibrot', power: 3 }).points.slice(0, 4), [0.5, 0.5, 0.25, 0.75])
})

test('a minibrot far beyond doubles has its period', () => {
  // The nucleus of period 3 on the real axis is a root of c^3 + 2 c^2 + c + 1, by Newton in whole numbers.
  const places = 200n, unit = 10n ** places
  let c = -17548776662466927n * unit / 10n ** 16n
  for (let i = 0; i < 8; i++) {
    const value = c * c / unit * c / unit + 2n * c * c / unit + c + unit, slope = 3n * c * c / unit + 4n * c + unit
    c -= value * unit / slope
  }
  const re = `-1.${String(-c).slice(1)}`
  assert.equal(follow(re, '0', { radius: '1e-150' }).period, 3)
  assert.equal(follow(re, '1e-150', { radius: '1e-150' }).period, 3)
})
