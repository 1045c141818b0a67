import { unpack } from './planes.js'
import { lay, layOf, shade } from './shade.js'

/**
 * The worker that holds the numbers of all tiles and makes pictures of them.
 * @typedef {{id: number, pixel: number}} Wish to see a tile, a pixel of which is so many of the view's
 * @typedef {{order: 'open', id: number, file: ArrayBuffer, pixel: number, style: import('./shade.js').Style}
 *   | {order: 'paint', wishes: Wish[], style: import('./shade.js').Style, keep: boolean}
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
      return paint(order.wishes, order.style, order.keep)
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
      laid.delete(order.id)
  }
}

/** Tiles whose turns are kept, half a megabyte each: those that cover a screen of 2560x1440. */
const mostLaid = 96

/**
 * How often the palette turns at the points of the tiles that were painted last, and what that depends on: of a palette that is tried after
 * another nothing but the colours has to be looked up.
 * @type {Map<number, {of: string, turns: Float64Array}>}
 */
const laid = new Map()

/**
 * turnsAt are those of a tile, as they are kept if so they are.
 * @param {number} id
 * @param {import('./planes.js').Points} points
 * @param {import('./shade.js').Style} style
 * @param {number} pixel
 */
function turnsAt(id, points, style, pixel) {
  const of = layOf(style, pixel), known = laid.get(id)
  const turns = known?.of == of ? known.turns : lay(points, style, pixel)
  laid.delete(id)
  laid.set(id, { of, turns })
  if (laid.size > mostLaid) laid.delete(laid.keys().next().value)
  return turns
}

/**
 * paint makes pictures of tiles.
 * @param {Wish[]} wishes
 * @param {import('./shade.js').Style} style
 * @param {boolean} keep whether they are likely to be painted again
 */
const paint = (wishes, style, keep) => Promise.all(wishes.map(({ id, pixel }) => {
  const points = tiles.get(id)
  return points ? createImageBitmap(shade(points, style, pixel, keep ? turnsAt(id, points, style, pixel) : lay(points, style, pixel))) : null
}))

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
