import { button, choice, element, find } from './dom.js'
import { follow } from './events.js'
import { ask } from './farm.js'
import { hasEnded, JobCard } from './jobcard.js'
import { jobPage } from './jobpage.js'
import { look } from './poster.js'
import { say } from './toast.js'

/** How often the list is read for what is new while it is seen, and how many jobs a page of it has. */
const interval = 3000
const pageSize = 40

/** How long after the end of a job the list is read again, which by then says so too. */
const settling = 500

/** How many of the jobs that are open are heard of as they go on. Each takes one of a browser's connections. */
const closely = 2

/** The states of jobs, in the farm's words. */
const states = ['queued', 'running', 'done', 'failed', 'canceled']

/**
 * jobsPanel is the list of jobs as it changes, and in its place the page of the one that was chosen.
 * @param {(found: import('./paste.js').Found) => void} open
 */
export const jobsPanel = open => (/** @type {HTMLElement} */ body) => {
  let end = () => {}
  const show = (/** @type {() => () => void} */ fill) => {
    end()
    body.replaceChildren()
    end = fill()
    body.scrollTop = 0
  }
  const showList = (state = '') => show(() => fillList(body, state, open, (job, from) => {
    show(() => jobPage(body, job, open, () => {
      showList(from)
      find('#panel-title').focus({ preventScroll: true })
    }))
  }))
  showList()
  return () => end()
}

/**
 * fillList shows the list, and returns what ends it.
 * @param {HTMLElement} body
 * @param {string} state of the jobs that it has
 * @param {(found: import('./paste.js').Found) => void} open
 * @param {(job: any, state: string) => void} details
 */
function fillList(body, state, open, details) {
  /** @type {JobList} */
  const list = new JobList({ open, zoom: look, details: job => details(job, list.state), changed: () => list.read() })
  const options = states.map(one => /** @type {[string, string]} */ ([one, one]))
  body.append(choice('State', [['', 'all'], ...options], state, chosen => list.filter(chosen)), list.node, list.more)
  list.filter(state)
  return () => list.end()
}

/** JobList is the newest jobs and older ones as far as they were asked for. */
class JobList {
  /** @param {import('./jobcard.js').Deeds} deeds */
  constructor(deeds) {
    this.deeds = deeds
    this.state = ''
    this.next = ''
    this.timer = 0
    this.node = element('ul.jobs', {})
    this.more = button({ label: 'Older jobs', text: 'Older jobs', run: () => this.older() })
    this.more.hidden = true
    /** @type {Map<string, JobCard>} */
    this.cards = new Map()
    /** @type {Map<string, AbortController>} the jobs that are heard of */
    this.heard = new Map()
    this.abort = new AbortController()
  }

  end() {
    clearTimeout(this.timer)
    this.abort.abort()
    this.hear([])
  }

  /** @param {string} state */
  filter(state) {
    this.state = state
    this.hear([])
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
      if (page && state == this.state) this.show(page)
    } catch (error) {
      if (this.abort.signal.aborted) return
      const { status, message } = /** @type {import('./farm.js').Problem} */ (error)
      if (status) say(message, { bad: true, key: 'jobs' }) // of a farm that is away it is said already
    }
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.read(), interval)
  }

  async older() {
    this.more.disabled = true // a second press would have the same page once more
    try {
      const page = await this.page(this.next)
      this.next = page.next || ''
      this.more.hidden = !this.next
      for (const job of page.jobs) this.node.append(this.card(job).node)
    } catch (error) {
      if (!this.abort.signal.aborted) say(/** @type {Error} */ (error).message, { bad: true, key: 'jobs' })
    }
    this.more.disabled = false
  }

  /** @param {{jobs: any[], next?: string}} page the newest */
  show({ jobs, next }) {
    if (this.cards.size <= pageSize) this.next = next || ''
    this.more.hidden = !this.next
    this.forget(jobs, Boolean(next))
    const nodes = jobs.map(job => this.card(job).node)
    for (const [i, node] of nodes.entries()) if (this.node.children[i] != node) this.node.insertBefore(node, this.node.children[i] || null)
    if (!this.cards.size) this.node.replaceChildren(element('li.note', {}, this.state ? 'No such jobs.' : 'No jobs yet: render a view, and it appears here.'))
    else this.node.querySelector('li.note')?.remove()
    this.hear(jobs.filter(job => !hasEnded(job)).sort((a, b) => Number(b.state == 'running') - Number(a.state == 'running')).slice(0, closely).map(job => job.id))
  }

  /**
   * forget takes away jobs that the newest page would have and does not: removed ones, and those that have left the state.
   * @param {any[]} jobs
   * @param {boolean} more whether there are older ones
   */
  forget(jobs, more) {
    const ids = new Set(jobs.map(job => job.id)), oldest = jobs.at(-1)?.accepted_at
    for (const [id, card] of this.cards) {
      if (ids.has(id) || (more && !(Date.parse(card.job.accepted_at) > Date.parse(oldest)))) continue
      card.node.remove()
      this.cards.delete(id)
    }
  }

  /**
   * hear follows these jobs and no others.
   * @param {string[]} ids
   */
  hear(ids) {
    for (const [id, controller] of this.heard) {
      if (ids.includes(id)) continue
      this.heard.delete(id)
      controller.abort()
    }
    for (const id of ids.filter(one => !this.heard.has(one))) this.followOne(id)
  }

  /** @param {string} id */
  async followOne(id) {
    const controller = new AbortController()
    this.heard.set(id, controller)
    try {
      await follow(`/jobs/${id}`, controller.signal, job => this.cards.get(id)?.show(job))
    } catch {
      // The list says what has become of it.
    }
    if (this.heard.get(id) != controller) return
    this.heard.delete(id)
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => this.read(), settling)
  }

  /**
   * card shows a job; one that is heard of is shown as it was heard, which says more than the list.
   * @param {any} job
   */
  card(job) {
    let card = this.cards.get(job.id)
    if (!card) this.cards.set(job.id, card = new JobCard(job, this.deeds))
    else if (this.heard.has(job.id)) return card
    card.show(job)
    return card
  }
}
