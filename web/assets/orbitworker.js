import { orbitOf } from './orbit.js'

addEventListener('message', ({ data: { number, order } }) => postMessage({ number, result: orbitOf(order.question, order.milliseconds) }))
