import { divide, format, fromLog10, log10, parse, trimmed } from './decimal.js'

/**
 * A view of the plane. Its middle is exact: u / 2^bits from the left and v / 2^bits from the top of the square from -2-2i
 * to 2+2i, which is 1 wide. At a zoom of z that square has 256 * 2^z pixels. Views are never changed, but made anew.
 * @typedef {{u: bigint, v: bigint, bits: number, zoom: number}} View
 *
 * A place as people and links have it, in decimals; radius is half the height of the picture.
 * @typedef {{re: string, im: string, radius: string}} Place
 *
 * What a view sees of one level of tiles: the tile that holds the middle, and where in it the middle is, from 0 to 1.
 * @typedef {{level: number, x: bigint, y: bigint, fx: number, fy: number, size: number}} Grid
 */

/** Pixels of a side of a tile. */
export const tileSide = 256

/** The depths a view may have: a farm's tiles begin at level 0 and end where its digits do. */
export const leastZoom = -3
export const mostZoom = 49000

/** Bits of the middle beyond those of the zoom: steps are far below a pixel, and a long flight adds up to none. */
const spareBits = 80

/** @param {number} zoom */
const bitsFor = zoom => Math.max(128, Math.ceil(zoom) + spareBits)

/**
 * refined is the same view with bits enough for a zoom.
 * @param {View} view
 * @param {number} zoom
 * @returns {View}
 */
function refined(view, zoom) {
  const more = BigInt(Math.max(0, bitsFor(zoom) - view.bits))
  return { u: view.u << more, v: view.v << more, bits: view.bits + Number(more), zoom }
}

/**
 * steps is a distance of so many pixels at a zoom, in units of 2^-bits.
 * @param {number} pixels below 2^20
 * @param {number} zoom
 * @param {number} bits
 */
function steps(pixels, zoom, bits) {
  const exponent = bits - 8 - zoom
  const whole = Math.floor(exponent)
  const mantissa = BigInt(Math.round(pixels * 2 ** (exponent - whole + 32)))
  return whole >= 32 ? mantissa << BigInt(whole - 32) : mantissa >> BigInt(32 - whole)
}

/**
 * moved shows what is so many pixels to the right and downward.
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 * @returns {View}
 */
export function moved(view, dx, dy) {
  const { u, v, bits, zoom } = view
  return { u: u + steps(dx, zoom, bits), v: v + steps(dy, zoom, bits), bits, zoom }
}

/**
 * zoomed changes the zoom about a point, given in pixels from the middle.
 * @param {View} view
 * @param {number} by levels
 * @param {number} x
 * @param {number} y
 * @returns {View}
 */
export function zoomed(view, by, x = 0, y = 0) {
  const zoom = Math.min(mostZoom, Math.max(leastZoom, view.zoom + by))
  const finer = refined(view, Math.max(zoom, view.zoom))
  const keep = 1 - 2 ** (view.zoom - zoom)
  return { ...moved({ ...finer, zoom: view.zoom }, x * keep, y * keep), zoom }
}

/**
 * between is on the straight flight from a view to another: part 0 is where it begins, 1 where it ends.
 * @param {View} from
 * @param {View} to
 * @param {number} part
 * @returns {View | null} null where they are too far from each other for a flight
 */
export function between(from, to, part) {
  const [dx, dy] = distance(from, to)
  if (!(Math.hypot(dx, dy) < 1e5)) return null
  const zoom = from.zoom + (to.zoom - from.zoom) * part
  const target = refined({ ...to }, Math.max(zoom, to.zoom))
  return moved({ ...target, zoom }, -dx * (1 - part), -dy * (1 - part))
}

/**
 * distance is how far the second view's middle is from the first's, in pixels of the first.
 * @param {View} from
 * @param {View} to
 * @returns {[number, number]}
 */
export function distance(from, to) {
  const bits = Math.max(from.bits, to.bits)
  /**
   * @param {bigint} a
   * @param {bigint} b
   */
  const pixels = (a, b) => {
    const difference = (b << BigInt(bits - to.bits)) - (a << BigInt(bits - from.bits))
    return scaled(difference, from.zoom + 8 - bits)
  }
  return [pixels(from.u, to.u), pixels(from.v, to.v)]
}

/**
 * scaled is n * 2^power as a double.
 * @param {bigint} n
 * @param {number} power
 */
function scaled(n, power) {
  const size = n < 0n ? -n : n
  const drop = Math.max(0, size.toString(16).length * 4 - 60)
  return Number(n >> BigInt(drop)) * 2 ** (power + drop)
}

/**
 * grid is what a view sees of a level of tiles.
 * @param {View} view
 * @param {number} level
 * @returns {Grid}
 */
export function grid(view, level) {
  const shift = view.bits - level
  const fine = BigInt(shift - 48)
  const mask = (1n << 48n) - 1n
  return {
    level,
    x: view.u >> BigInt(shift),
    y: view.v >> BigInt(shift),
    fx: Number((view.u >> fine) & mask) / 2 ** 48,
    fy: Number((view.v >> fine) & mask) / 2 ** 48,
    size: tileSide * 2 ** (view.zoom - level),
  }
}

const log2of10 = Math.log2(10)

/**
 * fromPlace is the view of a place in a picture of so many pixels of height.
 * @param {Place} place
 * @param {number} height
 * @returns {View | null} null for what is no place
 */
export function fromPlace(place, height) {
  const re = parse(place.re), im = parse(place.im), log = log10(place.radius)
  if (!re || !im || log === null) return null
  const zoom = Math.log2(height / 2 / 64) - log * log2of10
  const bits = bitsFor(zoom) + Math.ceil(Math.max(re.places, im.places, 0) * log2of10)
  /**
   * @param {bigint} digits
   * @param {number} places
   */
  const along = (digits, places) => {
    const unit = 10n ** BigInt(places)
    return divide((digits + 2n * unit) << BigInt(bits), 4n * unit)
  }
  return { u: along(re.digits, re.places), v: along(-im.digits, im.places), bits, zoom }
}

/**
 * toPlace writes a view with the digits that matter: the last is a thousandth of a pixel or less.
 * @param {View} view
 * @param {number} height
 * @returns {Place}
 */
export function toPlace(view, height) {
  const [re, im] = coordinates(view, 0, 0, 3)
  return { re, im, radius: fromLog10((Math.log2(height / 2 / 64) - view.zoom) / log2of10, 9) }
}

/**
 * coordinates are those of a point so many pixels from the middle, with so many digits beyond a pixel's size.
 * @param {View} view
 * @param {number} x
 * @param {number} y
 * @param {number} beyond
 * @returns {[string, string]}
 */
export function coordinates(view, x, y, beyond) {
  const at = moved(view, x, y)
  const places = Math.max(3, Math.ceil((view.zoom + 6) / log2of10) + beyond)
  const tens = 10n ** BigInt(places), one = 1n << BigInt(at.bits)
  /** @param {bigint} n */
  const text = n => trimmed(format({ digits: divide(n * tens, one), places }))
  return [text(4n * at.u - 2n * one), text(2n * one - 4n * at.v)]
}

/**
 * same reports whether two views show the same.
 * @param {View} a
 * @param {View} b
 */
export function same(a, b) {
  if (Math.abs(a.zoom - b.zoom) > 1e-9) return false
  const [dx, dy] = distance(a, b)
  return Math.hypot(dx, dy) < 1e-3
}
