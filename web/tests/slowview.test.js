import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isOwn } from '../assets/slowview.js'

test('a farm is one\'s own where only this machine reaches it by its name', () => {
  for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]', 'farm.localhost']) assert.equal(isOwn(host), true, host)
  for (const host of ['example.org', '127.example.org', '10.0.0.1', 'localhost.example.org', '[::2]', '1270.0.0.1', '']) assert.equal(isOwn(host), false, host)
})
