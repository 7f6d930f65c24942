import { expect, test } from 'vitest'
import { payloadOf } from '../../../src/dashboard/inspector/panels/payload.ts'

test('fields of an event are read from JSON, and nothing typed is no field', () => {
  expect(payloadOf('{"because": "maintenance", "id": "hedge:1"}')).toEqual({
    because: 'maintenance',
    id: 'hedge:1',
  })
  expect(payloadOf('  ')).toEqual({})
})

test.each([
  ['{"because": 4}', /because: expected text, found 4/],
  ['{"qty": "1"}', /qty: expected one of because, id, share/],
  ['["because"]', /expected an object/],
  ['{because}', /expected JSON/],
])('%s is refused with what was expected', (text, expected) => {
  expect(() => payloadOf(text)).toThrow(expected)
})
