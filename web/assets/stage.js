import { Layer } from './layer.js'
import { apply, orientation } from './orientation.js'
import { Names, paint, Sight } from './painter.js'
import { fromPlace, same, toPlace } from './view.js'

/** When the view has rested for so long, what is around it is fetched. */
const restTime = 400

/** When it has rested for so long, it is drawn anew with more samples, unless a tile takes longer than the limit. */
const refineTime = 700
const refineLimit = 1500

/** Levels a second from which on only coarse tiles are asked for: finer ones would be gone when they come. */
const fastZoom = 3

/**
 * Stage shows a view on a canvas, as sharp as the screen is.
 */
export class Stage {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', { alpha: false }))
    /** @type {import('./parameters.js').Parameters} */
    this.parameters = new Map()
    this.matrix = orientation(this.parameters)
    /** @type {import('./view.js').View} */
    this.view = { u: 1n << 127n, v: 1n << 127n, bits: 128, zoom: 1 }
    /** @type {import('./view.js').Place | null} the text that the view was made of, while it is where it was */
    this.given = null
    /** @type {Layer | null} */
    this.layer = null
    /** @type {Layer | null} what was shown before, until the layer covers the view */
    this.before = null
    /** @type {Layer | null} the same with more samples, of views that have rested */
    this.fine = null
    this.names = new Names()
    this.speed = 0
    this.movedAt = 0
    this.frame = 0
    /** @type {Set<() => void>} called when the view or the parameters have changed */
    this.watchers = new Set()
    /** @type {(error: Error) => void} */
    this.refused = () => {}
    /** @type {(missing: number) => void} */
    this.progressed = () => {}
    new ResizeObserver(() => this.resize()).observe(canvas)
    this.resize()
  }

  get ratio() {
    return devicePixelRatio || 1
  }

  resize() {
    const height = this.canvas.height
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * this.ratio))
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * this.ratio))
    this.view = { ...this.view, zoom: this.view.zoom + Math.log2(this.canvas.height / height) }
    this.invalidate()
  }

  /**
   * open shows a place.
   * @param {import('./view.js').Place} place
   * @param {import('./parameters.js').Parameters} parameters
   * @returns {boolean} false for what is no place
   */
  open(place, parameters) {
    const view = fromPlace(place, this.canvas.height)
    if (!view) return false
    this.restyle(parameters)
    this.show(view)
    this.given = { ...place }
    return true
  }

  /**
   * show moves to a view.
   * @param {import('./view.js').View} view
   */
  show(view) {
    const now = performance.now()
    const since = Math.max(1, now - this.movedAt)
    this.speed = since > 200 ? 0 : 0.7 * this.speed + 300 * Math.abs(view.zoom - this.view.zoom) / since
    this.movedAt = now
    if (!same(view, this.view)) this.given = null
    this.view = view
    this.tell()
  }

  /**
   * restyle changes everything but the view.
   * @param {import('./parameters.js').Parameters} parameters
   */
  restyle(parameters) {
    this.parameters = parameters
    this.matrix = orientation(parameters)
    const layer = new Layer(parameters, { changed: () => this.arrived(), failed: error => this.refused(error) })
    if (this.layer && String(layer.query) == String(this.layer.query)) return this.tell()
    const samePoints = this.layer && ['formula', 'power', 'seed_re', 'seed_im'].every(name => layer.query.get(name) == this.layer?.query.get(name))
    this.before?.cache.clear()
    this.layer?.cache.want([])
    if (!samePoints) this.layer?.cache.clear()
    this.before = samePoints ? this.layer : null
    this.layer = layer
    this.fine?.cache.clear()
    this.fine = new Layer(parameters, { changed: () => this.invalidate(), failed: () => {} }, this.samples)
    this.tell()
  }

  /** samples are those of a pixel at rest: as the link says, or enough for screens whose pixels are seen. */
  get samples() {
    return this.parameters.get('samples') || (this.ratio < 2 ? '4' : '1')
  }

  tell() {
    for (const watcher of this.watchers) watcher()
    this.invalidate()
  }

  /** place is where the view is, in the words it was given in if it has not moved. */
  get place() {
    return this.given || toPlace(this.view, this.canvas.height)
  }

  /**
   * toPlane turns an offset on the screen from its middle, in its pixels, into one in the plane, in those of the view.
   * @param {number} x
   * @param {number} y
   */
  toPlane(x, y) {
    return apply(this.matrix, x * this.ratio, y * this.ratio)
  }

  invalidate() {
    this.frame ||= requestAnimationFrame(now => this.draw(now))
  }

  arrived() {
    this.invalidate()
    this.progressed(this.layer?.cache.missing || 0)
  }

  /** @param {number} now */
  draw(now) {
    this.frame = 0
    const { context, canvas, layer } = this
    if (!layer) return
    const sight = new Sight(this.view, this.matrix, canvas.width, canvas.height)
    context.imageSmoothingQuality = 'high'
    context.fillStyle = '#05060a'
    context.fillRect(0, 0, canvas.width, canvas.height)
    if (this.before) paint(context, sight, this.before, this.names, now)
    const fading = paint(context, sight, layer, this.names, now)
    const finer = this.fine && paint(context, sight, this.fine, this.names, now, false)
    const complete = this.order(sight, now)
    if (complete && !fading && this.before) {
      this.before.cache.clear()
      this.before = null
    }
    if (fading || finer || now - this.movedAt < refineTime + 100) this.invalidate()
  }

  /** @param {number} now */
  rested(now) {
    return now - this.movedAt > restTime
  }

  /**
   * order asks for the tiles of a view, and when it rests for those around it.
   * @param {Sight} sight
   * @param {number} now
   * @returns {boolean} whether all that is seen is there
   */
  order(sight, now) {
    const cache = /** @type {Layer} */ (this.layer).cache
    const { level } = sight
    const list = (/** @type {number} */ at, /** @type {number} */ margin) => sight.tiles(at, margin).map(([i, j]) => this.names.of(sight, at, i, j))
    if (now - this.movedAt > 100) this.speed = 0
    const own = list(level, 0)
    const covered = sight.tiles(level).every(([i, j]) => [0, 1, 2, 3].some(up => cache.tiles.has(this.names.of(sight, level - up, ...sight.up(i, j, up)))))
    const wanted = covered ? [] : list(level - 2, 0)
    if (this.speed < fastZoom) wanted.push(...own)
    const complete = own.every(name => cache.tiles.has(name) || cache.refused.has(name))
    this.refine(complete && now - this.movedAt > refineTime ? own : [])
    if (complete && this.rested(now) && !this.fine?.cache.missing) wanted.push(...list(level, 1), ...list(level + 1, 0).slice(0, 6))
    cache.want(wanted)
    this.progressed(complete ? 0 : cache.missing)
    return complete
  }

  /**
   * refine asks for tiles with more samples.
   * @param {string[]} names
   */
  refine(names) {
    const worth = this.samples != '1' && this.layer && this.layer.pace < refineLimit
    this.fine?.cache.want(worth ? names : [])
  }

  /** settled reports whether all that is seen is there and drawn. */
  get settled() {
    if (!this.layer || this.frame && !this.rested(performance.now())) return false
    const sight = new Sight(this.view, this.matrix, this.canvas.width, this.canvas.height)
    const cache = this.layer.cache
    return sight.tiles(sight.level).every(([i, j]) => cache.tiles.has(this.names.of(sight, sight.level, i, j)))
  }
}
