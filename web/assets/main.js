import { Address } from './address.js'
import { copy } from './clipboard.js'
import { colourPanel } from './colourpanel.js'
import { button, element, find } from './dom.js'
import { ask, busyListeners, connection, isTooLong } from './farm.js'
import { EmptyView } from './emptyview.js'
import { farmPanel } from './farmpanel.js'
import { acceptFiles, hasOnlyColours, openFile, readColours } from './files.js'
import { listen } from './gestures.js'
import { started } from './heal.js'
import { Inspector } from './inspect.js'
import { jobsPanel } from './jobspanel.js'
import { bind, sheet } from './keys.js'
import { Motion } from './motion.js'
import { Panels } from './panels.js'
import { changed, homeOf, pictureQuery } from './parameters.js'
import { depth, read } from './paste.js'
import { placesPanel } from './placespanel.js'
import { iterationControls, Readout } from './readout.js'
import { looking } from './poster.js'
import { renderPanel } from './renderpanel.js'
import { SlowView } from './slowview.js'
import { Stage } from './stage.js'
import { leave, say, unsay } from './toast.js'
import { fromPlace } from './view.js'

/** Pixels that an arrow key moves by. */
const arrowStep = 120

/** Degrees that a key turns by. */
const turnStep = 15

const canvas = /** @type {HTMLCanvasElement} */ (find('#map'))
const stage = new Stage(canvas, find('meta[name=renderer]').content)
const motion = new Motion(stage)

/**
 * open shows a place. What its text does not say of colours stays as it is.
 * @param {import('./paste.js').Found} found
 */
function open({ place, parameters, unknown }) {
  motion.stop()
  if (!stage.open(place, parameters)) say(`That is no place: ${place.re}, ${place.im}, radius ${place.radius}.`, { bad: true })
  if (unknown.length) say(`The link says what this farm does not know: ${unknown.join(', ')}.`, { bad: true, ofView: true })
}

/** @param {string} text */
function openText(text) {
  const found = read(text) || nearer(text)
  if (!found) return say('That is no place. Try “-0.7436 0.1318 1e-4”, a link, or a Spec.', { bad: true, key: 'goto' })
  unsay('goto')
  // Numbers alone say nothing of formula and colours.
  const bare = found.parameters.size <= 1 && !/[?#{]/.test(text)
  open(bare ? { ...found, parameters: new Map([...stage.parameters, ...found.parameters]) } : found)
}

/**
 * nearer is the present place at a depth, if a text is one.
 * @param {string} text
 * @returns {import('./paste.js').Found | null}
 */
function nearer(text) {
  const radius = text.trim() && depth(text.trim())
  return radius ? { place: { ...stage.place, radius }, parameters: new Map(), unknown: [] } : null
}

/** @param {File} file */
async function openOne(file) {
  try {
    if (hasOnlyColours(file)) return await colourBy(file)
    const { found, warnings } = await openFile(file)
    open(found)
    for (const warning of warnings) say(warning)
  } catch (error) {
    say(/** @type {Error} */ (error).message, { bad: true })
  }
}

/**
 * colourBy takes the colours of a file.
 * @param {File} file
 */
async function colourBy(file) {
  const { changes, warnings } = await readColours(file)
  stage.restyle(changed(stage.parameters, changes))
  say(`The colours of ${file.name}.`)
  for (const warning of warnings) say(warning)
}

async function toMinibrot() {
  if (minibrot.hidden) return say('Minibrots are looked for in the Mandelbrot set alone.', { ofView: true, key: 'minibrot' })
  say('Looking for a minibrot…', { key: 'minibrot', ofView: true })
  try {
    const query = pictureQuery(stage.place, stage.parameters)
    for (const name of ['format', 'counts', 'undecided']) query.delete(name)
    const found = await ask(`/find?${query}&width=${canvas.width}&height=${canvas.height}`)
    unsay('minibrot')
    const view = fromPlace({ ...found.center, radius: found.radius }, canvas.height)
    if (!view) return
    stage.restyle(new Map(stage.parameters).set('max_iterations', String(found.max_iterations)))
    motion.fly(view)
    say(`A minibrot of period ${Number(found.period).toLocaleString('en')}.`)
  } catch (error) {
    say(/** @type {Error} */ (error).message, { bad: true, key: 'minibrot', ofView: true })
  }
}

/** @param {import('./view.js').Place} place */
function flyTo(place) {
  const view = fromPlace(place, canvas.height)
  if (view) motion.fly(view)
}

const upright = () => stage.restyle(changed(stage.parameters, { rotation: '' }))

const home = () => flyTo(homeOf(stage.parameters))

const toggleFull = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {})

const address = new Address(stage, open)
const readout = new Readout(stage, copy)
const inspector = new Inspector(stage, readout, (place, parameters) => open({ place, parameters, unknown: [] }))
readout.moved = () => inspector.update()
const copyLink = () => copy(`${location.origin}/?${address.query}`, 'Link copied.')

/** @type {Panels} */
const panels = new Panels([
  { name: 'colours', title: 'Colours', fill: colourPanel(stage) },
  { name: 'places', title: 'Places', fill: placesPanel(address, open) },
  { name: 'render', title: 'Render', fill: renderPanel(stage, () => panels.show('jobs')) },
  { name: 'jobs', title: 'Jobs', fill: jobsPanel(open) },
  { name: 'farm', title: 'Farm', fill: farmPanel },
])

const selection = find('#selection')
listen(canvas, {
  grab: () => motion.stop(),
  pan: (dx, dy) => motion.pan(dx, dy),
  fling: (vx, vy) => motion.fling(vx, vy),
  zoom: (levels, x, y, smooth) => motion.zoom(levels, x, y, smooth),
  turn: (degrees, x, y) => motion.turn(degrees, x, y),
  hover: (x, y) => readout.hover(x, y),
  pick: (x, y) => (inspector.node.hidden ? readout.hover(x, y) : readout.choose(x, y)),
  select: box => {
    selection.hidden = false
    Object.assign(selection.style, Object.fromEntries(Object.entries(box).map(([side, value]) => [side, `${value}px`])))
  },
  chosen: ({ left, top, width, height }) => {
    selection.hidden = true
    if (width < 8 || height < 8) return
    motion.pan(canvas.clientWidth / 2 - left - width / 2, canvas.clientHeight / 2 - top - height / 2)
    motion.zoom(Math.log2(Math.min(canvas.clientWidth / width, canvas.clientHeight / height)), 0, 0, true)
  },
})
canvas.addEventListener('pointerleave', event => {
  if (event.pointerType == 'touch') return // a finger that is lifted has pointed at something
  readout.pointer = null
  readout.update()
  inspector.update()
})

/** @type {import('./keys.js').Shortcut[]} */
const shortcuts = [
  { keys: ['+', '='], show: '+', words: 'closer', run: () => motion.zoom(1, 0, 0, true) },
  { keys: ['-', '_'], show: '−', words: 'farther', run: () => motion.zoom(-1, 0, 0, true) },
  { keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'], show: 'Arrows', words: 'move', run: ({ key }) => {
    const [x, y] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key] || [0, 0]
    motion.pan(x * arrowStep, y * arrowStep)
  } },
  { keys: ['[', ']'], show: '[ ]', words: 'turn', run: ({ key }) => motion.turn(key == ']' ? turnStep : -turnStep, 0, 0) },
  { keys: ['n'], show: 'N', words: 'upright', run: upright },
  { keys: ['0', 'Home'], show: '0', words: 'all of the formula', run: home },
  { keys: ['m'], show: 'M', words: 'fly to the minibrot in the view', run: toMinibrot },
  { keys: ['g', '/'], show: 'G', words: 'go to a place', run: () => find('#goto input').focus() },
  { keys: ['l'], show: 'L', words: 'copy a link', run: copyLink },
  { keys: ['c'], show: 'C', words: 'colours', run: () => panels.toggle('colours') },
  { keys: ['p'], show: 'P', words: 'places', run: () => panels.toggle('places') },
  { keys: ['r'], show: 'R', words: 'render this view', run: () => panels.toggle('render') },
  { keys: ['j'], show: 'J', words: 'jobs', run: () => panels.toggle('jobs') },
  { keys: ['i'], show: 'I', words: 'inspect: where the view is, Julia set and orbit of a point; a click keeps to it', run: () => inspector.toggle() },
  { keys: ['x'], show: 'X', words: 'keep to the point under the pointer, or the middle, and let it go', run: () => readout.toggle() },
  { keys: ['t'], show: 'T', words: 'how each tile has come: memory, storage, drawn', run: () => { stage.origins.toggle(); stage.invalidate() } },
  { keys: ['f'], show: 'F', words: 'full screen', run: toggleFull },
  { keys: ['h'], show: 'H', words: 'hide all controls, and show them', run: () => document.body.classList.toggle('bare') },
  { keys: ['Escape'], show: 'Esc', words: 'close the panel', run: () => { document.body.classList.remove('bare'); panels.show('') } },
  { keys: ['?'], show: '?', words: 'this sheet', run: () => sheet(shortcuts) },
]
bind(shortcuts)

find('#zoom').append(
  button({ label: 'Closer', icon: 'plus', run: () => motion.zoom(1, 0, 0, true) }),
  button({ label: 'Farther', icon: 'minus', run: () => motion.zoom(-1, 0, 0, true) }),
  button({ label: 'All of the formula', icon: 'home', run: home }),
  button({ label: 'Upright', icon: 'upright', run: upright }),
  button({ label: 'Fly to the minibrot', icon: 'minibrot', run: toMinibrot }),
  button({ label: 'Inspect', icon: 'inspect', title: 'Inspect: where the view is, Julia set and orbit of a point', run: () => inspector.toggle() }),
  button({ label: 'Copy a link', icon: 'link', run: copyLink }),
  button({ label: 'Full screen', icon: 'full', run: toggleFull }),
  button({ label: 'Keys and gestures', icon: 'help', run: () => sheet(shortcuts) }),
)
const minibrot = find('#zoom button[aria-label="Fly to the minibrot"]')

find('#goto').onsubmit = (/** @type {Event} */ event) => {
  event.preventDefault()
  const input = find('#goto input')
  openText(input.value)
  input.value = ''
  canvas.focus()
}
acceptFiles(openOne, openText)
const iterations = iterationControls(stage)

stage.surveys.add(() => iterations.show())
new EmptyView(stage, {
  zoomTo: radius => flyTo({ ...stage.place, radius }),
  iterate: limit => stage.restyle(changed(stage.parameters, { max_iterations: limit })),
  home,
})

looking.listeners.add(open => {
  motion.stop()
  stage.pause(open)
})
const slow = new SlowView(stage)
const progress = find('#progress')
stage.progressed = (/** @type {number} */ missing) => {
  progress.hidden = !missing
  if (missing) progress.setAttribute('aria-valuetext', `${missing} tiles to come`)
}
stage.refused = (/** @type {Error} */ error) => {
  if (isTooLong(error)) slow.refused()
  else say(error.message, { bad: true, ofView: true, key: 'refused' })
}
let shown = stage.view
stage.watchers.add(() => {
  minibrot.hidden = !['mandelbrot', undefined].includes(stage.parameters.get('formula'))
  find('#zoom [aria-label="Upright"]').hidden = !stage.parameters.get('rotation')
  if (stage.view != shown) leave()
  shown = stage.view
})
connection.listeners.add(lost => {
  if (lost) say('The farm does not answer. Trying again…', { bad: true, key: '!connection' })
  else unsay('!connection')
})
busyListeners.add(words => {
  if (words) say(words, { bad: true, ofView: true, key: 'busy' })
  else unsay('busy')
})

address.restore()
canvas.focus({ preventScroll: true })
started()

/** keep has the browser keep the page for when the farm is away, once the first picture is there. Not every browser does, everywhere. */
function keep() {
  stage.surveys.delete(keep)
  navigator.serviceWorker?.register(new URL('offline.js', import.meta.url), { scope: '/' }).catch(() => {})
}
stage.surveys.add(keep)
