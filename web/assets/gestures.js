/**
 * What gestures do. Places are in pixels of the screen from the middle of the canvas.
 * @typedef {{
 *   grab: () => void,
 *   pan: (dx: number, dy: number) => void,
 *   fling: (vx: number, vy: number) => void,
 *   zoom: (levels: number, x: number, y: number, smooth: boolean) => void,
 *   turn: (degrees: number, x: number, y: number) => void,
 *   select: (box: Box) => void,
 *   chosen: (box: Box) => void,
 *   hover: (x: number, y: number) => void,
 *   pick: (x: number, y: number) => void,
 * }} Actions
 * @typedef {{left: number, top: number, width: number, height: number}} Box in pixels of the canvas
 * @typedef {{x: number, y: number, time: number}} Point
 */

/** Levels of one notch of a wheel, which browsers give as 100 to 120 pixels. */
const levelsPerPixel = 1 / 200

/** Degrees of a notch of the wheel with Shift, by its pixels, and of a twist of two fingers up to which they only zoom. */
const degreesPerPixel = 1 / 8
const stiffness = 12

/** Movement in pixels up to which a press is no drag. */
const slack = 4

/**
 * listen turns pointers and the wheel into actions.
 * @param {HTMLElement} canvas
 * @param {Actions} actions
 */
export function listen(canvas, actions) {
  const hand = new Hand(canvas, actions)
  canvas.addEventListener('pointerdown', event => hand.down(event))
  canvas.addEventListener('pointermove', event => hand.move(event))
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, event => hand.up(/** @type {PointerEvent} */ (event)))
  canvas.addEventListener('wheel', event => {
    event.preventDefault()
    const unit = event.deltaMode == WheelEvent.DOM_DELTA_LINE ? 33 : 1
    const [x, y] = hand.fromMiddle(event)
    // With Shift, most browsers turn a wheel sideways.
    if (event.shiftKey) return actions.turn((event.deltaX || event.deltaY) * unit * degreesPerPixel, x, y)
    // A pinch on a touch pad comes as a wheel with ctrl, in finer steps.
    actions.zoom(-event.deltaY * unit * levelsPerPixel * (event.ctrlKey ? 3 : 1), x, y, !event.ctrlKey)
  }, { passive: false })
  canvas.addEventListener('dblclick', event => {
    const [x, y] = hand.fromMiddle(event)
    actions.zoom(event.shiftKey || event.altKey ? -1 : 1, x, y, true)
  })
}

/** Hand is the pointers that are down. */
class Hand {
  /**
   * @param {HTMLElement} canvas
   * @param {Actions} actions
   */
  constructor(canvas, actions) {
    this.canvas = canvas
    this.actions = actions
    /** @type {Map<number, Point>} */
    this.points = new Map()
    /** @type {Point[]} the last of a drag, for its speed */
    this.trail = []
    /** @type {Point | null} where a rectangle begins */
    this.corner = null
    this.travelled = 0
    /** How far two fingers have twisted, in degrees. */
    this.twisted = 0
  }

  /**
   * @param {MouseEvent} event
   * @returns {[number, number]}
   */
  fromMiddle(event) {
    const box = this.canvas.getBoundingClientRect()
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2]
  }

  /**
   * @param {PointerEvent} event
   * @returns {Point}
   */
  point(event) {
    const [x, y] = this.fromMiddle(event)
    return { x, y, time: event.timeStamp }
  }

  /** @param {PointerEvent} event */
  down(event) {
    if (event.button != 0) return
    this.canvas.setPointerCapture(event.pointerId)
    const point = this.point(event)
    this.points.set(event.pointerId, point)
    this.trail = [point]
    this.travelled = this.points.size > 1 ? slack + 1 : 0
    this.twisted = 0
    this.corner = event.shiftKey && this.points.size == 1 ? point : null
    this.actions.grab()
  }

  /** @param {PointerEvent} event */
  move(event) {
    const point = this.point(event), before = this.points.get(event.pointerId)
    if (!before) return this.actions.hover(point.x, point.y)
    this.travelled += Math.hypot(point.x - before.x, point.y - before.y)
    if (this.corner) {
      this.points.set(event.pointerId, point)
      return this.actions.select(this.box(this.corner, point))
    }
    if (this.points.size == 2) this.pinch(event.pointerId, before, point)
    else if (this.points.size == 1) this.actions.pan(point.x - before.x, point.y - before.y)
    this.points.set(event.pointerId, point)
    this.trail = [...this.trail.filter(old => point.time - old.time < 100), point]
  }

  /**
   * pinch moves and zooms so that what is under the fingers stays there.
   * @param {number} id of the finger that moves
   * @param {Point} before
   * @param {Point} after
   */
  pinch(id, before, after) {
    const other = [...this.points].find(([key]) => key != id)?.[1]
    if (!other) return
    const apart = (/** @type {Point} */ p) => Math.max(10, Math.hypot(p.x - other.x, p.y - other.y))
    const x = (after.x + other.x) / 2, y = (after.y + other.y) / 2
    this.actions.pan((after.x - before.x) / 2, (after.y - before.y) / 2)
    this.actions.zoom(Math.log2(apart(after) / apart(before)), x, y, false)
    this.twist(between(other, before, after), x, y)
  }

  /**
   * twist turns by what goes beyond what fingers turn without meaning to.
   * @param {number} degrees
   * @param {number} x
   * @param {number} y
   */
  twist(degrees, x, y) {
    const beyond = () => Math.sign(this.twisted) * Math.max(0, Math.abs(this.twisted) - stiffness), old = beyond()
    this.twisted += degrees
    if (beyond() != old) this.actions.turn(beyond() - old, x, y)
  }

  /** @param {PointerEvent} event */
  up(event) {
    const last = this.points.get(event.pointerId)
    if (!last) return
    this.points.delete(event.pointerId)
    if (this.corner) {
      const box = this.box(this.corner, last)
      this.corner = null
      return this.actions.chosen(box)
    }
    if (this.points.size == 0 && this.travelled <= slack) this.actions.pick(last.x, last.y)
    else if (this.points.size == 0) this.release(event.timeStamp, last)
    this.trail = []
  }

  /**
   * release lets go of a drag with the speed of its last tenth of a second.
   * @param {number} time
   * @param {Point} last
   */
  release(time, last) {
    const first = this.trail.find(point => time - point.time < 100)
    const seconds = first ? (last.time - first.time) / 1000 : 0
    if (first && seconds > 0.01) this.actions.fling((last.x - first.x) / seconds, (last.y - first.y) / seconds)
  }

  /**
   * @param {Point} a
   * @param {Point} b
   * @returns {Box}
   */
  box(a, b) {
    const { clientWidth, clientHeight } = this.canvas
    return {
      left: Math.min(a.x, b.x) + clientWidth / 2, top: Math.min(a.y, b.y) + clientHeight / 2,
      width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y),
    }
  }
}

/**
 * between is the angle from one point to another as seen from a third, in degrees clockwise.
 * @param {Point} from
 * @param {Point} a
 * @param {Point} b
 */
function between(from, a, b) {
  const degrees = (Math.atan2(b.y - from.y, b.x - from.x) - Math.atan2(a.y - from.y, a.x - from.x)) * 180 / Math.PI
  return degrees - 360 * Math.round(degrees / 360)
}
