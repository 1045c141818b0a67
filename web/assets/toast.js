import { element, find } from './dom.js'

/** How long a message stays that is of no view. */
const stay = 6000

/**
 * say shows a message. One that is about the view ends with it.
 * @param {string} words
 * @param {{bad?: boolean, ofView?: boolean, key?: string, action?: {words: string, run: () => void}}} options a message with the key of another takes its place, and one that stands already stays
 */
export function say(words, { bad = false, ofView = false, key = words, action } = {}) {
  const toasts = find('#toasts')
  if (!action && [...toasts.children].some(toast => toast.dataset.key == key && toast.textContent == words)) return
  dismiss(toast => toast.dataset.key == key)
  const toast = element('p.toast', {}, element('span', {}, words))
  if (action) toast.append(element('button', { type: 'button', onclick: () => { toast.remove(); action.run() } }, action.words))
  toast.classList.toggle('bad', bad)
  toast.dataset.key = key
  toast.dataset.ofView = String(ofView)
  toasts.append(toast)
  while (toasts.children.length > 3) toasts.firstElementChild.remove()
  if (!ofView && !key.startsWith('!')) setTimeout(() => toast.remove(), stay)
}

/** @param {(toast: HTMLElement) => boolean} which */
function dismiss(which) {
  for (const toast of [...find('#toasts').children]) if (which(toast)) toast.remove()
}

/**
 * unsay takes back a message by its key.
 * @param {string} key
 */
export const unsay = key => dismiss(toast => toast.dataset.key == key)

/** leave takes back what was said of the view. */
export const leave = () => dismiss(toast => toast.dataset.ofView == 'true')
