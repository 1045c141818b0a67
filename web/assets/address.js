import { formulaNames, fromQuery, pictureQuery } from './parameters.js'
import { distance } from './view.js'

/** A view that has rested so long is written into the address. */
const rest = 350

/** The picture that the page opens with. A test compares it with the picture that links to the page show. */
export const first = 're=-0.743643887&im=0.1318259&radius=0.0001&max_iterations=2000&density=0.7&offset=0.1'

/**
 * Address keeps the browser's address and its history as the stage's picture is.
 */
export class Address {
  /**
   * @param {import('./stage.js').Stage} stage
   * @param {(found: import('./paste.js').Found) => void} opened
   */
  constructor(stage, opened) {
    this.stage = stage
    this.opened = opened
    this.timer = 0
    /** @type {{view: import('./view.js').View, formula: string} | null} what the newest entry of the history shows */
    this.entry = null
    addEventListener('popstate', () => this.restore())
    addEventListener('hashchange', () => this.restore())
    stage.watchers.add(() => {
      clearTimeout(this.timer)
      this.timer = window.setTimeout(() => this.write(), rest)
    })
  }

  /** query is the link of what is shown. */
  get query() {
    return String(pictureQuery(this.stage.place, this.stage.parameters))
  }

  /** restore shows what the address says; links of before had it behind a #. */
  restore() {
    const text = location.search.slice(1) || location.hash.slice(1) || first
    this.opened(fromQuery(new URLSearchParams(text)))
    this.enter()
  }

  /** enter notes what the newest entry of the history shows. */
  enter() {
    const { view, parameters } = this.stage
    this.entry = { view, formula: formulaOf(parameters) }
  }

  /** write makes an entry of the history where the view went somewhere else, and changes the newest where it did not. */
  write() {
    const query = this.query
    if (!location.search && query == first) return
    document.title = titleOf(this.stage)
    if (query == location.search.slice(1)) return
    const far = !this.entry || this.isFar(this.entry)
    history[far ? 'pushState' : 'replaceState'](null, '', `?${query}`)
    if (far) this.enter()
  }

  /** @param {NonNullable<Address['entry']>} entry */
  isFar({ view: entry, formula }) {
    const { view, canvas, parameters } = this.stage
    return formula != formulaOf(parameters) || Math.abs(view.zoom - entry.zoom) > 0.8 || Math.hypot(...distance(entry, view)) > canvas.height / 2
  }
}

/**
 * formulaOf names what there is a plane of.
 * @param {import('./parameters.js').Parameters} parameters
 */
const formulaOf = parameters => formulaNames.map(name => parameters.get(name) || '').join()

/**
 * titleOf is the title that the farm gives the link of a picture.
 * @param {import('./stage.js').Stage} stage
 */
function titleOf({ parameters, place }) {
  const name = (parameters.get('formula') || 'mandelbrot').replaceAll('_', ' ')
  return `${name[0].toUpperCase()}${name.slice(1)} at a radius of ${place.radius}`
}
