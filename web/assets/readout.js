import { fromLog10, log10 } from './decimal.js'
import { button, element, find } from './dom.js'
import { inWords } from './scale.js'
import { coordinates } from './view.js'

/** Digits of a coordinate that are shown before and after what is left out. */
const headDigits = 10
const tailDigits = 8

/**
 * brief leaves out the middle of a long number.
 * @param {string} text
 */
const brief = text => (text.length <= headDigits + tailDigits + 4 ? text : `${text.slice(0, headDigits)}…${text.slice(-tailDigits)}`).replace('-', '−')

/**
 * Readout says where the view is, and what is under the pointer.
 */
export class Readout {
  /**
   * @param {import('./stage.js').Stage} stage
   * @param {(text: string, words: string) => void} copy
   */
  constructor(stage, copy) {
    this.stage = stage
    /** @type {[number, number] | null} */
    this.pointer = null
    this.point = element('span.point', {})
    this.count = element('span.count', {})
    this.depth = element('span.depth', {})
    this.words = element('span.words', {})
    this.pending = 0
    /** Called when the pointer has moved. */
    this.moved = () => {}
    const copyAll = button({ label: 'Copy all digits', icon: 'link', run: () => copy(this.text(), 'All digits copied.') })
    find('#where').append(this.point, copyAll, this.count, this.depth, this.words)
    stage.watchers.add(() => this.update())
  }

  /** @param {number} x @param {number} y */
  hover(x, y) {
    this.pointer = [x, y]
    this.update()
    this.moved()
  }

  /** text is all digits of the point under the pointer, or of the middle. */
  text() {
    const { stage, pointer } = this
    if (!pointer) return `${stage.place.re} ${stage.place.im} ${stage.place.radius}`
    const [re, im] = coordinates(stage.view, ...stage.toPlane(...pointer), 1)
    return `${re} ${im}`
  }

  update() {
    this.pending ||= requestAnimationFrame(() => this.write())
  }

  write() {
    this.pending = 0
    const { stage } = this
    const [re, im] = coordinates(stage.view, ...stage.toPlane(...(this.pointer || [0, 0])), 1)
    this.point.textContent = `${brief(re)} ${im.startsWith('-') ? '−' : '+'} ${brief(im.replace('-', ''))} i`
    this.look()
    const { radius } = stage.place, log = log10(radius) ?? 0
    this.depth.textContent = `radius ${fromLog10(log, 4)}`
    const mandelbrot = ['mandelbrot', undefined].includes(stage.parameters.get('formula'))
    this.words.textContent = mandelbrot && log < -1 ? inWords(log) : ''
  }

  /** look says what became of the point under the pointer. */
  async look() {
    const { pointer } = this
    const found = pointer && await this.stage.probe(...pointer)
    if (pointer != this.pointer) return
    if (!found) this.count.textContent = ''
    else if (Number.isNaN(found.nu)) this.count.textContent = `inside, up to ${found.limit.toLocaleString('en')}`
    else this.count.textContent = `count ${found.nu.toLocaleString('en', { maximumFractionDigits: 2 })}${distanceOf(found.distance)}`
  }
}

/** @param {number | undefined} distance in pixels */
const distanceOf = distance => (distance === undefined ? '' : `, ${Number(distance.toPrecision(3))} pixels from the set`)

/**
 * iterationControls are auto, half and double.
 * @param {import('./stage.js').Stage} stage
 */
export function iterationControls(stage) {
  const change = (/** @type {string} */ value) => stage.restyle(new Map(stage.parameters).set('max_iterations', value))
  const present = () => stage.parameters.get('max_iterations') || '1000'
  const number = () => (present() == 'auto' ? stage.limit || 1000 : Number(present()))
  const half = button({ label: 'Half the iterations', text: '½', run: () => change(String(Math.max(1, Math.floor(number() / 2)))) })
  const toggle = () => change(present() == 'auto' ? String(number()) : 'auto')
  const auto = element('button', { type: 'button', title: 'As many iterations as the view needs', onclick: toggle })
  const twice = button({ label: 'Twice the iterations', text: '×2', run: () => change(String(Math.min(25e6, number() * 2))) })
  find('#iterations').append(half, auto, twice)
  const show = () => {
    const known = stage.limit ? ` ${stage.limit.toLocaleString('en')}` : ''
    auto.textContent = present() == 'auto' ? `auto${known}` : Number(present()).toLocaleString('en')
    auto.setAttribute('aria-label', `Iterations: ${auto.textContent}`)
    auto.setAttribute('aria-pressed', String(present() == 'auto'))
  }
  stage.watchers.add(show)
  show()
  return { show, twice: () => twice.click() }
}
