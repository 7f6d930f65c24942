/** Not to look is right only where looking would have found nothing: whatever the market, no pre-check hides what tempts. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeEntry } from '../../../src/domain/entry/opportunity.ts'
import { mayTempt } from '../../../src/domain/entry/pre-check.ts'
import { ROUTES } from '../../../src/domain/instrument.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import type { Level } from '../../../src/domain/market/order-book.ts'
import type { Rules } from '../../../src/domain/rules.ts'
import { feeRate, fundingRate, orderQty, price } from '../../../src/domain/units.ts'
import {
  anyGrid,
  bestOf,
  borrowable,
  marketOn,
  NOW_MS,
  paying,
  RULES,
  withSpread,
  XRP,
} from '../../support/domain/sample-market.ts'

const HOUR_MS = 3_600_000

const rate = (most: number) => fc.double({ min: -most, max: most, noNaN: true }).map(each => each.toFixed(8))
const share = fc.double({ min: 0, max: 1, noNaN: true })

/** Two books around their middles, `bps` apart, each some bps wide and a few levels deep. */
const anyShape = fc.record({
  basisBps: fc.double({ min: -250, max: 250, noNaN: true }),
  halfBps: fc.tuple(share, share).map(([spot, perp]) => ({ spot: spot * 8, perp: perp * 8 })),
  stepBps: share,
  depth: fc.constantFrom('1000000000000', '100000'),
})
type Shape = typeof anyShape extends fc.Arbitrary<infer Each> ? Each : never

function shaped(market: FreshMarket, { basisBps, halfBps, stepBps, depth }: Shape): FreshMarket {
  const { multiplier } = market.pair.perp
  const mid = new Decimal(market.ticker.indexPrice).div(multiplier)
  const side = (middle: Decimal, half: number, sign: number): Level[] =>
    [0, 1, 2].map(step => [
      price(middle.times(1 + (sign * (0.01 + half + step * stepBps)) / 10_000).toDecimalPlaces(18)),
      orderQty(depth),
    ])
  const book = (middle: Decimal, half: number) => ({
    bids: side(middle, half, -1),
    asks: side(middle, half, 1),
  })
  return {
    ...market,
    spotBook: book(mid, halfBps.spot),
    perpBook: book(mid.times(multiplier).times(1 + basisBps / 10_000), halfBps.perp),
  }
}

const anyMarket = fc
  .record({
    grid: anyGrid,
    shape: anyShape,
    rate: rate(0.004),
    paid: rate(0.004),
    leftHours: fc.double({ min: 0.1, max: 8, noNaN: true }),
    fees: fc.tuple(rate(0.0004), rate(0.001), rate(0.0004), rate(0.001)),
    borrow: fc.option(fc.double({ min: 0, max: 0.0001, noNaN: true })),
    model: fc.option(
      fc.record({ meanBps: fc.integer({ min: -200, max: 200 }), halfLifeHours: fc.constantFrom(2, 24, 900) }),
    ),
    native: fc.option(fc.constantFrom('0', '3', '-40')),
  })
  .map(({ grid, shape, rate, paid, leftHours, fees, borrow, model, native }) => {
    const [spotMaker, spotTaker, perpMaker, perpTaker] = fees
    const made = shaped(marketOn(grid, rate), shape)
    const market: FreshMarket = {
      ...made,
      ticker: {
        ...made.ticker,
        fundingRate: fundingRate(rate),
        nextFundingAtMs: NOW_MS + leftHours * HOUR_MS,
      },
      funding: paying(paid),
      feeRates: {
        spot: { maker: feeRate(spotMaker), taker: feeRate(spotTaker) },
        perp: { maker: feeRate(perpMaker), taker: feeRate(perpTaker) },
      },
      ...(model && { basisModel: model }),
    }
    const lent = borrow === null ? market : borrowable(market, borrow.toFixed(10))
    return native === null ? lent : withSpread(lent, native)
  })

const anyRules = fc
  .record({
    entryAprMin: fc.constantFrom(0, 0.02, 0.05, 0.2, 0.6),
    fundingAllowance: fc.constantFrom(0, 1),
    fundingMarketHours: fc.constantFrom(0, 240),
    exitSlippageFactor: fc.constantFrom(0, 1, 1.5),
    capitalBuffer: fc.constantFrom(0.05, 0.25),
    initialMarginRate: fc.constantFrom(0, 0.1),
    makerFillProbability: share,
    makerAdverseBps: fc.constantFrom(0, 1),
    takerMissProbability: fc.constantFrom(0, 0.1),
    orphanProbability: fc.constantFrom(0, 0.01),
    usdtRatePerHour: fc.constantFrom(0, 0.00001),
    volatilityPerHour: fc.constantFrom(0, 0.01),
    routes: fc.subarray([...ROUTES], { minLength: 1 }),
  })
  .map(
    ({ makerFillProbability, makerAdverseBps, takerMissProbability, routes, ...strategy }): Rules => ({
      ...RULES,
      strategy: { ...RULES.strategy, ...strategy },
      execution: { ...RULES.execution, makerFillProbability, makerAdverseBps, takerMissProbability, routes },
    }),
  )

test('whatever tempts is looked at', () => {
  const seen = { tempting: 0, hidden: 0 }
  fc.assert(
    fc.property(anyMarket, anyRules, (market, rules) => {
      const { verdict } = judgeEntry(market, rules, NOW_MS)
      const isLookedAt = mayTempt(bestOf(market), rules, NOW_MS)
      if (verdict === 'tempting') seen.tempting++
      if (!isLookedAt) seen.hidden++
      if (verdict === 'tempting') expect(isLookedAt).toBe(true)
    }),
    { numRuns: 400 },
  )
  // Both happen often enough to mean something.
  expect(seen.tempting).toBeGreaterThan(25)
  expect(seen.hidden).toBeGreaterThan(25)
})

test('no carry that is found is above its bound: with the hurdle at what was found, it is looked at', () => {
  fc.assert(
    fc.property(anyMarket, anyRules, (market, rules) => {
      const { carry } = judgeEntry(market, rules, NOW_MS)
      if (!carry || carry.cautiousApr <= 0) return
      const at: Rules = {
        ...rules,
        strategy: { ...rules.strategy, entryAprMin: carry.cautiousApr, idleApr: 0 },
      }
      expect(mayTempt(bestOf(market), at, NOW_MS)).toBe(true)
    }),
    { numRuns: 400 },
  )
})

describe('not looked at is', () => {
  test('a market whose rate pays no fees', () => {
    expect(mayTempt(bestOf(marketOn(XRP, '0.00001')), RULES, NOW_MS)).toBe(false)
  })
  test('one whose funding history was not read', () => {
    const { funding: _, ...unread } = marketOn(XRP, '0.01')
    expect(mayTempt(bestOf(unread), RULES, NOW_MS)).toBe(false)
  })
})

test('a market without a price is looked at: what is no number proves nothing', () => {
  const market = marketOn(XRP, '0.00001')
  expect(mayTempt(bestOf({ ...market, spotBook: { bids: [], asks: [] } }), RULES, NOW_MS)).toBe(true)
})
