import { element, find } from './dom.js'

/**
 * A key and what it does.
 * @typedef {{keys: string[], show: string, words: string, run: (event: KeyboardEvent) => void}} Shortcut
 */

/**
 * What has no key of its own.
 * @type {[string, string][]}
 */
const gestures = [
  ['Drag', 'move'], ['Wheel, pinch', 'zoom about the pointer'], ['Twist, Shift-wheel', 'turn about the pointer'], ['Double-click', 'one level closer, with Shift farther'],
  ['Shift-drag', 'zoom to a rectangle'], ['Drop or paste', 'open a place: a link, a PNG of the farm, .kfr, .toml, .imt; or colours: .map, .ugr, .kfp'],
]

/**
 * bind has keys do things, wherever no field takes them.
 * @param {Shortcut[]} shortcuts
 */
export function bind(shortcuts) {
  addEventListener('keydown', event => {
    const target = /** @type {HTMLElement} */ (event.target)
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input:not([type=range]), select, textarea, dialog[open]')) return
    if (target.closest('input, button, a') && /^( |Enter|Home|Arrow.*)$/.test(event.key)) return
    const shortcut = shortcuts.find(({ keys }) => keys.includes(event.key))
    if (!shortcut) return
    event.preventDefault()
    shortcut.run(event)
  })
}

/**
 * sheet shows all keys and gestures.
 * @param {Shortcut[]} shortcuts
 */
export function sheet(shortcuts) {
  const dialog = find('#help')
  const rows = [...gestures, ...shortcuts.map(({ show, words }) => /** @type {[string, string]} */ ([show, words]))]
  dialog.replaceChildren(
    element('h2', { id: 'help-title', tabIndex: -1, autofocus: true }, 'Keys and gestures'),
    element('dl', {}, ...rows.flatMap(([key, words]) => [element('dt', {}, key), element('dd', {}, words)])),
    element('p', {}, element('a', { href: '/docs' }, 'The farm for scripts')),
    element('form', { method: 'dialog' }, element('button', {}, 'Close')),
  )
  dialog.onclick = (/** @type {MouseEvent} */ event) => { if (event.target == dialog) dialog.close() }
  dialog.showModal()
}
