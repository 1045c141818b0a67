import { fetchTile } from './farm.js'
import { tileQuery } from './parameters.js'
import { TileCache } from './tilecache.js'

/** Tiles of one picture that are kept: some five screens of 1920x1080. */
const room = 300

/** Requests at a time. Browsers have six connections to a host, and one is left for what is not a tile. */
const atOnce = 5

/**
 * read is the number of a column or row in the name of a tile.
 * @param {string} text in base 32
 */
export function read(text) {
  const negative = text.startsWith('-')
  let n = 0n
  for (let at = negative ? 1 : 0; at < text.length; at += 10) {
    const digits = text.slice(at, at + 10)
    n = (n << BigInt(5 * digits.length)) + BigInt(parseInt(digits, 32))
  }
  return negative ? -n : n
}

/**
 * tilePath is where the farm has a tile. Beyond the square that the farm's tiles cut up, and above its level 0, it is a
 * picture of the same place.
 * @param {string} name
 * @param {URLSearchParams} query
 */
export function tilePath(name, query) {
  const [levelText, xText, yText] = name.split('/')
  const level = Number(levelText), x = read(xText), y = read(yText)
  const inside = level >= 0 && x >= 0n && y >= 0n && x >> BigInt(level) == 0n && y >> BigInt(level) == 0n
  if (inside) return `/tiles/${level}/${x}/${y}.png?${query}`
  const place = new URLSearchParams([['re', beyond(x, level, -2)], ['im', beyond(-1n - y, level, 2)], ['radius', String(2 / 2 ** level)]])
  return `/generate/256/256?${place}&${query}`
}

/**
 * beyond is the coordinate of the middle of a tile, near enough: what is outside of the square is never deep.
 * @param {bigint} n
 * @param {number} level
 * @param {number} edge
 */
const beyond = (n, level, edge) => String(edge + (Number(n) + 0.5) * 4 / 2 ** level)

/**
 * Layer is the tiles of one picture, whatever the view.
 */
export class Layer {
  /**
   * @param {import('./parameters.js').Parameters} parameters
   * @param {{changed: () => void, failed: (error: Error) => void}} listener
   * @param {string} [samples] of a pixel
   */
  constructor(parameters, { changed, failed }, samples = '1') {
    this.query = tileQuery(parameters)
    if (samples != '1') this.query.set('samples', samples)
    /** How long a tile takes, in milliseconds, the last ones counting most. */
    this.pace = 0
    /** @type {TileCache<import('./painter.js').Tile & {bitmap: ImageBitmap}>} */
    this.cache = new TileCache((name, signal) => this.load(name, signal), {
      room, atOnce, changed, failed: (_, error) => failed(error), dropped: tile => tile.bitmap.close(),
    })
  }

  /** @param {string} name */
  get(name) {
    return this.cache.get(name)
  }

  /**
   * @param {string} name
   * @param {AbortSignal} signal
   */
  async load(name, signal) {
    const began = performance.now()
    const response = await fetchTile(tilePath(name, this.query), signal)
    this.pace = 0.8 * this.pace + 0.2 * (performance.now() - began)
    return { bitmap: await createImageBitmap(await response.blob()), since: performance.now() }
  }
}
