import { CountsField } from './countsfield.js'
import { choice, element, field, slider } from './dom.js'
import { PaletteFields } from './palettefields.js'
import { changed, homeOf } from './parameters.js'

/**
 * What pictures are coloured by. A test compares the values with the farm's.
 * @type {[string, string][]}
 */
const methods = [['smooth', 'Iterations'], ['distance', 'Distance'], ['slope', 'Slope, lit'], ['histogram', 'Rank'], ['set', 'The set alone']]

/**
 * The formulas. A test compares the values with the farm's.
 * @type {[string, string][]}
 */
const formulas = [['mandelbrot', 'Mandelbrot'], ['julia', 'Julia'], ['burning_ship', 'Burning Ship'], ['tricorn', 'Tricorn'], ['multibrot', 'Multibrot']]

/** The greatest power of a formula that has one. A test compares it with the farm's. */
const maxPower = 8

/**
 * colourPanel chooses formula and colours.
 * @param {import('./stage.js').Stage} stage
 */
export const colourPanel = stage => (/** @type {HTMLElement} */ body) => {
  let own = false
  /**
   * mine does what the fields show already.
   * @param {() => void} run
   */
  const mine = run => {
    own = true
    run()
    own = false
  }
  /** @type {Change} */
  const restyle = (changes, done = true) => {
    mine(() => stage.restyle(changed(stage.parameters, changes)))
    if (done) fill()
  }
  const reshape = (/** @type {Record<string, string>} */ changes) => {
    const parameters = changed(stage.parameters, changes)
    mine(() => stage.open(homeOf(parameters), parameters))
    fill()
  }
  const counts = new CountsField(stage, restyle), palettes = new PaletteFields(restyle)
  let shown = stage.parameters
  const fill = () => {
    shown = stage.parameters
    const focused = [...body.querySelectorAll('input, select, button')].indexOf(/** @type {Element} */ (document.activeElement))
    body.replaceChildren(...formulaFields(stage.parameters, reshape), ...colourFields(stage.parameters, restyle, counts, palettes), ...viewFields(stage.parameters, restyle))
    if (focused >= 0) /** @type {HTMLElement} */ ([...body.querySelectorAll('input, select, button')][focused])?.focus()
  }
  /** follow shows what has been changed elsewhere, such as by a file. */
  const follow = () => { if (!own && stage.parameters != shown) fill() }
  stage.watchers.add(follow)
  fill()
  return () => {
    stage.watchers.delete(follow)
    counts.close()
  }
}

/** @typedef {(changes: Record<string, string>, done?: boolean) => void} Change changes parameters; what is not done yet is of a hand that moves */

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
 * @param {CountsField} counts
 * @param {PaletteFields} palettes
 */
function colourFields(parameters, change, counts, palettes) {
  const method = parameters.get('coloring') || 'smooth'
  const nodes = [choice('Colours by', methods, method, value => change({ coloring: value == 'smooth' ? '' : value }))]
  if (method == 'set') return nodes
  if (method != 'distance') nodes.push(choice('Counts', [['', 'smooth'], ['false', 'whole, in bands']], parameters.get('smooth') == 'false' ? 'false' : '', value => change({ smooth: value })))
  nodes.push(...counts.nodes, ...palettes.nodes(parameters.get('palette') || 'ultra', parameters.get('cyclic') != 'false'))
  const density = Number(parameters.get('density') || 1), turns = Number(parameters.get('offset') || 0)
  nodes.push(
    slider('Density', { min: -4, max: 6, step: 0.05, value: Math.log2(density) }, (value, done) => change({ density: short(2 ** value) }, done), value => short(2 ** value)),
    slider('Offset', { min: 0, max: 1, step: 0.01, value: turns - Math.floor(turns) }, (value, done) => change({ offset: short(value) }, done), short),
  )
  if (method == 'slope') {
    nodes.push(
      slider('Light from', { min: -180, max: 180, step: 5, value: Number(parameters.get('light') ?? 45) }, (value, done) => change({ light: String(value) }, done), degrees),
      slider('Relief', { min: 0, max: 1, step: 0.05, value: Number(parameters.get('relief') ?? 0.7) }, (value, done) => change({ relief: short(value) }, done), short),
    )
  }
  nodes.push(element('div.row', {},
    choice('Ends', [['', 'run around'], ['false', 'stay']], parameters.get('cyclic') == 'false' ? 'false' : '', value => change({ cyclic: value })),
    field('Flat steps', { type: 'number', min: '1', max: '255', placeholder: 'none', value: parameters.get('steps') || '' }, value => change({ steps: value })),
  ), element('div.row', {},
    choice('Inside', [['', 'one colour'], ['true', 'by period']], parameters.get('periods') == 'true' ? 'true' : '', value => change({ periods: value })),
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
  slider('Rotation', { min: -180, max: 180, step: 1, value: Number(parameters.get('rotation') || 0) }, (value, done) => change({ rotation: value ? String(value) : '' }, done), degrees),
  choice('Imaginary axis', [['', 'upward'], ['true', 'downward']], parameters.get('mirror') == 'true' ? 'true' : '', value => change({ mirror: value })),
]

/** @param {number} value */
const degrees = value => `${value}°`

/** @param {number} value */
const short = value => String(Number(value.toPrecision(4)))
