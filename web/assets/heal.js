/**
 * What mends a page whose files came broken and are kept so by the browser, which takes them for good for a year: it runs before all others,
 * and if those do not start, everything is fetched anew, once. Without a farm that answers nothing is thrown away.
 */

/** Where it is noted that it has been tried, until the page starts. */
const tried = 'mandelfarm healed'

/** An error of a script, or one that a script has come to while it was read. */
const failed = () => {
  stop()
  heal().catch(() => tell())
}

function stop() {
  removeEventListener('error', failed, true)
}

/** started ends the watch. */
export function started() {
  stop()
  sessionStorage.removeItem(tried)
}

async function heal() {
  if (sessionStorage.getItem(tried)) return tell()
  const files = [...document.querySelectorAll('link[href^="/assets/"], script[src]')].map(file => file.getAttribute('href') || file.getAttribute('src') || '')
  const answers = await Promise.all(files.map(file => fetch(file, { cache: 'reload' })))
  if (!answers.every(answer => answer.ok)) return tell()
  sessionStorage.setItem(tried, 'yes')
  for (const name of await self.caches?.keys() || []) await caches.delete(name)
  for (const registration of await navigator.serviceWorker?.getRegistrations() || []) await registration.unregister()
  location.reload()
}

/** tell says that nothing helps. */
function tell() {
  const words = document.createElement('p')
  words.className = 'toast bad'
  words.textContent = 'The page has come broken, and the farm does not send another. Reload it later.'
  document.querySelector('#toasts')?.replaceChildren(words)
}

addEventListener('error', failed, true)
