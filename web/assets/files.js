import { ask } from './farm.js'
import { colours, fromSpec } from './parameters.js'
import { read } from './paste.js'

/** Media types by which the farm reads other programs' files. */
const foreign = {
  kfr: 'application/vnd.kallesfraktaler.kfr', toml: 'application/toml', ini: 'text/vnd.deepdrill.ini', imt: 'text/vnd.imagina.imt',
}

/**
 * Media types of files of colours. Of a place with colours, a .kfr, the farm reads the colours alone if it is told that it is a .kfp.
 * @type {Record<string, string>}
 */
const coloured = { kfp: 'application/vnd.kallesfraktaler.kfp', kfr: 'application/vnd.kallesfraktaler.kfp', map: 'text/vnd.fractint.map', ugr: 'text/vnd.ultrafractal.ugr' }

/** The endings of files that colours are read from, as an input takes them. */
export const colourEndings = Object.keys(coloured).map(ending => `.${ending}`).join()

/** @param {File} file */
const endingOf = file => file.name.toLowerCase().split('.').pop() || ''

/**
 * hasOnlyColours reports whether a file is one of colours alone, by its name.
 * @param {File} file
 */
export const hasOnlyColours = file => endingOf(file) in coloured && !(endingOf(file) in foreign)

/**
 * readColours has the farm read the colours of a file: of a .map or .ugr the palette, of others all that is about them.
 * @param {File} file
 * @returns {Promise<{changes: Record<string, string>, warnings: string[]}>} parameters, "" for what goes
 */
export async function readColours(file) {
  const mediaType = coloured[endingOf(file)]
  if (!mediaType) throw new Error(`${file.name} holds no colours that can be read here: want one of ${colourEndings}.`)
  const { spec, losses } = await quoteOf(file, mediaType)
  const { parameters } = fromSpec({ coloring: spec.coloring })
  const names = mediaType == coloured.kfp ? colours : ['palette']
  return { changes: Object.fromEntries(names.map(name => [name, parameters.get(name) || ''])), warnings: wordsOf(losses) }
}

/**
 * wordsOf says what is not honoured of a file.
 * @param {{key: string, value?: string, reason: string}[]} [losses]
 */
const wordsOf = (losses = []) => losses.map(({ key, value = '', reason }) => `${key} ${value}: ${reason}`)

/**
 * quoteOf is the farm's answer to what a small picture of what a file describes would cost, which says what that is.
 * @param {File} file
 * @param {string} mediaType
 */
const quoteOf = (file, mediaType) => ask('/quote?width=320&height=180', { method: 'POST', headers: { 'Content-Type': mediaType }, body: file })

/**
 * openFile reads a place from a file: a PNG of a farm, a text, or what other programs write.
 * @param {File} file
 * @returns {Promise<{found: import('./paste.js').Found, warnings: string[]}>}
 */
export async function openFile(file) {
  const ending = endingOf(file)
  const mediaType = /** @type {Record<string, string>} */ (foreign)[ending]
  if (mediaType) return openForeign(file, mediaType)
  const bytes = new Uint8Array(await file.arrayBuffer())
  const found = ending == 'png' ? readPNG(bytes) : read(new TextDecoder().decode(bytes))
  if (!found) throw new Error(`${file.name} holds no place that can be read here.`)
  return { found, warnings: [] }
}

/**
 * @param {File} file
 * @param {string} mediaType
 */
async function openForeign(file, mediaType) {
  const { spec, losses } = await quoteOf(file, mediaType)
  return { found: fromSpec(spec), warnings: wordsOf(losses) }
}

/**
 * fileIn is the file of another program that a text is all of, if it is one: its keys are more than those of a place.
 * @param {string} text
 * @returns {File | null}
 */
export function fileIn(text) {
  const name = signs.find(([, sign]) => sign.test(text))?.[0]
  return name ? new File([text], name) : null
}

/**
 * Names that stand for files whose text is pasted, and what tells them.
 * @type {[string, RegExp][]}
 */
const signs = [
  ['text.kfr', /^(?=[^]*^Re:)(?=[^]*^Im:)(?=[^]*^Zoom:)[^]*^(?!Re:|Im:|Zoom:|Iterations:)\w+:/m],
  ['text.f3.toml', /^\s*(?:\[location\]|location\.real|program\s*=\s*"fraktaler)/m],
  ['text.imt', /^(?=[^]*^\s*Formula:)[^]*^\s*Location:/m],
]

/**
 * readPNG finds the Spec that every PNG of a farm carries, in an iTXt chunk that is not compressed.
 * @param {Uint8Array} bytes
 */
export function readPNG(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const length = view.getUint32(at)
    if (new TextDecoder().decode(bytes.subarray(at + 4, at + 8)) != 'iTXt') continue
    const [keyword, ...rest] = new TextDecoder().decode(bytes.subarray(at + 8, at + 8 + length)).split('\0')
    if (keyword == 'mandelfarm') return fromSpec(JSON.parse(rest[rest.length - 1]))
  }
  return null
}

/**
 * acceptFiles opens what is dropped on the page or pasted into it.
 * @param {(file: File) => void} openOne
 * @param {(text: string) => void} openText
 */
export function acceptFiles(openOne, openText) {
  addEventListener('dragover', event => event.preventDefault())
  addEventListener('drop', event => {
    event.preventDefault()
    take(event.dataTransfer, openOne, openText)
  })
  addEventListener('paste', event => {
    const { target, clipboardData } = /** @type {ClipboardEvent} */ (event)
    const field = /** @type {HTMLElement} */ (target).closest?.('input, textarea')
    // The line to type a place in would make one of many.
    if (field && !(field.closest('#goto') && clipboardData?.getData('text').includes('\n'))) return
    if (field) event.preventDefault()
    take(clipboardData, openOne, openText)
  })
}

/**
 * @param {DataTransfer | null} data
 * @param {(file: File) => void} openOne
 * @param {(text: string) => void} openText
 */
function take(data, openOne, openText) {
  const text = data?.getData('text') || '', file = data?.files[0] || fileIn(text)
  if (file) openOne(file)
  else if (text) openText(text)
}
