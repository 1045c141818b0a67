import assert from 'node:assert/strict'
import { test } from 'node:test'

import { format, parse } from '../assets/decimal.js'
import { between, coordinates, distance, fromPlace, grid, moved, same, toPlace, zoomed } from '../assets/view.js'

const height = 1080

/** difference is a - b in decimals, as a double times 10^places. */
function difference(a, b, places) {
  const scaled = text => {
    const d = parse(text)
    return d.places > places ? d.digits / 10n ** BigInt(d.places - places) : d.digits * 10n ** BigInt(places - d.places)
  }
  return Number(scaled(a) - scaled(b))
}

const deep = {
  re: '-1.768667862837488812627419470' + '123456789'.repeat(120),
  im: '0.001645580546820209430325900' + '987654321'.repeat(120),
  radius: '1e-1000',
}

test('a place becomes a view and the same place again, at any depth', () => {
  for (const place of [{ re: '-0.743643887', im: '0.1318259', radius: '0.0001' }, { re: '0', im: '-1.25', radius: '1.25' }, deep]) {
    const back = toPlace(fromPlace(place, height), height)
    assert.equal(back.radius, place.radius)
    const places = place == deep ? 1003 : 8
    assert.ok(Math.abs(difference(back.re, place.re, places)) <= 1, back.re)
    assert.ok(Math.abs(difference(back.im, place.im, places)) <= 1, back.im)
    assert.ok(same(fromPlace(back, height), fromPlace(place, height)))
  }
})

test('what the address says is a fixed point', () => {
  for (const place of [deep, { re: '-0.75', im: '0.1', radius: '1e-30' }]) {
    const once = toPlace(fromPlace(place, height), height)
    assert.deepEqual(toPlace(fromPlace(once, height), height), once)
  }
})

test('the point under the pointer stays there while one zooms from 1 to 1e-1000 and back', () => {
  const start = fromPlace({ re: '-0.5', im: '0.25', radius: '1' }, height)
  const [re, im] = coordinates(start, 300, -200, 30)
  let view = start
  for (let i = 0; i < 3322 * 2; i++) view = zoomed(view, 0.5, 300, -200)
  assert.ok(Math.abs(view.zoom - start.zoom - 3322) < 1e-6)
  const [deepRe, deepIm] = coordinates(view, 300, -200, 0)
  assert.ok(Math.abs(difference(deepRe, re, 20)) <= 1, deepRe.slice(0, 30))
  assert.ok(Math.abs(difference(deepIm, im, 20)) <= 1, deepIm.slice(0, 30))
  for (let i = 0; i < 3322 * 2; i++) view = zoomed(view, -0.5, 300, -200)
  const [dx, dy] = distance(start, view)
  assert.ok(Math.hypot(dx, dy) < 1e-3, `${dx} ${dy}`)
})

test('moves of a pixel add up, however deep', () => {
  const start = fromPlace(deep, height)
  let view = start
  for (let i = 0; i < 1000; i++) view = moved(view, 0.25, -0.5)
  const [dx, dy] = distance(start, view)
  assert.ok(Math.abs(dx - 250) < 1e-3 && Math.abs(dy + 500) < 1e-3, `${dx} ${dy}`)
})

test('the grid says which tile holds the middle', () => {
  const view = fromPlace({ re: '-1.25', im: '0.5', radius: '0.1' }, height)
  // -1.25 is 0.1875 of the square from the left, 0.5 is 0.375 from the top.
  const { x, y, fx, fy, size } = grid(view, 5)
  assert.deepEqual([x, y, fx, fy], [6n, 12n, 0, 0])
  assert.ok(Math.abs(size - height * 4 / 32 / 0.2) < 1e-6, String(size))
  assert.equal(grid(fromPlace({ re: '-3', im: '0', radius: '1' }, height), 3).x, -2n, 'to the left of the square')
})

test('a grid of a deep level is as exact as one of a shallow', () => {
  const view = fromPlace(deep, height), coarse = grid(view, 3320), fine = grid(view, 3326)
  assert.equal(fine.x >> 6n, coarse.x)
  assert.ok(Math.abs((coarse.fx * 64 - Number(fine.x & 63n)) - fine.fx) < 1e-9)
})

test('a flight begins and ends where it should', () => {
  const from = fromPlace({ re: '-1.7597', im: '-0.0126', radius: '0.001' }, height)
  const to = fromPlace({ re: '-1.75998417458159718', im: '-0.013124244739594787', radius: '1e-5' }, height)
  assert.ok(same(between(from, to, 0), from))
  assert.ok(same(between(from, to, 1), to))
  const [dx, dy] = distance(between(from, to, 0.5), to)
  assert.ok(Math.hypot(dx, dy) < height, 'the target is in sight half-way')
  assert.equal(between(fromPlace(deep, height), to, 0.5), null, 'too far')
})

test('coordinates have the digits that matter', () => {
  const view = fromPlace({ re: '-0.75', im: '0', radius: '1e-30' }, height)
  assert.equal(coordinates(view, 0, 0, 1)[0], '-0.75')
  const [re] = coordinates(view, 1, 0, 1)
  assert.equal(re.length, '-0.'.length + 34)
  assert.equal(format(parse(re)), re)
})
