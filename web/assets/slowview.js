import { find } from './dom.js'
import { follow } from './events.js'
import { ask, isTooLong } from './farm.js'
import { hasEnded, previewOf, wordsOf } from './jobcard.js'
import { specOf } from './renderpanel.js'
import { timeOf } from './span.js'
import { say } from './toast.js'

/** How long a view rests before anything is done about it, in milliseconds. */
const rest = 1500

/** What a view may take the whole farm, in seconds, to be drawn as a job without anybody saying so. */
const most = 300

/**
 * isOwn reports whether a farm is that of whoever sits at this machine: it has no strangers, and nobody else pays for what it draws.
 * @param {string} host
 */
export const isOwn = host => host == 'localhost' || host.endsWith('.localhost') || host == '[::1]' || /^127(\.\d+){3}$/.test(host)

/**
 * SlowView has a view that takes too long to wait for drawn as a job, and shows that over the map while the view stays. On a farm of one's
 * own that goes by itself; elsewhere it takes a press. A job that began by itself is canceled when the view is left.
 */
export class SlowView {
  /** @param {import('./stage.js').Stage} stage */
  constructor(stage) {
    this.stage = stage
    this.image = find('#slow')
    this.timer = 0
    this.abort = new AbortController()
    this.seen = { view: stage.view, parameters: stage.parameters }
    stage.watchers.add(() => this.watch())
  }

  watch() {
    const { view, parameters } = this.stage
    if (this.seen.view == view && this.seen.parameters == parameters) return
    this.seen = { view, parameters }
    this.abort.abort()
    this.abort = new AbortController()
    this.image.hidden = true
    this.image.removeAttribute('src')
    this.refused()
  }

  /** refused looks at the view once it rests. */
  refused() {
    clearTimeout(this.timer)
    this.timer = window.setTimeout(() => { if (this.stage.refusals.some(isTooLong)) this.consider(this.abort.signal) }, rest)
  }

  get spec() {
    const { width, height } = this.stage.canvas
    return specOf(this.stage, { width, height, samples: '1', format: '' })
  }

  /**
   * consider asks what the view costs, and has it drawn where that is nobody else's.
   * @param {AbortSignal} signal
   */
  async consider(signal) {
    if (this.image.hasAttribute('src')) return
    let words = 'This view takes too long to wait for.'
    try {
      const { seconds } = await ask('/quote', { method: 'POST', signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(this.spec) })
      if (seconds !== undefined) words = `This view takes the whole farm about ${timeOf(seconds)}.`
      if (seconds <= most && isOwn(location.hostname)) return await this.draw(signal, true)
    } catch {
      // What has no price has a button all the same.
    }
    if (!signal.aborted) say(words, { bad: true, ofView: true, key: 'refused', action: { words: 'Have it drawn as a job', run: () => this.draw(signal, false) } })
  }

  /**
   * draw submits the view, and shows how far it is.
   * @param {AbortSignal} signal
   * @param {boolean} byItself
   */
  async draw(signal, byItself) {
    const tag = `view-${crypto.getRandomValues(new Uint32Array(2)).join('-')}`
    try {
      const job = await ask(`/jobs?tag=${tag}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(this.spec) })
      // Of a job that somebody else has asked for before, the tag is theirs.
      if (byItself && (job.tags || []).includes(tag)) signal.addEventListener('abort', () => this.forget(job.id))
      if (signal.aborted) return byItself && this.forget(job.id)
      await follow(`/jobs/${job.id}`, signal, now => this.show(now))
    } catch (error) {
      if (!signal.aborted) say(/** @type {Error} */ (error).message, { bad: true, ofView: true, key: 'refused' })
    }
  }

  /**
   * show shows a job in place of the tiles.
   * @param {any} job
   */
  show(job) {
    this.job = job
    const picture = job.state == 'done' ? `/jobs/${job.id}/image` : previewOf(job)
    if (picture && this.image.getAttribute('src') != picture) {
      this.image.src = picture
      this.image.hidden = false
    }
    if (job.state == 'done') say('Drawn as a job: it is kept under Jobs.', { key: 'refused' })
    else say(`This view is drawn as a job: ${wordsOf(job)}`, { bad: job.state == 'failed', ofView: true, key: 'refused' })
  }

  /**
   * forget cancels a job that nobody waits for any more.
   * @param {string} id
   */
  forget(id) {
    if (this.job?.id == id && hasEnded(this.job)) return
    ask(`/jobs/${id}`, { method: 'DELETE' }).catch(() => {}) // it has ended, or is not ours to end: then it goes on
  }
}
