import { button, choice, element } from './dom.js'
import { ask, post } from './farm.js'
import { fromSpec } from './parameters.js'
import { say } from './toast.js'

/** How often the list is read while it is seen, and how many jobs a page of it has. */
const interval = 2000
const pageSize = 40

/** How many of the jobs that are being drawn are watched closely. */
const closely = 4

/** The states of jobs, in the farm's words. */
const states = ['queued', 'running', 'done', 'failed', 'canceled']

/** Pictures up to so many bytes are their own small pictures; larger ones have a preview. */
const smallPicture = 2 << 20

/**
 * jobsPanel is the list of jobs as it changes.
 * @param {(found: import('./paste.js').Found) => void} open
 */
export const jobsPanel = open => (/** @type {HTMLElement} */ body) => {
  const list = new JobList(open)
  const filter = choice('State', [['', 'all'], ...states.map(state => /** @type {[string, string]} */ ([state, state]))], '', state => list.filter(state))
  body.append(filter, list.node, list.more)
  list.read()
  return () => list.end()
}

class JobList {
  /** @param {(found: import('./paste.js').Found) => void} open */
  constructor(open) {
    this.open = open
    this.state = ''
    this.next = ''
    this.timer = 0
    this.node = element('ul.jobs', {})
    this.more = button({ label: 'Older jobs', text: 'Older jobs', run: () => this.older() })
    this.more.hidden = true
    /** @type {Map<string, JobCard>} */
    this.cards = new Map()
    this.abort = new AbortController()
  }

  end() {
    clearTimeout(this.timer)
    this.abort.abort()
  }

  /** @param {string} state */
  filter(state) {
    this.state = state
    this.cards.clear()
    this.node.replaceChildren()
    this.next = ''
    this.read()
  }

  /** @param {string} cursor */
  page(cursor) {
    const query = new URLSearchParams({ limit: String(pageSize), ...(this.state && { state: this.state }), ...(cursor && { cursor }) })
    return ask(`/jobs?${query}`, { signal: this.abort.signal })
  }

  /** read has the newest page, and again after a while. */
  async read() {
    clearTimeout(this.timer)
    const state = this.state
    try {
      const page = document.hidden ? null : await this.page('')
      if (page && state == this.state) this.show({ ...page, jobs: await this.detailed(page.jobs) })
    } catch (error) {
      if (this.abort.signal.aborted) return
      say(/** @type {Error} */ (error).message, { bad: true, key: 'jobs' })
    }
    this.timer = window.setTimeout(() => this.read(), interval)
  }

  /**
   * detailed asks for more about the newest jobs that are being drawn, such as when they will be ready.
   * @param {any[]} jobs
   * @returns {Promise<any[]>}
   */
  detailed(jobs) {
    const running = jobs.filter(job => job.state == 'running').slice(0, closely)
    return Promise.all(jobs.map(job => (running.includes(job) ? ask(`/jobs/${job.id}`, { signal: this.abort.signal }) : job)))
  }

  async older() {
    const page = await this.page(this.next)
    this.next = page.next || ''
    this.more.hidden = !this.next
    for (const job of page.jobs) this.node.append(this.card(job).node)
  }

  /** @param {{jobs: any[], next?: string}} page */
  show({ jobs, next }) {
    if (this.cards.size <= pageSize && !this.next) this.next = next || ''
    this.more.hidden = !this.next
    const nodes = jobs.map(job => this.card(job).node)
    for (const [i, node] of nodes.entries()) if (this.node.children[i] != node) this.node.insertBefore(node, this.node.children[i] || null)
    if (!this.cards.size) this.node.replaceChildren(element('li.note', {}, 'No jobs yet: render a view, and it appears here.'))
    else this.node.querySelector('li.note')?.remove()
  }

  /** @param {any} job */
  card(job) {
    let card = this.cards.get(job.id)
    if (!card) this.cards.set(job.id, card = new JobCard(this, job.id))
    card.show(job)
    return card
  }
}

/** JobCard is one job in the list. */
class JobCard {
  /**
   * @param {JobList} list
   * @param {string} id
   */
  constructor(list, id) {
    this.list = list
    this.path = `/jobs/${id}`
    this.picture = element('img', { width: 128, height: 72, alt: '', loading: 'lazy', hidden: true })
    this.bar = element('progress', { max: 1, hidden: true, 'aria-label': 'Progress' })
    this.words = element('div', {})
    this.title = element('b', {})
    this.actions = element('div.actions', {})
    this.node = element('li', {}, this.picture, element('div.about', {}, this.title, this.words, this.bar, this.actions))
    this.seen = ''
    this.drawn = ''
  }

  /** @param {any} job */
  show(job) {
    const text = JSON.stringify(job)
    if (text == this.seen) return
    this.seen = text
    const { width, height, format } = job.spec
    this.title.textContent = job.title || `${width} x ${height}${format ? ` ${format}` : ''}, radius ${job.spec.radius || 'of a window'}`
    this.words.textContent = wordsOf(job)
    this.node.dataset.state = job.state
    this.bar.hidden = job.state != 'running'
    const fraction = job.fraction ?? (job.bands ? (job.bands_done || 0) / job.bands : null)
    if (fraction === null) this.bar.removeAttribute('value')
    else this.bar.value = fraction
    this.actions.replaceChildren(...this.actionsOf(job))
    this.preview(job)
  }

  /** @param {any} job */
  preview(job) {
    const small = job.state == 'done' && !job.spec.format && job.bytes <= smallPicture
    const path = small ? `${this.path}/image` : job.bands ? `${this.path}/preview?${job.bands_done || 0}` : ''
    if (!path || path == this.drawn) return
    this.drawn = path
    this.picture.hidden = false
    this.picture.src = path
  }

  /** @param {any} job */
  actionsOf(job) {
    const run = (/** @type {string} */ label, /** @type {() => Promise<any>} */ action) => button({ label, text: label, run: async () => {
      try {
        const changed = await action()
        if (changed) this.show(changed)
        this.list.read()
      } catch (error) {
        say(/** @type {Error} */ (error).message, { bad: true })
      }
    } })
    const open = button({ label: 'Show', text: 'Show', run: () => this.list.open(fromSpec(job.spec)) })
    const ended = ['done', 'failed', 'canceled'].includes(job.state)
    const nodes = job.spec.window ? [] : [open]
    if (job.state == 'done') nodes.push(element('a.button', { href: `${this.path}/image`, download: fileName(job) }, 'Download'))
    if (!ended) {
      nodes.push(job.paused ? run('Resume', () => post(`${this.path}/resume`)) : run('Pause', () => post(`${this.path}/pause`)))
      nodes.push(run('Cancel', () => ask(this.path, { method: 'DELETE' })))
    }
    if (job.state == 'failed' || job.state == 'canceled') nodes.push(run('Retry', () => post(`${this.path}/retry`)))
    return nodes
  }
}

/** @param {any} job */
const fileName = job => `${(job.title || job.id).replace(/[^\w-]+/g, '-')}.${job.spec.format || 'png'}`

/** @param {any} job */
function wordsOf(job) {
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
function whenOf(eta) {
  const seconds = Math.max(0, (Date.parse(eta) - Date.now()) / 1000)
  if (seconds < 90) return `in ${Math.round(seconds)} s`
  return seconds < 5400 ? `in ${Math.round(seconds / 60)} min` : `in ${Math.round(seconds / 3600)} h`
}
