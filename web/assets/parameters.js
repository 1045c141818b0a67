import { palettes } from './palette.js'

/**
 * What a Spec says beside its place, by the names of a query. Values that are the farm's own defaults may be absent.
 * @typedef {Map<string, string>} Parameters
 */

/** Parameters of a query by what they are about; a test compares them with those that a farm knows. */
const groups = {
  place: ['re', 'im', 'radius', 'exact'],
  orientation: ['rotation', 'mirror', 'stretch_amount', 'stretch_angle'],
  points: ['formula', 'power', 'seed_re', 'seed_im', 'max_iterations'],
  colours: ['coloring', 'palette', 'smooth', 'range', 'equalize', 'density', 'offset', 'cyclic', 'steps', 'light', 'relief', 'interior', 'periods'],
  file: ['samples', 'depth', 'format', 'counts', 'undecided'],
}

export const colours = groups.colours

/** What tells one formula's plane from another's. */
export const formulaNames = groups.points.slice(0, 4)

/**
 * changed is parameters with some changed; "" takes one back.
 * @param {Parameters} parameters
 * @param {Record<string, string>} changes
 * @returns {Parameters}
 */
export function changed(parameters, changes) {
  const all = new Map(parameters)
  for (const [name, value] of Object.entries(changes)) value ? all.set(name, value) : all.delete(name)
  return all
}

export const known = Object.values(groups).flat()

/** The default view of a formula, or of one with a power. A test compares it with the farm's. */
export const homes = {
  'mandelbrot': { re: '-0.75', im: '0', radius: '1.25' },
  'julia': { re: '0', im: '0', radius: '1.25' },
  'burning_ship': { re: '-0.5', im: '-0.5', radius: '1.5' },
  'tricorn': { re: '-0.25', im: '0', radius: '2' },
  'multibrot': { re: '0', im: '0', radius: '1.3' },
  'multibrot 2': { re: '-0.75', im: '0', radius: '1.25' },
  'multibrot 3': { re: '0', im: '0', radius: '1.5' },
}

/**
 * homeOf is the place that shows all of a formula.
 * @param {Parameters} parameters
 * @returns {import('./view.js').Place}
 */
export function homeOf(parameters) {
  const formula = parameters.get('formula') || 'mandelbrot'
  const all = /** @type {Record<string, import('./view.js').Place>} */ (homes)
  return all[`${formula} ${parameters.get('power') || 3}`] || all[formula] || all.mandelbrot
}

/**
 * only is what of the parameters has one of the names.
 * @param {Parameters} parameters
 * @param {string[]} names
 */
const only = (parameters, names) => names.flatMap(name => {
  const value = parameters.get(name)
  return value ? [[name, value]] : []
})

/**
 * pointQuery says which points, and how far they are followed.
 * @param {Parameters} parameters
 */
export const pointQuery = parameters =>
  new URLSearchParams([...only(parameters, formulaNames), ['max_iterations', parameters.get('max_iterations') || '1000']])

/**
 * tileQuery is the query of a tile, and of whatever else has the picture's points and colours.
 * @param {Parameters} parameters
 */
export const tileQuery = parameters => new URLSearchParams([...pointQuery(parameters), ...only(parameters, groups.colours)])

/**
 * pictureQuery is the whole link of a picture.
 * @param {import('./view.js').Place} place
 * @param {Parameters} parameters
 */
export const pictureQuery = (place, parameters) => new URLSearchParams([
  ['re', place.re], ['im', place.im], ['radius', place.radius],
  ...only(parameters, ['exact', ...groups.orientation]), ...tileQuery(parameters), ...only(parameters, groups.file),
])

const decimal = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`
const stop = `[0-9a-fA-F]{6}@${decimal}`

/**
 * What values look like, by the names of parameters; of those that are not here, and of what values mean, the farm alone is the judge.
 * A test holds it against the farm's.
 * @type {[string[], RegExp][]}
 */
const shapes = [
  [['re', 'im', 'rotation', 'stretch_amount', 'stretch_angle', 'seed_re', 'seed_im', 'density', 'offset', 'light', 'relief', 'equalize'], new RegExp(`^${decimal}$`)],
  [['radius'], new RegExp(`^(?=.*?[1-9])\\+?${decimal.slice(5)}$`)],
  [['power', 'samples', 'depth', 'steps'], /^\d+$/],
  [['max_iterations'], /^(?:\d+|auto)$/],
  [['exact', 'mirror', 'smooth', 'cyclic', 'periods', 'undecided'], /^(?:true|false)$/],
  [['formula'], new RegExp(`^(?:${Object.keys(homes).filter(name => !name.includes(' ')).join('|')})$`)],
  [['coloring'], /^(?:smooth|set|distance|slope|histogram)$/],
  [['palette'], new RegExp(`^(?:${Object.keys(palettes).join('|')}|${stop}(?:,${stop})+)$`)],
  [['interior'], /^#[0-9a-fA-F]{6}$/],
  [['range'], new RegExp(`^${decimal},${decimal}$`)],
]

/**
 * fits reports whether a value is of the shape that a parameter's have.
 * @param {string} name
 * @param {string} value
 */
export const fits = (name, value) => shapes.every(([names, shape]) => !names.includes(name) || shape.test(value))

/**
 * fromQuery splits a link into its place, that of all of its formula if it names none, its parameters, and what is not known.
 * @param {URLSearchParams} query
 */
export function fromQuery(query) {
  /** @type {Parameters} */
  const parameters = new Map()
  /** @type {string[]} */
  const unknown = []
  for (const [name, value] of query) {
    if (!known.includes(name)) unknown.push(name)
    else if (parameters.has(name) || !fits(name, value)) unknown.push(`${name}=${value}`)
    else parameters.set(name, value)
  }
  const place = { ...homeOf(parameters), ...Object.fromEntries(only(parameters, ['re', 'im', 'radius'])) }
  for (const name of ['re', 'im', 'radius']) parameters.delete(name)
  return { place, parameters, unknown }
}

/**
 * countsQuery is that of a picture's counts, without what they do not depend on.
 * @param {import('./view.js').Place} place
 * @param {Parameters} parameters
 */
export const countsQuery = (place, parameters) => new URLSearchParams([
  ['re', place.re], ['im', place.im], ['radius', place.radius],
  ...only(parameters, ['exact', ...groups.orientation]), ...pointQuery(parameters), ['format', 'counts'],
])

/**
 * toSpec is the JSON of a picture.
 * @param {import('./view.js').Place} place
 * @param {Parameters} parameters
 * @param {number} width
 * @param {number} height
 */
export function toSpec(place, parameters, width, height) {
  /** @type {Record<string, any>} */
  const spec = { width, height, center: { re: place.re, im: place.im }, radius: place.radius }
  for (const [name, value] of parameters) {
    const [outer, inner = outer] = fieldOf(name)
    const field = typed(name, value)
    if (outer == inner) spec[outer] = field
    else spec[outer] = { ...spec[outer], [inner]: field }
  }
  return spec
}

/**
 * fieldOf is where in a Spec a parameter is.
 * @param {string} name
 */
function fieldOf(name) {
  if (name == 'coloring') return ['coloring', 'method']
  if (groups.colours.includes(name)) return ['coloring', name]
  return /^(seed|stretch)_/.test(name) ? name.split('_') : [name]
}

/**
 * typed is the value of a field: numbers stay the text they are but for whole ones, which a Spec has as numbers.
 * @param {string} name
 * @param {string} value
 */
function typed(name, value) {
  if (['exact', 'mirror', 'smooth', 'cyclic', 'periods'].includes(name)) return value == 'true'
  if (name == 'range') return value.split(',')
  if (['power', 'samples', 'depth', 'steps', 'max_iterations'].includes(name) && value != 'auto') return Number(value)
  return value
}

/**
 * fromSpec is the inverse of toSpec, but for the size.
 * @param {Record<string, any>} spec
 */
export function fromSpec(spec) {
  const query = new URLSearchParams()
  for (const name of known) {
    const [outer, inner = outer] = fieldOf(name)
    const value = outer == inner ? spec[outer] : spec[outer]?.[inner]
    if (value !== undefined && value !== null) query.set(name, name == 'palette' ? paletteText(value) : String(value))
  }
  if (spec.center?.re !== undefined) query.set('re', String(spec.center.re))
  if (spec.center?.im !== undefined) query.set('im', String(spec.center.im))
  return fromQuery(query)
}

/** @param {string | {at: string, color: string}[]} value */
const paletteText = value =>
  typeof value == 'string' ? value : value.map(stop => `${stop.color.replace('#', '')}@${stop.at}`).join(',')
