/**
 * What became of the points of a tile, as package planes of the renderer lays it out.
 * @typedef {{
 *   width: number, height: number,
 *   limit: number,
 *   zero: number,
 *   nu: Float64Array,
 *   octaves?: Float32Array,
 *   directions?: Float32Array,
 *   periods?: Uint32Array,
 * }} Points
 * limit is that of iterations; zero is nu where a whole count begins, less that count; nu is the fractional count, and NaN for points that do not escape; octaves are
 * log2(1 + 8 d) of the distance to the boundary in pixels; directions are turns counter-clockwise from the right, and
 * negative where there is none; periods are those of points that do not escape, 0 where none is known.
 */

const magic = 0x3144464d // "MFD1"

/** Steps of the channels. */
const fractionSteps = 65536
const octaveSteps = 4096
const directionSteps = 4096

/**
 * unpack inflates a file.
 * @param {Blob | ArrayBuffer} file
 */
export async function unpack(file) {
  const packed = new Response(file).body
  if (!packed) throw new Error('an empty tile')
  return decode(new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream('deflate'))).arrayBuffer()))
}

/**
 * decode reads the numbers of a file that is inflated.
 * @param {Uint8Array} data
 * @returns {Points}
 */
export function decode(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.length)
  if (data.length < 32 || view.getUint32(0, true) != magic) throw new Error('no tile of numbers')
  const [width, height, pixelBytes, segmentRows] = [4, 8, 12, 16].map(at => view.getUint32(at, true))
  const nuOfZero = view.getFloat64(24, true), pixels = width * height
  /** @type {Points} */
  const points = { width, height, limit: 0, zero: nuOfZero, nu: new Float64Array(pixels) }
  if (pixelBytes == 11 || pixelBytes == 15) {
    points.octaves = new Float32Array(pixels)
    points.directions = new Float32Array(pixels)
  }
  if (pixelBytes == 10 || pixelBytes == 15) points.periods = new Uint32Array(pixels)
  let at = 32
  for (let top = 0; top < height; top += segmentRows) {
    points.limit = view.getUint32(at, true)
    at = segment(points, data, at + 4, top * width, Math.min(segmentRows, height - top) * width, nuOfZero)
  }
  return points
}

/**
 * segment reads one, and returns where the next begins.
 * @param {Points} points
 * @param {Uint8Array} data
 * @param {number} at
 * @param {number} first pixel
 * @param {number} count of pixels
 * @param {number} nuOfZero
 */
function segment(points, data, at, first, count, nuOfZero) {
  const channel = (/** @type {number} */ planes) => restore(data, (at += planes * count) - planes * count, count, points.width, planes)
  const high = channel(2), low = channel(4)
  for (let i = 0; i < count; i++) {
    const n = high[i] * 65536 + (low[i] >>> 16)
    points.nu[first + i] = n ? n + nuOfZero + ((low[i] & 0xffff) + 0.5) / fractionSteps : NaN
  }
  if (points.octaves && points.directions) {
    const distance = channel(3), direction = channel(2)
    for (let i = 0; i < count; i++) {
      points.octaves[first + i] = distance[i] / octaveSteps
      points.directions[first + i] = direction[i] == directionSteps ? -1 : direction[i] / directionSteps
    }
  }
  points.periods?.set(channel(4), first)
  return at
}

/**
 * restore makes the values of a channel of its planes: each is what the neighbours suggest, and a small difference.
 * @param {Uint8Array} data
 * @param {number} at
 * @param {number} count
 * @param {number} width
 * @param {number} planes
 */
function restore(data, at, count, width, planes) {
  const values = new Uint32Array(count)
  const mask = planes == 4 ? 0xffffffff : 2 ** (8 * planes) - 1
  for (let i = 0; i < count; i++) {
    let small = 0
    for (let p = 0; p < planes; p++) small = (small << 8 | data[at + p * count + i]) >>> 0
    const left = i % width ? values[i - 1] : 0, above = i >= width ? values[i - width] : left
    const guess = i % width == 0 ? (i >= width ? above : 0) : i >= width ? left + above - values[i - width - 1] : left
    values[i] = (guess + ((small >>> 1) ^ -(small & 1))) & mask
  }
  return values
}
