/** How far a Julia set is looked at, and how often points are iterated: it is a small picture. */
export const juliaRadius = 1.5
const limit = 160
const escape2 = 65536

/**
 * juliaPoints is what becomes of the points around 0 under z^2 + c.
 * @param {number} re
 * @param {number} im
 * @param {number} side in pixels
 * @returns {import('./planes.js').Points}
 */
export function juliaPoints(re, im, side) {
  const nu = new Float64Array(side * side), step = 2 * juliaRadius / side
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) nu[row * side + column] = count((column + 0.5) * step - juliaRadius, juliaRadius - (row + 0.5) * step, re, im)
  }
  return { width: side, height: side, limit, zero: 0, nu }
}

/**
 * count is the fractional iteration count of a point, NaN if it does not escape.
 * @param {number} x
 * @param {number} y
 * @param {number} re
 * @param {number} im
 */
function count(x, y, re, im) {
  for (let n = 0; n < limit; n++) {
    const x2 = x * x, y2 = y * y
    if (x2 + y2 > escape2) return n - Math.log2(Math.log(x2 + y2) / 2)
    y = 2 * x * y + im
    x = x2 - y2 + re
  }
  return NaN
}
