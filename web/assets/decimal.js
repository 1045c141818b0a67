/**
 * Exact decimals of any length: digits / 10^places.
 * @typedef {{digits: bigint, places: number}} Decimal
 */

/** The most places a decimal may have, on either side of the point: what a farm takes at most. */
const mostPlaces = 60000

/**
 * parse reads a decimal such as "-1.5e-30".
 * @param {string} text
 * @returns {Decimal | null} null for what is no decimal
 */
export function parse(text) {
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text.trim())
  if (!parts || !(parts[2] + parts[3])) return null
  const [, sign, whole, fraction, power = '0'] = parts
  const places = fraction.length - Number(power)
  if (Math.abs(places) > mostPlaces) return null
  const digits = BigInt(whole + fraction) * (sign == '-' ? -1n : 1n)
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 }
}

/**
 * format writes all places of a decimal, without an exponent.
 * @param {Decimal} d
 */
export function format({ digits, places }) {
  const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0')
  const point = text.length - places
  return (digits < 0n ? '-' : '') + text.slice(0, point) + (places ? '.' + text.slice(point) : '')
}

/**
 * trimmed is a decimal without zeros at its end.
 * @param {string} text as format writes it
 */
export const trimmed = text => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/**
 * divide rounds to the nearest whole number, halves up.
 * @param {bigint} a
 * @param {bigint} b above 0
 */
export function divide(a, b) {
  const twice = 2n * a + b
  const quotient = twice / (2n * b)
  return twice < 0n && quotient * 2n * b != twice ? quotient - 1n : quotient
}

/**
 * A positive number of any size as a decimal logarithm, which is as exact as a double allows.
 * @param {string} text
 * @returns {number | null} null for what is no positive decimal
 */
export function log10(text) {
  const parts = /^\+?(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text.trim())
  const digits = parts ? (parts[1] + parts[2]).replace(/^0+/, '') : ''
  if (!parts || !digits) return null
  const lead = Number(`${digits[0]}.${digits.slice(1, 25)}`)
  const exponent = Number(parts[3] || 0) + (digits.length - 1 - parts[2].length)
  return Math.abs(exponent) > mostPlaces ? null : Math.log10(lead) + exponent
}

/**
 * fromLog10 writes the number of a decimal logarithm in so many significant digits.
 * @param {number} log
 * @param {number} count
 */
export function fromLog10(log, count) {
  let exponent = Math.floor(log)
  let lead = (10 ** (log - exponent)).toPrecision(count)
  if (Number(lead) >= 10) [lead, exponent] = [(1).toPrecision(count), exponent + 1]
  if (exponent >= -4 && exponent < 6) return trimmed((Number(lead) * 10 ** exponent).toFixed(Math.max(0, count - 1 - exponent)))
  return `${trimmed(lead)}e${exponent}`
}
