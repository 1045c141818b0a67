import { button, element } from './dom.js'
import { follow } from './events.js'
import { fetchTile } from './farm.js'
import { closer, coarsest, held, levelOf, pathOf, regionOf, seen, whole } from './frame.js'
import { listen } from './gestures.js'
import { hasEnded, titleOf, wordsOf } from './jobcard.js'
import { TileCache } from './tilecache.js'

/** Tiles that are kept: some ten screens of 1920x1080. */
const room = 120

/** Requests at a time: the farm draws four views at once. */
const atOnce = 3

/** How long what is shown of a picture that is being drawn stays, at least, in milliseconds. */
const freshness = 1500

/** Pixels that an arrow key moves by. */
const arrowStep = 120

/**
 * Whether a picture is looked at in place of the map, for whoever draws the map.
 * @type {{listeners: Set<(open: boolean) => void>}}
 */
export const looking = { listeners: new Set() }

/** @param {boolean} open */
const tell = open => { for (const listener of looking.listeners) listener(open) }

/**
 * look shows a job's picture, finished or so far, in the whole window.
 * @param {any} job
 */
export function look(job) {
  new Poster(job).show()
}

/**
 * Poster is a job's picture to zoom into. While it is being drawn its tiles are asked for again as there is more to see, and
 * stay until newer ones have come.
 */
class Poster {
  /** @param {any} job */
  constructor(job) {
    this.job = job
    this.path = `/jobs/${job.id}`
    this.picture = { width: job.spec.width, height: job.spec.height }
    this.canvas = element('canvas', { tabIndex: 0, role: 'img', 'aria-label': `${titleOf(job)}. Arrows move, plus and minus zoom, 0 shows all of it.`, 'aria-busy': 'true' })
    this.context = this.canvas.getContext('2d')
    this.words = element('span', { role: 'status' }, wordsOf(job))
    this.dialog = element('dialog.poster', { 'aria-label': `The picture: ${titleOf(job)}` }, this.canvas, element('div.bar.chrome', {}, element('b', {}, titleOf(job)), this.words), this.buttons())
    this.abort = new AbortController()
    /** How often the picture has been seen to get on, and the same of the tiles that are asked for. */
    this.news = 0
    this.edition = 0
    /** @type {Map<string, string>} the newest of each tile that has come */
    this.newest = new Map()
    this.askedAt = 0
    this.timer = 0
    this.frame = 0
    /** @type {import('./frame.js').Frame} */
    this.view = { x: 0, y: 0, scale: 1 }
    /** @type {TileCache<ImageBitmap>} */
    this.cache = new TileCache((name, signal) => this.load(name, signal), {
      room, atOnce: () => atOnce, changed: () => this.invalidate(), dropped: tile => tile.close(), failed: (_, error) => this.say(error.message),
    })
    this.listen()
  }

  buttons() {
    return element('div.tools.chrome', { role: 'group', 'aria-label': 'Zoom' },
      button({ label: 'Closer', icon: 'plus', run: () => this.zoom(1, 0, 0) }),
      button({ label: 'Farther', icon: 'minus', run: () => this.zoom(-1, 0, 0) }),
      button({ label: 'All of it', icon: 'home', run: () => this.move(whole(this.picture, this.size)) }),
      button({ label: 'Close', icon: 'close', run: () => this.dialog.close() }),
    )
  }

  show() {
    document.body.append(this.dialog)
    this.dialog.onclose = () => this.end()
    this.dialog.showModal()
    this.canvas.focus({ preventScroll: true })
    this.view = whole(this.picture, this.size)
    this.resizing = new ResizeObserver(() => this.resize())
    this.resizing.observe(this.canvas)
    this.hear()
    tell(true)
  }

  end() {
    tell(false)
    this.abort.abort()
    this.resizing?.disconnect()
    clearTimeout(this.timer)
    cancelAnimationFrame(this.frame)
    this.cache.clear()
    this.dialog.remove()
  }

  listen() {
    const none = () => {}
    listen(this.canvas, {
      grab: none, fling: none, turn: none, hover: none, pick: none, select: none, chosen: none,
      pan: (dx, dy) => this.pan(-dx, -dy), zoom: (levels, x, y) => this.zoom(levels, x, y),
    })
    this.canvas.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      /** @type {Record<string, () => void>} */
      const keys = {
        ArrowLeft: () => this.pan(-arrowStep, 0), ArrowRight: () => this.pan(arrowStep, 0), ArrowUp: () => this.pan(0, -arrowStep), ArrowDown: () => this.pan(0, arrowStep),
        '+': () => this.zoom(1, 0, 0), '=': () => this.zoom(1, 0, 0), '-': () => this.zoom(-1, 0, 0), 0: () => this.move(whole(this.picture, this.size)),
      }
      if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return
      event.preventDefault()
      keys[event.key]()
    })
  }

  /** size is that of the canvas, in its own pixels. */
  get size() {
    return { width: Math.max(1, this.canvas.clientWidth * devicePixelRatio), height: Math.max(1, this.canvas.clientHeight * devicePixelRatio) }
  }

  resize() {
    const { width, height } = this.size
    this.canvas.width = Math.round(width)
    this.canvas.height = Math.round(height)
    this.move(this.view)
  }

  /** hear follows the job, as far as it goes on. */
  async hear() {
    if (hasEnded(this.job)) return
    try {
      await follow(this.path, this.abort.signal, job => {
        if (job.state != this.job.state || job.bands_done != this.job.bands_done) this.news++
        this.job = job
        this.say(wordsOf(job))
        this.invalidate()
      })
    } catch (error) {
      this.say(/** @type {Error} */ (error).message)
    }
  }

  /** @param {string} words */
  say(words) {
    this.words.textContent = words
  }

  /**
   * @param {number} dx pixels of the screen
   * @param {number} dy
   */
  pan(dx, dy) {
    const { x, y, scale } = this.view
    this.move({ x: x + dx * devicePixelRatio / scale, y: y + dy * devicePixelRatio / scale, scale })
  }

  /**
   * @param {number} levels
   * @param {number} x pixels of the screen from the middle
   * @param {number} y
   */
  zoom(levels, x, y) {
    this.move(closer(this.view, 2 ** levels, x * devicePixelRatio, y * devicePixelRatio))
  }

  /** @param {import('./frame.js').Frame} frame */
  move(frame) {
    this.view = held(frame, this.picture, this.size)
    this.invalidate()
  }

  invalidate() {
    this.frame ||= requestAnimationFrame(() => this.draw())
  }

  draw() {
    this.frame = 0
    const level = levelOf(this.view, this.picture), { context, canvas } = this
    const own = seen(this.view, this.picture, this.size, level)
    const wanted = own.map(piece => nameOf(this.edition, piece))
    const first = { level: coarsest(this.picture), i: 0, j: 0 }
    this.cache.want([nameOf(this.edition, first), ...wanted])
    context.fillStyle = '#05060a'
    context.fillRect(0, 0, canvas.width, canvas.height)
    context.imageSmoothingEnabled = this.view.scale < 2
    for (let coarse = first.level; coarse >= level; coarse--) for (const piece of seen(this.view, this.picture, this.size, coarse)) this.stamp(piece)
    canvas.setAttribute('aria-busy', String(this.cache.missing > 0 || this.edition != this.news))
    if (!this.cache.missing) this.renew()
  }

  /** renew asks for newer tiles when there is more to see, and what is shown has been for a while. */
  renew() {
    if (this.edition == this.news) return
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => {
      this.askedAt = performance.now()
      this.edition = this.news
      this.invalidate()
    }, Math.max(0, this.askedAt + freshness - performance.now()))
  }

  /**
   * stamp draws the newest of a tile.
   * @param {import('./frame.js').Piece} piece
   */
  stamp(piece) {
    const tile = this.cache.get(this.newest.get(keyOf(piece)) || '')
    if (!tile) return
    const { x, y, width, height } = regionOf(piece, this.picture), { scale } = this.view
    const across = (/** @type {number} */ n) => Math.round((n - this.view.x) * scale + this.canvas.width / 2)
    const along = (/** @type {number} */ n) => Math.round((n - this.view.y) * scale + this.canvas.height / 2)
    this.context.drawImage(tile, across(x), along(y), across(x + width) - across(x), along(y + height) - along(y))
  }

  /**
   * @param {string} name
   * @param {AbortSignal} signal
   */
  async load(name, signal) {
    const [, level, i, j] = name.split('/').map(Number)
    const response = await fetchTile(`${this.path}/iiif/${pathOf({ level, i, j }, this.picture)}`, signal)
    const bitmap = await createImageBitmap(await response.blob())
    this.newest.set(keyOf({ level, i, j }), name)
    return bitmap
  }
}

/**
 * keyOf is a tile's name.
 * @param {import('./frame.js').Piece} piece
 */
const keyOf = ({ level, i, j }) => `${level}/${i}/${j}`

/**
 * nameOf is the name of a tile as it was seen at a time.
 * @param {number} edition
 * @param {import('./frame.js').Piece} piece
 */
const nameOf = (edition, piece) => `${edition}/${keyOf(piece)}`
