import { fromLog10, log10 } from './decimal.js'
import { ask } from './farm.js'
import { specOf } from './renderpanel.js'
import { say } from './toast.js'

/** Counts of all points of a view that lie as near to each other as that are no detail, but what lies between two of them. */
const plain = 2

/**
 * EmptyView says of a view with nothing to see what there would be to see, and how to come there: the farm knows from the distances of
 * the points that it looks at, and from the limit that it would choose itself.
 */
export class EmptyView {
  /**
   * @param {import('./stage.js').Stage} stage
   * @param {{zoomTo: (radius: string) => void, iterate: (limit: string) => void, home: () => void}} ways out of it
   */
  constructor(stage, ways) {
    this.stage = stage
    this.ways = ways
    this.abort = new AbortController()
    stage.surveys.add(survey => this.consider(survey))
    stage.watchers.add(() => this.abort.abort())
  }

  /** @param {import('./layer.js').Survey} survey */
  consider({ counts, all }) {
    const inside = !counts.length, flat = counts.length == all && counts[all - 1] - counts[0] < plain
    if (inside || flat) this.explain(inside)
  }

  /** @param {boolean} inside */
  async explain(inside) {
    this.abort.abort()
    this.abort = new AbortController()
    const { signal } = this.abort, { width, height } = this.stage.canvas
    const spec = specOf(this.stage, { width, height, samples: '1', format: '' })
    const quote = await ask('/quote', { method: 'POST', signal, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(spec) }).catch(() => ({}))
    if (signal.aborted) return
    const found = inside ? this.ofInside(quote.warnings || []) : this.ofOutside(quote.warnings || [])
    if (found) say(found.words, { ofView: true, key: 'nothing', action: found.action })
  }

  /** @param {{field: string, max_iterations?: number}[]} warnings */
  ofInside(warnings) {
    const { stage, ways } = this, limit = warnings.find(({ field }) => field == 'max_iterations')?.max_iterations
    const words = `All that is seen is inside the set, as far as ${stage.limit.toLocaleString('en')} iterations tell.`
    const more = limit && limit > stage.limit ? limit : 0
    if (more) return { words: `${words} ${more.toLocaleString('en')} tell more.`, action: { words: 'Take them', run: () => ways.iterate(String(more)) } }
    if (stage.parameters.get('max_iterations') == 'auto') return { words: `${words} The farm knows of none that would tell more.`, action: { words: 'All of the formula', run: ways.home } }
    return { words, action: { words: 'As many as it takes', run: () => ways.iterate('auto') } }
  }

  /** @param {{field: string, radius?: string}[]} warnings */
  ofOutside(warnings) {
    const radius = warnings.find(({ field, radius }) => field == 'radius' && radius)?.radius
    if (!radius) return null
    const near = fromLog10(log10(radius) ?? 0, 2)
    return { words: `There is nothing to see here: detail ends at a radius of ${near}.`, action: { words: 'Go there', run: () => this.ways.zoomTo(radius) } }
  }
}
