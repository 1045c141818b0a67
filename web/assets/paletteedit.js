/** @typedef {import('./palette.js').Stop} Stop */

/** @param {number} at */
const place = at => Number(at.toFixed(6))

/**
 * reversed is a palette from its end to its beginning.
 * @param {Stop[]} stops
 * @param {boolean} cyclic whether the place 0 stays where it is, and not the ends
 * @returns {Stop[]}
 */
export function reversed(stops, cyclic) {
  const ends = stops[0].at + stops[stops.length - 1].at
  return stops.map(({ at, color }) => ({ at: place(cyclic ? (1 - at) % 1 : ends - at), color })).sort((a, b) => a.at - b.at)
}

/**
 * thereAndBack is a palette that runs from its first stop to its last, and back.
 * @param {Stop[]} stops
 * @returns {Stop[]}
 */
export function thereAndBack(stops) {
  const first = stops[0].at, length = stops[stops.length - 1].at - first
  const there = stops.map(({ at, color }) => ({ at: place((at - first) / length / 2), color }))
  return [...there, ...there.slice(1, -1).reverse().map(({ at, color }) => ({ at: place(1 - at), color }))]
}

/**
 * adjusted has the hues (of HSL) turned by degrees, and saturation and lightness changed by parts from -1 to 1.
 * @param {Stop[]} stops
 * @param {{hue?: number, saturation?: number, lightness?: number}} by
 * @returns {Stop[]}
 */
export const adjusted = (stops, { hue = 0, saturation = 0, lightness = 0 }) =>
  stops.map(({ at, color }) => ({ at, color: lightened(saturated(turned(color, hue), saturation), lightness) }))

/**
 * turned has another hue, and saturation and lightness as they were.
 * @param {number[]} color
 * @param {number} degrees
 */
function turned(color, degrees) {
  const most = Math.max(...color), least = Math.min(...color), chroma = most - least
  if (!chroma) return color
  const [r, g, b] = color
  const sixth = most == r ? (g - b) / chroma : most == g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma
  const hue = ((sixth + degrees / 60) % 6 + 6) % 6
  // Each channel is at its most within a sixth of its own hue, at its least beyond two, and goes straight between.
  return [0, 2, 4].map(own => {
    const away = Math.min(Math.abs(hue - own), 6 - Math.abs(hue - own))
    return Math.round(least + chroma * Math.min(1, Math.max(0, 2 - away)))
  })
}

/**
 * saturated is farther from the gray of the same lightness, or nearer to it: -1 is that gray, and 1 as far as there are colours.
 * @param {number[]} color
 * @param {number} by
 */
function saturated(color, by) {
  const most = Math.max(...color), least = Math.min(...color), gray = (most + least) / 2
  if (most == least) return color
  const farthest = Math.min(gray, 255 - gray) / (most - gray)
  const factor = by > 0 ? 1 + by * (farthest - 1) : 1 + by
  return color.map(channel => Math.max(0, Math.min(255, Math.round(gray + (channel - gray) * factor))))
}

/**
 * lightened is nearer to white, or to black: -1 is black, and 1 white.
 * @param {number[]} color
 * @param {number} by
 */
const lightened = (color, by) => color.map(channel => Math.round(by > 0 ? channel + (255 - channel) * by : channel * (1 + by)))
