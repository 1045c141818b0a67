import { element, find } from './dom.js'
import { inverse, isUpright } from './orientation.js'

/**
 * How a tile has come: what the farm says of its answer, how long that took, in milliseconds, its bytes, and if the farm knows it which
 * worker has drawn it, by how many moves a pixel.
 * @typedef {{how: string, took: number, bytes: number, worker: string, moves: number}} Origin
 */

/**
 * What a farm says of an answer, in words and a colour.
 * @type {Record<string, [string, string]>}
 */
const kinds = {
  kept: ['kept by this browser', '#c8ccd8'], memory: ['in the farm’s memory', '#5fd38d'], storage: ['in storage', '#5aa9ff'],
  drawn: ['drawn for this', '#ffb43a'], joined: ['drawn for another as well', '#d58cff'],
}

/**
 * isKept reports whether nothing was sent for the newest answer from an address.
 * @param {string} address
 */
function isKept(address) {
  const entries = performance.getEntriesByName(address), last = /** @type {PerformanceResourceTiming | undefined} */ (entries[entries.length - 1])
  return last !== undefined && last.transferSize == 0 && last.decodedBodySize > 0
}

/**
 * originOf reads how an answer has come about.
 * @param {Response} response
 * @param {number} took
 * @param {number} bytes
 * @returns {Origin}
 */
export function originOf(response, took, bytes) {
  const how = isKept(response.url) ? 'kept' : response.headers.get('Mandelfarm-Answered') || ''
  return { how, took, bytes, ...drawnBy(response.headers.get('Server-Timing') || '') }
}

/**
 * drawnBy reads who has drawn a picture.
 * @param {string} timing
 */
export function drawnBy(timing) {
  const said = (/** @type {string} */ name) => new RegExp(`(?:^|, )${name};desc="((?:[^"\\\\]|\\\\.)*)"`).exec(timing)?.[1].replace(/\\(.)/g, '$1') || ''
  return { worker: said('drawn'), moves: Number(said('moves')) }
}

/**
 * Origins shows how each tile of a view has come to be, over the tiles and summed up beside them.
 */
export class Origins {
  constructor() {
    this.shown = false
    this.node = find('#origins')
    /** What the sum says. */
    this.said = ''
  }

  toggle() {
    this.shown = !this.shown
    this.node.hidden = !this.shown
  }

  /**
   * draw marks what was drawn.
   * @param {CanvasRenderingContext2D} context
   * @param {import('./painter.js').Sight} sight
   * @param {import('./painter.js').Piece[]} pieces
   * @param {number} ratio pixels of the canvas for one of the screen
   */
  draw(context, sight, pieces, ratio) {
    if (!this.shown) return
    context.save()
    context.translate(sight.width / 2, sight.height / 2)
    if (!isUpright(sight.matrix)) context.transform(...inverse(sight.matrix), 0, 0)
    context.font = `600 ${11 * ratio}px system-ui, sans-serif`
    context.textBaseline = 'top'
    for (const piece of pieces) if (piece.level == sight.level) mark(context, sight, piece, ratio)
    context.restore()
    this.sum(pieces.filter(({ level }) => level == sight.level).map(({ tile }) => /** @type {any} */ (tile).origin))
  }

  /**
   * sum says how many tiles have come in which way.
   * @param {Origin[]} origins
   */
  sum(origins) {
    const rows = Object.entries(kinds).map(([kind, [words, color]]) => ({ words, color, count: origins.filter(({ how }) => how == kind).length }))
    for (const name of new Set(origins.map(({ worker }) => worker))) {
      if (name) rows.push({ words: `by ${name}`, color: 'transparent', count: origins.filter(({ worker }) => worker == name).length })
    }
    const text = rows.map(({ words, count }) => `${count} ${words}`).join()
    if (this.said == text) return
    this.said = text
    this.node.replaceChildren(...rows.map(({ words, color, count }) => {
      const swatch = element('i', { 'aria-hidden': 'true' })
      swatch.style.background = color
      return element('li', {}, swatch, element('b', {}, String(count)), words)
    }))
  }
}

/**
 * fitting is the end of a name, if all of it has no room: there the names of workers differ.
 * @param {string} name
 * @param {number} room
 * @param {(text: string) => number} widthOf
 */
export function fitting(name, room, widthOf) {
  let text = name
  for (let cut = 1; cut < name.length && widthOf(text) > room; cut++) text = `…${name.slice(cut)}`
  return text
}

/**
 * mark draws the edge of a tile, and in its corner how it has come.
 * @param {CanvasRenderingContext2D} context whose origin is the middle of the view
 * @param {import('./painter.js').Sight} sight
 * @param {import('./painter.js').Piece} piece
 * @param {number} ratio
 */
function mark(context, sight, { tile, level, i, j }, ratio) {
  const { fx, fy, size } = sight.grid(level), { how, took, bytes, worker, moves } = /** @type {Origin} */ (/** @type {any} */ (tile).origin)
  const color = kinds[how]?.[1] || '#fff', left = (i - fx) * size, top = (j - fy) * size, line = 15 * ratio
  context.strokeStyle = context.fillStyle = color
  context.lineWidth = 1.5 * ratio
  context.strokeRect(left + ratio, top + ratio, size - 2 * ratio, size - 2 * ratio)
  const words = [how, `${Math.round(took)} ms`, `${(bytes / 1000).toFixed(1)} kB`]
  const widthOf = (/** @type {string} */ text) => context.measureText(text).width
  if (worker) words.push(fitting(worker, size - 14 * ratio, widthOf), `${Math.round(moves).toLocaleString('en')} moves`)
  const width = Math.max(...words.map(widthOf))
  context.fillStyle = 'rgb(5 6 10 / .72)'
  context.fillRect(left + 2 * ratio, top + 2 * ratio, width + 10 * ratio, words.length * line + 5 * ratio)
  context.fillStyle = color
  words.forEach((text, n) => context.fillText(text, left + 7 * ratio, top + 5 * ratio + n * line))
}
