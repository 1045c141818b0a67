import { streams } from './events.js'
import { fetchTile, Problem } from './farm.js'
import { originOf } from './origins.js'
import { colours, pointQuery } from './parameters.js'
import { depthOf, seesGradients, styleOf } from './shade.js'
import { boundsOf } from './spread.js'
import { Studio } from './studio.js'
import { TileCache } from './tilecache.js'

/** Tiles of one picture that are kept: some five screens of 1920x1080. */
const room = 260

/** Requests at a time. Browsers have six connections to a host; one is left for what is not a tile, and streams have theirs. */
const atOnce = () => 5 - streams.open

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
 * tilePath is where the farm has a tile's numbers. Beyond the square that the farm's tiles cut up, and above its level 0, they
 * are those of a picture of the same place.
 * @param {string} name
 * @param {URLSearchParams} query
 * @param {string} version of the renderer
 */
export function tilePath(name, query, version) {
  const [levelText, xText, yText] = name.split('/')
  const level = Number(levelText), x = read(xText), y = read(yText)
  const inside = level >= 0 && x >= 0n && y >= 0n && x >> BigInt(level) == 0n && y >> BigInt(level) == 0n
  if (inside) return `/data/${version}/${level}/${x}/${y}?${query}`
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

/** A number for every tile there ever is, by which the studio knows it. */
let tiles = 0

/**
 * A tile with the style and the scale that it is painted in, and how it has come.
 * @typedef {import('./painter.js').Tile & {bitmap: ImageBitmap, id: number, styles: number, pixel: number, limit: number, origin: import('./origins.js').Origin}} Painted
 */

/**
 * What points of a view are like: the counts of those that escape, in ascending order, how many there are with the others, and where
 * whole counts begin (see planes.js).
 * @typedef {{counts: Float64Array, all: number, zero: number}} Survey
 */

/**
 * layerQuery is that of all tiles of a picture.
 * @param {import('./parameters.js').Parameters} parameters
 */
export function layerQuery(parameters) {
  const query = pointQuery(parameters)
  const method = parameters.get('coloring') || ''
  query.set('format', seesGradients(method) ? 'gradients' : 'counts')
  if (parameters.get('periods') == 'true' && method != 'set') query.set('periods', 'true')
  return query
}

/**
 * lookOf names what parameters say of colours, among them where light comes from, which is of the picture.
 * @param {import('./parameters.js').Parameters} parameters
 */
function lookOf(parameters) {
  const names = parameters.get('coloring') == 'slope' ? [...colours, 'rotation', 'mirror'] : colours
  return names.map(name => parameters.get(name)).join()
}

/**
 * Layer is the tiles of one picture, whatever the view, and their colours.
 */
export class Layer {
  /**
   * @param {import('./parameters.js').Parameters} parameters
   * @param {string} version of the renderer
   * @param {{changed: () => void, failed: (error: Error) => void}} listener
   */
  constructor(parameters, version, { changed, failed }) {
    this.version = version
    this.changed = changed
    this.query = layerQuery(parameters)
    /** The worker that colours tiles: see its orders in colourist.js. */
    this.studio = new Studio('colourist.js')
    this.styles = 0
    this.style = styleOf(parameters)
    this.look = lookOf(parameters)
    /** @type {Survey | null} what ranks are of */
    this.ranked = null
    this.repainting = false
    /** How long a tile takes, in milliseconds, the last ones counting most. */
    this.pace = 0
    /** @type {TileCache<Painted>} */
    this.cache = new TileCache((name, signal) => this.load(name, signal), {
      room, atOnce, changed, failed: (_, error) => failed(error), dropped: tile => this.drop(tile),
    })
    /** A stream that opens needs its connection at once, and tiles may hold theirs for as long as nobody draws them. */
    this.adapt = () => this.cache.start()
    streams.listeners.add(this.adapt)
  }

  /** @param {string} name */
  get(name) {
    return this.cache.get(name)
  }

  /** isInvalid is whether the farm takes the parameters for wrong, and so refuses all tiles: not where a tile is too deep, or nowhere. */
  get isInvalid() {
    return [...this.cache.refused.values()].some(error => error instanceof Problem && error.status == 400 && !['z', 'x', 'y'].includes(error.field || ''))
  }

  /**
   * restyle changes the colours of the same points.
   * @param {import('./parameters.js').Parameters} parameters
   */
  restyle(parameters) {
    const look = lookOf(parameters)
    if (look == this.look) return
    this.look = look
    this.style = this.bounded(styleOf(parameters))
    this.styles++
  }

  /**
   * pixel is 1 where the colours do not depend on it.
   * @param {number} pixel
   */
  pixel(pixel) {
    return seesGradients(this.style.method) ? pixel : 1
  }

  /**
   * @param {string} name
   * @param {AbortSignal} signal
   * @returns {Promise<Painted>}
   */
  async load(name, signal) {
    const began = performance.now()
    const response = await fetchTile(tilePath(name, this.query, this.version), signal)
    const file = await response.arrayBuffer()
    const took = performance.now() - began, origin = originOf(response, took, file.byteLength)
    this.pace = 0.8 * this.pace + 0.2 * took
    const id = ++tiles, { styles } = this
    const { bitmap, limit } = await this.studio.ask({ order: 'open', id, file, pixel: 1, style: this.style }, [file])
    return { bitmap, limit, id, styles, pixel: 1, origin, since: performance.now() }
  }

  /** @param {Painted} tile */
  drop(tile) {
    tile.bitmap.close()
    this.studio.ask({ order: 'drop', id: tile.id })
  }

  /**
   * repaint gives tiles the present style, all that cover the view in one frame, and those that refine it in another. One call is under way at
   * a time; the next frame asks again.
   * @param {{tile: Painted, pixel: number, fine: boolean}[]} seen
   */
  async repaint(seen) {
    const stale = seen.filter(({ tile, pixel }) => tile.styles != this.styles || tile.pixel != this.pixel(pixel))
    if (!stale.length || this.repainting) return
    this.repainting = true
    const covering = stale.filter(({ fine }) => !fine), { styles } = this
    const wishes = (covering.length ? covering : stale).map(({ tile, pixel }) => ({ tile, id: tile.id, pixel: this.pixel(pixel) }))
    const order = { order: 'paint', wishes: wishes.map(({ id, pixel }) => ({ id, pixel })), style: this.style, keep: covering.length > 0 }
    const bitmaps = await this.studio.ask(order)
    for (const [i, { tile, pixel }] of wishes.entries()) {
      if (!bitmaps[i]) continue
      tile.bitmap.close()
      Object.assign(tile, { bitmap: bitmaps[i], styles, pixel })
    }
    this.repainting = false
    this.changed()
  }

  /**
   * survey looks at the counts of tiles.
   * @param {Painted[]} seen
   * @returns {Promise<Survey>}
   */
  survey(seen) {
    return this.studio.ask({ order: 'survey', ids: seen.map(tile => tile.id) })
  }

  /**
   * rankBy has colours go by the points of a survey.
   * @param {Survey} found
   */
  rankBy(found) {
    this.ranked = found
    this.style = this.bounded(this.style)
    this.styles++
    this.changed()
  }

  /**
   * bounded is a style with the bounds of ranks.
   * @param {import('./shade.js').Style} style
   */
  bounded(style) {
    return { ...style, bounds: this.ranked ? boundsOf(this.ranked.counts.map(depthOf(style, this.ranked.zero))) : [] }
  }

  /**
   * rank has colours go by the points that the farm ranks for a picture, so that they are those of the picture.
   * @param {string} path of the counts of these points
   * @param {AbortSignal} signal
   */
  async rank(path, signal) {
    const file = await (await fetchTile(path, signal)).arrayBuffer()
    this.rankBy(await this.studio.ask({ order: 'count', file }, [file]))
  }

  /**
   * probe is what is known of a pixel of a tile.
   * @param {Painted} tile
   * @param {number} at
   * @returns {Promise<{nu: number, distance?: number, period?: number, limit: number} | undefined>}
   */
  probe(tile, at) {
    return this.studio.ask({ order: 'probe', id: tile.id, at })
  }

  /** close ends the layer. */
  close() {
    streams.listeners.delete(this.adapt)
    this.cache.clear()
    this.studio.worker.terminate()
  }
}
