import { size, stopsOf, table } from './palette.js'
import { rank, spreadOf, turnsOf } from './spread.js'

/**
 * How points become colours: package shade of the renderer, in the parts that a screen shows. The formulas are the same, so
 * that colours are those of the farm's own pictures.
 * @typedef {{
 *   method: string,
 *   colors: Uint32Array,
 *   offset: number, scale: number, cyclic: boolean,
 *   bits: number, smooth: boolean, spread: import('./spread.js').Spread,
 *   periods: boolean,
 *   light: [number, number], relief: number,
 *   bounds: number[],
 * }} Style
 * colors are those of the palette, with that of the interior behind them, as a canvas has them in memory; bounds are the
 * depths that divide the points of the view into parts of equal size, for colours that go by rank.
 */

const turnsPerOctave = 1 / 15
const goldenTurn = 0.6180339887498949
const shadow = 0.85
const glow = 0.8
const haze = 0.15

/**
 * styleOf reads the colours of a picture.
 * @param {import('./parameters.js').Parameters} parameters
 * @returns {Style}
 */
export function styleOf(parameters) {
  const number = (/** @type {string} */ name, /** @type {number} */ otherwise) => Number(parameters.get(name) ?? otherwise)
  const cyclic = parameters.get('cyclic') != 'false'
  const turns = number('offset', 0)
  // The light is of the picture, whose directions are not those of the plane.
  const light = ((parameters.get('mirror') == 'true' ? -1 : 1) * number('light', 45) + number('rotation', 0)) * Math.PI / 180
  const formula = parameters.get('formula')
  const bits = Math.log2(number('power', formula == 'multibrot' ? 3 : 2))
  return {
    method: parameters.get('coloring') || 'smooth',
    colors: colorsOf(parameters, cyclic),
    offset: (cyclic ? turns - Math.floor(turns) : turns) * size,
    scale: number('density', 1) * size,
    cyclic,
    bits,
    smooth: parameters.get('smooth') != 'false',
    spread: spreadOf(parameters, bits),
    periods: parameters.get('periods') == 'true',
    light: [Math.cos(light), Math.sin(light)],
    relief: number('relief', 0.7),
    bounds: [],
  }
}

/**
 * @param {import('./parameters.js').Parameters} parameters
 * @param {boolean} cyclic
 */
function colorsOf(parameters, cyclic) {
  const rgb = table(stopsOf(parameters.get('palette') || 'ultra'), cyclic)
  const steps = Number(parameters.get('steps') || 0), interior = parseInt((parameters.get('interior') || '#000000').slice(1), 16)
  const colors = new Uint32Array(size + 1)
  for (let i = 0; i < size; i++) {
    const step = Math.floor(i * steps / size)
    const at = 3 * (steps ? Math.floor((2 * step + 1) * size / (2 * steps)) : i)
    colors[i] = pack(rgb[at], rgb[at + 1], rgb[at + 2])
  }
  colors[size] = pack(interior >> 16, interior >> 8 & 255, interior & 255)
  return colors
}

/**
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
const pack = (red, green, blue) => (255 << 24 | blue << 16 | green << 8 | red) >>> 0

/**
 * seesGradients reports whether a method looks at more than the count.
 * @param {string} method
 */
export const seesGradients = method => method == 'distance' || method == 'slope'

/**
 * seesRanks reports whether colours go by how many points are less deep.
 * @param {Style} style
 */
export const seesRanks = ({ method, spread }) => method == 'histogram' || (method == 'smooth' || method == 'slope') && spread.equalize > 0

/**
 * shade colours points. A pixel of theirs is so many of the view's.
 * @param {import('./planes.js').Points} points
 * @param {Style} style
 * @param {number} pixel
 * @param {Float64Array} turns of the points, as lay finds them
 * @returns {ImageData}
 */
export function shade(points, style, pixel, turns = lay(points, style, pixel)) {
  const image = new ImageData(points.width, points.height)
  const out = new Uint32Array(image.data.buffer)
  if (style.method == 'set') bySet(out, points)
  else byTurns(out, turns, style)
  if (style.periods && style.method != 'set') colourInside(out, points, style)
  if (style.method == 'slope') lightUp(out, points, style, pixel)
  return image
}

/**
 * @param {Uint32Array} out
 * @param {import('./planes.js').Points} points
 */
function bySet(out, { nu }) {
  for (let i = 0; i < out.length; i++) out[i] = nu[i] == nu[i] ? 0xffffffff : 0xff000000
}

/**
 * byTurns looks the colours up. Whole turns drop out of the lowest bits of a number of any size.
 * @param {Uint32Array} out
 * @param {Float64Array} turns
 * @param {Style} style
 */
function byTurns(out, turns, { colors, offset, scale, cyclic }) {
  const inside = colors[size]
  for (let i = 0; i < out.length; i++) {
    const place = Math.floor(offset + scale * turns[i])
    if (place != place) out[i] = inside
    else out[i] = colors[cyclic ? place & (size - 1) : Math.max(0, Math.min(place, size - 1))]
  }
}

/**
 * layOf names all that lay looks at of a style: not the palette, nor where on it things lie, nor light.
 * @param {Style} style
 * @param {number} pixel
 */
export const layOf = ({ method, bits, smooth, spread, bounds }, pixel) => JSON.stringify([method, bits, smooth, spread, method == 'histogram' || spread.equalize ? bounds : [], method == 'distance' ? pixel : 1])

/**
 * lay finds how often the palette has turned at each point, NaN for those inside. That is most of the work of colouring.
 * @param {import('./planes.js').Points} points
 * @param {Style} style
 * @param {number} pixel
 */
export function lay(points, style, pixel) {
  const turns = new Float64Array(points.nu.length)
  layers[style.method]?.(turns, points, style, pixel)
  return turns
}

/** @typedef {(turns: Float64Array, points: import('./planes.js').Points, style: Style, pixel: number) => void} Layer */

/**
 * depthOf is the depth of a count, which is that of the whole one where colours are not smooth.
 * @param {Style} style
 * @param {number} zero of the points
 * @returns {(nu: number) => number}
 */
export const depthOf = ({ bits, smooth }, zero) => (smooth ? nu => nu * bits : nu => (Math.floor(nu - zero) + zero) * bits)

/** @type {Layer} */
function byDepth(turns, { nu, zero }, style) {
  const turned = turnsOf(style.spread, style.bounds), depth = depthOf(style, zero)
  for (let i = 0; i < turns.length; i++) turns[i] = nu[i] == nu[i] ? turned(depth(nu[i])) : NaN
}

/** @type {Layer} */
function byDistance(turns, { nu, octaves = new Float32Array(nu.length) }, _, pixel) {
  for (let i = 0; i < turns.length; i++) {
    const far = pixel == 1 ? octaves[i] : Math.log2(1 + (2 ** octaves[i] - 1) * pixel)
    turns[i] = nu[i] == nu[i] ? turnsPerOctave * far : NaN
  }
}

/** @type {Layer} */
function byRank(turns, { nu, zero }, style) {
  const depth = depthOf(style, zero), { bounds } = style
  for (let i = 0; i < turns.length; i++) turns[i] = nu[i] == nu[i] ? rank(bounds, depth(nu[i])) : NaN
}

/** @type {Record<string, Layer>} */
const layers = { smooth: byDepth, slope: byDepth, distance: byDistance, histogram: byRank }

/**
 * colourInside gives points that do not escape the colours of their periods, where they are known.
 * @param {Uint32Array} out
 * @param {import('./planes.js').Points} points
 * @param {Style} style
 */
function colourInside(out, { nu, periods }, { colors }) {
  if (!periods) return
  for (let i = 0; i < out.length; i++) {
    const turns = periods[i] * goldenTurn
    if (nu[i] != nu[i] && periods[i]) out[i] = colors[Math.floor((turns - Math.floor(turns)) * size)]
  }
}

/**
 * lightUp lights points by their slopes.
 * @param {Uint32Array} out
 * @param {import('./planes.js').Points} points
 * @param {Style} style
 * @param {number} pixel
 */
function lightUp(out, { nu, octaves, directions }, { light: [x, y], relief }, pixel) {
  if (!octaves || !directions) return
  for (let i = 0; i < out.length; i++) {
    if (nu[i] != nu[i] || directions[i] < 0) continue
    const angle = directions[i] * 2 * Math.PI
    const near = Math.min(1, (2 ** octaves[i] - 1) / 8 * pixel)
    out[i] = lit(out[i], near * (Math.cos(angle) * x + Math.sin(angle) * y) * relief)
  }
}

/**
 * lit is a colour under a light from -1 to 1.
 * @param {number} color
 * @param {number} light
 */
function lit(color, light) {
  let result = 255
  for (let shift = 16; shift >= 0; shift -= 8) {
    const value = (color >> shift & 255) / 255
    const changed = light > 0 ? value + (1 - value) * light * (glow * value + haze) : value + value * light * shadow
    result = result << 8 | Math.floor(changed * 255 + 0.5)
  }
  return result >>> 0
}
