import { button, choice, element, field } from './dom.js'
import { ask } from './farm.js'
import { toSpec } from './parameters.js'
import { timeOf } from './span.js'

/**
 * Sizes of pictures, in pixels; 0 is the window's.
 * @type {[string, number, number][]}
 */
const sizes = [
  ['This window', 0, 0], ['Full HD, 1920 x 1080', 1920, 1080], ['WQHD, 2560 x 1440', 2560, 1440], ['4K, 3840 x 2160', 3840, 2160], ['8K, 7680 x 4320', 7680, 4320],
  ['Phone, 1170 x 2532', 1170, 2532], ['Square, 4096 x 4096', 4096, 4096],
]

/**
 * Posters in centimetres.
 * @type {[string, number, number][]}
 */
const posters = [['A4', 29.7, 21], ['A3', 42, 29.7], ['A2', 59.4, 42], ['A1', 84.1, 59.4], ['A0', 118.9, 84.1], ['middle', 60, 40], ['large', 90, 60]]

/**
 * Files.
 * @type {[string, string][]}
 */
const formats = [['', 'PNG'], ['16', 'PNG, 16 bits'], ['exr', 'OpenEXR'], ['npy', 'NumPy']]

/**
 * pixels is a poster's size.
 * @param {number} centimetres
 * @param {number} dpi
 */
export const pixels = (centimetres, dpi) => Math.round(centimetres / 2.54 * dpi)

/**
 * renderPanel sends the view to the farm.
 * @param {import('./stage.js').Stage} stage
 * @param {(job: any) => void} submitted
 */
export const renderPanel = (stage, submitted) => (/** @type {HTMLElement} */ body) => {
  const wish = {
    size: '0', width: stage.canvas.width, height: stage.canvas.height, across: 30, down: 20, dpi: 300,
    samples: stage.parameters.get('samples') || '4',
    format: stage.parameters.get('depth') == '16' ? '16' : stage.parameters.get('format') || '', title: '',
  }
  const price = element('p.price', { 'aria-live': 'polite' })
  const width = field('Width', { type: 'number', min: 1, value: wish.width }, value => { wish.width = Number(value); tell() }, 'input')
  const height = field('Height', { type: 'number', min: 1, value: wish.height }, value => { wish.height = Number(value); tell() }, 'input')
  const across = field('Width, cm', { type: 'number', min: 1, step: 'any' }, value => { wish.across = Number(value); print() }, 'input')
  const down = field('Height, cm', { type: 'number', min: 1, step: 'any' }, value => { wish.down = Number(value); print() }, 'input')
  const dpi = field('dpi', { type: 'number', min: 30, max: 1200, value: wish.dpi }, value => { wish.dpi = Number(value); print() }, 'input')
  const paper = element('div.row', {}, across, down, dpi)
  const quote = new Quote()
  const tell = () => {
    quote.ask(() => specOf(stage, wish))
    const millions = [1, Number(wish.samples)].map(each => (each * wish.width * wish.height / 1e6).toLocaleString('en', { maximumSignificantDigits: 3 }))
    price.textContent = `${wish.width} x ${wish.height}: ${millions[0]} megapixels, ${millions[1]} million points`
  }
  const fill = () => {
    for (const [node, value] of [[width, wish.width], [height, wish.height]]) node.querySelector('input').value = value
    tell()
  }
  const print = () => {
    [wish.width, wish.height] = [pixels(wish.across, wish.dpi), pixels(wish.down, wish.dpi)]
    fill()
  }
  const resize = () => {
    const poster = posters[Number(wish.size) - sizes.length], size = sizes[Number(wish.size)]
    paper.hidden = !poster && wish.size != 'cm'
    if (poster) [, wish.across, wish.down] = poster
    for (const [node, value] of [[across, wish.across], [down, wish.down]]) node.querySelector('input').value = value
    if (!paper.hidden) return print()
    if (size) [wish.width, wish.height] = size[1] ? [size[1], size[2]] : [stage.canvas.width, stage.canvas.height]
    fill()
  }
  const failed = element('p.error', { role: 'alert', hidden: true })
  const run = async () => {
    failed.hidden = true
    try {
      submitted(await submit(specOf(stage, wish), wish.title))
    } catch (error) {
      const { field: at, message } = /** @type {import('./farm.js').Problem} */ (error)
      failed.textContent = at ? `${at}: ${message}` : message
      failed.hidden = false
    }
  }
  const names = [...sizes.map(([name]) => name), ...posters.map(([name, across, down]) => `Poster ${name}, ${across} x ${down} cm`)]
    .map((name, i) => /** @type {[string, string]} */ ([String(i), name]))
  body.append(
    choice('Size', [...names, ['cm', 'Poster of any size, in cm'], ['custom', 'Any size, in pixels']], '0', value => { wish.size = value; resize() }),
    paper, element('div.row', {}, width, height),
    element('div.row', {},
      choice('Samples a pixel', ['1', '4', '9', '16', '64'].map(n => [n, n]), wish.samples, value => { wish.samples = value; tell() }),
      choice('File', formats, wish.format, value => { wish.format = value })),
    field('Title', { maxLength: 200, placeholder: 'none' }, value => { wish.title = value }, 'input'),
    price, button({ label: 'Render this view', icon: 'render', text: 'Render this view', run }), failed, quote.node,
    element('p.note', {}, 'All workers of the farm draw it together. What is accepted survives anything: come back for it under Jobs.'),
  )
  resize()
  return () => quote.end()
}

/** How long nothing changes before the farm is asked for a price, in milliseconds. */
const rest = 800

/** Quote is the price of what is wished, as the farm estimates it. */
class Quote {
  constructor() {
    this.node = element('p.price', { 'aria-live': 'polite' })
    this.timer = 0
    this.abort = new AbortController()
  }

  end() {
    clearTimeout(this.timer)
    this.abort.abort()
  }

  /** @param {() => Record<string, any>} spec */
  ask(spec) {
    this.end()
    this.abort = new AbortController()
    const { signal } = this.abort
    this.node.textContent = ''
    this.timer = window.setTimeout(async () => {
      try {
        const quote = await ask('/quote', { method: 'POST', signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(spec()) })
        if (!signal.aborted) this.node.textContent = priceOf(quote)
      } catch (error) {
        if (!signal.aborted) this.node.textContent = /** @type {Error} */ (error).message
      }
    }, rest)
  }
}

/** @param {{core_seconds: number, seconds?: number, bytes_at_most: number, warnings?: {reason: string}[]}} quote */
function priceOf({ core_seconds, seconds, bytes_at_most, warnings = [] }) {
  const file = `at most ${(bytes_at_most / 1e6).toLocaleString('en', { maximumSignificantDigits: 2 })} MB`
  const time = seconds === undefined ? `${timeOf(core_seconds)} of a core, and no worker is there` : `about ${timeOf(seconds)} if the farm does nothing else`
  return [`${time}, ${file}.`, ...warnings.map(({ reason }) => `${reason}.`)].join(' ')
}

/**
 * submit has the farm draw a picture.
 * @param {Record<string, any>} spec
 * @param {string} [title]
 */
export const submit = (spec, title = '') => ask(`/jobs${title && `?title=${encodeURIComponent(title)}`}`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(spec),
})

/**
 * specOf is the view as somebody wishes it. The height of the view stays; its sides show more or less of the plane.
 * @param {import('./stage.js').Stage} stage
 * @param {{width: number, height: number, samples: string, format: string}} wish
 */
export function specOf(stage, { width, height, samples, format }) {
  const parameters = new Map(stage.parameters)
  for (const name of ['depth', 'format']) parameters.delete(name)
  if (format == '16') parameters.set('depth', '16')
  else if (format) parameters.set('format', format)
  parameters.set('samples', samples)
  if (!parameters.has('max_iterations')) parameters.set('max_iterations', '1000')
  return toSpec(stage.place, parameters, width, height)
}
