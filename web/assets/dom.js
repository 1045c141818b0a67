/**
 * element makes one, with properties and children. Names with a dash, and role, are attributes.
 * @param {string} tag such as "button" or "p.note"
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | null | undefined)} children
 * @returns {any}
 */
export function element(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split('.')
  const made = document.createElement(name)
  if (classes.length) made.className = classes.join(' ')
  for (const [key, value] of Object.entries(properties)) {
    if (key == 'role' || key.includes('-')) made.setAttribute(key, value)
    else /** @type {any} */ (made)[key] = value
  }
  made.append(...children.flatMap(child => child ?? []))
  return made
}

/**
 * find returns an element that the document has.
 * @param {string} selector
 * @returns {any}
 */
export const find = selector => document.querySelector(selector)

/** Paths of icons in a box of 24, drawn by lines. */
const icons = {
  colours: 'M12 3a9 9 0 1 0 0 18c1.700 0 2-1.200 1.300-2.300-.8-1.400.2-2.700 1.700-2.700h2.500A3.500 3.500 0 0 0 21 12.500C21 7 17 3 12 3ZM7.500 12h.01M9.500 8h.01M14.500 8h.01',
  places: 'M12 21s7-6.200 7-11.500a7 7 0 0 0-14 0C5 14.800 12 21 12 21Zm0-9a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  render: 'M4 5h16v12H4zM4 14l4-4 4 4 3-3 5 5M15.500 8.500h.01M9 21h6',
  jobs: 'M4 6h10M4 12h10M4 18h10M18 5l1.500 1.500L22 4M18 11l1.500 1.500L22 10M18 17l1.500 1.500L22 16',
  farm: 'M4 4h16v6H4zM4 14h16v6H4zM8 7h.01M8 17h.01M12 7h5M12 17h5',
  help: 'M9 9a3 3 0 1 1 4.500 2.600c-1 .6-1.500 1.200-1.500 2.400M12 18h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z',
  inspect: 'M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500 20 20M10.500 7.500v6M7.500 10.500h6',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  upright: 'M12 3l4 9-4 9-4-9zM8 12h8',
  home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
  full: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  minibrot: 'M14 12c0-4 5-4.500 5 0s-5 4-5 0ZM14 12c0-5-8-5-8 0s8 5 8 0ZM3 12h3',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700L12 7M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700L12 17',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  pin: 'M12 21v-7M8 4h8l-1 6 3 4H6l3-4z',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M11 5l-7 7 7 7M4 12h16',
  star: 'M12 4l2.500 5.200 5.700.7-4.200 3.900 1.100 5.700L12 16.700l-5.100 2.800L8 13.800 3.800 9.900l5.700-.7z',
}

/**
 * icon is one of the icons, hidden from those who do not see.
 * @param {string} name
 */
export function icon(name) {
  const space = 'http://www.w3.org/2000/svg'
  const drawing = document.createElementNS(space, 'svg')
  const path = document.createElementNS(space, 'path')
  drawing.setAttribute('viewBox', '0 0 24 24')
  drawing.setAttribute('aria-hidden', 'true')
  path.setAttribute('d', /** @type {Record<string, string>} */ (icons)[name])
  drawing.append(path)
  return drawing
}

/**
 * button is one with an icon, words or both.
 * @param {{label: string, icon?: string, text?: string, title?: string, run: (event: Event) => void}} what
 */
export function button({ label, icon: name, text, title, run }) {
  const made = element('button', { type: 'button', onclick: run, title: title || label, 'aria-label': label })
  if (name) made.append(icon(name))
  if (text) made.append(element('span', {}, text))
  return made
}

/**
 * choice is a list to choose from, with its label.
 * @param {string} label
 * @param {[string, string][]} options values and words
 * @param {string} value
 * @param {(value: string) => void} changed
 */
export function choice(label, options, value, changed) {
  const list = element('select', {}, ...options.map(([key, words]) => element('option', { value: key }, words)))
  list.value = value
  list.onchange = () => changed(list.value)
  return element('label.field', {}, element('span', {}, label), list)
}

/**
 * field is an input with its label.
 * @param {string} label
 * @param {Record<string, any>} properties
 * @param {(value: string) => void} changed
 * @param {string} [event] that tells
 */
export function field(label, properties, changed, event = 'change') {
  const input = element('input', properties)
  input.addEventListener(event, () => changed(input.value))
  return element('label.field', {}, element('span', {}, label), input)
}

/**
 * slider is a range that tells while it moves, and when it is let go.
 * @param {string} label
 * @param {{min: number, max: number, step: number, value: number}} range
 * @param {(value: number, done: boolean) => void} changed
 * @param {(value: number) => string} words
 */
export function slider(label, range, changed, words) {
  const shown = element('output', {}, words(range.value))
  const input = element('input', { type: 'range', min: range.min, max: range.max, step: range.step, 'aria-label': label })
  input.value = String(range.value)
  input.oninput = () => {
    shown.value = words(Number(input.value))
    changed(Number(input.value), false)
  }
  input.onchange = () => changed(Number(input.value), true)
  return element('label.field', {}, element('span', {}, label, ' ', shown), input)
}
