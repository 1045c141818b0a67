import assert from 'node:assert/strict'
import { test } from 'node:test'

import { TileCache } from '../assets/tilecache.js'

/** farm is one that answers when it is told to. */
function farm(options = {}) {
  const asked = new Map(), dropped = [], failed = []
  const load = (name, signal) => new Promise((resolve, reject) => {
    asked.set(name, { resolve, reject, signal })
    signal.addEventListener('abort', () => reject(signal.reason))
  })
  const cache = new TileCache(load, { room: 3, atOnce: () => 2, dropped: tile => dropped.push(tile), failed: name => failed.push(name), ...options })
  const answer = async name => {
    asked.get(name).resolve(`tile ${name}`)
    await new Promise(setImmediate)
  }
  return { cache, asked, dropped, failed, answer }
}

test('the most urgent tiles are asked for first, so many at a time', async () => {
  const { cache, asked, answer } = farm()
  cache.want(['a', 'b', 'c'])
  assert.deepEqual([...asked.keys()], ['a', 'b'])
  assert.equal(cache.missing, 3)
  await answer('b')
  assert.deepEqual([...asked.keys()], ['a', 'b', 'c'])
  assert.equal(cache.get('b'), 'tile b')
  assert.equal(cache.missing, 2)
})

test('what has scrolled away is aborted, and what was asked for stays', async () => {
  const { cache, asked, answer } = farm()
  cache.want(['a', 'b'])
  cache.want(['b', 'c'])
  assert.ok(asked.get('a').signal.aborted)
  assert.ok(!asked.get('b').signal.aborted)
  assert.ok(asked.has('c'))
  await answer('b')
  assert.equal(cache.get('a'), undefined)
  cache.want(['a'])
  assert.ok(!asked.get('a').signal.aborted, 'it is asked for anew')
})

test('where fewer may be under way, the least urgent are given up, and asked for when they may again', async () => {
  let most = 3
  const { cache, asked, answer } = farm({ atOnce: () => most })
  cache.want(['a', 'b', 'c'])
  most = 1
  cache.want(['c', 'a', 'b'])
  assert.deepEqual([...asked].filter(([, { signal }]) => !signal.aborted).map(([name]) => name), ['c'])
  assert.equal(cache.missing, 3)
  asked.clear()
  most = 2
  cache.start()
  assert.deepEqual([...asked.keys()], ['a'])
  await answer('a')
  assert.deepEqual([...asked.keys()], ['a', 'b'])
})

test('a tile that comes in spite of that is given back', async () => {
  let arrive
  const dropped = []
  const cache = new TileCache(() => new Promise(resolve => { arrive = resolve }), { room: 3, atOnce: () => 2, dropped: tile => dropped.push(tile) })
  cache.want(['a'])
  cache.want([])
  arrive('late')
  await new Promise(setImmediate)
  assert.deepEqual(dropped, ['late'])
  assert.equal(cache.get('a'), undefined)
})

test('the tile that was used longest ago makes room', async () => {
  const { cache, dropped } = farm()
  for (const name of ['a', 'b', 'c']) cache.put(name, name)
  cache.get('a')
  cache.put('d', 'd')
  assert.deepEqual(dropped, ['b'])
  assert.equal(cache.get('a'), 'a')
})

test('what is refused is not asked for again until all is forgotten', async () => {
  const { cache, asked, failed } = farm()
  cache.want(['a'])
  asked.get('a').reject(new Error('400'))
  await new Promise(setImmediate)
  assert.deepEqual(failed, ['a'])
  asked.clear()
  cache.want(['a'])
  assert.equal(asked.size, 0)
  assert.equal(cache.missing, 0)
  cache.clear()
  cache.want(['a'])
  assert.equal(asked.size, 1)
})
