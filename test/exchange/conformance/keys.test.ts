/**
 * The simulator's payloads against those that others wrote or recorded: the same keys, JSON types, forms of text, units of time
 * and sizes of rates. What differs is listed with its reason in `accepted-differences.ts`, and nothing else may.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../../src/domain/json.ts'
import { closeAfterEach } from '../../support/exchange/simulator-server-fixture.ts'
import { acceptedCount, acceptedDifferences } from './accepted-differences.ts'
import { compared, misnamed, notApplicable, unnamed } from './keys-cases.ts'
import { type Difference, ofExample, ofPayload } from './keys-compare.ts'
import { present, type Samples, samples } from './keys-fixtures.ts'
import { payloadsOf } from './keys-payloads.ts'
import { makeScene } from './keys-scene.ts'
import { heardOnSockets } from './keys-sockets.ts'

if (!present) console.warn('skipped: ../shared is not beside this checkout, payloads are not compared')

closeAfterEach()

const printed = (who: string, found: readonly Difference[]) =>
  found.map(({ path, what }) => `${who} | ${path} | ${what}`)

/** Every difference there is. */
function allDifferences(examples: Samples, ours: ReadonlyMap<string, readonly Json[]>): string[] {
  const byPayload = Map.groupBy(compared, ([payload]) => payload)
  return [...byPayload].flatMap(([payload, rows]) => {
    const said = ours.get(payload) ?? []
    const theirs = rows.map(([, example]) => [example, examples.get(example) ?? []] as const)
    return [
      ...theirs.flatMap(([example, payloads]) => printed(example, ofExample(payloads, said))),
      ...printed(
        payload,
        ofPayload(
          theirs.flatMap(([, payloads]) => payloads),
          said,
        ),
      ),
    ]
  })
}

describe.skipIf(!present)('payloads', () => {
  let examples: Samples
  let found: string[]
  beforeAll(async () => {
    examples = samples()
    const sockets = await heardOnSockets()
    const scene = makeScene()
    const names = [...new Set(compared.map(([payload]) => payload))]
    found = allDifferences(
      examples,
      new Map(names.map(name => [name, sockets.get(name) ?? payloadsOf(scene, name)])),
    )
    const here = new Set(compared.map(([, example]) => example)).size
    console.info(
      `${here} examples compared, ${notApplicable.length} not applicable, ` +
        `${acceptedDifferences.length} accepted differences on ${acceptedCount} lines`,
    )
  })

  test('every example is compared, or is named with the reason why it is not', () => {
    expect(unnamed(examples.keys())).toEqual([])
    expect(misnamed(new Set(examples.keys()))).toEqual([])
  })

  test('differ from the examples only where it is accepted', () => {
    expect(found.filter(one => !acceptedDifferences.includes(one))).toEqual([])
  })

  test('have every difference that is accepted: the list holds no dead line', () => {
    expect(acceptedDifferences.filter(one => !found.includes(one))).toEqual([])
  })
})

describe('the comparison', () => {
  const row = { id: 'a', price: '1.5', at: 1_700_000_000_000, createdTime: '1700000000000', feeRate: '0.001' }

  test.each([
    [{ price: 1.5 }, 'price', 'type: string, here number'],
    [{ createdTime: '1700000000' }, 'createdTime', 'unit: ms, here s'],
    [{ feeRate: '0.1' }, 'feeRate', 'size'],
    [{ price: undefined }, 'price', 'missing'],
    [{ price: null }, 'price', 'type: string, here null'],
  ])('finds %j', (change, path, what) => {
    const ours = JSON.parse(JSON.stringify({ ...row, ...change })) as Json
    expect(ofExample([row], [ours])).toEqual([{ path, what }])
  })

  test('finds what no example has, and forms that none shows', () => {
    const ours = [{ ...row, price: '', more: 1 }]
    expect(ofPayload([row], ours)).toEqual([
      { path: 'price', what: 'form: numeric, here empty' },
      { path: 'more', what: 'extra' },
    ])
    expect(ofPayload([row, { ...row, price: '', more: 2 }], ours)).toEqual([])
  })

  test('finds a list that has rows in the example and none here', () => {
    expect(ofExample([{ list: [row] }], [{ list: [] }])).toEqual([{ path: 'list[]', what: 'empty' }])
    expect(ofExample([{ list: [] }], [{ list: [row] }])).toEqual([])
  })
})
