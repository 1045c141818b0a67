import { say } from './toast.js'

/**
 * copy puts a text where the browser pastes from, and says so.
 * @param {string} text
 * @param {string} words
 */
export async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text)
    say(words)
  } catch {
    say('The browser does not let the page copy: mark it and copy it.', { bad: true })
  }
}
