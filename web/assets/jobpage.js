import { BandMap } from './bandmap.js'
import { sharesOf, troublesOf } from './bands.js'
import { copy } from './clipboard.js'
import { button, element } from './dom.js'
import { follow } from './events.js'
import { ask } from './farm.js'
import { actionsKey, actionsOf, canZoom, hasEnded, previewOf, setProgress, titleOf, wordsOf } from './jobcard.js'
import { look } from './poster.js'
import { spanOf, timeOf } from './span.js'
import { say } from './toast.js'

/** How often what workers have done of a job is read, at most. */
const interval = 1500

/**
 * jobPage is all about one job, as it goes on.
 * @param {HTMLElement} body
 * @param {any} job
 * @param {(found: import('./paste.js').Found) => void} open
 * @param {() => void} back to the list
 */
export function jobPage(body, job, open, back) {
  const page = new JobPage(job, open)
  body.append(button({ label: 'All jobs', icon: 'back', text: 'All jobs', run: back }), ...page.nodes)
  page.title.focus({ preventScroll: true })
  page.run()
  return () => page.end()
}

class JobPage {
  /**
   * @param {any} job
   * @param {(found: import('./paste.js').Found) => void} open
   */
  constructor(job, open) {
    this.path = `/jobs/${job.id}`
    this.job = job
    this.deeds = { open, zoom: look, details: () => {}, changed: () => this.read() }
    this.closed = new AbortController()
    this.abort = new AbortController()
    this.timer = 0
    this.readAt = 0
    this.can = ''
    this.title = element('h3.title', { tabIndex: -1 })
    this.image = element('img', { alt: 'The picture so far', hidden: true })
    this.picture = element('button.picture', { type: 'button', title: 'Look closely', 'aria-label': 'Look closely', hidden: true, onclick: () => look(this.job) }, this.image)
    this.words = element('p.state', { role: 'status' })
    this.bar = element('progress', { max: 1, hidden: true, 'aria-label': 'Progress' })
    this.actions = element('div.actions', {})
    this.facts = element('dl.facts', {})
    this.map = new BandMap()
    this.workers = element('ul.shares', {})
    this.troubles = element('ul.troubles', {})
    this.mapTitle = element('h3', {}, 'Bands, by who draws them')
    this.troublesTitle = element('h3', {}, 'What went wrong')
    const text = JSON.stringify(job.spec, null, 2)
    const copySpec = button({ label: 'Copy the Spec', text: 'Copy', run: () => copy(text, 'Spec copied.') })
    this.nodes = [
      this.title, this.picture, this.words, this.bar, this.actions, this.mapTitle, this.map.node, this.workers, this.troublesTitle, this.troubles,
      element('h3', {}, 'Time and cost'), this.facts,
      element('details', {}, element('summary', {}, 'Spec'), element('pre', { tabIndex: 0 }, text), copySpec),
    ]
    /** @type {import('./bands.js').Stint[]} */
    this.history = []
    this.cost = this.undecided = 0
    this.show(job)
  }

  end() {
    clearTimeout(this.timer)
    this.closed.abort()
    this.abort.abort()
  }

  /** run shows what becomes of the job. */
  run() {
    this.estimate()
    this.read()
  }

  /** read follows the job, from what it is on: one that has ended may go on again by a retry. */
  async read() {
    this.abort.abort()
    this.abort = new AbortController()
    const { signal } = this.abort
    try {
      await follow(this.path, signal, job => {
        this.show(job)
        this.readHistory(signal)
      })
    } catch (error) {
      say(/** @type {Error} */ (error).message, { bad: true, key: 'job' })
    }
  }

  /**
   * readHistory has who has done what, not too often and once more at the end.
   * @param {AbortSignal} signal
   */
  readHistory(signal) {
    clearTimeout(this.timer)
    this.timer = window.setTimeout(async () => {
      this.readAt = performance.now()
      try {
        const { history } = await ask(`${this.path}/history`, { signal })
        this.history = history
        this.showHistory()
        this.showFacts()
      } catch {
        // The next event asks again, and a farm that is away is spoken of elsewhere.
      }
    }, Math.max(0, this.readAt + interval - performance.now()))
  }

  /** estimate asks what the picture costs. */
  async estimate() {
    try {
      const quote = await ask('/quote', { method: 'POST', signal: this.closed.signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(this.job.spec) })
      this.cost = quote.core_seconds
      this.undecided = quote.undecided
      this.showFacts()
    } catch {
      // What was accepted under other limits may be refused a price; the time it takes is told all the same.
    }
  }

  /** @param {any} job */
  show(job) {
    this.job = job
    this.title.textContent = titleOf(job)
    this.words.textContent = wordsOf(job)
    this.words.classList.toggle('error', job.state == 'failed')
    setProgress(this.bar, job)
    if (this.can != actionsKey(job)) this.actions.replaceChildren(...actionsOf(job, this.deeds))
    this.can = actionsKey(job)
    this.picture.disabled = !canZoom(job)
    const preview = previewOf(job)
    if (preview && this.image.getAttribute('src') != preview) this.image.src = preview
    this.picture.hidden = this.image.hidden = !preview
    this.showFacts()
    this.showHistory()
  }

  showHistory() {
    const shares = sharesOf(this.history), troubles = troublesOf(this.history)
    this.map.show(this.job.bands || 0, this.history, shares)
    this.mapTitle.hidden = !this.job.bands && !shares.size
    this.mapTitle.textContent = this.job.bands ? 'Bands, by who draws them' : 'Drawn by'
    this.workers.replaceChildren(...[...shares.values()].map(share => shareRow(share, Boolean(this.job.bands))))
    this.troubles.replaceChildren(...troubles.map(words => element('li', {}, words)))
    this.troublesTitle.hidden = !troubles.length
  }

  showFacts() {
    const { job } = this, { spec } = job
    const worked = [...sharesOf(this.history).values()].reduce((sum, share) => sum + share.seconds, 0)
    const end = hasEnded(job) ? job.finished_at : new Date().toISOString()
    const rows = [
      ['Size', `${spec.width} x ${spec.height}, ${spec.samples || 1} ${spec.samples > 1 ? 'samples' : 'sample'} a pixel`],
      ['Accepted', when(job.accepted_at)],
      ['Begun', job.started_at && `${when(job.started_at)}${job.attempts > 1 ? `, attempt ${job.attempts}` : ''}`],
      [hasEnded(job) ? 'Took' : 'Going on for', job.started_at && end && spanOf((Date.parse(end) - Date.parse(job.started_at)) / 1000)],
      ['Workers’ time', worked && spanOf(worked)],
      ['Estimate', this.cost && `${timeOf(this.cost)} of a core`],
      ['Undecided', this.undecided && `about ${this.undecided} pixels`],
      ['Priority', job.priority], ['Pool', job.pool], ['Tags', (job.tags || []).join(', ')],
    ]
    this.facts.replaceChildren(...rows.filter(([, value]) => value).flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]))
  }
}

/**
 * shareRow is a worker and what it has done.
 * @param {import('./bands.js').Share} share
 * @param {boolean} inBands
 */
function shareRow(share, inBands) {
  const swatch = element('i', { 'aria-hidden': 'true' })
  swatch.style.background = share.color
  const bands = `${share.bands} ${share.bands == 1 ? 'band' : 'bands'}, `
  return element('li', {}, swatch, element('span', {}, share.name), element('small', {}, `${inBands ? bands : ''}${spanOf(share.seconds)}`))
}

/** @param {string} time */
const when = time => new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
