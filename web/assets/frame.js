/**
 * How a picture of known size lies in a window: the point of the picture that is in the middle, and pixels of the window for
 * each of its own. Frames are never changed, but made anew.
 * @typedef {{x: number, y: number, scale: number}} Frame
 * @typedef {{width: number, height: number}} Size
 * @typedef {{level: number, i: number, j: number}} Piece a tile: at level n its pixels are 2^n of the picture's
 */

/** Pixels of a side of a tile. */
export const side = 512

/** Pixels of the window that one of the picture may have at most. */
const mostScale = 16

/**
 * whole shows all of a picture.
 * @param {Size} picture
 * @param {Size} window
 * @returns {Frame}
 */
export const whole = (picture, window) => ({
  x: picture.width / 2, y: picture.height / 2, scale: Math.min(window.width / picture.width, window.height / picture.height),
})

/**
 * held keeps a frame where there is something to see.
 * @param {Frame} frame
 * @param {Size} picture
 * @param {Size} window
 * @returns {Frame}
 */
export function held({ x, y, scale }, picture, window) {
  const least = Math.min(1, whole(picture, window).scale)
  return {
    x: Math.min(picture.width, Math.max(0, x)), y: Math.min(picture.height, Math.max(0, y)),
    scale: Math.min(mostScale, Math.max(least, scale)),
  }
}

/**
 * closer zooms about a point, given in pixels of the window from its middle.
 * @param {Frame} frame
 * @param {number} factor
 * @param {number} x
 * @param {number} y
 * @returns {Frame}
 */
export const closer = (frame, factor, x, y) => ({
  x: frame.x + x / frame.scale * (1 - 1 / factor), y: frame.y + y / frame.scale * (1 - 1 / factor), scale: frame.scale * factor,
})

/**
 * coarsest is the level at which the picture is one tile.
 * @param {Size} picture
 */
export const coarsest = picture => Math.max(0, Math.ceil(Math.log2(Math.max(picture.width, picture.height) / side)))

/**
 * levelOf is the coarsest level that has a pixel for each of the window's.
 * @param {Frame} frame
 * @param {Size} picture
 */
export const levelOf = (frame, picture) => Math.min(coarsest(picture), Math.max(0, Math.floor(-Math.log2(frame.scale) + 1e-9)))

/**
 * seen lists the tiles of a level that a frame shows, the nearest to the middle first.
 * @param {Frame} frame
 * @param {Size} picture
 * @param {Size} window
 * @param {number} level
 * @returns {Piece[]}
 */
export function seen(frame, picture, window, level) {
  const own = side * 2 ** level
  const range = (/** @type {number} */ middle, /** @type {number} */ half, /** @type {number} */ most) =>
    [Math.max(0, Math.floor((middle - half) / own)), Math.min(Math.ceil(most / own) - 1, Math.floor((middle + half) / own))]
  const [left, right] = range(frame.x, window.width / 2 / frame.scale, picture.width)
  const [top, bottom] = range(frame.y, window.height / 2 / frame.scale, picture.height)
  const pieces = []
  for (let j = top; j <= bottom; j++) for (let i = left; i <= right; i++) pieces.push({ level, i, j })
  const far = (/** @type {Piece} */ { i, j }) => Math.hypot((i + 0.5) * own - frame.x, (j + 0.5) * own - frame.y)
  return pieces.sort((a, b) => far(a) - far(b))
}

/**
 * regionOf is the part of a picture that a tile shows.
 * @param {Piece} piece
 * @param {Size} picture
 */
export function regionOf({ level, i, j }, picture) {
  const own = side * 2 ** level, x = i * own, y = j * own
  return { x, y, width: Math.min(own, picture.width - x), height: Math.min(own, picture.height - y) }
}

/**
 * pathOf is where the farm has a tile, in the words of the IIIF Image API.
 * @param {Piece} piece
 * @param {Size} picture
 */
export function pathOf(piece, picture) {
  const { x, y, width, height } = regionOf(piece, picture), cut = 2 ** piece.level
  return `${x},${y},${width},${height}/${Math.ceil(width / cut)},${Math.ceil(height / cut)}/0/default.png`
}
