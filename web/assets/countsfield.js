import { button, element, field, slider } from './dom.js'
import { shade } from './shade.js'
import { rangeOf } from './spread.js'

/** Columns of the histogram, and its size in pixels of the canvas. */
const columns = 176
const height = 96

/** Of every so many points one is left out on each side of a fit, and beyond the greatest that is shown of what has no range. */
const fitShare = 1 / 100
const shownShare = 1 / 500

/**
 * What a key moves a handle by, in parts of what is shown.
 * @type {Record<string, number>}
 */
const steps = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1, Home: -2, End: 2 }

/** Digits of a count: steps of a range that do not show. */
const finest = 2000

/**
 * CountsField is the histogram of the counts of a view in the colours that they get, by their roots, with the range that the palette
 * spans.
 */
export class CountsField {
  /**
   * @param {import('./stage.js').Stage} stage
   * @param {import('./colourpanel.js').Change} change
   */
  constructor(stage, change) {
    this.stage = stage
    this.change = change
    this.canvas = element('canvas', { width: columns, height, role: 'img' })
    this.handles = [0, 1].map(end => this.handle(end))
    this.words = element('p.note', {})
    this.fields = ['From', 'To'].map((label, end) => field(label, { type: 'number', min: 0, step: 'any' }, value => this.move(end, Number(value), true)))
    this.picture = element('div.counts', {}, this.canvas, ...this.handles)
    this.fit = button({ label: 'Fit the range to the view', text: 'Fit', title: 'From the lowest hundredth of the points to the highest', run: () => this.fitted() })
    this.all = button({ label: 'No range', text: 'None', run: () => change({ range: '' }) })
    this.range = element('div.row', {}, ...this.fields, this.fit, this.all)
    this.equal = slider('Equalise', { min: 0, max: 1, step: 0.01, value: 0 }, (value, done) => change({ equalize: value ? String(value) : '' }, done), value => `${Math.round(value * 100)}%`)
    this.nodes = [this.picture, this.words, this.range, this.equal]
    this.update = () => this.show()
    stage.surveys.add(this.update)
    stage.watchers.add(this.update)
    this.show()
  }

  /** close ends its listening. */
  close() {
    this.stage.surveys.delete(this.update)
    this.stage.watchers.delete(this.update)
  }

  get counts() {
    return this.stage.found?.counts || new Float64Array()
  }

  /**
   * quantile is the count that a part of the points are below.
   * @param {number} part
   */
  quantile(part) {
    return this.counts[Math.round(part * (this.counts.length - 1))] || 0
  }

  /**
   * ends are those of the range, or of the counts where there is none.
   * @returns {[number, number]}
   */
  get ends() {
    return rangeOf(this.stage.parameters) || [Math.max(0, this.quantile(0)), Math.max(0, this.quantile(1 - shownShare))]
  }

  /** axis is what is shown, in roots. */
  get axis() {
    const [from, to] = this.ends
    const first = Math.sqrt(Math.min(from, Math.max(0, this.quantile(0)))), last = Math.sqrt(Math.max(to, this.quantile(1 - shownShare)))
    return { first, length: Math.max(1e-9, last - first) }
  }

  show() {
    const method = this.stage.parameters.get('coloring') || 'smooth', spans = method == 'smooth' || method == 'slope'
    for (const node of [this.range, this.equal, ...this.handles]) node.hidden = !spans
    for (const node of [this.picture, this.words]) node.hidden = !this.counts.length || !spans && method != 'histogram'
    if (this.picture.hidden) return
    const { ends, axis } = this
    this.draw(spans && this.stage.parameters.has('range'))
    ends.forEach((count, end) => this.place(end, count, axis))
    this.all.disabled = !this.stage.parameters.has('range')
    const equal = this.equal.querySelector('input')
    if (document.activeElement != equal) equal.value = this.stage.parameters.get('equalize') || '0'
    this.equal.querySelector('output').value = `${Math.round(Number(equal.value) * 100)}%`
    this.words.textContent = this.summary(ends)
    this.canvas.setAttribute('aria-label', `Counts of the view: ${this.summary(ends)}`)
  }

  /**
   * place shows an end of the range.
   * @param {number} end
   * @param {number} count
   * @param {{first: number, length: number}} axis
   */
  place(end, count, { first, length }) {
    const handle = this.handles[end], input = this.fields[end].querySelector('input')
    handle.style.left = `${Math.max(0, Math.min(1, (Math.sqrt(count) - first) / length)) * 100}%`
    handle.setAttribute('aria-valuemin', String(round(first ** 2, 1)))
    handle.setAttribute('aria-valuemax', String(round((first + length) ** 2, 1)))
    handle.setAttribute('aria-valuenow', String(this.rounded(count)))
    if (document.activeElement != input) input.value = String(this.rounded(count))
  }

  /** @param {[number, number]} range */
  summary([from, to]) {
    const { counts } = this, all = this.stage.found?.all || 1
    const words = (/** @type {number} */ count) => this.rounded(count).toLocaleString('en', { maximumFractionDigits: 10 })
    const share = (/** @type {number} */ part) => `${(part * 100).toLocaleString('en', { maximumSignificantDigits: 2 })}%`
    const within = (below(counts, to) - below(counts, from)) / counts.length
    return [
      `least ${words(this.quantile(0))}`, `median ${words(this.quantile(0.5))}`, `greatest ${words(this.quantile(1))}`, `${share(1 - counts.length / all)} inside the set`,
      ...(this.stage.parameters.has('range') ? [`${share(within)} of the others in the range`] : []),
    ].join(' · ')
  }

  /**
   * draw shows how many points have which counts, faintly beyond the range.
   * @param {boolean} ranged
   */
  draw(ranged) {
    const { counts, canvas, ends, stage } = this, { first, length } = this.axis
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'))
    const edges = Float64Array.from({ length: columns + 1 }, (_, i) => (first + i / columns * length) ** 2)
    const sizes = Array.from({ length: columns }, (_, i) => below(counts, edges[i + 1]) - below(counts, edges[i])), most = Math.max(1, ...sizes)
    const style = stage.layer?.style
    if (!style) return
    const { data } = shade({ width: columns, height: 1, limit: 1, zero: stage.found?.zero ?? 0, nu: edges.slice(0, columns) }, { ...style, method: style.method == 'histogram' ? 'histogram' : 'smooth' }, 1)
    context.clearRect(0, 0, columns, height)
    sizes.forEach((size, i) => {
      context.globalAlpha = ranged && (edges[i + 1] < ends[0] || edges[i] > ends[1]) ? 0.4 : 1
      context.fillStyle = `rgb(${data.slice(4 * i, 4 * i + 3).join()})`
      context.fillRect(i, height, 1, -4 - (height - 6) * Math.sqrt(size / most))
    })
  }

  /**
   * handle is an end of the range that can be dragged, or moved by keys.
   * @param {number} end
   */
  handle(end) {
    const label = ['Least count of the range', 'Greatest count of the range'][end]
    const node = element('button.end', { type: 'button', role: 'slider', title: label, 'aria-label': label })
    const countAt = (/** @type {PointerEvent} */ event) => {
      const box = this.canvas.getBoundingClientRect(), { first, length } = this.held || this.axis
      return (first + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * length) ** 2
    }
    node.onpointerdown = (/** @type {PointerEvent} */ event) => {
      node.setPointerCapture(event.pointerId)
      this.held = this.axis
    }
    node.onpointermove = (/** @type {PointerEvent} */ event) => { if (node.hasPointerCapture(event.pointerId)) this.move(end, countAt(event), false) }
    node.onpointerup = () => {
      delete this.held
      this.move(end, this.ends[end], true)
    }
    node.onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (!steps[event.key]) return
      event.preventDefault()
      const { first, length } = this.axis
      this.move(end, Math.max(first, Math.min(first + length, Math.sqrt(this.ends[end]) + steps[event.key] * length)) ** 2, true)
    }
    return node
  }

  /**
   * move sets an end of the range, as far as the other. A range that begins has one turn of the palette.
   * @param {number} end
   * @param {number} count
   * @param {boolean} done
   */
  move(end, count, done) {
    const ends = /** @type {[number, number]} */ ([...this.ends]), least = 1 / this.digits
    ends[end] = end ? Math.max(count, ends[0] + least) : Math.max(0, Math.min(count, ends[1] - least))
    this.set(ends, done)
  }

  fitted() {
    this.set([Math.max(0, this.quantile(fitShare)), Math.max(0, this.quantile(1 - fitShare))], true)
  }

  /**
   * @param {[number, number]} ends
   * @param {boolean} done
   */
  set(ends, done) {
    const [from, to] = ends.map(count => this.rounded(count))
    if (!(to > from)) return
    this.change({ range: `${from},${to}`, ...(this.stage.parameters.has('range') ? {} : { density: '', offset: '' }) }, done)
  }

  /** digits is the reciprocal of a step of counts that does not show. */
  get digits() {
    const { first, length } = this.axis
    return 10 ** Math.max(0, Math.ceil(Math.log10(finest / ((first + length) ** 2 - first ** 2))))
  }

  /** @param {number} count */
  rounded(count) {
    return round(count, this.digits)
  }
}

/**
 * @param {number} count
 * @param {number} digits
 */
const round = (count, digits) => Math.round(count * digits) / digits

/**
 * below is how many of some counts in ascending order are less than one.
 * @param {Float64Array} counts
 * @param {number} count
 */
function below(counts, count) {
  let [from, to] = [0, counts.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (counts[middle] < count) from = middle + 1
    else to = middle
  }
  return from
}
