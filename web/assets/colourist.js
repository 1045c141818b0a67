import { unpack } from './planes.js'
import { lay, layOf, shade } from './shade.js'

/**
 * The worker that holds the numbers of all tiles and makes pictures of them.
 * @typedef {{id: number, pixel: number}} Wish to see a tile, a pixel of which is so many of the view's
 * @typedef {{order: 'open', id: number, file: ArrayBuffer, pixel: number, style: import('./shade.js').Style}
 *   | {order: 'paint', wishes: Wish[], style: import('./shade.js').Style}
 *   | {order: 'survey', ids: number[]}
 *   | {order: 'count', file: ArrayBuffer}
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
      return paint(order.wishes, order.style)
    case 'survey':
      return survey(order.ids)
    case 'count': {
      const { nu, zero } = await unpack(order.file)
      return { counts: escaping(nu).sort(), all: nu.length, zero }
    }
    case 'probe':
      return probe(order.id, order.at)
    case 'drop':
      tiles.delete(order.id)
  }
}

/**
 * How often the palette turns at the points of the tiles that were painted last, and what that depends on: of a palette that is tried after
 * another nothing but the colours has to be looked up.
 * @type {Map<number, {of: string, turns: Float64Array}>}
 */
let laid = new Map()

/**
 * paint makes pictures of tiles.
 * @param {Wish[]} wishes
 * @param {import('./shade.js').Style} style
 */
function paint(wishes, style) {
  const before = laid
  laid = new Map()
  return Promise.all(wishes.map(({ id, pixel }) => {
    const points = tiles.get(id)
    if (!points) return null
    const of = layOf(style, pixel), known = before.get(id), turns = known?.of == of ? known.turns : lay(points, style, pixel)
    laid.set(id, { of, turns })
    return createImageBitmap(shade(points, style, pixel, turns))
  }))
}

/**
 * escaping are the counts of the points that escape.
 * @param {ArrayLike<number>} counts
 */
const escaping = counts => Float64Array.from(counts).filter(nu => nu == nu)

/**
 * survey is the counts of points of tiles, in ascending order, and how many points were looked at.
 * @param {number[]} ids
 */
function survey(ids) {
  const counts = []
  let zero = 0
  for (const id of ids) {
    const points = tiles.get(id), nu = points?.nu || []
    zero = points?.zero ?? zero
    for (let i = id % stride; i < nu.length; i += stride) counts.push(nu[i])
  }
  return { counts: escaping(counts).sort(), all: counts.length, zero }
}

/**
 * probe is what is known of a pixel.
 * @param {number} id
 * @param {number} at
 */
function probe(id, at) {
  const points = tiles.get(id)
  return points && { nu: points.nu[at], distance: points.octaves && (2 ** points.octaves[at] - 1) / 8, period: points.periods?.[at], limit: points.limit }
}

addEventListener('message', async event => {
  const { number, order } = event.data
  try {
    const result = await obey(order)
    const moved = [result?.bitmap, result?.counts?.buffer, ...(Array.isArray(result) ? result : [])].filter(value => value instanceof ImageBitmap || value instanceof ArrayBuffer)
    postMessage({ number, result }, { transfer: moved })
  } catch (error) {
    postMessage({ number, error: String(error) })
  }
})
