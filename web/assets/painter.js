import { extent, inverse, isUpright } from './orientation.js'
import { grid } from './view.js'

/**
 * A tile that can be drawn; it fades in from when it came. Tiles of one style have the same number of styles there were.
 * @typedef {{bitmap: CanvasImageSource, since: number, styles?: number}} Tile
 * @typedef {import('./view.js').Grid} Grid
 * @typedef {import('./view.js').View} View
 * @typedef {{get: (name: string) => Tile | undefined}} Tiles
 */

/** How many levels up a tile looks for a coarser one to stand in for it, and down for finer ones. */
const levelsUp = 12
const levelsDown = 2

/** How long a tile fades in, in milliseconds. */
const fade = matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 160

/** The least and the greatest level of tiles. */
export const leastLevel = -6
const mostLevel = 49100

/**
 * Sight is what a view sees of the levels of tiles about its own, with the names of tiles.
 */
export class Sight {
  /**
   * @param {View} view
   * @param {import('./orientation.js').Matrix} matrix
   * @param {number} width
   * @param {number} height
   */
  constructor(view, matrix, width, height) {
    this.view = view
    this.matrix = matrix
    this.width = width
    this.height = height
    this.level = Math.max(leastLevel, Math.min(mostLevel, Math.round(view.zoom)))
    /** @type {Map<number, Grid>} */
    this.grids = new Map()
    this.half = extent(matrix, width, height)
  }

  /** @param {number} level */
  grid(level) {
    let known = this.grids.get(level)
    if (!known) this.grids.set(level, known = grid(this.view, level))
    return known
  }

  /**
   * tiles lists columns and rows of a level that are seen, relative to the middle's, the nearest first.
   * @param {number} level
   * @param {number} [margin] in tiles
   * @returns {[number, number][]}
   */
  tiles(level, margin = 0) {
    const { fx, fy, size } = this.grid(level)
    const [halfWidth, halfHeight] = this.half
    /** @type {[number, number][]} */
    const seen = []
    for (let i = Math.floor(fx - halfWidth / size) - margin; i <= fx + halfWidth / size + margin; i++) {
      for (let j = Math.floor(fy - halfHeight / size) - margin; j <= fy + halfHeight / size + margin; j++) seen.push([i, j])
    }
    const far = (/** @type {[number, number]} */ [i, j]) => (i + 0.5 - fx) ** 2 + (j + 0.5 - fy) ** 2
    return seen.sort((a, b) => far(a) - far(b))
  }

  /**
   * name is that of a tile, by its column and row relative to the middle's.
   * @param {number} level
   * @param {number} i
   * @param {number} j
   */
  name(level, i, j) {
    const { x, y } = this.grid(level)
    return nameOf(level, x + BigInt(i), y + BigInt(j))
  }

  /**
   * up is the tile so many levels up that holds a tile.
   * @param {number} i
   * @param {number} j
   * @param {number} levels
   * @returns {[number, number]}
   */
  up(i, j, levels) {
    const own = this.grid(this.level), mask = (1n << BigInt(levels)) - 1n
    return [Math.floor((i + Number(own.x & mask)) / 2 ** levels), Math.floor((j + Number(own.y & mask)) / 2 ** levels)]
  }
}

/**
 * nameOf is the name of a tile: level, column and row, the last two in base 32, which is quick at any length.
 * @param {number} level
 * @param {bigint} x
 * @param {bigint} y
 */
const nameOf = (level, x, y) => `${level}/${x.toString(32)}/${y.toString(32)}`

/**
 * Names remembers the names of tiles from one frame to the next: writing them is most of the work at great depths.
 */
export class Names {
  constructor() {
    /** @type {Map<number, {x: bigint, y: bigint, names: Map<string, string>}>} */
    this.levels = new Map()
  }

  /**
   * @param {Sight} sight
   * @param {number} level
   * @param {number} i
   * @param {number} j
   */
  of(sight, level, i, j) {
    const { x, y } = sight.grid(level)
    let known = this.levels.get(level)
    if (!known || known.x !== x || known.y !== y) {
      if (this.levels.size > 40) this.levels.clear()
      this.levels.set(level, known = { x, y, names: new Map() })
    }
    const key = `${i},${j}`
    let name = known.names.get(key)
    if (!name) known.names.set(key, name = sight.name(level, i, j))
    return name
  }
}

/**
 * paint draws what there is of a view: where a tile is missing or fading in, coarser and finer ones stand in for it.
 * @param {CanvasRenderingContext2D} context
 * @param {Sight} sight
 * @param {Tiles} tiles
 * @param {Names} names
 * @param {number} now
 * @returns {{fading: boolean, pieces: Piece[]}} whether a tile is fading in, and what was drawn
 */
export function paint(context, sight, tiles, names, now) {
  const pieces = collect(sight, tiles, names, now)
  const upright = isUpright(sight.matrix)
  const [a, b, c, d] = inverse(sight.matrix)
  context.save()
  if (!upright) context.setTransform(a, b, c, d, sight.width / 2, sight.height / 2)
  const middle = upright ? [sight.width / 2, sight.height / 2] : [0, 0]
  for (const piece of pieces.list) {
    if (!piece.alpha) continue
    const { fx, fy, size } = sight.grid(piece.level)
    context.globalAlpha = piece.alpha
    const left = middle[0] + (piece.i - fx) * size, top = middle[1] + (piece.j - fy) * size
    if (upright) stamp(context, piece.tile.bitmap, left, top, size)
    else context.drawImage(piece.tile.bitmap, left - 0.5, top - 0.5, size + 1, size + 1)
  }
  context.restore()
  return { fading: pieces.fading, pieces: pieces.list }
}

/**
 * stamp draws a tile between whole pixels, so that neighbours meet.
 * @param {CanvasRenderingContext2D} context
 * @param {CanvasImageSource} bitmap
 * @param {number} left
 * @param {number} top
 * @param {number} size
 */
function stamp(context, bitmap, left, top, size) {
  const x = Math.round(left), y = Math.round(top)
  context.drawImage(bitmap, x, y, Math.round(left + size) - x, Math.round(top + size) - y)
}

/** @typedef {{tile: Tile, level: number, i: number, j: number, alpha: number, order: number}} Piece */

/**
 * Order of pieces of a view from the bottom up: coarser tiles by their levels, finer ones that stand in for a tile, the
 * tile, and finer ones that refine it.
 */
const standIn = mostLevel + 1
const own = mostLevel + 2
const refining = mostLevel + 3

/**
 * collect lists what to draw, from the bottom up.
 * @param {Sight} sight
 * @param {Tiles} tiles
 * @param {Names} names
 * @param {number} now
 */
function collect(sight, tiles, names, now) {
  /** @type {Map<string, Piece>} */
  const found = new Map()
  let fading = false
  /** @type {Take} */
  const take = (level, i, j, order, under) => {
    const name = names.of(sight, level, i, j), tile = tiles.get(name)
    if (!tile) return 0
    const alpha = order >= own && fade ? Math.min(1, (now - tile.since) / fade) : 1
    fading ||= alpha < 1
    // What refines a tile in the style of before has to be painted, and is not to be seen until it is.
    const isLate = under !== undefined && tile.styles != under
    found.set(name, { tile, level, i, j, alpha: isLate ? 0 : alpha, order })
    return alpha
  }
  for (const [i, j] of sight.tiles(sight.level)) {
    const alpha = take(sight.level, i, j, own)
    if (alpha == 1) {
      takeFiner(sight, take, i, j, 1, refining, tiles.get(names.of(sight, sight.level, i, j))?.styles)
      continue
    }
    for (let up = 1; up <= levelsUp && sight.level - up >= leastLevel; up++) if (take(sight.level - up, ...sight.up(i, j, up), sight.level - up)) break
    for (let down = 1; !alpha && down <= levelsDown; down++) takeFiner(sight, take, i, j, down, standIn)
  }
  return { list: [...found.values()].sort((a, b) => a.order - b.order), fading }
}

/** @typedef {(level: number, i: number, j: number, order: number, under?: number) => number} Take adds a tile, and returns how much of it is to be seen */

/**
 * takeFiner has finer tiles drawn over a tile, or where it is missing.
 * @param {Sight} sight
 * @param {Take} take
 * @param {number} i
 * @param {number} j
 * @param {number} down levels
 * @param {number} order
 * @param {number} [under] the style of what they are drawn over
 */
function takeFiner(sight, take, i, j, down, order, under) {
  const level = sight.level + down, count = 2 ** down
  if (level > mostLevel) return
  const finer = sight.grid(level), { x, y } = sight.grid(sight.level)
  const shiftX = Number(finer.x - (x << BigInt(down))), shiftY = Number(finer.y - (y << BigInt(down)))
  for (let column = 0; column < count; column++) {
    for (let row = 0; row < count; row++) take(level, i * count + column - shiftX, j * count + row - shiftY, order, under)
  }
}
