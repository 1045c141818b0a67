import { button, element, slider } from './dom.js'
import { colourEndings, readColours } from './files.js'
import { hex, picture, palettes, stopsOf, textOf } from './palette.js'
import { adjusted, reversed, thereAndBack } from './paletteedit.js'
import { say } from './toast.js'

/** @typedef {import('./colourpanel.js').Change} Change */

/** The most stops that a palette may have. A test compares it with the farm's. */
export const mostStops = 1024

/** Stops up to which each has a handle. */
const mostHandles = 24

/**
 * PaletteFields choose a palette and change it, and take a change back.
 */
export class PaletteFields {
  /** @param {Change} change */
  constructor(change) {
    this.change = change
    /** @type {string[]} palettes before the present one, the newest last */
    this.before = []
  }

  /**
   * nodes are the fields of a palette.
   * @param {string} palette
   * @param {boolean} cyclic
   */
  nodes(palette, cyclic) {
    const set = (/** @type {string} */ text, done = true) => {
      if (done && text != this.committed) this.before.push(this.committed || '')
      this.change({ palette: text == 'ultra' ? '' : text }, done)
    }
    this.committed = palette
    const undo = button({ label: 'Undo the change of the palette', text: 'Undo', run: () => this.undo() })
    undo.disabled = !this.before.length
    const save = (/** @type {import('./palette.js').Stop[]} */ stops, done = true) => set(textOf(stops), done)
    const stops = stopsOf(palette)
    return [paletteList(palette, set), gradient(palette, cyclic, save), element('div.pairs', {}, ...edits(stops, cyclic, save), this.files(), undo), adjustments(stops, save)]
  }

  /** files takes colours of other programs. */
  files() {
    const input = element('input', { type: 'file', accept: colourEndings, hidden: true, 'aria-label': 'A file of colours' })
    input.onchange = async () => {
      try {
        const { changes, warnings } = await readColours(input.files[0])
        this.before.push(this.committed || '')
        this.change(changes)
        for (const warning of warnings) say(warning)
      } catch (error) {
        say(/** @type {Error} */ (error).message, { bad: true })
      }
    }
    const title = 'Colours from a .map, .ugr, .kfp or .kfr, also by dropping it on the page'
    return element('div', {}, button({ label: 'Colours from a file', text: 'From a file…', title, run: () => input.click() }), input)
  }

  undo() {
    const palette = this.before.pop() || ''
    this.change({ palette: palette == 'ultra' ? '' : palette })
  }
}

/** @typedef {(stops: import('./palette.js').Stop[], done?: boolean) => void} Save */

/**
 * @param {string} palette
 * @param {(palette: string) => void} set
 */
function paletteList(palette, set) {
  return element('div.palettes', { role: 'radiogroup', 'aria-label': 'Palette' }, ...Object.keys(palettes).map(name => {
    const strip = picture(name)
    strip.setAttribute('aria-hidden', 'true')
    return element('button', {
      type: 'button', role: 'radio', title: name, 'aria-label': name, 'aria-checked': String(name == palette),
      onclick: () => set(name),
    }, strip)
  }))
}

/**
 * edits are changes of the whole palette.
 * @param {import('./palette.js').Stop[]} stops
 * @param {boolean} cyclic
 * @param {Save} save
 */
function edits(stops, cyclic, save) {
  const both = button({ label: 'There and back', text: 'There and back', title: 'From the first stop to the last, and back', run: () => save(thereAndBack(stops)) })
  both.disabled = 2 * stops.length - 2 > mostStops
  return [button({ label: 'Reverse the palette', text: 'Reverse', run: () => save(reversed(stops, cyclic)) }), both]
}

/**
 * adjustments turn hues, and change saturation and lightness. A slider is back in its middle when it is let go.
 * @param {import('./palette.js').Stop[]} stops
 * @param {Save} save
 */
const adjustments = (stops, save) => element('div.row', {},
  slider('Hue', { min: -180, max: 180, step: 5, value: 0 }, (hue, done) => save(adjusted(stops, { hue }), done), value => `${value}°`),
  slider('Colour', { min: -1, max: 1, step: 0.05, value: 0 }, (saturation, done) => save(adjusted(stops, { saturation }), done), percent),
  slider('Light', { min: -1, max: 1, step: 0.05, value: 0 }, (lightness, done) => save(adjusted(stops, { lightness }), done), percent),
)

/** @param {number} value */
const percent = value => `${Math.round(value * 100)}%`

/**
 * gradient shows the palette's stops on its picture: dragged they move, clicked they change colour, beside them a click makes another.
 * @param {string} palette
 * @param {boolean} cyclic
 * @param {Save} keep
 */
function gradient(palette, cyclic, keep) {
  const stops = stopsOf(palette)
  const strip = picture(palette, 512, cyclic)
  strip.title = 'A click adds a stop'
  const save = (/** @type {import('./palette.js').Stop[]} */ next) => keep([...next].sort((a, b) => a.at - b.at))
  strip.onclick = event => {
    const at = Math.min(0.9999, event.offsetX / strip.clientWidth)
    const pixel = /** @type {CanvasRenderingContext2D} */ (strip.getContext('2d')).getImageData(Math.floor(at * 512), 0, 1, 1).data
    save([...stops, { at, color: [...pixel.slice(0, 3)] }])
  }
  if (stops.length > mostHandles) return element('div.gradient', {}, strip)
  return element('div.gradient', {}, strip, ...stops.map((stop, i) => handle(stop, strip, {
    move: at => save(stops.map((other, j) => (j == i ? { ...other, at } : other))),
    paint: color => save(stops.map((other, j) => (j == i ? { ...other, color } : other))),
    remove: () => stops.length > 2 && save(stops.filter((_, j) => j != i)),
  })))
}

/**
 * handle is a stop that can be dragged, or moved by arrows, and removed by Delete.
 * @param {import('./palette.js').Stop} stop
 * @param {HTMLElement} strip
 * @param {{move: (at: number) => void, paint: (color: number[]) => void, remove: () => void}} run
 */
function handle(stop, strip, run) {
  const title = 'Drag to move, click for the colour, Delete removes'
  const input = element('input', { type: 'color', value: `#${hex(stop.color)}`, title, 'aria-label': `Stop at ${stop.at}` })
  const place = (/** @type {number} */ at) => { input.style.left = `${at * 100}%` }
  place(stop.at)
  let at = stop.at, from = 0, dragged = false
  input.onpointerdown = (/** @type {PointerEvent} */ event) => {
    input.setPointerCapture(event.pointerId)
    ;[from, dragged] = [event.clientX, false]
  }
  input.onpointermove = (/** @type {PointerEvent} */ event) => {
    if (!input.hasPointerCapture(event.pointerId) || !dragged && Math.abs(event.clientX - from) < 4) return
    dragged = true
    const box = strip.getBoundingClientRect()
    place(at = Math.max(0, Math.min(0.9999, (event.clientX - box.left) / box.width)))
  }
  input.onpointerup = () => { if (dragged) run.move(at) }
  input.onclick = (/** @type {Event} */ event) => { if (dragged) event.preventDefault() }
  input.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key == 'Delete') run.remove()
    if (event.key == 'ArrowLeft') run.move(Math.max(0, stop.at - 0.01))
    if (event.key == 'ArrowRight') run.move(Math.min(0.9999, stop.at + 0.01))
  }
  input.onchange = () => run.paint([1, 3, 5].map(i => parseInt(input.value.slice(i, i + 2), 16)))
  return input
}
