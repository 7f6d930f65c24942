/** What the judge of a day asks of a hedge whose coins can be bought and sold no more. */

import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { isStranded, legsApart } from '../../../src/simulate/judge/rules.ts'
import type { Legs } from '../../../src/simulate/judge/witness.ts'

const gone = { isSpotGone: () => true }
const listed = { isSpotGone: () => false }
const reverse = { symbol: 'INJUSDT', direction: 'reverse-carry' } as const

describe('a hedge whose spot market ended', () => {
  test('may stand for a person when it owes coins that nobody sells, and in no other case', () => {
    expect(isStranded(reverse, gone)).toBe(true)
    expect(isStranded(reverse, listed)).toBe(false)
    expect(isStranded({ symbol: 'INJUSDT', direction: 'long-carry' }, gone)).toBe(false)
  })

  test('has legs apart all the same where an order of the perpetual could mend them', () => {
    const legs = (lots: number, notionalUsdt: number) =>
      ({
        symbol: 'INJUSDT',
        lots: new Decimal(lots),
        notionalUsdt,
        short: new Decimal(-344),
        spot: new Decimal(-344),
      }) as unknown as Legs
    const witness = (one: Legs) => ({ legs: () => [one], leastUsdt: () => 5 })
    expect(legsApart(witness(legs(-5, 2)))).toHaveLength(0)
    expect(legsApart(witness(legs(-5, 20)))).toHaveLength(1)
    expect(legsApart(witness(legs(5, 2)))).toHaveLength(1)
  })
})
