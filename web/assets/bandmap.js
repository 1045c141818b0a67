import { bandsOf } from './bands.js'
import { element } from './dom.js'

/** The most columns of the map, and the gap between its cells, in pixels of the canvas. */
const mostColumns = 32
const gap = 3

/** Pixels of the canvas for one of the screen, and the height of a cell. */
const ratio = 2
const cellHeight = 20

/** How much is to be seen of a band that is being drawn. */
const faint = 0.45

/**
 * BandMap shows the bands of a job from the top of the picture down, as one reads, in the colours of those who have drawn them.
 */
export class BandMap {
  constructor() {
    this.canvas = element('canvas.bands', { role: 'slider', tabIndex: 0, 'aria-valuemin': '0' })
    this.words = element('p.note', { 'aria-hidden': 'true' })
    this.node = element('div', { hidden: true }, this.canvas, this.words)
    /** @type {Map<number, import('./bands.js').Band>} */
    this.bands = new Map()
    this.count = 0
    this.columns = 1
    this.chosen = 0
    /** @type {Map<string, import('./bands.js').Share>} */
    this.shares = new Map()
    for (const kind of ['pointermove', 'pointerdown']) this.canvas.addEventListener(kind, (/** @type {PointerEvent} */ event) => this.choose(this.bandAt(event.offsetX, event.offsetY)))
    this.canvas.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      /** @type {Record<string, number>} */
      const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, Home: -this.count, End: this.count }
      if (!moves[event.key]) return
      event.preventDefault()
      event.stopPropagation()
      this.choose(this.chosen + moves[event.key])
    })
  }

  /**
   * choose says what there is to say of a band, or of the nearest that there is.
   * @param {number} n
   */
  choose(n) {
    this.chosen = Math.max(0, Math.min(n, this.count - 1))
    this.draw()
  }

  /**
   * show draws the map.
   * @param {number} count
   * @param {import('./bands.js').Stint[]} history
   * @param {Map<string, import('./bands.js').Share>} shares
   */
  show(count, history, shares) {
    this.count = count
    this.bands = bandsOf(history)
    this.shares = shares
    this.columns = Math.min(mostColumns, Math.max(1, count))
    this.node.hidden = !count
    if (count) this.choose(this.chosen)
  }

  draw() {
    const { canvas, count } = this, words = this.wordsOf(this.chosen)
    canvas.width = canvas.clientWidth * ratio || 1
    canvas.height = Math.ceil(count / this.columns) * cellHeight * ratio
    canvas.setAttribute('aria-label', this.summary())
    canvas.setAttribute('aria-valuemax', String(count - 1))
    canvas.setAttribute('aria-valuenow', String(this.chosen))
    canvas.setAttribute('aria-valuetext', words)
    this.words.textContent = words
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
    const style = getComputedStyle(canvas)
    for (let n = 0; n < count; n++) this.cell(context, n, this.shares, style)
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} n
   * @param {Map<string, import('./bands.js').Share>} shares
   * @param {CSSStyleDeclaration} style
   */
  cell(context, n, shares, style) {
    const band = this.bands.get(n), width = this.canvas.width / this.columns, height = cellHeight * ratio
    context.beginPath()
    context.roundRect((n % this.columns) * width + gap / 2, Math.floor(n / this.columns) * height + gap / 2, width - gap, height - gap, 6)
    context.globalAlpha = band?.state == 'drawing' ? faint : 1
    context.fillStyle = style.color
    if (band?.state == 'failed') context.fillStyle = style.caretColor // of a caret, which the map does not have
    else if (band) context.fillStyle = shares.get(band.worker)?.color || style.color
    if (!band) context.globalAlpha = 0.15
    context.fill()
    context.globalAlpha = 1
    context.strokeStyle = style.color
    context.lineWidth = 3
    if (n == this.chosen) context.stroke()
    if (band && band.tries > 1) this.mark(context, n, width, height)
  }

  /**
   * mark puts a dot on a band that was begun more than once.
   * @param {CanvasRenderingContext2D} context
   * @param {number} n
   * @param {number} width
   * @param {number} height
   */
  mark(context, n, width, height) {
    context.beginPath()
    context.arc((n % this.columns + 0.5) * width, (Math.floor(n / this.columns) + 0.5) * height, 5, 0, 7)
    context.fillStyle = '#000'
    context.fill()
  }

  /**
   * bandAt is the band at a place of the map.
   * @param {number} x
   * @param {number} y
   */
  bandAt(x, y) {
    return Math.floor(y / cellHeight) * this.columns + Math.floor(x / this.canvas.clientWidth * this.columns)
  }

  /**
   * wordsOf is what there is to say of a band.
   * @param {number} n
   */
  wordsOf(n) {
    const band = this.bands.get(n)
    if (!band) return `Band ${n}: nobody has begun it`
    const again = band.tries > 1 ? `, begun ${band.tries} times` : ''
    return `Band ${n}: ${{ drawn: 'drawn by', drawing: 'being drawn by', failed: 'failed on' }[band.state]} ${band.worker}${again}`
  }

  /** summary is the map in words. */
  summary() {
    const number = (/** @type {string} */ state) => [...this.bands.values()].filter(band => band.state == state).length
    return `${this.count} bands: ${number('drawn')} drawn, ${number('drawing')} being drawn, ${number('failed')} failed`
  }
}
