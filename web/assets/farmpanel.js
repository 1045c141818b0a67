import { element } from './dom.js'
import { ask, healthOf } from './farm.js'
import { spanOf } from './span.js'

/** How often the farm is looked at while the panel is open. */
const interval = 2000

/**
 * farmPanel shows workers, lanes and what is wrong.
 * @param {HTMLElement} body
 */
export function farmPanel(body) {
  const trouble = element('div', { role: 'status' }), plot = new Plot(), workers = element('div', {}), lanes = element('table', {}), stored = element('p.note.stored', {})
  body.append(trouble, element('h3', {}, 'Throughput'), plot.node, element('h3', {}, 'Workers'), workers, element('h3', {}, 'Queues'), lanes, element('h3', {}, 'Storage'), stored)
  const end = new AbortController()
  let timer = 0
  const look = async () => {
    try {
      const [fleet, queues, health] = await Promise.all([
        ask('/workers', { signal: end.signal }), ask('/queues', { signal: end.signal }),
        healthOf(end.signal),
      ])
      plot.show(throughputOf(fleet.workers))
      workers.replaceChildren(...workerCards(fleet.workers))
      lanes.replaceChildren(...laneRows(queues.lanes))
      trouble.replaceChildren(...troubles(fleet.workers, queues.stuck || [], health))
    } catch (error) {
      if (end.signal.aborted) return
      trouble.replaceChildren(element('p.error', {}, /** @type {Error} */ (error).message))
    }
    timer = window.setTimeout(look, interval)
  }
  ask('/storage', { signal: end.signal }).then(count => { stored.textContent = storageWords(count) }, () => {}) // whoever is away is spoken of above
  look()
  return () => {
    clearTimeout(timer)
    end.abort()
  }
}

/**
 * troubles says what is wrong and what to do.
 * @param {any[]} workers
 * @param {any[]} stuck
 * @param {any} health
 */
function troubles(workers, stuck, health) {
  const words = [...(health.trouble || [])].map(String)
  if (!workers.length) words.push('No worker is there: nothing is drawn until one is started.')
  words.push(...stuck.map(({ lane, kind, worker, advice }) => [lane, kind, worker && `on ${worker}`, advice].filter(Boolean).join(', ')))
  return words.length ? words.map(text => element('p.error', {}, text)) : [element('p.good', {}, 'All is well.')]
}

/**
 * throughputOf is what workers have drawn together in each ten seconds of the last minutes, the oldest first, in pixels a second.
 * @param {{recent_pixels_per_second?: number[]}[]} workers
 * @returns {number[]}
 */
export function throughputOf(workers) {
  const all = workers.map(worker => worker.recent_pixels_per_second || []), most = Math.max(2, ...all.map(rates => rates.length))
  return Array.from({ length: most }, (_, i) => all.reduce((sum, rates) => sum + (rates[rates.length - most + i] || 0), 0))
}

/** @param {any[]} workers */
const workerCards = workers => workers.map(worker => element('div.worker', {},
  element('b', {}, worker.name),
  element('div', {}, [
    `${worker.cores} cores`, `${rate(worker.pixels_per_second || 0)}`, worker.version, worker.draining && 'draining',
    ...Object.entries(worker.lanes || {}).filter(([, lane]) => lane.blocked_until).map(([name]) => `blocked in ${name}`),
  ].filter(Boolean).join(', ')),
  element('ul', {}, ...(worker.tasks || []).map((/** @type {any} */ task) => element('li', {}, taskWords(task)))),
))

/** @param {any} task */
function taskWords(task) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(task.since)) / 1000))
  const band = task.band !== undefined && `band ${task.band}`
  return [task.kind, band, task.job && `of ${task.job.slice(0, 8)}`, `for ${seconds} s`].filter(Boolean).join(' ')
}

/** @param {{objects: number, bytes: number, counted_at?: string}} count */
export function storageWords({ objects, bytes, counted_at }) {
  if (!counted_at) return 'Nobody has counted yet what is stored.'
  const ago = spanOf(Math.max(0, Date.now() - Date.parse(counted_at)) / 1000)
  return `${sizeOf(bytes)} in ${objects.toLocaleString('en')} ${objects == 1 ? 'object' : 'objects'}, counted ${ago} ago.`
}

/**
 * sizeOf is a number of bytes in words.
 * @param {number} bytes
 */
function sizeOf(bytes) {
  const power = Math.max(0, Math.min(4, Math.floor(Math.log10(bytes || 1) / 3)))
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${['bytes', 'kB', 'MB', 'GB', 'TB'][power]}`
}

/** @param {any[]} lanes */
const laneRows = lanes => [
  element('tr', {}, ...['lane', 'waiting', 'active', 'done in a minute'].map(words => element('th', { scope: 'col' }, words))),
  ...lanes.map(({ lane, waiting, pending, delayed, active, done_last_minute }) => element('tr', {},
    element('th', { scope: 'row' }, lane), ...[waiting + pending + delayed, active, done_last_minute].map(n => element('td', {}, String(n))),
  )),
]

/** @param {number} pixels */
export const rate = pixels => (pixels >= 1e6 ? `${(pixels / 1e6).toPrecision(3)} million pixels/s` : `${Math.round(pixels / 1000)} thousand pixels/s`)

/** Plot is the throughput of the last minutes. */
class Plot {
  constructor() {
    this.node = element('canvas.plot', { width: 640, height: 140, role: 'img' })
  }

  /** @param {number[]} values the oldest first */
  show(values) {
    const { width, height } = this.node, context = this.node.getContext('2d'), most = Math.max(1, ...values)
    const style = getComputedStyle(this.node)
    context.clearRect(0, 0, width, height)
    context.beginPath()
    context.moveTo(0, height)
    values.forEach((value, i) => context.lineTo(i * width / (values.length - 1), height - 4 - value / most * (height - 40)))
    context.lineTo(width, height)
    context.closePath()
    context.fillStyle = style.color
    context.globalAlpha = 0.35
    context.fill()
    context.globalAlpha = 1
    context.font = '20px system-ui'
    const present = rate(values[values.length - 1]), best = rate(most)
    context.fillText(`${present}, at most ${best}`, 6, 24)
    this.node.setAttribute('aria-label', `Throughput: ${present}, at most ${best} in the last five minutes`)
  }
}
