import { pause, problemOf, reached } from './farm.js'

/**
 * An event of a stream: its name, what it is known by, and its data.
 * @typedef {{name: string, id: string, data: string}} Event
 */

/** How long to wait before a stream that was cut is joined again, in milliseconds. */
const again = 1000

/** The events that end a stream. */
const finals = ['done', 'failed', 'canceled']

/**
 * Streams that are open, for whoever has other requests: each holds one of the few connections that a browser has to a host.
 * @type {{open: number, listeners: Set<() => void>}}
 */
export const streams = { open: 0, listeners: new Set() }

/** @param {number} more streams that are open */
function count(more) {
  streams.open += more
  for (const listener of streams.listeners) listener()
}

/**
 * Splitter cuts the text of a stream (text/event-stream) into events, however its pieces come. An event that was cut is none.
 */
export class Splitter {
  constructor() {
    this.rest = ''
  }

  /**
   * @param {string} piece
   * @returns {Event[]} those that are whole with it
   */
  split(piece) {
    const blocks = (this.rest + piece).split('\n\n')
    this.rest = /** @type {string} */ (blocks.pop())
    return blocks.map(read).filter(event => event.data)
  }
}

/**
 * read makes an event of its lines.
 * @param {string} block
 * @returns {Event}
 */
function read(block) {
  const event = { name: 'message', id: '', data: '' }
  for (const line of block.split('\n')) {
    const [, key, value] = line.match(/^(event|id|data): ?(.*)$/) || []
    if (key == 'event') event.name = value
    else if (key == 'id') event.id = value
    else if (key == 'data') event.data += value
  }
  return event
}

/**
 * follow hears of a job until it ends or the signal does. A stream that was cut is joined again where it was, at whichever
 * process of the farm answers.
 * @param {string} job its path
 * @param {AbortSignal} signal
 * @param {(status: any) => void} heard
 */
export async function follow(job, signal, heard) {
  let last = ''
  count(1)
  try {
    for (;;) {
      const response = await join(`${job}/events`, last, signal)
      if (response?.status == 204) return
      if (response) for await (const event of eventsOf(response)) {
        last = event.id
        heard(JSON.parse(event.data))
        if (finals.includes(event.name)) return
      }
      await pause(again, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    count(-1)
  }
}

/**
 * join opens a stream, behind the event that was heard last.
 * @param {string} path
 * @param {string} last
 * @param {AbortSignal} signal
 * @returns {Promise<Response | null>} null where the farm is away, or too busy
 */
async function join(path, last, signal) {
  let response
  try {
    response = await fetch(path, { signal, cache: 'no-store', headers: last ? { 'Last-Event-ID': last } : {} })
  } catch (error) {
    if (signal.aborted) throw error
    reached(false)
    return null
  }
  reached(true)
  if (response.ok) return response
  if (response.status != 429 && response.status < 500) throw await problemOf(response)
  return null
}

/**
 * eventsOf reads an answer's events until it ends or breaks off.
 * @param {Response} response
 * @returns {AsyncGenerator<Event>}
 */
async function* eventsOf(response) {
  const splitter = new Splitter(), decoder = new TextDecoder()
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader()
  for (;;) {
    const piece = await reader.read().catch(() => ({ done: true, value: undefined }))
    if (piece.done) return
    yield* splitter.split(decoder.decode(piece.value, { stream: true }))
  }
}
