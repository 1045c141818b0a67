import { element, find } from './dom.js'
import { juliaPoints, juliaRadius } from './julia.js'
import { drawOnMap, drawOrbit } from './orbits.js'
import { formulaNames, homeOf } from './parameters.js'
import { shade, styleOf } from './shade.js'
import { coordinates } from './view.js'

/** Pixels of the small pictures' sides. */
const juliaSide = 128
const mapWidth = 176

/** The whole formula is drawn in one style, whatever the view's, so that a change of colours asks for nothing. */
const mapStyle = 'max_iterations=300&palette=gray&density=0.6&offset=0.1'

/** Digits of a seed that a link gets. */
const seedDigits = 24

/**
 * Inspector shows where in the whole formula the view is, and of the point that is looked at the Julia set and the orbit.
 */
export class Inspector {
  /**
   * @param {import('./stage.js').Stage} stage
   * @param {import('./readout.js').Readout} readout
   * @param {(place: import('./view.js').Place, parameters: import('./parameters.js').Parameters) => void} open
   */
  constructor(stage, readout, open) {
    this.stage = stage
    this.readout = readout
    this.open = open
    this.julia = element('canvas', { width: juliaSide, height: juliaSide, 'aria-hidden': 'true' })
    this.marker = element('i', {})
    this.whole = element('img', { alt: '', width: mapWidth, height: juliaSide })
    const title = 'Go to the Julia set of the point under the pointer'
    this.button = element('button', { type: 'button', title, 'aria-label': title, onclick: () => this.go() }, this.julia)
    this.node = find('#inspector')
    this.node.append(element('div.whole', { title: 'Where the view is' }, this.whole, this.marker), this.button)
    this.seed = ['0', '0']
    this.orbitCanvas = find('#orbit')
    stage.watchers.add(() => this.update())
  }

  toggle() {
    this.node.hidden = !this.node.hidden
    this.update()
  }

  update() {
    this.orbitCanvas.hidden = this.node.hidden || !this.readout.spot
    if (this.node.hidden) return
    this.locate()
    const { stage, readout } = this
    if (readout.spot) readout.orbits.follow(readout.at, Boolean(readout.pinned))
    if (!this.orbitCanvas.hidden) drawOnMap(this.orbitCanvas, stage, readout.orbits.orbit)
    this.button.hidden = !['mandelbrot', undefined].includes(stage.parameters.get('formula'))
    if (!this.button.hidden) this.preview()
  }

  /** preview draws the Julia set of the point, and the orbit of 0 in it, which is that of the point. */
  preview() {
    const { readout } = this
    this.seed = coordinates(readout.at, 0, 0, 1).map(text => text.slice(0, seedDigits))
    const style = styleOf(new Map([...this.stage.parameters].filter(([name]) => !['coloring', 'smooth', 'range', 'equalize', 'periods'].includes(name))))
    const context = this.julia.getContext('2d'), unit = juliaSide / 2 / juliaRadius
    context.putImageData(shade(juliaPoints(Number(this.seed[0]), Number(this.seed[1]), juliaSide), style, 1), 0, 0)
    if (readout.spot && readout.orbits.orbit) drawOrbit(context, readout.orbits.orbit, (x, y) => [juliaSide / 2 + x * unit, juliaSide / 2 - y * unit], 1.2)
  }

  /** locate marks the view in the whole. */
  locate() {
    const { stage } = this, home = homeOf(stage.parameters)
    const formula = [...stage.parameters].filter(([name]) => formulaNames.includes(name))
    const source = `/generate/${mapWidth}/${juliaSide}?${new URLSearchParams([...formula, ...Object.entries(home)])}&${mapStyle}`
    if (this.whole.getAttribute('src') != source) this.whole.src = source
    const { re, im } = stage.place, unit = juliaSide / 2 / Number(home.radius)
    this.marker.style.left = `${mapWidth / 2 + (Number(re) - Number(home.re)) * unit}px`
    this.marker.style.top = `${juliaSide / 2 - (Number(im) - Number(home.im)) * unit}px`
  }

  /** go makes the Julia set the picture. */
  go() {
    const parameters = new Map([...this.stage.parameters, ['formula', 'julia'], ['seed_re', this.seed[0]], ['seed_im', this.seed[1]], ['max_iterations', 'auto']])
    for (const name of ['exact', 'rotation', 'mirror', 'stretch_amount', 'stretch_angle']) parameters.delete(name)
    this.open(homeOf(parameters), parameters)
  }
}
