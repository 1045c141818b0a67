/**
 * Studio is a worker that is asked for results, as promises.
 */
export class Studio {
  /** @param {string} module that the worker runs */
  constructor(module) {
    this.worker = new Worker(new URL(module, import.meta.url), { type: 'module' })
    this.number = 0
    /** @type {Map<number, {resolve: (result: any) => void, reject: (error: Error) => void}>} */
    this.waiting = new Map()
    this.worker.onmessage = ({ data: { number, result, error } }) => {
      const waiter = this.waiting.get(number)
      this.waiting.delete(number)
      if (error) waiter?.reject(new Error(error))
      else waiter?.resolve(result)
    }
  }

  /**
   * @param {any} order in the words of the worker
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>}
   */
  ask(order, transfer = []) {
    const number = ++this.number
    return new Promise((resolve, reject) => {
      this.waiting.set(number, { resolve, reject })
      this.worker.postMessage({ number, order }, transfer)
    })
  }
}
