import assert from 'node:assert/strict'
import { test } from 'node:test'

import { divide, format, fromLog10, log10, parse, trimmed } from '../assets/decimal.js'

test('decimals are read and written with every digit', () => {
  const deep = '-1.76866786283748881262741947' + '0123456789'.repeat(120)
  assert.equal(format(parse(deep)), deep)
  for (const [text, want] of [['1e-5', '0.00001'], ['.5', '0.5'], ['-2', '-2'], ['12e3', '12000'], ['1.50', '1.50'], ['-0.001e2', '-0.1'], ['+3.', '3']]) {
    assert.equal(format(parse(text)), want)
  }
})

test('what is no decimal is none', () => {
  for (const text of ['', '.', 'e5', '1.2.3', '0x10', '1e', 'one', '1e999999999']) assert.equal(parse(text), null, text)
})

test('quotients are rounded to the nearest, on both sides of 0', () => {
  for (const [a, b, want] of [[7n, 2n, 4n], [5n, 3n, 2n], [-5n, 3n, -2n], [-7n, 3n, -2n], [-1n, 3n, 0n], [4n, 3n, 1n], [0n, 7n, 0n]]) assert.equal(divide(a, b), want)
})

test('logarithms hold any exponent', () => {
  assert.equal(log10('1e-1000'), -1000)
  assert.ok(Math.abs(log10('0.00025') - Math.log10(0.00025)) < 1e-12)
  assert.equal(log10('1' + '0'.repeat(500)), 500)
  for (const text of ['0', '-1', 'x', '']) assert.equal(log10(text), null, text)
})

test('a number of its logarithm', () => {
  for (const [log, want] of [[-1000, '1e-1000'], [Math.log10(0.0001), '0.0001'], [Math.log10(6) - 22, '6e-22'], [Math.log10(1.25), '1.25'], [-0.0000000000001, '1']]) {
    assert.equal(fromLog10(log, 6), want)
  }
  assert.equal(trimmed('1.500'), '1.5')
  assert.equal(trimmed('100'), '100')
})
