import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bandsOf, sharesOf, troublesOf } from '../assets/bands.js'
import { Splitter } from '../assets/events.js'
import { storageWords, throughputOf } from '../assets/farmpanel.js'
import { closer, coarsest, held, levelOf, pathOf, seen, whole } from '../assets/frame.js'

const stint = (/** @type {object} */ more) => ({ kind: 'band', worker: 'a', began_at: '2026-01-01T00:00:00Z', try: 1, ...more })
const ended = { ended_at: '2026-01-01T00:00:10Z' }

test('events are whole however their pieces come', () => {
  const text = 'retry: 1000\n\nevent: progress\nid: 1\ndata: {"state":"running"}\n\n: still here\n\nevent: done\nid: 2\ndata: {}\n\nevent: cut\nid: 3\nda'
  const want = [{ name: 'progress', id: '1', data: '{"state":"running"}' }, { name: 'done', id: '2', data: '{}' }]
  for (const length of [1, 7, text.length]) {
    const splitter = new Splitter(), got = []
    for (let at = 0; at < text.length; at += length) got.push(...splitter.split(text.slice(at, at + length)))
    assert.deepEqual(got, want, `pieces of ${length}`)
  }
})

test('a band is of the worker that has drawn it, whoever else was at it', () => {
  const bands = bandsOf([
    stint({ ...ended }), // the first, whose number the farm leaves out
    stint({ band: 1 }), // its worker died
    stint({ band: 1, worker: 'b', ...ended }),
    stint({ band: 2, error: 'no memory', ...ended }),
    stint({ band: 3, ...ended }), stint({ band: 3, worker: 'b' }),
    stint({ kind: 'assemble', worker: 'c', ...ended }),
  ])
  assert.deepEqual([...bands], [
    [0, { worker: 'a', state: 'drawn', tries: 1 }], [1, { worker: 'b', state: 'drawn', tries: 2 }],
    [2, { worker: 'a', state: 'failed', tries: 1 }], [3, { worker: 'a', state: 'drawn', tries: 1 }],
  ])
})

test('workers have colours of their own, and what they have done', () => {
  const shares = sharesOf([stint({ ...ended }), stint({ band: 1, ...ended, error: 'x' }), stint({ band: 2, worker: 'b' }), stint({ kind: 'assemble', worker: 'b', ...ended })])
  assert.deepEqual([...shares.values()].map(({ name, bands, seconds }) => [name, bands, seconds]), [['a', 1, 20], ['b', 0, 10]])
  assert.equal(new Set([...shares.values()].map(share => share.color)).size, 2)
})

test('what went wrong is said once, in words', () => {
  const died = { worker: 'b', taken_over: 'the worker before has died', ...ended }
  assert.deepEqual(troublesOf([stint({ band: 1 }), stint({ band: 1, ...died }), stint({ band: 2, ...died }), stint({ error: 'no memory', ...ended })]), [
    'A band was taken over by b: the worker before has died (2 times).', 'A band failed on a: no memory.',
  ])
})

const picture = { width: 2750, height: 1900 }, screen = { width: 1000, height: 500 }

test('a frame zooms about a point, and stays where there is something to see', () => {
  const all = whole(picture, screen)
  assert.deepEqual(all, { x: 1375, y: 950, scale: 500 / 1900 })
  const near = closer(all, 4, 200, -100)
  assert.ok(Math.abs((near.x + 200 / near.scale) - (all.x + 200 / all.scale)) < 1e-9, 'what is under the pointer stays there')
  assert.ok(Math.abs((near.y - 100 / near.scale) - (all.y - 100 / all.scale)) < 1e-9)
  assert.deepEqual(held({ x: -50, y: 5000, scale: 1e-6 }, picture, screen), { x: 0, y: 1900, scale: all.scale })
  assert.equal(held({ x: 0, y: 0, scale: 1e6 }, picture, screen).scale, 16)
})

test('tiles have a pixel for each of the window, and lie in the picture', () => {
  assert.equal(coarsest(picture), 3)
  assert.deepEqual([0.01, 0.125, 0.26, 0.5, 0.9, 1, 7].map(scale => levelOf({ x: 0, y: 0, scale }, picture)), [3, 3, 1, 1, 0, 0, 0])
  assert.deepEqual(seen(whole(picture, screen), picture, screen, 3), [{ level: 3, i: 0, j: 0 }])
  assert.equal(seen(whole(picture, screen), picture, screen, 0).length, 6 * 4)
  assert.deepEqual(seen({ x: 600, y: 100, scale: 4 }, picture, screen, 0), [{ level: 0, i: 1, j: 0 }, { level: 0, i: 0, j: 0 }])
  assert.equal(pathOf({ level: 1, i: 2, j: 1 }, picture), '2048,1024,702,876/351,438/0/default.png')
  assert.equal(pathOf({ level: 3, i: 0, j: 0 }, picture), '0,0,2750,1900/344,238/0/default.png')
})

test('what is stored is said in words', () => {
  assert.equal(storageWords({ objects: 0, bytes: 0 }), 'Nobody has counted yet what is stored.')
  const minutes = new Date(Date.now() - 300_000).toISOString()
  assert.equal(storageWords({ objects: 12345, bytes: 9_876_543_210, counted_at: minutes }), '9.88 GB in 12,345 objects, counted 5 min ago.')
  assert.equal(storageWords({ objects: 1, bytes: 999, counted_at: minutes }), '999 bytes in 1 object, counted 5 min ago.')
})

test('throughput is that of all workers, the present last', () => {
  const workers = [{ recent_pixels_per_second: [1, 2, 3] }, { recent_pixels_per_second: [10, 20] }, {}]
  assert.deepEqual(throughputOf(workers), [1, 12, 23])
  assert.deepEqual(throughputOf([]), [0, 0])
})
