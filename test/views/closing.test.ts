/** What closing would cost and what would make a hedge close, on a hedge of each kind that figures go wrong on. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { closing, exitRules } from '../../src/api/rows/closing.ts'
import type { MarketView } from '../../src/domain/market/market-view.ts'
import { price, usdt } from '../../src/domain/units.ts'
import { closingOf, exitRulesIn } from '../../src/views/closing.ts'
import { holdingOf } from '../../src/views/holdings.ts'
import type { LivingHedge } from '../../src/views/living-hedges.ts'
import { bookAround, borrowable, marketOn, NOW_MS, RULES, XRP } from '../support/domain/sample-market.ts'
import {
  failed,
  longCarry,
  multiplierCoin,
  restingInPart,
  reverseCarry,
  spreadInFlight,
} from '../support/machines/sample-hedges.ts'

/** Prices per coin on spot and per contract of the perpetual; each book a basis point either side. */
function market(spot = '2.5', contract = '2.5'): MarketView {
  const { ticker, ...rest } = borrowable(marketOn(XRP))
  return {
    ...rest,
    spotBook: bookAround(new Decimal(spot), '1000000'),
    perpBook: bookAround(new Decimal(contract), '1000000'),
    ticker: { ...ticker, markPrice: price(contract) },
  }
}

function closed(hedge: LivingHedge, view: MarketView | undefined, share = 1) {
  const booked = { fundingUsdt: usdt('3'), settlements: 6, coinFeesUsdt: usdt('0'), otherFeesUsdt: usdt('0') }
  const { netUsdt } = holdingOf(hedge, { market: view, booked, nowMs: NOW_MS })
  return closingOf(hedge, { share, market: view, netUsdt, limits: RULES.limits, nowMs: NOW_MS })
}

const exits = (hedge: LivingHedge, view: MarketView | undefined) =>
  exitRulesIn(hedge, { view, judged: undefined, maintenanceMarginRate: '0.04', rules: RULES, nowMs: NOW_MS })

const SAMPLES = [longCarry, reverseCarry, spreadInFlight, restingInPart, multiplierCoin, failed]

describe('what closing now would cost', () => {
  test.each(SAMPLES)('is answered as the API documents it, and adds up: %o', sample => {
    const view = sample === multiplierCoin ? market('0.0025', '2.5') : market()
    const row = closed(sample(), view)
    expect(closing.safeParse(row).error).toBeUndefined()
    const { netNowUsdt, netAfterUsdt, feesUsdt, slippageUsdt, markGapUsdt } = row
    if (netNowUsdt === null || netAfterUsdt === null) throw new Error('expected figures')
    const sum = new Decimal(netNowUsdt).minus(feesUsdt ?? 0).minus(slippageUsdt ?? 0)
    expect(sum.plus(markGapUsdt ?? 0).toFixed()).toBe(netAfterUsdt)
    expect(new Decimal(feesUsdt ?? 0).gt(0)).toBe(true)
  })

  test('a coin sold by the thousand costs the same as one sold singly', () => {
    const [single, thousand] = [
      closed(longCarry(), market()),
      closed(multiplierCoin(), market('0.0025', '2.5')),
    ]
    expect(thousand).toMatchObject({ feesUsdt: single.feesUsdt, slippageUsdt: single.slippageUsdt })
    expect(thousand.legs?.perp).toMatchObject({ base: '400000', fillPrice: '0.00250025' })
  })

  test('half of a hedge costs half', () => {
    const [whole, half] = [closed(longCarry(), market()), closed(longCarry(), market(), 0.5)]
    expect(half.heldUsdt).toBe('500')
    expect(new Decimal(half.feesUsdt ?? 0).times(2).toFixed()).toBe(whole.feesUsdt)
    expect(new Decimal(half.netAfterUsdt ?? 0).times(2).toFixed()).toBe(whole.netAfterUsdt)
  })

  test('what cannot be seen is not known, and says why', () => {
    const unseen = { feesUsdt: null, slippageUsdt: null, netAfterUsdt: null, legs: null }
    expect(closed(longCarry(), undefined)).toMatchObject(unseen)
    expect(closed(longCarry(), { ...market(), spotBook: null })).toMatchObject({
      ...unseen,
      unknownBecause: 'the spot order book has not arrived yet',
    })
    expect(
      closed(longCarry(), { ...market(), spotBook: bookAround(new Decimal('2.5'), '10') }),
    ).toMatchObject({
      ...unseen,
      unknownBecause: 'the spot order book is too thin: found 10, needed 400',
    })
  })
})

describe('what would make a hedge close', () => {
  test.each(SAMPLES)('is answered as the API documents it, each rule in words: %o', sample => {
    for (const view of [market(), undefined]) {
      const rules = exits(sample(), view)
      expect(exitRules.safeParse(rules).error).toBeUndefined()
      for (const { text } of rules.conditions) expect(text).not.toMatch(/undefined|NaN|null/)
    }
  })

  test('names the rules that are switched on, with where each stands and where it acts', () => {
    const { conditions, settlement, because } = exits(longCarry(), market())
    expect(because).toBeNull()
    expect(conditions.map(({ rule, isMet }) => [rule, isMet])).toEqual([
      ['carry-gone', false],
      ['basis-stop', false],
      ['margin', false],
    ])
    // Bought at 2.5025 with its fee, sold at 2.51: the basis was 30 bps and is none now, which is a gain.
    expect(conditions[1]).toMatchObject({ limit: 100, heldMsMin: 300_000, heldMs: 0 })
    expect(conditions[1]?.now).toBeCloseTo(-29.97, 1)
    expect(settlement).toMatchObject({ waitsForIt: true, inMs: 5 * 3_600_000 })
  })

  test('a reverse carry also closes when its loan may be recalled, and weighs funding its own way', () => {
    const { conditions, settlement } = exits(reverseCarry(), market())
    expect(conditions.find(({ rule }) => rule === 'borrow-inventory')).toMatchObject({
      limit: 200,
      now: 1_000_000,
    })
    expect(settlement?.waitsForIt).toBe(false)
    expect(conditions[0]).toMatchObject({ rule: 'carry-gone', isMet: true })
  })

  test('where the market cannot be seen its rules are unknown, and what needs no market still stands', () => {
    const { unseenBecause, conditions, settlement } = exits(longCarry(), undefined)
    expect(unseenBecause).not.toBeNull()
    expect(settlement).toBeNull()
    expect(conditions.map(({ rule, now }) => [rule, now])).toEqual([
      ['carry-gone', null],
      ['basis-stop', null],
      ['margin', 0.04],
    ])
  })

  test('a failed one says why it stands open', () => {
    expect(exits(failed(), market()).because).toBe('the spot order book has not arrived yet')
  })
})
