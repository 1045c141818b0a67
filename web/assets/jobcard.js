import { button, element } from './dom.js'
import { ask, post } from './farm.js'
import { fromSpec } from './parameters.js'
import { spanOf } from './span.js'
import { say } from './toast.js'

/** Pictures up to so many bytes are their own small pictures; larger ones have a preview. */
const smallPicture = 2 << 20

/**
 * What the cards and the page of a job have done.
 * @typedef {{
 *   open: (found: import('./paste.js').Found) => void,
 *   details: (job: any) => void,
 *   zoom: (job: any) => void,
 *   changed: () => void,
 * }} Deeds
 */

/**
 * hasEnded reports whether a job's state is a final one.
 * @param {any} job
 */
export const hasEnded = job => ['done', 'failed', 'canceled'].includes(job.state)

/**
 * canZoom reports whether there is something of a picture to look at closely: all of it, or what is drawn.
 * @param {any} job
 */
export const canZoom = job => !job.spec.format && (job.state == 'done' || (!hasEnded(job) && job.bands > 0))

/**
 * titleOf is what a job is called.
 * @param {any} job
 */
export const titleOf = job => {
  const { width, height, format, radius } = job.spec
  return job.title || `${width} x ${height}${format ? ` ${format}` : ''}, radius ${radius || 'of a window'}`
}

/**
 * previewOf is where a job's small picture is, if it has one.
 * @param {any} job
 */
export function previewOf(job) {
  const path = `/jobs/${job.id}`
  if (job.state == 'done' && !job.spec.format && job.bytes <= smallPicture) return `${path}/image`
  return job.bands ? `${path}/preview?${job.bands_done || 0}` : ''
}

/**
 * fractionOf is how far a job is, or null where that is not known.
 * @param {any} job
 */
export const fractionOf = job => job.fraction ?? (job.bands ? (job.bands_done || 0) / job.bands : null)

/**
 * setProgress shows how far a job is.
 * @param {HTMLProgressElement} bar
 * @param {any} job
 */
export function setProgress(bar, job) {
  const fraction = fractionOf(job)
  bar.hidden = job.state != 'running'
  if (fraction === null) bar.removeAttribute('value')
  else bar.value = fraction
}

/**
 * actionsOf are the buttons for what can be done about a job.
 * @param {any} job
 * @param {Deeds} deeds
 */
export function actionsOf(job, deeds) {
  const path = `/jobs/${job.id}`
  const run = (/** @type {string} */ label, /** @type {() => Promise<any>} */ action) => button({ label, text: label, run: async () => {
    try {
      await action()
      deeds.changed()
    } catch (error) {
      say(/** @type {Error} */ (error).message, { bad: true })
    }
  } })
  const nodes = []
  if (canZoom(job)) nodes.push(button({ label: 'Look closely', text: 'Look closely', run: () => deeds.zoom(job) }))
  if (!job.spec.window) nodes.push(button({ label: 'Show', text: 'Show', title: 'Show the place on the map', run: () => deeds.open(fromSpec(job.spec)) }))
  if (job.state == 'done') nodes.push(element('a.button', { href: `${path}/image`, download: fileName(job) }, 'Download'))
  if (!hasEnded(job)) {
    nodes.push(job.paused ? run('Resume', () => post(`${path}/resume`)) : run('Pause', () => post(`${path}/pause`)))
    nodes.push(run('Cancel', () => ask(path, { method: 'DELETE' })))
  }
  if (job.state == 'failed' || job.state == 'canceled') nodes.push(run('Retry', () => post(`${path}/retry`)))
  return nodes
}

/**
 * actionsKey is the same for jobs about which the same can be done: buttons stay while somebody aims at them.
 * @param {any} job
 */
export const actionsKey = job => [job.state, job.paused, canZoom(job)].join()

/** @param {any} job */
const fileName = job => `${(job.title || job.id).replace(/[^\w-]+/g, '-')}.${job.spec.format || 'png'}`

/**
 * wordsOf is how a job is doing.
 * @param {any} job
 */
export function wordsOf(job) {
  const parts = [job.paused ? 'paused' : job.state]
  if (job.position) parts.push(`number ${job.position} in line`)
  if (job.prepass !== undefined) parts.push(`reference orbit ${Math.round(job.prepass * 100)} %`)
  if (job.state == 'running' && job.fraction !== undefined) parts.push(`${Math.round(job.fraction * 100)} %`)
  if (job.bands) parts.push(`${job.bands_done || 0} of ${job.bands} bands`)
  if (job.eta) parts.push(`ready ${whenOf(job.eta)}`)
  if (job.bytes) parts.push(`${(job.bytes / 1e6).toLocaleString('en', { maximumSignificantDigits: 2 })} MB`)
  if (job.error) parts.push(job.error)
  return parts.join(', ')
}

/** @param {string} eta */
const whenOf = eta => `in ${spanOf((Date.parse(eta) - Date.now()) / 1000)}`

/** JobCard is one job in the list. */
export class JobCard {
  /**
   * @param {any} job
   * @param {Deeds} deeds
   */
  constructor(job, deeds) {
    this.deeds = deeds
    this.job = job
    this.picture = element('img', { width: 128, height: 72, alt: '', loading: 'lazy', hidden: true })
    this.bar = element('progress', { max: 1, hidden: true, 'aria-label': 'Progress' })
    this.words = element('div', {})
    this.title = element('button.title', { type: 'button', title: 'All about this job', onclick: () => deeds.details(this.job) })
    this.actions = element('div.actions', {})
    this.node = element('li', {}, this.picture, element('div.about', {}, this.title, this.words, this.bar, this.actions))
    this.can = ''
  }

  /** @param {any} job */
  show(job) {
    this.job = job
    this.title.textContent = titleOf(job)
    this.words.textContent = wordsOf(job)
    this.node.dataset.state = job.state
    setProgress(this.bar, job)
    if (this.can != actionsKey(job)) this.actions.replaceChildren(...actionsOf(job, this.deeds))
    this.can = actionsKey(job)
    const preview = previewOf(job)
    if (!preview || this.picture.getAttribute('src') == preview) return
    this.picture.hidden = false
    this.picture.src = preview
  }
}
