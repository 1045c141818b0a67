/**
 * A gradient: places from 0 to 1 and their colours, from 0 to 255.
 * @typedef {{at: number, color: number[]}} Stop
 */

/** The palettes that have names, the farm's default first. This is JSON: a test compares it with the farm's. */
export const palettes = {
  "ultra": "030626@0,0d3c96@0.15,60b2ec@0.33,f4fcf8@0.44,ffcc4a@0.56,e27008@0.68,5c1416@0.83,0e0414@0.93",
  "fire": "0c0408@0,6e080c@0.2,de3c06@0.4,ffa014@0.56,fff096@0.7,ffffec@0.78,78323c@0.9",
  "ocean": "020e22@0,044a70@0.22,1aa0a8@0.42,aae8d0@0.56,f6fcf0@0.64,5abed2@0.76,103a6e@0.9",
  "aurora": "10062c@0,5c167e@0.18,d63e80@0.34,ffbe6e@0.48,fafac8@0.58,4ece8c@0.72,0a5c70@0.86",
  "gray": "080808@0,fafafa@0.5",
  "twilight": "241034@0,484ea4@0.2,84a6ce@0.36,ece6e8@0.5,d8a090@0.64,a0425c@0.8,4a163e@0.92",
  "copper": "100a08@0,683018@0.18,ce7a3e@0.36,ffecc8@0.5,8ac4ac@0.64,226260@0.8,0a1c20@0.92",
  "forest": "06120c@0,124e2a@0.2,60a040@0.38,e8f0ba@0.52,e0b660@0.64,7a4422@0.8,201410@0.92",
  "spectrum": "d63e50@0,ee9240@0.16,dece54@0.32,5cb86a@0.48,3694be@0.64,605cba@0.8,a44a96@0.91"
}

/** Colours of a table, which stand for the places from i / size to (i + 1) / size. */
export const size = 4096

/**
 * stopsOf reads a palette, a name or stops.
 * @param {string} palette
 * @returns {Stop[]}
 */
export function stopsOf(palette) {
  const text = /** @type {Record<string, string>} */ (palettes)[palette] || (palette.includes('@') ? palette : palettes.ultra)
  return text.split(',').map(stop => {
    const [color, at] = stop.replace('#', '').split('@')
    return { at: Number(at), color: [0, 2, 4].map(i => parseInt(color.slice(i, i + 2), 16)) }
  })
}

/**
 * textOf writes stops as a palette.
 * @param {Stop[]} stops
 */
export const textOf = stops => stops.map(({ at, color }) => `${hex(color)}@${Number(at.toFixed(6))}`).join(',')

/** @param {number[]} color */
export const hex = color => color.map(channel => channel.toString(16).padStart(2, '0')).join('')

/**
 * table is the renderer's, channel after channel: between stops each follows a monotone cubic (package palette).
 * @param {Stop[]} stops
 * @param {boolean} [cyclic] whether the last stop runs into the first
 * @returns {Uint8ClampedArray} red, green and blue of each entry
 */
export function table(stops, cyclic = true) {
  const colors = new Uint8ClampedArray(3 * size)
  for (let channel = 0; channel < 3; channel++) {
    fill(colors, channel, stops.length, i => {
      const turn = Math.floor(i / stops.length)
      const end = cyclic ? i - turn * stops.length : Math.max(0, Math.min(i, stops.length - 1))
      return [stops[end].at + (cyclic ? turn : i - end), stops[end].color[channel]]
    })
  }
  return colors
}

/** @typedef {(i: number) => [number, number]} Knot place and value of a stop, continued on both sides */

/**
 * @param {Uint8ClampedArray} colors
 * @param {number} channel
 * @param {number} stops
 * @param {Knot} knot
 */
function fill(colors, channel, stops, knot) {
  let entry = 0
  for (let s = -1; s < stops; s++) {
    const [x0, y0] = knot(s), [x1, y1] = knot(s + 1)
    const width = x1 - x0
    const m0 = width * slope(knot, s), m1 = width * slope(knot, s + 1)
    for (; entry < size && entry / size < x1; entry++) {
      const value = hermite((entry / size - x0) / width, y0, y1, m0, m1)
      colors[3 * entry + channel] = Math.floor(Math.max(Math.min(y0, y1), Math.min(Math.max(y0, y1), value)) + 0.5)
    }
  }
}

/**
 * slope is the weighted harmonic mean of the slopes on both sides of a stop, and 0 at an extremum.
 * @param {Knot} knot
 * @param {number} i
 */
function slope(knot, i) {
  const [x0, y0] = knot(i - 1), [x1, y1] = knot(i), [x2, y2] = knot(i + 1)
  const h0 = x1 - x0, h1 = x2 - x1, d0 = (y1 - y0) / h0, d1 = (y2 - y1) / h1
  if (d0 * d1 <= 0) return 0
  const w0 = 2 * h1 + h0, w1 = h1 + 2 * h0
  return (w0 + w1) / (w0 / d0 + w1 / d1)
}

/**
 * hermite is the cubic with the given values and slopes at t = 0 and t = 1.
 * @param {number} t
 * @param {number} y0
 * @param {number} y1
 * @param {number} m0
 * @param {number} m1
 */
function hermite(t, y0, y1, m0, m1) {
  const delta = y1 - y0
  return y0 + t * (m0 + t * (3 * delta - 2 * m0 - m1 + t * (m0 + m1 - 2 * delta)))
}

/**
 * picture is a palette as a strip to look at.
 * @param {string} palette
 * @param {number} [width]
 * @param {boolean} [cyclic]
 */
export function picture(palette, width = 256, cyclic = true) {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = 1
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
  const colors = table(stopsOf(palette), cyclic), image = context.createImageData(width, 1)
  for (let i = 0; i < width; i++) {
    const entry = Math.floor(i * size / width)
    image.data.set([colors[3 * entry], colors[3 * entry + 1], colors[3 * entry + 2], 255], 4 * i)
  }
  context.putImageData(image, 0, 0)
  return canvas
}
