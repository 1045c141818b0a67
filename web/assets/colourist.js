import { unpack } from './planes.js'
import { boundsOf, shade } from './shade.js'

/**
 * The worker that holds the numbers of all tiles and makes pictures of them.
 * @typedef {{id: number, pixel: number}} Wish to see a tile, a pixel of which is so many of the view's
 * @typedef {{order: 'open', id: number, file: ArrayBuffer, pixel: number, style: import('./shade.js').Style}
 *   | {order: 'paint', wishes: Wish[], style: import('./shade.js').Style}
 *   | {order: 'survey', ids: number[], bits: number}
 *   | {order: 'probe', id: number, at: number}
 *   | {order: 'drop', id: number}} Order
 */

/** @type {Map<number, import('./planes.js').Points>} */
const tiles = new Map()

/** One in so many points is looked at for a survey; it shares no factor with the width of a tile. */
const stride = 37

/**
 * @param {Order} order
 * @returns {Promise<any>}
 */
async function obey(order) {
  switch (order.order) {
    case 'open': {
      const points = await unpack(order.file)
      tiles.set(order.id, points)
      return { bitmap: await createImageBitmap(shade(points, order.style, order.pixel)), limit: points.limit }
    }
    case 'paint':
      return Promise.all(order.wishes.map(({ id, pixel }) => {
        const points = tiles.get(id)
        return points ? createImageBitmap(shade(points, order.style, pixel)) : null
      }))
    case 'survey':
      return survey(order.ids, order.bits)
    case 'probe':
      return probe(order.id, order.at)
    case 'drop':
      tiles.delete(order.id)
  }
}

/**
 * survey divides the depths of the points of tiles into parts of equal size, and counts the points that do not escape.
 * @param {number[]} ids
 * @param {number} bits
 */
function survey(ids, bits) {
  const depths = [], inside = { inside: 0, all: 0 }
  for (const id of ids) {
    const nu = tiles.get(id)?.nu || []
    for (let i = id % stride; i < nu.length; i += stride) {
      inside.all++
      if (nu[i] == nu[i]) depths.push(nu[i] * bits)
      else inside.inside++
    }
  }
  return { bounds: boundsOf(Float64Array.from(depths)), ...inside }
}

/**
 * probe is what is known of a pixel.
 * @param {number} id
 * @param {number} at
 */
function probe(id, at) {
  const points = tiles.get(id)
  return points && { nu: points.nu[at], distance: points.octaves && (2 ** points.octaves[at] - 1) / 8, limit: points.limit }
}

addEventListener('message', async event => {
  const { number, order } = event.data
  try {
    const result = await obey(order)
    const bitmaps = [result?.bitmap, ...(Array.isArray(result) ? result : [])].filter(value => value instanceof ImageBitmap)
    postMessage({ number, result }, { transfer: bitmaps })
  } catch (error) {
    postMessage({ number, error: String(error) })
  }
})
