import { button, element, icon } from './dom.js'
import { places } from './gallery.js'
import { fromQuery } from './parameters.js'
import { say } from './toast.js'

/** Where a browser keeps the bookmarks of this farm. */
const store = 'mandelfarm bookmarks'

/**
 * A bookmark is words and a link.
 * @returns {[string, string][]}
 */
function bookmarks() {
  try {
    const kept = JSON.parse(localStorage.getItem(store) || '[]')
    return Array.isArray(kept) ? kept.filter(entry => Array.isArray(entry) && entry.length == 2) : []
  } catch {
    return []
  }
}

/** @param {[string, string][]} list */
function keep(list) {
  try {
    localStorage.setItem(store, JSON.stringify(list))
  } catch {
    say('This browser keeps no bookmarks.', { bad: true })
  }
}

/**
 * placesPanel shows bookmarks and the gallery.
 * @param {{query: string}} address of what is shown
 * @param {(found: import('./paste.js').Found) => void} open
 */
export const placesPanel = (address, open) => (/** @type {HTMLElement} */ body) => {
  const go = (/** @type {string} */ query) => open(fromQuery(new URLSearchParams(query)))
  const fill = () => {
    const list = bookmarks()
    body.replaceChildren(
      button({ label: 'Bookmark this view', icon: 'star', text: 'Bookmark this view', run: () => {
        const name = `${new Date().toLocaleString()}`
        keep([[name, address.query], ...list])
        fill()
      } }),
      ...(list.length ? [element('h3', {}, 'Bookmarks'), element('ul.gallery', {}, ...list.map(([name, query], i) => card(name, query, go, () => {
        keep(list.filter((_, j) => j != i))
        fill()
      })))] : []),
      element('h3', {}, 'Gallery'),
      element('ul.gallery', {}, ...places.map(([name, query]) => card(name, query, go))),
    )
  }
  fill()
}

/**
 * @param {string} name
 * @param {string} query
 * @param {(query: string) => void} go
 * @param {() => void} [remove]
 */
function card(name, query, go, remove) {
  const picture = element('img', { src: `/generate/240/135?${query}`, width: 240, height: 135, loading: 'lazy', decoding: 'async', alt: '' })
  const depth = fromQuery(new URLSearchParams(query)).place.radius
  const open = element('button', { type: 'button', onclick: () => go(query) }, picture, element('span', {}, name), element('small', {}, `radius ${depth}`))
  const bin = remove && element('button.remove', { type: 'button', title: 'Remove', 'aria-label': `Remove ${name}`, onclick: remove }, icon('close'))
  return element('li', {}, open, bin)
}
