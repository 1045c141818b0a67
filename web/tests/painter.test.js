import assert from 'node:assert/strict'
import { test } from 'node:test'

globalThis.matchMedia = () => ({ matches: true }) // nothing fades
const { Names, paint, Sight } = await import('../assets/painter.js')

/** drawn lists the bitmaps that a view of 256 pixels about the middle of everything shows. */
function drawn(tiles) {
  const list = []
  const context = { save() {}, restore() {}, drawImage: bitmap => list.push(bitmap) }
  const sight = new Sight({ u: 1n << 127n, v: 1n << 127n, bits: 128, zoom: 3 }, [1, 0, 0, 1], 256, 256)
  const { pieces } = paint(context, sight, new Map(Object.entries(tiles).map(([name, styles]) => [name, { bitmap: name, since: 0, styles }])), new Names(), 1000)
  return { list: list.sort(), pieces: pieces.length }
}

const own = { '3/3/3': 1, '3/3/4': 1, '3/4/3': 1, '3/4/4': 1 }

test('tiles that refine others are drawn over them', () => {
  assert.deepEqual(drawn({ ...own, '4/7/7': 1 }).list, ['3/3/3', '3/3/4', '3/4/3', '3/4/4', '4/7/7'])
})

test('what refines a tile in the colours of before is not seen, and is to be painted', () => {
  const { list, pieces } = drawn({ ...own, '3/3/3': 2, '4/7/7': 1 })
  assert.deepEqual(list, ['3/3/3', '3/3/4', '3/4/3', '3/4/4'])
  assert.equal(pieces, 5)
})

test('a coarser tile stands in for one that is missing', () => {
  const { '3/4/4': _, ...some } = own
  assert.deepEqual(drawn({ ...some, '1/1/1': 1, '0/0/0': 1 }).list, ['1/1/1', '3/3/3', '3/3/4', '3/4/3'])
})
