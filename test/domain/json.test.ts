import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson, type Json } from '../../src/domain/json.ts'

/** What canonical text means, in the plainest way: the rows of every database were written so. */
const plainest = (value: Json): string =>
  JSON.stringify(value, (_key, part: Json) =>
    part && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

const names = fc.oneof(
  fc.string(),
  fc.integer({ min: -20, max: 2_000 }).map(String),
  fc.constantFrom('01', '1e3', '__proto__', 'toString'),
)
const values = fc.letrec<{ value: Json }>(tie => ({
  value: fc.oneof(
    { depthSize: 'medium' },
    fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.double(),
      fc.integer(),
      fc.string({ unit: 'binary' }),
    ) as fc.Arbitrary<Json>,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(names, tie('value')), { maxLength: 6 }).map(entries => Object.fromEntries(entries)),
  ),
})).value

describe('canonical JSON', () => {
  test('is to the byte what sorting every object and printing it gives', () => {
    fc.assert(
      fc.property(values, value => {
        expect(canonicalJson(value)).toBe(plainest(value))
      }),
      { numRuns: 1_000 },
    )
  })

  test('does not know in which order properties came', () => {
    expect(canonicalJson({ b: 1, a: { d: [], c: null } })).toBe(
      canonicalJson({ a: { c: null, d: [] }, b: 1 }),
    )
  })

  test('leaves out what has no value, and prints what knows its own text', () => {
    const odd = { kept: 1, gone: undefined, list: [undefined, 2], at: new Date(0) } as unknown as Json
    expect(canonicalJson(odd)).toBe(plainest(odd))
  })
})
