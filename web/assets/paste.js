import { fromLog10, log10, parse } from './decimal.js'
import { fromQuery, fromSpec } from './parameters.js'

/**
 * What a text says of a picture. Without colours in it, those of the page stay.
 * @typedef {{place: import('./view.js').Place, parameters: import('./parameters.js').Parameters, unknown: string[]}} Found
 */

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?`

/**
 * read understands a place as people have it: a link, a Spec, lines such as "Re: -0.75", or numbers one after the other:
 * real, imaginary and depth. A depth is a radius, or with a word, an x or a power of two, or from 4 on, a magnification.
 * @param {string} text
 * @returns {Found | null}
 */
export function read(text) {
  const plain = text.trim().replaceAll('\u2212', '-')
  if (plain.startsWith('{')) return readSpec(plain)
  const link = /[?#]([^\s#?]*=[^\s]*)/.exec(plain)
  if (link) return readLink(new URLSearchParams(link[1]))
  return readLines(plain) || readNumbers(plain.replace(/^(?:location|cent(?:er|re)|coordinates?|point|c)\s*[:=]?\s*(?=[-+.\d(])/i, ''))
}

/**
 * readLink reads a query; one that says nothing that is known here, such as that of another site, is none.
 * @param {URLSearchParams} query
 */
function readLink(query) {
  const found = fromQuery(query)
  return found.unknown.length < [...query].length ? found : null
}

/** @param {string} text */
function readSpec(text) {
  try {
    return fromSpec(JSON.parse(text, /** @type {any} */ ((/** @type {string} */ _, /** @type {any} */ value, /** @type {any} */ context) => (typeof value == 'number' && context?.source) || value)))
  } catch {
    return null
  }
}

/** @type {[string, RegExp][]} */
const labels = [
  ['re', /^(?:location\.)?(?:re|real|x|center_?re)$/i],
  ['im', /^(?:location\.)?(?:im|imag|imaginary|y|center_?im)$/i],
  ['radius', /^(?:radius|r)$/i],
  ['zoom', /^(?:location\.)?(?:zoom|magnification|mag|depth)$/i],
  ['size', /^(?:size|width|height)$/i],
  ['max_iterations', /^(?:iterations|max_?iterations|maxiter|iter)$/i],
]

/** @param {string} text */
function readLines(text) {
  /** @type {Record<string, string>} */
  const found = {}
  for (const [, label, value] of text.matchAll(/(?<![\w.])([a-z][\w.]*)\s*(?:[:=]\s*"?\s*|\s)([+-]?\.?\d[^\s",;]*)/gi)) {
    const name = labels.find(([, pattern]) => pattern.test(label))?.[0]
    if (name) found[name] = value
  }
  const radius = found.radius || (found.zoom && fromMagnification(log10(found.zoom))) || (found.size && fromSize(log10(found.size)))
  return found.re && found.im && radius ? placed(found.re, found.im, radius, found.max_iterations) : null
}

/** @param {string} text */
function readNumbers(text) {
  const complex = new RegExp(`^\\(?(${number})\\s*(${number.replace('[+-]?', '[+-]\\s*')})\\s*\\*?\\s*i\\)?(.*)$`, 'is').exec(text)
  if (complex) return withDepth(complex[1], complex[2].replace(/[\s+]/g, ''), complex[3])
  const pair = new RegExp(`^(${number})[\\s,;/]+(${number})(.*)$`, 'is').exec(text)
  return pair && withDepth(pair[1], pair[2], pair[3])
}

/**
 * @param {string} re
 * @param {string} im
 * @param {string} rest
 */
function withDepth(re, im, rest) {
  const radius = depth(rest.replace(/^[\s,;@/]+/, '').trim())
  return radius ? placed(re, im, radius) : null
}

/** The decimal logarithm of a magnification below which there is none: who writes "1e-30 zoom" means how small the view is. */
const leastMagnification = -2

/**
 * depth reads any notation of a depth as a radius.
 * @param {string} text
 * @returns {string | null}
 */
export function depth(text) {
  if (!text) return '1'
  const parts = /^(radius|r|zoom|mag\w*|depth|x)?\s*[:=]?\s*(?:(2|10)\^([+-]?[\d.]+)|([\d.]+(?:e[+-]?\d+)?))\s*(radius|zoom|mag\w*|x)?$/i.exec(text.replace('×', 'x'))
  if (!parts) return null
  const [, before = '', base, power, plain, after = ''] = parts, word = before || after
  const log = base ? Number(power) * Math.log10(Number(base)) : log10(plain)
  if (log === null || Number.isNaN(log)) return null
  const magnified = /^(zoom|mag|x)/i.test(word) ? log > leastMagnification : !/^r/i.test(word) && log >= Math.log10(4)
  return magnified ? fromMagnification(log) : plain || fromLog10(log, 12)
}

/**
 * fromMagnification is the radius of a magnification: 1 shows the square from -2-2i to 2+2i.
 * @param {number | null} log its decimal logarithm
 */
const fromMagnification = log => (log === null ? null : fromLog10(Math.log10(2) - log, 12))

/**
 * fromSize is the radius of a view that is so wide or high.
 * @param {number | null} log its decimal logarithm
 */
const fromSize = log => (log === null ? null : fromLog10(log - Math.log10(2), 12))

/**
 * @param {string} re
 * @param {string} im
 * @param {string} radius
 * @param {string} [iterations]
 * @returns {Found | null}
 */
function placed(re, im, radius, iterations) {
  if (!parse(re) || !parse(im) || log10(radius) === null) return null
  const given = iterations && /^\d+$/.test(iterations) ? iterations : 'auto'
  return { place: { re, im, radius }, parameters: new Map([['max_iterations', given]]), unknown: [] }
}
