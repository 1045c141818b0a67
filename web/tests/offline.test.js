import assert from 'node:assert/strict'
import { test } from 'node:test'

const handlers = {}, stores = new Map()
const path = '/assets/second/'

/** store is a cache as far as the service worker uses one. */
function store(name) {
  if (!stores.has(name)) stores.set(name, new Map())
  const files = stores.get(name)
  return { addAll: async names => names.forEach(file => files.set(file, 'file')), put: async (file, value) => files.set(file, value), match: async file => files.get(file) }
}

globalThis.self = {
  location: { href: `http://farm${path}offline.js` }, clients: { claim: async () => {} }, skipWaiting: async () => {},
  addEventListener: (name, handler) => { handlers[name] = handler },
}
globalThis.caches = { keys: async () => [...stores.keys()], delete: async name => stores.delete(name), open: async name => store(name) }

let farm = async () => { throw new Error('away') }
globalThis.fetch = (...request) => farm(...request)

await import('../assets/offline.js')

/** happens has the worker do what it does at an event, and waits until it has. */
async function happens(name, more = {}) {
  let done
  handlers[name]({ waitUntil: promise => { done = promise }, respondWith: promise => { done = promise }, ...more })
  return await done
}

const page = version => new Response(`<link href="/assets/${version}/style.css"><script src="/assets/${version}/main.js">`)
const request = (pathname, more = {}) => ({ url: `http://farm${pathname}`, mode: 'navigate', cache: 'default', ...more })

test('one version is kept whole, and no other', async () => {
  store('mandelfarm page /assets/first/')
  store("somebody else's")
  farm = async () => page('second')
  await happens('install')
  await happens('activate')
  assert.deepEqual([...stores.keys()].sort(), [`mandelfarm page ${path}`, "somebody else's"])
  assert.deepEqual([...stores.get(`mandelfarm page ${path}`).keys()].sort(), ['/', '/assets/second/main.js', '/assets/second/style.css'])
})

test('a page of another version is not kept', async () => {
  farm = async () => page('third')
  await assert.rejects(happens('install'))
})

test('what is kept is for when the farm does not answer, or cannot', async () => {
  const kept = stores.get(`mandelfarm page ${path}`).get('/')
  farm = async () => ({ status: 200, of: 'the farm' })
  assert.equal((await happens('fetch', { request: request('/?re=1') })).of, 'the farm')
  farm = async () => ({ status: 404 })
  assert.equal((await happens('fetch', { request: request('/?re=1') })).status, 404)
  farm = async () => ({ status: 502 })
  assert.equal(await happens('fetch', { request: request('/?re=1') }), kept)
  farm = async () => { throw new Error('away') }
  assert.equal(await happens('fetch', { request: request('/?re=1') }), kept)
})

test('nothing else is its business', async () => {
  for (const other of [request('/docs'), request('/jobs', { mode: 'cors' }), request('/assets/first/main.js', { mode: 'cors' }), request('/', { cache: 'reload' })]) {
    assert.equal(await happens('fetch', { request: other }), undefined, other.url)
  }
})
