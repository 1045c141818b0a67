import assert from 'node:assert/strict'
import { test } from 'node:test'

globalThis.document = { querySelector: () => null }
const { drawnBy, fitting } = await import('../assets/origins.js')

test('who has drawn a tile is read', () => {
  assert.deepEqual(drawnBy('drawn;desc="farm-1";dur=38.2, moves;desc="412.5"'), { worker: 'farm-1', moves: 412.5 })
  assert.deepEqual(drawnBy('drawn;desc="a \\"b\\" \\\\c";dur=38.2, moves;desc="0.0"'), { worker: 'a "b" \\c', moves: 0 })
  assert.deepEqual(drawnBy(''), { worker: '', moves: 0 })
})

test('names that have no room keep their ends', () => {
  const widthOf = text => text.length * 10
  assert.equal(fitting('vm-18715-6JLK', 130, widthOf), 'vm-18715-6JLK')
  assert.equal(fitting('vm-18715-6JLK', 90, widthOf), '…715-6JLK')
  assert.equal(fitting('vm-18715-6JLK', 0, widthOf), '…K')
})
