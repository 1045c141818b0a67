import { button, choice, element, field } from './dom.js'
import { hex, palettes, picture, stopsOf, textOf } from './palette.js'
import { reversed, turned } from './paletteedit.js'
import { homeOf } from './parameters.js'

/** What pictures are coloured by. A test compares the values with the farm's. @type {[string, string][]} */
const methods = [['smooth', 'Iterations'], ['distance', 'Distance'], ['slope', 'Slope, lit'], ['histogram', 'Rank'], ['set', 'The set alone']]

/** The formulas. A test compares the values with the farm's. @type {[string, string][]} */
const formulas = [['mandelbrot', 'Mandelbrot'], ['julia', 'Julia'], ['burning_ship', 'Burning Ship'], ['tricorn', 'Tricorn'], ['multibrot', 'Multibrot']]

/** The greatest power of a formula that has one. A test compares it with the farm's. */
const maxPower = 8

/**
 * colourPanel chooses formula and colours.
 * @param {import('./stage.js').Stage} stage
 */
export const colourPanel = stage => (/** @type {HTMLElement} */ body) => {
  /** @param {Record<string, string>} changes "" takes one back */
  const change = changes => {
    const parameters = new Map(stage.parameters)
    for (const [name, value] of Object.entries(changes)) value ? parameters.set(name, value) : parameters.delete(name)
    return parameters
  }
  const restyle = (/** @type {Record<string, string>} */ changes) => {
    stage.restyle(change(changes))
    fill()
  }
  const reshape = (/** @type {Record<string, string>} */ changes) => {
    const parameters = change(changes)
    stage.open(homeOf(parameters), parameters)
    fill()
  }
  const fill = () => {
    const focused = [...body.querySelectorAll('input, select, button')].indexOf(/** @type {Element} */ (document.activeElement))
    body.replaceChildren(...formulaFields(stage.parameters, reshape), ...colourFields(stage.parameters, restyle), ...viewFields(stage.parameters, restyle))
    if (focused >= 0) /** @type {HTMLElement} */ ([...body.querySelectorAll('input, select, button')][focused])?.focus()
  }
  fill()
}

/** @typedef {(changes: Record<string, string>) => void} Change */

/**
 * @param {import('./parameters.js').Parameters} parameters
 * @param {Change} change
 */
function formulaFields(parameters, change) {
  const formula = parameters.get('formula') || 'mandelbrot'
  const nodes = [choice('Formula', formulas, formula, value => change({ formula: value, power: '', seed_re: '', seed_im: '', exact: '' }))]
  if (formula == 'julia' || formula == 'multibrot') {
    const powers = Array.from({ length: maxPower - 1 }, (_, i) => /** @type {[string, string]} */ ([String(i + 2), `z^${i + 2} + c`]))
    nodes.push(choice('Power', powers, parameters.get('power') || (formula == 'julia' ? '2' : '3'), value => change({ power: value })))
  }
  if (formula == 'julia') {
    const re = parameters.get('seed_re') || '-0.8', im = parameters.get('seed_im') || '0.156'
    nodes.push(element('div.row', {},
      field('Seed, real', { value: re, inputMode: 'decimal' }, value => change({ seed_re: value, seed_im: im })),
      field('imaginary', { value: im, inputMode: 'decimal' }, value => change({ seed_im: value, seed_re: re })),
    ))
  }
  return nodes
}

/**
 * @param {import('./parameters.js').Parameters} parameters
 * @param {Change} change
 */
function colourFields(parameters, change) {
  const method = parameters.get('coloring') || 'smooth'
  const nodes = [choice('Colours by', methods, method, value => change({ coloring: value == 'smooth' ? '' : value }))]
  if (method == 'set') return nodes
  const palette = parameters.get('palette') || 'ultra'
  nodes.push(paletteList(palette, change), gradient(palette, parameters.get('cyclic') != 'false', change))
  nodes.push(edits(palette, parameters.get('cyclic') != 'false', change))
  const density = Number(parameters.get('density') || 1), turns = Number(parameters.get('offset') || 0)
  nodes.push(
    slider('Density', { min: -4, max: 6, step: 0.05, value: Math.log2(density) }, value => change({ density: short(2 ** value) }), value => short(2 ** value)),
    slider('Offset', { min: 0, max: 1, step: 0.01, value: turns - Math.floor(turns) }, value => change({ offset: short(value) }), short),
  )
  if (method == 'slope') {
    nodes.push(
      slider('Light from', { min: -180, max: 180, step: 5, value: Number(parameters.get('light') ?? 45) }, value => change({ light: String(value) }), degrees),
      slider('Relief', { min: 0, max: 1, step: 0.05, value: Number(parameters.get('relief') ?? 0.7) }, value => change({ relief: short(value) }), short),
    )
  }
  nodes.push(element('div.row', {},
    choice('Ends', [['', 'run around'], ['false', 'stay']], parameters.get('cyclic') == 'false' ? 'false' : '', value => change({ cyclic: value })),
    field('Flat steps', { type: 'number', min: '1', max: '255', placeholder: 'none', value: parameters.get('steps') || '' }, value => change({ steps: value })),
    field('Interior', { type: 'color', value: parameters.get('interior') || '#000000' }, value => change({ interior: value == '#000000' ? '' : value })),
  ))
  return nodes
}

/**
 * viewFields is how the picture lies.
 * @param {import('./parameters.js').Parameters} parameters
 * @param {Change} change
 */
const viewFields = (parameters, change) => [
  slider('Rotation', { min: -180, max: 180, step: 1, value: Number(parameters.get('rotation') || 0) }, value => change({ rotation: value ? String(value) : '' }), degrees),
  choice('Imaginary axis', [['', 'upward'], ['true', 'downward']], parameters.get('mirror') == 'true' ? 'true' : '', value => change({ mirror: value })),
]

/** @param {number} value */
const degrees = value => `${value}°`

/** @param {number} value */
const short = value => String(Number(value.toPrecision(4)))

/**
 * slider is a range that tells while it moves.
 * @param {string} label
 * @param {{min: number, max: number, step: number, value: number}} range
 * @param {(value: number) => void} changed
 * @param {(value: number) => string} words
 */
function slider(label, range, changed, words) {
  const shown = element('output', {}, words(range.value))
  const input = element('input', { type: 'range', min: range.min, max: range.max, step: range.step, 'aria-label': label })
  input.value = String(range.value)
  input.oninput = () => { shown.value = words(Number(input.value)) }
  input.onchange = () => changed(Number(input.value))
  return element('label.field', {}, element('span', {}, label, ' ', shown), input)
}

/**
 * @param {string} palette
 * @param {Change} change
 */
function paletteList(palette, change) {
  return element('div.palettes', { role: 'radiogroup', 'aria-label': 'Palette' }, ...Object.keys(palettes).map(name => {
    const strip = picture(name)
    strip.setAttribute('aria-hidden', 'true')
    return element('button', {
      type: 'button', role: 'radio', title: name, 'aria-label': name, 'aria-checked': String(name == palette),
      onclick: () => change({ palette: name == 'ultra' ? '' : name }),
    }, strip)
  }))
}

/** Degrees that a press turns hues by: twelve come back to where they were. */
const hueStep = 30

/**
 * edits are changes of the whole palette.
 * @param {string} palette
 * @param {boolean} cyclic
 * @param {Change} change
 */
const edits = (palette, cyclic, change) => element('div.row', {},
  button({ label: 'Reverse the palette', text: 'Reverse', run: () => change({ palette: textOf(reversed(stopsOf(palette), cyclic)) }) }),
  button({ label: 'Turn the hues', text: 'Turn hues', title: `Turn the hues by ${hueStep} degrees`, run: () => change({ palette: textOf(turned(stopsOf(palette), hueStep)) }) }),
)

/**
 * gradient shows the palette's stops on its picture: dragged they move, clicked they change colour, beside them a click makes another.
 * @param {string} palette
 * @param {boolean} cyclic
 * @param {Change} change
 */
function gradient(palette, cyclic, change) {
  const stops = stopsOf(palette)
  const strip = picture(palette, 512, cyclic)
  strip.title = 'A click adds a stop'
  const save = (/** @type {import('./palette.js').Stop[]} */ next) => change({ palette: textOf([...next].sort((a, b) => a.at - b.at)) })
  strip.onclick = event => {
    const at = Math.min(0.9999, event.offsetX / strip.clientWidth)
    const pixel = /** @type {CanvasRenderingContext2D} */ (strip.getContext('2d')).getImageData(Math.floor(at * 512), 0, 1, 1).data
    save([...stops, { at, color: [...pixel.slice(0, 3)] }])
  }
  if (stops.length > 24) return element('div.gradient', {}, strip)
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
