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
  const quote = await ask(`/quote?${new URLSearchParams(thumbnail)}`, { method: 'POST', headers: { 'Content-Type': mediaType }, body: file })
  const { parameters } = fromSpec({ coloring: quote.spec.coloring })
  const names = mediaType == coloured.kfp ? colours : ['palette']
  return { changes: Object.fromEntries(names.map(name => [name, parameters.get(name) || ''])), warnings: wordsOf(quote.losses) }
}

/**
 * wordsOf says what is not honoured of a file.
 * @param {{key: string, value?: string, reason: string}[]} [losses]
 */
const wordsOf = (losses = []) => losses.map(({ key, value = '', reason }) => `${key} ${value}: ${reason}`)

/** A small picture is drawn of what a file of another program describes: the farm tells what that is with the job. */
const thumbnail = { width: '320', height: '180' }

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
  const query = new URLSearchParams({ ...thumbnail, title: file.name.slice(0, 200) })
  const job = await ask(`/jobs?${query}`, { method: 'POST', headers: { 'Content-Type': mediaType }, body: file })
  return { found: fromSpec(job.spec), warnings: wordsOf(job.warnings) }
}

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
    if (!(/** @type {HTMLElement} */ (event.target).closest?.('input, textarea'))) take(/** @type {ClipboardEvent} */ (event).clipboardData, openOne, openText)
  })
}

/**
 * @param {DataTransfer | null} data
 * @param {(file: File) => void} openOne
 * @param {(text: string) => void} openText
 */
function take(data, openOne, openText) {
  const file = data?.files[0], text = data?.getData('text')
  if (file) openOne(file)
  else if (text) openText(text)
}
