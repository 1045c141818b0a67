import { button, element, find, icon } from './dom.js'

/**
 * A panel beside the map; fill makes its content and returns what ends it.
 * @typedef {{name: string, title: string, fill: (body: HTMLElement) => void | (() => void)}} Panel
 */

/**
 * Panels are the tabs and the one panel that is open.
 */
export class Panels {
  /** @param {Panel[]} panels */
  constructor(panels) {
    this.panels = panels
    this.open = ''
    this.end = () => {}
    /** @type {Map<string, HTMLElement>} */
    this.tabs = new Map(panels.map(({ name, title }) => [name, element('button', {
      type: 'button', title, onclick: () => this.toggle(name), 'aria-expanded': 'false', 'aria-controls': 'panel',
    }, icon(name), element('span', {}, title))]))
    find('#tabs').append(...this.tabs.values())
  }

  /** @param {string} name */
  toggle(name) {
    this.show(this.open == name ? '' : name)
  }

  /** @param {string} name of a panel, or "" for none */
  show(name) {
    const was = this.tabs.get(this.open)
    this.end()
    this.end = () => {}
    this.open = name
    for (const [other, tab] of this.tabs) tab.setAttribute('aria-expanded', String(other == name))
    const aside = find('#panel'), panel = this.panels.find(p => p.name == name)
    aside.hidden = !panel
    document.body.classList.toggle('panelled', Boolean(panel))
    if (!panel) return was?.focus()
    const body = element('div.body')
    const heading = element('h2', { id: 'panel-title', tabIndex: -1 }, panel.title)
    aside.setAttribute('aria-labelledby', 'panel-title')
    aside.replaceChildren(element('div.head', {}, heading, button({ label: 'Close', icon: 'close', run: () => this.show('') })), body)
    this.end = panel.fill(body) || (() => {})
    heading.focus({ preventScroll: true })
  }
}
