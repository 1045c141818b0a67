import { Layer, layerQuery } from './layer.js'
import { Origins } from './origins.js'
import { apply, orientation } from './orientation.js'
import { leastLevel, Names, paint, Sight } from './painter.js'
import { countsQuery, formulaNames } from './parameters.js'
import { seesRanks } from './shade.js'
import { surveySize } from './spread.js'
import { fromPlace, same, tileSide, toPlace } from './view.js'

/**
 * A view that has rested for so long is refined by tiles of the next level, and its neighbours are fetched. Neither is
 * where a tile takes longer than the limit. Both are in milliseconds.
 */
const refineTime = 700
const slowTile = 600

/** All around a view that rests is fetched before that by tiles of so many levels up, which are few: a fast movement finds no holes. */
const wideLevels = 3

/** A view that has rested for so long is asked for its ranks, in milliseconds. */
const rankTime = 100

/** Levels a second from which on only coarse tiles are asked for: finer ones would be gone when they come. */
const fastZoom = 3

/**
 * Stage shows a view on a canvas, as sharp as the screen is.
 */
export class Stage {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {string} version of the renderer
   */
  constructor(canvas, version) {
    this.canvas = canvas
    this.version = version
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
    this.names = new Names()
    this.origins = new Origins()
    this.speed = 0
    /** What the last survey was of, and what it has found. */
    this.surveyed = ''
    /** @type {import('./layer.js').Survey | null} */
    this.found = null
    /** The picture whose ranks are known or asked for. */
    this.ranked = { view: this.view, matrix: '', layer: /** @type {Layer | null} */ (null) }
    this.ranking = new AbortController()
    this.awaitsRanks = false
    /** The limit of iterations of what is shown, whatever that is called. */
    this.limit = 0
    this.movedAt = 0
    this.frame = 0
    this.paused = false
    /** @type {Set<() => void>} called when the view or the parameters have changed */
    this.watchers = new Set()
    /** @type {(error: Error) => void} */
    this.refused = () => {}
    /** @type {Set<(found: import('./layer.js').Survey) => void>} told what the points that are seen are like */
    this.surveys = new Set()
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
    const shown = this.layer
    if (shown && String(layerQuery(parameters)) == String(shown.query)) {
      shown.restyle(parameters)
      return this.tell()
    }
    const layer = new Layer(parameters, this.version, { changed: () => this.invalidate(), failed: error => this.refused(error) })
    const samePoints = shown && formulaNames.every(name => layer.query.get(name) == shown.query.get(name))
    this.before?.close()
    shown?.cache.want([])
    if (!samePoints) shown?.close()
    this.before = samePoints ? shown : null
    if (samePoints && shown.ranked) layer.rankBy(shown.ranked)
    this.layer = layer
    this.tell()
  }

  /** refines is whether a view at rest gets four samples a pixel: not on screens whose pixels nobody sees. */
  get refines() {
    return this.ratio < 2 || Number(this.parameters.get('samples')) > 1
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

  /**
   * pause gives up the tiles that are under way, and draws nothing, until it is undone.
   * @param {boolean} paused
   */
  pause(paused) {
    this.paused = paused
    if (paused) this.layer?.cache.want([])
    else this.invalidate()
  }

  invalidate() {
    this.frame ||= requestAnimationFrame(now => this.draw(now))
  }

  /** @param {number} now */
  draw(now) {
    this.frame = 0
    const { context, canvas, layer } = this
    if (!layer || this.paused) return
    const { sight } = this
    context.imageSmoothingQuality = 'high'
    context.fillStyle = '#05060a'
    context.fillRect(0, 0, canvas.width, canvas.height)
    if (this.before) paint(context, sight, this.before, this.names, now)
    const { fading, pieces } = paint(context, sight, layer, this.names, now)
    layer.repaint(pieces.map(({ tile, level }) => ({ tile: /** @type {any} */ (tile), pixel: 2 ** (sight.level - level), fine: level > sight.level })))
    this.origins.draw(context, sight, pieces, this.ratio)
    const complete = this.order(sight, now)
    if (complete) this.survey(sight)
    this.rank(complete && now - this.movedAt > rankTime)
    canvas.setAttribute('aria-busy', String(!complete || this.awaitsRanks))
    if (complete && !fading && !this.refusals.length && this.before) {
      this.before.close()
      this.before = null
    }
    if (fading || now - this.movedAt < refineTime + 100) this.invalidate()
  }

  /**
   * refusals are why the farm draws no tiles of the view, if it does not.
   * @returns {Error[]}
   */
  get refusals() {
    const refused = this.layer?.cache.refused
    if (!refused?.size) return []
    return this.layer?.isInvalid ? [...refused.values()] : this.own(this.sight).flatMap(name => refused.get(name) || [])
  }

  get sight() {
    return new Sight(this.view, this.matrix, this.canvas.width, this.canvas.height)
  }

  /**
   * order asks for the tiles of a view, and when it rests for those around it.
   * @param {Sight} sight
   * @param {number} now
   * @returns {boolean} whether all that is seen is there
   */
  order(sight, now) {
    if (!this.layer) return false
    const cache = this.layer.cache
    if (this.layer.isInvalid) {
      cache.want([])
      this.progressed(0)
      return true
    }
    const { level } = sight
    const list = (/** @type {number} */ at, /** @type {number} */ margin) => sight.tiles(at, margin).map(([i, j]) => this.names.of(sight, at, i, j))
    if (now - this.movedAt > 100) this.speed = 0
    const own = this.own(sight)
    const covered = sight.tiles(level).every(([i, j]) => [0, 1, 2, 3].some(up => cache.tiles.has(this.names.of(sight, level - up, ...sight.up(i, j, up)))))
    const wanted = covered ? [] : list(level - 2, 0)
    if (this.speed < fastZoom) wanted.push(...own)
    const complete = own.every(name => cache.tiles.has(name) || cache.refused.has(name))
    if (complete && now - this.movedAt > refineTime) wanted.push(...this.around(list, level, own))
    cache.want(wanted)
    this.progressed(complete ? 0 : cache.missing)
    return complete
  }

  /**
   * around lists what a view that rests has fetched beside its own tiles: nothing where some of those, or of what would refine them, are refused.
   * @param {(level: number, margin: number) => string[]} list
   * @param {number} level
   * @param {string[]} own
   */
  around(list, level, own) {
    const { cache, pace } = /** @type {Layer} */ (this.layer), finer = this.refines ? list(level + 1, 0) : []
    if ([...own, ...finer].some(name => cache.refused.has(name))) return []
    return [...list(Math.max(leastLevel, level - wideLevels), 1), ...(pace < slowTile ? [...finer, ...list(level, 1)] : [])]
  }

  /**
   * survey looks at the tiles of a view, once.
   * @param {Sight} sight
   */
  async survey(sight) {
    const { layer } = this
    const tiles = layer ? this.own(sight).flatMap(name => layer.cache.tiles.get(name) || []) : []
    const what = tiles.map(tile => tile.id).join()
    if (!layer || !tiles.length || what == this.surveyed) return
    this.surveyed = what
    this.limit = Math.max(...tiles.map(tile => tile.limit))
    const found = await layer.survey(tiles)
    if (what != this.surveyed) return
    this.found = found
    if (!layer.ranked) layer.rankBy(found)
    for (const listener of this.surveys) listener(found)
  }

  /**
   * rank asks for what the colours of the picture that is shown go by, if they go by ranks and it is not what was asked for last.
   * @param {boolean} mayAsk
   */
  async rank(mayAsk) {
    const { view, layer, ranked } = this, matrix = String(this.matrix)
    if (!layer || !seesRanks(layer.style)) return void (this.awaitsRanks = false)
    if (ranked.view == view && ranked.matrix == matrix && ranked.layer == layer) return
    this.awaitsRanks = true
    if (!mayAsk) return
    this.ranking.abort()
    this.ranking = new AbortController()
    this.ranked = { view, matrix, layer }
    const { width, height } = surveySize(this.canvas), { signal } = this.ranking
    try {
      await layer.rank(`/generate/${width}/${height}?${countsQuery(this.place, this.parameters)}`, signal)
    } catch {
      // What the farm does not rank at once, such as a view that takes a job, is ranked by the points on the screen.
      if (!signal.aborted && this.found) layer.rankBy(this.found)
    }
    if (signal.aborted) return
    this.awaitsRanks = false
    this.invalidate()
  }

  /**
   * own lists the names of the tiles of a view.
   * @param {Sight} sight
   */
  own(sight) {
    return sight.tiles(sight.level).map(([i, j]) => this.names.of(sight, sight.level, i, j))
  }

  /**
   * probe is what is known of a point of the screen, given from its middle.
   * @param {number} x
   * @param {number} y
   */
  async probe(x, y) {
    const { sight } = this
    const [right, down] = this.toPlane(x, y), { fx, fy, size } = sight.grid(sight.level)
    const column = fx + right / size, row = fy + down / size, i = Math.floor(column), j = Math.floor(row)
    const tile = this.layer?.cache.tiles.get(this.names.of(sight, sight.level, i, j))
    const pixel = (/** @type {number} */ part) => Math.floor(part * tileSide)
    return tile && this.layer?.probe(tile, pixel(row - j) * tileSide + pixel(column - i))
  }
}
