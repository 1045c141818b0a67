/**
 * How a palette lies over the depths of points: package shade's spread and histogram. A depth is the count times the bits of the
 * formula's power.
 * @typedef {{ends: [number, number] | null, start: number, length: number, equalize: number}} Spread
 * ends are the depths of the range, if there is one; start and length are of a turn, in roots of depths.
 */

const turnsPerRoot = 1 / 8

/** The least length of a turn, and the most turns. */
const leastLength = 2 ** -30
const mostTurns = 2 ** 13

/** How many parts of equal size the depths of a view are divided into. */
const levels = 256

/**
 * rangeOf is the least and the greatest count of a picture's range.
 * @param {import('./parameters.js').Parameters} parameters
 * @returns {[number, number] | null}
 */
export function rangeOf(parameters) {
  const [least, greatest] = (parameters.get('range') || '').split(',').map(Number)
  return greatest > least ? [least, greatest] : null
}

/**
 * spreadOf reads range and equalization.
 * @param {import('./parameters.js').Parameters} parameters
 * @param {number} bits
 * @returns {Spread}
 */
export function spreadOf(parameters, bits) {
  const range = rangeOf(parameters), equalize = Number(parameters.get('equalize') || 0)
  if (!range) return { ends: null, start: 0, length: 1 / turnsPerRoot, equalize }
  const start = Math.sqrt(range[0] * bits)
  return { ends: [range[0] * bits, range[1] * bits], start, length: Math.max(leastLength, Math.sqrt(range[1] * bits) - start), equalize }
}

/**
 * turnsOf is how often the palette has turned at a depth.
 * @param {Spread} spread
 * @param {number[]} bounds
 * @returns {(depth: number) => number}
 */
export function turnsOf({ ends, start, length, equalize }, bounds) {
  const straight = (/** @type {number} */ depth) => (Math.sqrt(Math.max(0, depth)) - start) / length
  const bounded = (/** @type {number} */ turns) => Math.max(-mostTurns, Math.min(turns, mostTurns))
  const first = ends ? rank(bounds, ends[0]) : 0, part = ends ? rank(bounds, ends[1]) - first : 1
  // In a range that holds no points there are no ranks to go by.
  if (!equalize || !(part > 0)) return ends ? depth => bounded(straight(depth)) : straight
  return depth => {
    const turns = straight(depth)
    return bounded(turns + equalize * ((rank(bounds, depth) - first) / part - turns))
  }
}

/**
 * rank is the part of the points that are less deep, from 0 to 1.
 * @param {number[]} bounds
 * @param {number} depth
 */
export function rank(bounds, depth) {
  const last = bounds.length - 1
  if (last < 1 || depth < bounds[0]) return 0
  if (depth >= bounds[last]) return 1
  let level = 0
  for (let step = last >> 1; step > 0; step >>= 1) if (bounds[level + step] <= depth) level += step
  return (level + (depth - bounds[level]) / (bounds[level + 1] - bounds[level])) / last
}

/**
 * boundsOf divides depths into parts of equal size.
 * @param {Float64Array} depths of points that escape, in ascending order
 */
export const boundsOf = depths =>
  (depths.length ? Array.from({ length: levels + 1 }, (_, level) => depths[Math.floor(level * (depths.length - 1) / levels)]) : [])

/** The picture whose points a farm ranks, at most. */
const surveyWidth = 256
const surveyHeight = 192

/**
 * surveySize is that of the picture whose points are ranked for one of some size.
 * @param {{width: number, height: number}} size
 */
export function surveySize(size) {
  let { width, height } = size
  if (width > surveyWidth) [width, height] = [surveyWidth, Math.max(1, Math.floor(size.height * surveyWidth / size.width))]
  if (height > surveyHeight) [width, height] = [Math.max(1, Math.floor(size.width * surveyHeight / size.height)), surveyHeight]
  return { width, height }
}
