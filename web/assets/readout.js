import { fromLog10, log10 } from './decimal.js'
import { button, element, find } from './dom.js'
import { Orbits } from './orbits.js'
import { apply, inverse } from './orientation.js'
import { inWords } from './scale.js'
import { coordinates, distance, moved } from './view.js'

/** Digits of a coordinate that are shown before and after what is left out. */
const headDigits = 10
const tailDigits = 8

/**
 * brief leaves out the middle of a long number.
 * @param {string} text
 */
const brief = text => (text.length <= headDigits + tailDigits + 4 ? text : `${text.slice(0, headDigits)}…${text.slice(-tailDigits)}`).replace('-', '−')

/**
 * Readout says where the view is, and what is under the pointer, or at the point that is pinned.
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
    /** @type {import('./view.js').View | null} the point that is pinned is in its middle */
    this.pinned = null
    this.point = element('span.point', {})
    this.count = element('span.count', {})
    this.depth = element('span.depth', {})
    this.words = element('span.words', {})
    this.pending = 0
    /** Called when another point is looked at, or more is known of it. */
    this.moved = () => {}
    this.orbits = new Orbits(stage, () => {
      this.update()
      this.moved()
    })
    this.copyAll = button({ label: 'Copy all digits', icon: 'copy', run: () => copy(this.text(), 'All digits copied.') })
    this.pin = button({ label: 'Pin the point', icon: 'pin', title: 'Keep to this point', run: () => this.toggle() })
    this.pin.setAttribute('aria-pressed', 'false')
    this.mark = find('#pin')
    find('#where').append(this.point, this.copyAll, this.pin, this.count, this.depth, this.words)
    stage.watchers.add(() => this.update())
  }

  /** at is the point that is looked at, as a view of the present depth that has it in its middle. */
  get at() {
    const { stage, pinned, pointer } = this
    if (pinned) return { ...pinned, zoom: stage.view.zoom }
    return moved(stage.view, ...stage.toPlane(...(pointer || [0, 0])))
  }

  /**
   * spot is where the point is on the screen, from its middle; null where nothing is looked at.
   * @returns {[number, number] | null}
   */
  get spot() {
    const { stage, pinned, pointer } = this
    if (!pinned) return pointer
    const [x, y] = apply(inverse(stage.matrix), ...distance(stage.view, pinned))
    return [x / stage.ratio, y / stage.ratio]
  }

  /** toggle pins the point that is looked at, the middle if there is no pointer, and lets it go. */
  toggle() {
    this.pinned = this.pinned ? null : this.at
    this.pin.setAttribute('aria-pressed', String(Boolean(this.pinned)))
    this.update()
    this.moved()
  }

  /**
   * choose pins a point of the screen.
   * @param {number} x
   * @param {number} y
   */
  choose(x, y) {
    this.pinned = null
    this.pointer = [x, y]
    this.toggle()
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  hover(x, y) {
    this.pointer = [x, y]
    this.update()
    this.moved()
  }

  /** text is all digits of the point that is looked at, or where the view is. */
  text() {
    const { stage } = this
    if (!this.spot) return `${stage.place.re} ${stage.place.im} ${stage.place.radius}`
    return coordinates(this.at, 0, 0, 1).join(' ')
  }

  update() {
    this.pending ||= requestAnimationFrame(() => this.write())
  }

  write() {
    this.pending = 0
    const { stage, spot } = this
    const [re, im] = coordinates(this.at, 0, 0, 1)
    this.point.textContent = `${brief(re)} ${im.startsWith('-') ? '−' : '+'} ${brief(im.replace('-', ''))} i`
    this.look()
    const { radius } = stage.place, log = log10(radius) ?? 0
    const rotation = stage.parameters.get('rotation')
    this.depth.textContent = `radius ${fromLog10(log, 4)}${rotation ? `, turned by ${rotation}°` : ''}`
    const mandelbrot = ['mandelbrot', undefined].includes(stage.parameters.get('formula'))
    this.words.textContent = mandelbrot && log < -1 ? inWords(log) : ''
    this.mark.hidden = !this.pinned
    if (this.pinned && spot) this.mark.style.translate = `${Math.max(-1e6, Math.min(spot[0], 1e6))}px ${Math.max(-1e6, Math.min(spot[1], 1e6))}px`
  }

  /** look says what became of the point. */
  async look() {
    const { spot, at } = this, name = String(spot)
    const found = spot && await this.stage.probe(...spot)
    if (name != String(this.spot)) return
    if (!found) this.count.textContent = ''
    else if (Number.isNaN(found.nu)) this.count.textContent = this.inside(at, found)
    else this.count.textContent = `count ${found.nu.toLocaleString('en', { maximumFractionDigits: 2 })}${distanceOf(found.distance)}`
  }

  /**
   * inside is what there is to say of a point that does not escape.
   * @param {import('./view.js').View} at
   * @param {{period?: number, limit: number}} found
   */
  inside(at, { period: known, limit }) {
    this.orbits.follow(at, Boolean(this.pinned))
    const period = this.orbits.orbit?.period || known
    return period ? `inside, period ${period.toLocaleString('en')}` : `inside, up to ${limit.toLocaleString('en')}`
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
  return { show }
}
