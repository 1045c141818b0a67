/**
 * Lengths in metres that people know, with what is as wide.
 * @type {[number, string][]}
 */
const sizes = [
  [0.3, 'a screen'], [10, 'a house'], [100, 'a football field'], [3e3, 'a village'], [4e4, 'a city'], [1e6, 'a country'], [1.27e7, 'the Earth'],
  [7.7e8, "the Moon's orbit"], [3e11, "the Earth's orbit"], [9e12, "Neptune's orbit"], [9.46e15, 'a light year'], [1.2e17, 'the space between the nearest stars'],
  [1e21, 'the Milky Way'], [2.4e22, 'the way to Andromeda'], [8.8e26, 'the observable universe'],
]

/** How wide a view is on the screen of somebody, in metres, and the whole set. */
const screenWidth = 0.3

/**
 * inWords says how large the whole set would be, if a view of a radius were as wide as a screen.
 * @param {number} log the decimal logarithm of the radius
 */
export function inWords(log) {
  const metres = Math.log10(1.25) - log + Math.log10(screenWidth)
  const [size, name] = [...sizes].reverse().find(([size]) => Math.log10(size) <= metres + 0.3) || sizes[0]
  const times = metres - Math.log10(size)
  if (times < 0.3) return `the whole set as wide as ${name}`
  const count = times < 5 ? String(Number((10 ** times).toPrecision(1)).toLocaleString('en')) : `10^${Math.round(times)}`
  return `the whole set ${count} times as wide as ${name}`
}
