import assert from 'node:assert/strict'
import { test } from 'node:test'

import { juliaPoints } from '../assets/julia.js'

test('the Julia set of 0 is the disc, and that of -2 has no inside but a line', () => {
  const side = 64
  const inside = (re, im) => Array.from(juliaPoints(re, im, side).nu).filter(Number.isNaN).length / side ** 2
  assert.ok(Math.abs(inside(0, 0) - Math.PI / 9) < 0.02, 'a disc of radius 1 in a square of side 3')
  assert.ok(inside(-2, 0) < 0.05)
  assert.equal(inside(1, 1), 0)
})

test('counts are those of the farm: two steps from z, n less the logarithms', () => {
  // From 300: already outside, so that n is 0.
  const { nu } = juliaPoints(0, 0, 2)
  assert.ok(nu.every(value => value < 12), 'corners escape soon')
  assert.ok(Math.abs(nu[0] - nu[3]) < 1e-12, 'z and -z are alike')
})
