/**
 * The page without its farm: a service worker that keeps one document and all of its files, of one version, and answers with them where the
 * farm does not. While the farm answers nothing of what is kept is used, so that what is kept can be neither old nor broken for long.
 */
const scope = /** @type {any} */ (self)

/** The path of all files of this version. */
const path = new URL('.', scope.location.href).pathname

/** The cache of this version; those of others begin alike. */
const family = 'mandelfarm page'
const cacheName = `${family} ${path}`

scope.addEventListener('install', (/** @type {any} */ event) => event.waitUntil(keep()))
scope.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(forgetOthers()))
scope.addEventListener('fetch', (/** @type {any} */ event) => {
  const { request } = event, { pathname } = new URL(request.url)
  if (request.cache == 'reload') return // who asks so does not want what is kept
  if (request.mode == 'navigate' && pathname == '/') event.respondWith(answer(request, '/'))
  else if (pathname.startsWith(path)) event.respondWith(answer(request, request.url))
})

/** keep fetches the document and what it names, all or nothing. */
async function keep() {
  const page = await fetch('/', { headers: { Accept: 'text/html' }, cache: 'no-store' })
  const names = (await page.clone().text()).match(new RegExp(`${path}[\\w.]+`, 'g'))
  if (!page.ok || !names) throw new Error('the page is of another version by now')
  const cache = await caches.open(cacheName)
  await cache.addAll([...new Set(names)])
  await cache.put('/', page)
  await scope.skipWaiting()
}

/** forgetOthers drops other versions. */
async function forgetOthers() {
  for (const name of await caches.keys()) if (name.startsWith(family) && name != cacheName) await caches.delete(name)
  await scope.clients.claim()
}

/**
 * answer is the farm's, or what is kept where there is none.
 * @param {Request} request
 * @param {string} name of what is kept
 */
async function answer(request, name) {
  const response = await fetch(request).catch(() => null)
  if (response && response.status < 500) return response
  const kept = await (await caches.open(cacheName)).match(name, { ignoreVary: true })
  return kept || response || Response.error()
}
