/**
 * How the plane lies in the picture: columns are where right and down in the picture go in the plane, whose second axis points
 * down as well. It is [xx, yx, xy, yy], as a canvas takes it.
 * @typedef {[number, number, number, number]} Matrix
 */

/** @type {Matrix} */
const upright = [1, 0, 0, 1]

/**
 * product is that of two matrices: b first, then a.
 * @param {Matrix} a
 * @param {Matrix} b
 * @returns {Matrix}
 */
function product([a, b, c, d], [e, f, g, h]) {
  return [a * e + c * f, b * e + d * f, a * g + c * h, b * g + d * h]
}

/**
 * turn is by so many degrees, counter-clockwise to the eye.
 * @param {number} degrees
 * @returns {Matrix}
 */
function turn(degrees) {
  const angle = degrees * Math.PI / 180
  return [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)]
}

/**
 * orientation is that of a Spec's rotation, stretch and mirror: R S M.
 * @param {Map<string, string>} parameters
 * @returns {Matrix}
 */
export function orientation(parameters) {
  const number = (/** @type {string} */ name) => Number(parameters.get(name) || 0)
  const longer = 2 ** number('stretch_amount')
  const axis = number('stretch_angle')
  let matrix = turn(number('rotation'))
  if (longer != 1) matrix = [turn(axis), /** @type {Matrix} */ ([longer, 0, 0, 1 / longer]), turn(-axis)].reduce(product, matrix)
  return parameters.get('mirror') == 'true' ? product(matrix, [1, 0, 0, -1]) : matrix
}

/**
 * turned is the rotation of a picture that is turned clockwise on the screen by so many degrees, to a thousandth of one; "" for none.
 * @param {Map<string, string>} parameters
 * @param {number} degrees
 */
export function turned(parameters, degrees) {
  const sense = parameters.get('mirror') == 'true' ? -1 : 1
  const rotation = Number(parameters.get('rotation') || 0) + sense * degrees
  return String(Number((rotation - 360 * Math.round(rotation / 360)).toFixed(3)) || '')
}

/**
 * inverse undoes a matrix, whose determinant is 1 or -1.
 * @param {Matrix} m
 * @returns {Matrix}
 */
export function inverse([a, b, c, d]) {
  const det = a * d - b * c
  return [d / det, -b / det, -c / det, a / det]
}

/**
 * apply maps a point.
 * @param {Matrix} m
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function apply([a, b, c, d], x, y) {
  return [a * x + c * y, b * x + d * y]
}

/**
 * isUpright reports whether pixels of tiles are pixels of the picture.
 * @param {Matrix} matrix
 */
export const isUpright = matrix => matrix.every((value, i) => value == upright[i])

/**
 * extent is half the width and height of the box in the plane that holds a picture of so many pixels.
 * @param {Matrix} matrix
 * @param {number} width
 * @param {number} height
 * @returns {[number, number]}
 */
export function extent([a, b, c, d], width, height) {
  return [(Math.abs(a) * width + Math.abs(c) * height) / 2, (Math.abs(b) * width + Math.abs(d) * height) / 2]
}
