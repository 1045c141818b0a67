/** @typedef {import('./palette.js').Stop} Stop */

/**
 * reversed is a palette from its end to its beginning.
 * @param {Stop[]} stops
 * @param {boolean} cyclic whether the place 0 stays where it is, and not the ends
 * @returns {Stop[]}
 */
export function reversed(stops, cyclic) {
  const ends = stops[0].at + stops[stops.length - 1].at
  const place = (/** @type {number} */ at) => Number((cyclic ? (1 - at) % 1 : ends - at).toFixed(4))
  return stops.map(({ at, color }) => ({ at: place(at), color })).sort((a, b) => a.at - b.at)
}

/**
 * turned has the hues so many degrees farther, and saturation and lightness (of HSL) as they were.
 * @param {Stop[]} stops
 * @param {number} degrees
 * @returns {Stop[]}
 */
export const turned = (stops, degrees) => stops.map(({ at, color }) => ({ at, color: turnedColor(color, degrees) }))

/**
 * @param {number[]} color
 * @param {number} degrees
 */
function turnedColor(color, degrees) {
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
