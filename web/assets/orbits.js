import { parse } from './decimal.js'
import { inverse, apply } from './orientation.js'
import { Studio } from './studio.js'

/** How long a point is followed, in milliseconds: one that the pointer goes over, and one that is pinned. */
const glance = 200
const study = 5000

/** The depth up to which doubles tell the points of an orbit and of the view apart. */
const deepest = 40

/**
 * Orbits follows the point that is looked at: one at a time, and then the newest.
 */
export class Orbits {
  /**
   * @param {import('./stage.js').Stage} stage
   * @param {() => void} found is called when there is another orbit
   */
  constructor(stage, found) {
    this.stage = stage
    this.found = found
    this.studio = new Studio('orbitworker.js')
    this.asked = ''
    this.busy = false
    /** @type {import('./orbit.js').Orbit | null} */
    this.orbit = null
    /** @type {(() => void) | null} what to ask for once there is time */
    this.next = null
  }

  /**
   * follow has the orbit of a point found.
   * @param {import('./view.js').View} at is the view that has the point in its middle
   * @param {boolean} pinned
   */
  follow(at, pinned) {
    const { parameters } = this.stage, formula = parameters.get('formula') || 'mandelbrot'
    const power = Number(parameters.get('power') || (formula == 'multibrot' ? 3 : 2))
    const seed = [parameters.get('seed_re') || '-0.8', parameters.get('seed_im') || '0.156'].map(parse)
    const name = [formula, power, formula == 'julia' && parameters.get('seed_re') + ' ' + parameters.get('seed_im'), at.u.toString(32), at.v.toString(32), at.bits, pinned].join()
    if (name == this.asked) return
    this.asked = name
    this.orbit = null
    this.ask(name, { ...at, formula, power, seed }, pinned ? study : glance)
  }

  /**
   * @param {string} name
   * @param {any} question
   * @param {number} milliseconds
   * @returns {Promise<void>}
   */
  async ask(name, question, milliseconds) {
    if (this.busy) return void (this.next = () => this.ask(name, question, milliseconds))
    this.busy = true
    const orbit = await this.studio.ask({ question, milliseconds })
    this.busy = false
    if (name == this.asked) {
      this.orbit = orbit
      this.found()
    }
    const next = this.next
    this.next = null
    next?.()
  }
}

/**
 * drawOrbit draws the way of a point, and the cycle that it comes to.
 * @param {CanvasRenderingContext2D} context
 * @param {import('./orbit.js').Orbit} orbit
 * @param {(x: number, y: number) => [number, number]} place of a point on the canvas
 * @param {number} size of a dot, in pixels of the canvas
 */
export function drawOrbit(context, { points, cycle }, place, size) {
  const trace = (/** @type {number[]} */ list, /** @type {(x: number, y: number) => void} */ each) => {
    for (let i = 0; i < list.length; i += 2) each(...place(list[i], list[i + 1]))
  }
  const dots = (/** @type {number[]} */ list, /** @type {number} */ radius, /** @type {string} */ color) => {
    context.fillStyle = color
    trace(list, (x, y) => {
      context.beginPath()
      context.arc(x, y, radius, 0, 7)
      context.fill()
    })
  }
  for (const [width, color] of /** @type {[number, string][]} */ ([[2.2, 'rgb(0 0 0 / .55)'], [0.9, 'rgb(255 255 255 / .85)']])) {
    context.beginPath()
    trace(points, (x, y) => context.lineTo(x, y))
    context.lineWidth = width * size / 2
    context.strokeStyle = color
    context.stroke()
  }
  dots(points, size, '#fff')
  dots(cycle, size * 1.9, '#000')
  dots(cycle, size * 1.5, '#ffb43a')
}

/**
 * drawOnMap draws an orbit where the map is of the plane that it is in, as far as doubles tell its points apart.
 * @param {HTMLCanvasElement} canvas over the map
 * @param {import('./stage.js').Stage} stage
 * @param {import('./orbit.js').Orbit | null} orbit
 */
export function drawOnMap(canvas, { view, matrix, canvas: map, ratio }, orbit) {
  canvas.width = map.width
  canvas.height = map.height
  if (!orbit || view.zoom > deepest) return
  const unit = 64 * 2 ** view.zoom, back = inverse(matrix)
  const [re, im] = [view.u, view.v].map(n => Number(n >> BigInt(view.bits - 60)) / 2 ** 58 - 2)
  drawOrbit(/** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')), orbit, (x, y) => {
    const [right, down] = apply(back, (x - re) * unit, (-y - im) * unit)
    return [map.width / 2 + right, map.height / 2 + down]
  }, 2.2 * ratio)
}
