/**
 * Tiles by their names, and those that are under way. What is wanted is loaded in the order of the list, so many at a time;
 * what is wanted no more is given up.
 * @template T
 */
export class TileCache {
  /**
   * @param {(name: string, signal: AbortSignal) => Promise<T>} load
   * @param {{room: number, atOnce: () => number, dropped?: (tile: T) => void, changed?: () => void, failed?: (name: string, error: Error) => void}} options
   */
  constructor(load, { room, atOnce, dropped = () => {}, changed = () => {}, failed = () => {} }) {
    this.load = load
    this.room = room
    this.atOnce = atOnce
    this.dropped = dropped
    this.changed = changed
    this.failed = failed
    /** @type {Map<string, T>} the one that was used last is at the end */
    this.tiles = new Map()
    /** @type {Map<string, AbortController>} */
    this.loading = new Map()
    /** @type {Map<string, Error>} what need not be asked for again, and why */
    this.refused = new Map()
    /** @type {string[]} */
    this.wanted = []
  }

  /**
   * get returns a tile that is there, and keeps it longest.
   * @param {string} name
   * @returns {T | undefined}
   */
  get(name) {
    const tile = this.tiles.get(name)
    if (tile === undefined) return undefined
    this.tiles.delete(name)
    this.tiles.set(name, tile)
    return tile
  }

  /**
   * want says which tiles to load, the most urgent first.
   * @param {string[]} names
   */
  want(names) {
    this.wanted = names
    const keep = new Set(names)
    for (const name of this.loading.keys()) if (!keep.has(name)) this.giveUp(name)
    this.start()
  }

  /** @param {string} name of a tile that is under way */
  giveUp(name) {
    const controller = this.loading.get(name)
    this.loading.delete(name)
    controller?.abort()
  }

  /** missing counts what is wanted and neither there nor refused. */
  get missing() {
    return this.wanted.filter(name => !this.tiles.has(name) && !this.refused.has(name)).length
  }

  /** start asks for as many tiles as may be under way. If more are, the least urgent of them are given up, until their turn comes again. */
  start() {
    for (const name of this.wanted.filter(one => this.loading.has(one)).slice(this.atOnce())) this.giveUp(name)
    for (const name of this.wanted) {
      if (this.loading.size >= this.atOnce()) return
      if (!this.tiles.has(name) && !this.loading.has(name) && !this.refused.has(name)) this.fetch(name)
    }
  }

  /** @param {string} name */
  async fetch(name) {
    const controller = new AbortController()
    this.loading.set(name, controller)
    try {
      const tile = await this.load(name, controller.signal)
      if (controller.signal.aborted) return this.dropped(tile)
      this.put(name, tile)
    } catch (error) {
      if (controller.signal.aborted) return
      this.refused.set(name, /** @type {Error} */ (error))
      this.failed(name, /** @type {Error} */ (error))
    }
    this.loading.delete(name)
    this.changed()
    this.start()
  }

  /**
   * put keeps a tile, at the cost of the one that was not used for longest.
   * @param {string} name
   * @param {T} tile
   */
  put(name, tile) {
    const old = this.tiles.get(name)
    if (old !== undefined) this.dropped(old)
    this.tiles.delete(name)
    this.tiles.set(name, tile)
    for (const [oldest, stale] of this.tiles) {
      if (this.tiles.size <= this.room) break
      this.tiles.delete(oldest)
      this.dropped(stale)
    }
  }

  /** clear forgets everything, also what was refused. */
  clear() {
    this.want([])
    for (const tile of this.tiles.values()) this.dropped(tile)
    this.tiles.clear()
    this.refused.clear()
  }
}
