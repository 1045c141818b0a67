import { turned } from './orientation.js'
import { changed } from './parameters.js'
import { between, moved, zoomed } from './view.js'

/** What is left of a movement after a second, as a power of e. */
const friction = 5
const approach = 14

/** Levels a second of a flight, and the most seconds one takes. */
const flightSpeed = 7
const longestFlight = 6

export const calm = matchMedia('(prefers-reduced-motion: reduce)')

/**
 * Motion moves a stage's view as time goes on: a zoom that is approached, a throw that runs out, a flight.
 */
export class Motion {
  /** @param {import('./stage.js').Stage} stage */
  constructor(stage) {
    this.stage = stage
    this.frame = 0
    this.last = 0
    /** @type {[number, number]} */
    this.anchor = [0, 0]
    /** @type {[number, number]} */
    this.velocity = [0, 0]
    this.stop()
  }

  stop() {
    this.levels = 0
    this.anchor = [0, 0]
    this.velocity = [0, 0]
    /** @type {{from: import('./view.js').View, to: import('./view.js').View, began: number, takes: number} | null} */
    this.flight = null
  }

  /**
   * pan moves what is seen with the pointer, by pixels of the screen.
   * @param {number} dx
   * @param {number} dy
   */
  pan(dx, dy) {
    const [x, y] = this.stage.toPlane(-dx, -dy)
    this.stage.show(moved(this.stage.view, x, y))
  }

  /**
   * zoom goes so many levels closer about a point of the screen, given from its middle.
   * @param {number} levels
   * @param {number} x
   * @param {number} y
   * @param {boolean} smooth
   */
  zoom(levels, x, y, smooth) {
    this.flight = null
    this.velocity = [0, 0]
    if (!smooth || calm.matches) return this.step(levels, x, y)
    this.levels += levels
    this.anchor = [x, y]
    this.run()
  }

  /**
   * @param {number} levels
   * @param {number} x
   * @param {number} y
   */
  step(levels, x, y) {
    this.stage.show(zoomed(this.stage.view, levels, ...this.stage.toPlane(x, y)))
  }

  /**
   * turn turns what is seen clockwise about a point of the screen, given from its middle.
   * @param {number} degrees
   * @param {number} x
   * @param {number} y
   */
  turn(degrees, x, y) {
    const { stage } = this, [fromX, fromY] = stage.toPlane(x, y)
    stage.restyle(changed(stage.parameters, { rotation: turned(stage.parameters, degrees) }))
    const [toX, toY] = stage.toPlane(x, y)
    if (x || y) stage.show(moved(stage.view, fromX - toX, fromY - toY))
  }

  /**
   * fling lets a drag run out, from pixels a second.
   * @param {number} vx
   * @param {number} vy
   */
  fling(vx, vy) {
    if (calm.matches || Math.hypot(vx, vy) < 60) return
    this.velocity = [vx, vy]
    this.run()
  }

  /**
   * fly goes to a view, or is there at once where that is no flight.
   * @param {import('./view.js').View} to
   */
  fly(to) {
    const from = this.stage.view
    if (calm.matches || !between(from, to, 0)) return this.stage.show(to)
    this.stop()
    const takes = Math.min(longestFlight, 0.6 + Math.abs(to.zoom - from.zoom) / flightSpeed)
    this.flight = { from, to, began: performance.now(), takes: takes * 1000 }
    this.run()
  }

  run() {
    if (this.frame) return
    this.last = performance.now()
    this.frame = requestAnimationFrame(now => this.tick(now))
  }

  /** @param {number} now */
  tick(now) {
    this.frame = 0
    const seconds = Math.min(0.05, Math.max(0, now - this.last) / 1000)
    this.last = now
    if (this.flight) this.advance(now)
    if (this.levels) this.approach(seconds)
    if (this.velocity[0] || this.velocity[1]) this.coast(seconds)
    if (this.flight || this.levels || this.velocity[0] || this.velocity[1]) this.frame = requestAnimationFrame(next => this.tick(next))
  }

  /** @param {number} now */
  advance(now) {
    const { from, to, began, takes } = /** @type {NonNullable<Motion['flight']>} */ (this.flight)
    const part = Math.min(1, Math.max(0, now - began) / takes)
    const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) ** 2
    this.stage.show(part < 1 ? between(from, to, eased) || to : to)
    if (part == 1) this.flight = null
  }

  /** @param {number} seconds */
  approach(seconds) {
    const near = Math.abs(this.levels) < 0.002
    const levels = near ? this.levels : this.levels * (1 - Math.exp(-approach * seconds))
    this.levels = near ? 0 : this.levels - levels
    this.step(levels, this.anchor[0], this.anchor[1])
  }

  /** @param {number} seconds */
  coast(seconds) {
    const [vx, vy] = this.velocity
    this.pan(vx * seconds, vy * seconds)
    const left = Math.exp(-friction * seconds)
    this.velocity = Math.hypot(vx, vy) < 8 ? [0, 0] : [vx * left, vy * left]
  }

  /** idle reports whether nothing moves by itself. */
  get idle() {
    return !this.frame
  }
}
