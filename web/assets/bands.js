/**
 * A stint is the time that a worker had a task of a job, as the farm tells it.
 * @typedef {{task: string, kind: string, band?: number, worker: string, began_at: string, ended_at?: string, try: number, taken_over?: string, error?: string}} Stint
 *
 * What became of a band: who had it last, and whether that worker is at it, has drawn it, or has failed.
 * @typedef {{worker: string, state: 'drawing' | 'drawn' | 'failed', tries: number}} Band
 *
 * What a worker has done of a job; seconds are of all of its tasks.
 * @typedef {{name: string, bands: number, seconds: number, color: string}} Share
 */

/**
 * bandsOf is what became of each band; one that nobody has had is not there.
 * @param {Stint[]} history in the order of their beginnings
 * @returns {Map<number, Band>}
 */
export function bandsOf(history) {
  /** @type {Map<number, Band>} */
  const bands = new Map()
  for (const stint of history.filter(({ kind }) => kind == 'band')) {
    const at = stint.band ?? 0, before = bands.get(at)
    if (before?.state == 'drawn' && !drew(stint)) continue // a band is drawn once, whoever else was at it
    bands.set(at, { worker: stint.worker, state: stateOf(stint), tries: (before?.tries || 0) + 1 })
  }
  return bands
}

/** @param {Stint} stint */
const drew = stint => Boolean(stint.ended_at && !stint.error)

/**
 * @param {Stint} stint
 * @returns {Band['state']}
 */
const stateOf = stint => (stint.error ? 'failed' : stint.ended_at ? 'drawn' : 'drawing')

/**
 * sharesOf is what each worker has done, those first that were there first. A task that a worker died at counts nothing.
 * @param {Stint[]} history
 * @returns {Map<string, Share>}
 */
export function sharesOf(history) {
  /** @type {Map<string, Share>} */
  const shares = new Map()
  for (const stint of history) {
    let share = shares.get(stint.worker)
    if (!share) shares.set(stint.worker, share = { name: stint.worker, bands: 0, seconds: 0, color: colorOf(shares.size) })
    if (!stint.ended_at) continue
    share.seconds += (Date.parse(stint.ended_at) - Date.parse(stint.began_at)) / 1000
    if (stint.kind == 'band' && drew(stint)) share.bands++
  }
  return shares
}

/**
 * colorOf is a worker's colour: each is as far as can be from those before it, by the golden angle.
 * @param {number} index
 */
const colorOf = index => `oklch(${index % 2 ? 0.62 : 0.72} 0.15 ${Math.round((65 + index * 137.508) % 360)})`

/**
 * troublesOf says what went wrong and what was done about it, in words; what happened several times is said once.
 * @param {Stint[]} history
 * @returns {string[]}
 */
export function troublesOf(history) {
  /** @type {Map<string, number>} */
  const counts = new Map()
  for (const { worker, taken_over, error, kind } of history) {
    const task = { band: 'A band', assemble: 'The assembly', image: 'The picture' }[kind] || `The task “${kind}”`
    const found = [
      taken_over && `${task} was taken over by ${worker}: ${taken_over}.`,
      error && `${task} failed on ${worker}: ${error}.`,
    ]
    for (const words of found) if (words) counts.set(words, (counts.get(words) || 0) + 1)
  }
  return [...counts].map(([words, count]) => (count > 1 ? `${words.replace(/\.$/, '')} (${count} times).` : words))
}
