import { expect, test } from 'vitest'
import { plainJson } from '../../../actors/runtime/plain-json.ts'

test.each([
  ['half a surrogate pair', 'bad \ud83d news', 'bad \ufffd news'],
  ['the other half', '\ude00', '\ufffd'],
  ['NUL', 'a\0b', 'a\ufffdb'],
])('%s never reaches the journal, as text, as a key or inside', (_, found, kept) => {
  const event = { type: 'engine.halt', because: found, list: [1, found], [found]: { in: found } }
  expect(plainJson(event, 'event')).toEqual({
    type: 'engine.halt',
    because: kept,
    list: [1, kept],
    [kept]: { in: kept },
  })
})

test('whole text passes as it is, and nothing is copied', () => {
  const event = { type: 'engine.halt', because: 'rain 🌧, snow ❄' }
  expect(plainJson(event, 'event')).toBe(event)
})
