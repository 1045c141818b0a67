/**
 * A farm's refusal in its own words (RFC 9457).
 */
export class Problem extends Error {
  /** @param {{status: number, detail?: string, title?: string, field?: string}} document */
  constructor({ status, detail, title, field }) {
    super(detail || title || `status ${status}`)
    this.status = status
    this.field = field
  }
}

/**
 * isTooLong is whether a farm has refused what takes too long to wait for, and takes it as a job.
 * @param {Error} refusal
 */
export const isTooLong = refusal => refusal.message.includes('POST /jobs')

/**
 * problemOf reads an answer that is none of success.
 * @param {Response} response
 */
export async function problemOf(response) {
  try {
    return new Problem(await response.json())
  } catch {
    return new Problem({ status: response.status })
  }
}

/**
 * ask sends a request and reads JSON; what is refused is a Problem, and so is a farm that does not answer.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, options) {
  let response
  try {
    response = await fetch(path, options)
  } catch (error) {
    if (options?.signal?.aborted) throw error
    reached(false)
    throw new Problem({ status: 0, detail: 'The farm does not answer.' })
  }
  reached(true)
  if (!response.ok) throw await problemOf(response)
  return response.status == 204 ? null : response.json()
}

/** @type {(path: string) => Promise<any>} */
export const post = path => ask(path, { method: 'POST' })

/**
 * pause waits, unless the signal ends it.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason)
    }, { once: true })
  })
}

/**
 * Whether the farm answers, for whoever shows it.
 * @type {{lost: boolean, listeners: Set<(lost: boolean) => void>}}
 */
export const connection = { lost: false, listeners: new Set() }

/**
 * reached tells whether the farm has answered.
 * @param {boolean} answered
 */
export function reached(answered) {
  if (connection.lost != answered) return
  connection.lost = !answered
  for (const listener of connection.listeners) listener(!answered)
}

/**
 * Why tiles are waited for, in words, for whoever shows it; "" when one has come.
 * @type {Set<(words: string) => void>}
 */
export const busyListeners = new Set()

/** @param {string} words */
const tellBusy = words => { for (const listener of busyListeners) listener(words) }

/**
 * tellWhy says why a farm has not drawn what was asked for: mostly it is slow, but there may be nobody to draw, or something away that it needs.
 * @param {Response} response
 * @param {AbortSignal} signal
 */
async function tellWhy(response, signal) {
  const problem = await problemOf(response)
  const fleet = await ask('/workers', { signal }).catch(() => null)
  const health = fleet ? null : await healthOf(signal).catch(() => null)
  if (signal.aborted) return
  if (fleet?.workers.length === 0) tellBusy('No worker is there: nothing is drawn until one is started.')
  else tellBusy([problem.message, ...(health?.trouble || []).slice(0, 1)].join('. '))
}

/**
 * healthOf is what a farm says of its health, which is an answer whether it is well or not.
 * @param {AbortSignal} signal
 * @returns {Promise<{trouble?: string[]}>}
 */
export const healthOf = signal => fetch('/readyz?verbose', { signal }).then(answer => answer.json())

/** How long to wait for a farm that is away, or busy and does not say how long. */
const patience = 1500

/**
 * fetchTile asks until there is an answer: a farm that is away or busy is asked again, as it says.
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {Promise<Response>}
 */
export async function fetchTile(path, signal) {
  for (;;) {
    let response
    try {
      response = await fetch(path, { signal })
    } catch (error) {
      if (signal.aborted) throw error
      reached(false)
      await pause(patience, signal)
      continue
    }
    reached(true)
    if (response.ok) {
      tellBusy('')
      return response
    }
    if (response.status != 503 && response.status != 429) throw await problemOf(response)
    await tellWhy(response, signal)
    await pause(Number(response.headers.get('Retry-After')) * 1000 || patience, signal)
  }
}
