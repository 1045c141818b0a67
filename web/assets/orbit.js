/**
 * A point whose orbit is wanted. It is where in the plane a view would have its middle: u / 2^bits and v / 2^bits of the square from
 * -2-2i to 2+2i. Seeds are decimals as digits / 10^places.
 * @typedef {{
 *   formula: string, power: number, u: bigint, v: bigint, bits: number, zoom: number,
 *   seed: import('./decimal.js').Decimal[],
 * }} Question
 *
 * What becomes of it: the count of the step that leaves the disc of radius 2, or 0, the period of the cycle that it comes to, or 0 if
 * none is found, and the first points and those of the cycle, as real and imaginary parts in turn.
 * @typedef {{escaped: number, period: number, points: number[], cycle: number[]}} Orbit
 */

/** Bits beyond those of the zoom that numbers have, and that points of a cycle agree in when it has come back. */
const spareBits = 60
const equalBits = 24

/** Points that are kept for whoever draws them. */
const kept = 256

/** Steps between looks at the clock. */
const look = 256

/**
 * orbitOf follows a point in whole numbers of any size, so at any depth, for so many milliseconds at most.
 * @param {Question} question
 * @param {number} milliseconds
 * @returns {Orbit}
 */
export function orbitOf(question, milliseconds) {
  const bits = BigInt(Math.max(64, Math.ceil(question.zoom) + spareBits)), step = stepOf(question, bits)
  const [point, seed] = placesOf(question, bits)
  const c = question.formula == 'julia' ? seed : point
  const end = performance.now() + milliseconds, near = 1n << BigInt(spareBits - equalBits), far = 4n << (2n * bits)
  let z = question.formula == 'julia' ? point : [0n, 0n], anchor = z, next = 2
  /** @type {Orbit} */
  const orbit = { escaped: 0, period: 0, points: [], cycle: [] }
  for (let n = 1; n % look || performance.now() < end; n++) {
    z = step(z, c)
    if (n <= kept) orbit.points.push(...numbersOf(z, bits))
    if (z[0] * z[0] + z[1] * z[1] > far) return { ...orbit, escaped: n }
    // Brent's way: z is held against a point that is ever farther back, so that it meets itself once it goes around.
    if (distance(z, anchor) < near) return { ...orbit, ...cycleOf(z, c, step, bits, near, 2 * n) }
    if (n == next) [anchor, next] = [z, 2 * next]
  }
  return orbit
}

/** @typedef {bigint[]} Fixed real and imaginary part, times a power of two */

/**
 * @param {Fixed} a
 * @param {Fixed} b
 */
const distance = (a, b) => {
  const [x, y] = [a[0] - b[0], a[1] - b[1]].map(n => (n < 0n ? -n : n))
  return x > y ? x : y
}

/**
 * cycleOf goes around a cycle once, from a point of it.
 * @param {Fixed} first
 * @param {Fixed} c
 * @param {(z: Fixed, c: Fixed) => Fixed} step
 * @param {bigint} bits
 * @param {bigint} near
 * @param {number} most
 */
function cycleOf(first, c, step, bits, near, most) {
  /** @type {number[]} */
  const cycle = []
  let z = first, period = 0
  do {
    z = step(z, c)
    period++
    if (period <= kept) cycle.push(...numbersOf(z, bits))
  } while (distance(z, first) >= near && period < most)
  return { period, cycle }
}

/**
 * placesOf are the point and the seed in fixed-point numbers.
 * @param {Question} question
 * @param {bigint} bits
 * @returns {Fixed[]}
 */
function placesOf({ u, v, bits: given, seed }, bits) {
  const shift = bits + 2n - BigInt(given), middle = 2n << bits
  const along = (/** @type {bigint} */ n) => (shift >= 0n ? n << shift : n >> -shift)
  return [[along(u) - middle, middle - along(v)], seed.map(({ digits, places }) => (digits << bits) / 10n ** BigInt(places))]
}

/**
 * stepOf is one step of a formula.
 * @param {Question} question
 * @param {bigint} bits
 * @returns {(z: Fixed, c: Fixed) => Fixed}
 */
function stepOf({ formula, power }, bits) {
  /**
   * @param {Fixed} a
   * @param {Fixed} b
   * @returns {Fixed}
   */
  const times = ([a, b], [x, y]) => [(a * x - b * y) >> bits, (a * y + b * x) >> bits]
  const size = (/** @type {bigint} */ n) => (n < 0n ? -n : n)
  return ([x, y], c) => {
    if (formula == 'burning_ship') [x, y] = [size(x), size(y)]
    if (formula == 'tricorn') y = -y
    let product = times([x, y], [x, y])
    for (let n = 2; n < power; n++) product = times(product, [x, y])
    return [product[0] + c[0], product[1] + c[1]]
  }
}

/**
 * numbersOf are doubles near a point.
 * @param {Fixed} z
 * @param {bigint} bits
 */
const numbersOf = (z, bits) => z.map(n => Number(n >> (bits - 52n)) / 2 ** 52)
