import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HORIZONS_HOURS } from '../../../src/domain/carry/carry.ts'
import { judgeExit } from '../../../src/domain/exit/judge-exit.ts'
import type { ExitInputs, HeldHedge } from '../../../src/domain/exit/judgement.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FreshMarket, MarketView } from '../../../src/domain/market/market-view.ts'
import { judgeSolvency } from '../../../src/domain/risk/solvency.ts'
import type { Rules, StrategyRules } from '../../../src/domain/rules.ts'
import { baseQty, orderQty, price, usdt } from '../../../src/domain/units.ts'
import {
  bookAround,
  borrowable,
  marketOn,
  NOW_MS,
  paying,
  RULES,
  XRP,
} from '../../support/domain/sample-market.ts'

const HEDGE: HeldHedge = {
  entryBasisBps: 0,
  hedgedAtMs: NOW_MS - 48 * HOUR_MS,
  maintenanceMarginRate: '0.05',
}
const REVERSE: HeldHedge = { ...HEDGE, direction: 'reverse-carry', baseQty: baseQty('800') }
const ruledBy = (strategy: Partial<StrategyRules>): Rules => ({
  ...RULES,
  strategy: { ...RULES.strategy, ...strategy },
})
const judge = (
  market: MarketView,
  { hedge = HEDGE, rules = RULES, inputs = {} as ExitInputs, inARow = 9 } = {},
) => judgeExit(hedge, market, rules, { judgementsInARow: inARow, stopSinceMs: null }, NOW_MS, inputs)

describe('leaving for negative funding', () => {
  /** Books without a spread and fees of 31 bps: a round trip costs exactly that. */
  const at = (bps: number): FreshMarket => {
    const level = [[price('2.5'), orderQty('1000000')]] as const
    const book = { bids: level, asks: level }
    return { ...marketOn(XRP, new Decimal(bps).div(10_000).toFixed()), spotBook: book, perpBook: book }
  }
  // Three settlements are inside the horizon.
  const spell = (reentryProbability: number): Rules => ruledBy({ reentryProbability, exitHorizonHours: 24 })

  test('tolerates about 10 bps a print over a day of 31 bps round trips, when coming back is certain', () => {
    expect(judge(at(-10), { rules: spell(1) })).toMatchObject({
      verdict: 'hold',
      because: 'cheaper-to-stay',
      found: expect.stringMatching(/^(30(\.0+\d*)?|29\.9+\d*) bps saved by closing$/),
      limit: '31 bps to enter again',
      judgementsInARow: 0,
    })
    expect(judge(at(-10.4), { rules: spell(1) })).toMatchObject({ verdict: 'leave', because: 'carry-gone' })
    expect(judge(at(-5), { rules: spell(0.5) }).because).toBe('cheaper-to-stay')
    expect(judge(at(-5.2), { rules: spell(0.5) }).because).toBe('carry-gone')
  })

  test('tolerates less on a cheaper route', () => {
    // By the native spread a round trip is 15.5 bps.
    const hedge = {
      ...HEDGE,
      notionalUsdt: usdt('2000'),
      capitalUsdt: usdt('2500'),
      roundTripUsdt: usdt('3.1'),
    }
    expect(judge(at(-5), { hedge, rules: spell(1) })).toMatchObject({ limit: '15.5 bps to enter again' })
    expect(judge(at(-5.2), { hedge, rules: spell(1) }).because).toBe('carry-gone')
  })

  test('is for any loss when nobody comes back', () => {
    expect(judge(at(-0.01), { rules: spell(0) })).toMatchObject({ verdict: 'leave', because: 'carry-gone' })
    expect(judge(at(0), { rules: spell(0) })).toMatchObject({ verdict: 'hold', because: 'carry-stays' })
  })

  test('never comes later for a worse rate, nor sooner for a dearer return', () => {
    const bps = fc.integer({ min: -200, max: 50 }).map(each => each / 10)
    const chance = fc.integer({ min: 0, max: 100 }).map(each => each / 100)
    const leaves = (rate: number, reentry: number) =>
      judge(at(rate), { rules: spell(reentry) }).verdict === 'leave'
    fc.assert(
      fc.property(bps, bps, chance, chance, (one, two, rare, often) => {
        if (leaves(Math.max(one, two), rare)) expect(leaves(Math.min(one, two), rare)).toBe(true)
        if (leaves(one, Math.max(rare, often))) expect(leaves(one, Math.min(rare, often))).toBe(true)
      }),
    )
  })

  test('waits for a rate that recovers soon', () => {
    const { memory } = paying('-0.001')
    // Bad for the last two days, good in the long run.
    const funding = { memory: { ...memory, slowRate: 0.00003 * memory.slowHours }, marketPerHour: 0 }
    const rules = ruledBy({ reentryProbability: 1, fundingFadeHours: 24 })
    expect(judge({ ...at(-10), funding }, { rules }).verdict).toBe('hold')
    expect(judge(at(-10), { rules }).because).toBe('carry-gone')
  })

  test('counts what the capital would earn idle meanwhile', () => {
    const rules = (idleApr: number) => ruledBy({ reentryProbability: 1, exitHorizonHours: 24, idleApr })
    // 0.1 a year on 1.25 of notional over a day is 3.4 bps: with it the limit is passed.
    expect(judge(at(-10), { rules: rules(0.1) })).toMatchObject({ verdict: 'leave' })
    expect(judge(at(-9), { rules: rules(0.1) }).verdict).toBe('hold')
    expect(judge(at(-10), { rules: rules(0) }).verdict).toBe('hold')
  })
})

describe('time', () => {
  test('alone ends no hedge that pays, unless the rules say when', () => {
    const old = { ...HEDGE, hedgedAtMs: NOW_MS - 365 * 24 * HOUR_MS }
    expect(judge(marketOn(XRP), { hedge: old }).verdict).toBe('hold')
    const rules = ruledBy({ holdMaxMs: 90 * 24 * HOUR_MS })
    // It pays at the next settlement: that is taken with it.
    expect(judge(marketOn(XRP), { hedge: old, rules }).because).toBe('settlement-due')
    expect(judge(marketOn(XRP, '0'), { hedge: old, rules })).toMatchObject({ because: 'hold-maximum' })
    const young = { ...HEDGE, hedgedAtMs: NOW_MS - 90 * 24 * HOUR_MS + 1 }
    expect(judge(marketOn(XRP, '0'), { hedge: young, rules }).verdict).toBe('hold')
  })

  test('does not keep a hedge whose carry has gone: what coming back costs does', () => {
    const fresh = { ...HEDGE, hedgedAtMs: NOW_MS - 60_000 }
    expect(judge(marketOn(XRP, '-0.0001'), { hedge: fresh })).toMatchObject({
      verdict: 'leave',
      because: 'carry-gone',
    })
    const dear = ruledBy({ reentryProbability: 1, exitHorizonHours: 24 })
    expect(judge(marketOn(XRP, '-0.0001'), { hedge: fresh, rules: dear }).because).toBe('cheaper-to-stay')
  })
})

test('a better opportunity is followed only when it gains more than coming back may cost', () => {
  // Stays at 0.1095 a year on notional; elsewhere pays on 1.25 of it. A week of 0.6405 more is 122.8 bps.
  const rules = (reentryProbability: number) => ruledBy({ reentryProbability, settlementGuardMs: 0 })
  const waning = marketOn(XRP, '-0.00001')
  const elsewhere = (aprOnCapital: number): ExitInputs => ({
    alternative: { aprOnCapital, horizonHours: 168, symbol: 'SOLUSDT' },
  })
  const followed = judge(waning, { rules: rules(1), inputs: elsewhere(0.6) })
  expect(followed).toMatchObject({ verdict: 'leave', because: 'better-elsewhere' })
  expect(followed.found).toMatch(/^\d+\.\d+ bps saved by closing for SOLUSDT$/)
  expect(judge(waning, { rules: rules(1), inputs: elsewhere(0.6), inARow: 0 }).because).toBe('carry-fading')
  // A payment of 1 bp is taken along when it is near; for one that is five hours off, 4 bps elsewhere are not missed.
  const paid = marketOn(XRP, '0.0001')
  const near = { ...paid, ticker: { ...paid.ticker, nextFundingAtMs: NOW_MS + HOUR_MS } }
  const because = (market: typeof paid) => judge(market, { rules: rules(1), inputs: elsewhere(0.6) }).because
  expect(because(near)).toBe('settlement-due')
  expect(because(paid)).toBe('better-elsewhere')
  // 31 bps of fees and 4 of spreads: 0.1 a year on capital is worse than that.
  expect(judge(waning, { rules: rules(1), inputs: elsewhere(0.1) }).because).toBe('cheaper-to-stay')
  expect(judge(waning, { rules: rules(0), inputs: elsewhere(0.1) }).because).toBe('better-elsewhere')
  // What pays for one day alone is not counted for a week.
  const brief: ExitInputs = { alternative: { aprOnCapital: 0.6, horizonHours: 24 } }
  expect(judge(waning, { rules: rules(1), inputs: brief }).because).toBe('cheaper-to-stay')
  expect(judge(marketOn(XRP, '0.0001'), { rules: rules(0), inputs: { alternative: null } }).because).toBe(
    'carry-stays',
  )
})

describe('a reverse hedge', () => {
  const lent = borrowable(marketOn(XRP, '-0.0005'), '0.00001')
  const reverse = (market: MarketView, rules = RULES) => judge(market, { hedge: REVERSE, rules })

  test('stays while longs are paid, and is left when they pay', () => {
    const stays = reverse(lent)
    expect(stays).toMatchObject({ verdict: 'hold', because: 'carry-stays' })
    expect(stays.fundingApr).toBeCloseTo(0.5475, 9)
    expect(reverse(borrowable(marketOn(XRP, '0.0005')))).toMatchObject({
      verdict: 'leave',
      because: 'carry-gone',
    })
  })

  test('is left when the borrow costs more than the funding brings', () => {
    // 5 bps every eight hours is 0.625 bps an hour.
    expect(reverse(borrowable(marketOn(XRP, '-0.0005'), '0.0000624')).because).not.toBe('borrow-cost')
    // Dearer than what the next settlement brings, too.
    expect(reverse(borrowable(marketOn(XRP, '-0.0005'), '0.0001'))).toMatchObject({
      verdict: 'leave',
      because: 'borrow-cost',
    })
  })

  test('is left at once when its loan may be recalled, without looking at the market', () => {
    const blind = { ...lent, spotBook: null, perpBook: null, ticker: null }
    const loan = (availableBase: string, marginTrading = true): MarketView => ({
      ...blind,
      borrow: { hourlyRate: '0', availableBase: baseQty(availableBase), marginTrading },
    })
    expect(reverse(loan('400')).verdict).toBe('wait')
    expect(reverse(loan('399.9'))).toMatchObject({
      verdict: 'leave',
      because: 'borrow-inventory',
      limit: '400',
    })
    expect(reverse(loan('1000000', false))).toMatchObject({ verdict: 'leave', because: 'margin-trading-off' })
    // A long carry owes nothing.
    expect(judge(loan('0', false)).verdict).toBe('wait')
  })

  test('loses when the basis falls, by the way out of its own sides', () => {
    const down = (bps: number): FreshMarket => {
      const mid = new Decimal(XRP.midPrice).times(1 - bps / 10_000)
      return { ...borrowable(marketOn(XRP, '0')), perpBook: bookAround(mid, '1000000') }
    }
    const atOnce = ruledBy({ reentryProbability: 1, basisStopMs: 0 })
    expect(reverse(down(97), atOnce).because).not.toBe('basis-stop')
    const stopped = reverse(down(101), atOnce)
    expect(stopped).toMatchObject({ verdict: 'leave', because: 'basis-stop' })
    expect(stopped.exitBasisBps).toBeLessThan(-100)
  })
})

describe('the exit basis', () => {
  test('is what a slice would really pay where its size is known', () => {
    const market: FreshMarket = {
      ...marketOn(XRP),
      perpBook: {
        bids: [[price('2.49975'), orderQty('1000')]],
        asks: [
          [price('2.50025'), orderQty('100')],
          [price('2.55'), orderQty('1000')],
        ],
      },
    }
    const [best, slice] = [
      judge(market),
      judge(market, { hedge: { ...HEDGE, sliceBaseQty: baseQty('200') } }),
    ]
    expect(best.exitBasisBps).toBeCloseTo(2, 6)
    // Half of the slice pays 2.55: 99.5 bps more than the best price, on average.
    expect(slice.exitBasisBps).toBeCloseTo(2 + 99.5, 6)
  })
})

describe('risk', () => {
  const dark: MarketView = { ...marketOn(XRP), spotBook: null, perpBook: null, ticker: null }
  const solvency = {
    verdict: 'ok' as const,
    found: '0.1 now',
    limit: '0.5',
    liquidationUp: null,
    liquidationDown: null,
  }

  test('leaves when the solvency model says reduce or flatten, not when it only warns', () => {
    const verdictOf = (verdict: 'ok' | 'warn' | 'reduce' | 'flatten') =>
      judge(dark, { inputs: { solvency: { ...solvency, verdict } } })
    expect([verdictOf('ok').verdict, verdictOf('warn').verdict]).toEqual(['wait', 'wait'])
    for (const verdict of ['reduce', 'flatten'] as const)
      expect(verdictOf(verdict)).toMatchObject({
        verdict: 'leave',
        because: 'solvency',
        found: '0.1 now',
        limit: '0.5',
      })
  })

  test('is judged by the hedge itself while the account’s solvency is not known: nothing is left for that alone', () => {
    const unknown = { ...solvency, verdict: 'unknown' as const, found: 'collateral not read yet' }
    expect(judge(dark, { inputs: { solvency: unknown } }).verdict).toBe('wait')
    const stale = { ...unknown, liquidationUp: 1.01 }
    expect(judge(dark, { inputs: { solvency: stale } }).verdict).toBe('wait')
  })

  test('leaves at once what the exchange lets only be reduced', () => {
    expect(judge(dark, { inputs: { reduceOnly: true } })).toMatchObject({
      verdict: 'leave',
      because: 'reduce-only',
    })
    expect(judge(dark, { inputs: { reduceOnly: false } }).verdict).toBe('wait')
  })

  test('leaves when the account’s own liquidation price is near, up or down', () => {
    const near = (liquidationUp: number | null, liquidationDown: number | null) =>
      judge(dark, { inputs: { solvency: { ...solvency, liquidationUp, liquidationDown } } }).because
    expect(near(1.14, null)).toBe('liquidation-near')
    expect(near(1.16, null)).not.toBe('liquidation-near')
    expect(near(2, 0.86)).toBe('liquidation-near')
    expect(near(2, 0.8)).not.toBe('liquidation-near')
  })

  test('falls back to the hedge’s own distance by the live collateral, so that a haircut shows at once', () => {
    const hedge: HeldHedge = {
      ...HEDGE,
      baseQty: baseQty('800'),
      notionalUsdt: usdt('2000'),
      capitalUsdt: usdt('2500'),
      markPrice: price('2.5'),
    }
    const counting = (ratio: string, markPrice = '2.5'): MarketView => {
      const market = marketOn(XRP)
      return {
        ...market,
        ticker: { ...market.ticker, markPrice: price(markPrice) },
        collateral: { tiers: [{ upToBase: null, ratio }], enabled: true, restricted: false },
      }
    }
    // 1.25 / (1 − v + 0.02): 3.9 times at 0.7, 1.225 times at 0.
    expect(judge(counting('0.7'), { hedge }).verdict).toBe('hold')
    expect(judge(counting('0'), { hedge }).verdict).toBe('hold')
    expect(judge(counting('0', '2.7'), { hedge })).toMatchObject({
      verdict: 'leave',
      because: 'liquidation-near',
      found: '0.1347',
      limit: '0.15',
    })
  })

  test('leaves near auto-deleveraging and before a delivery, as long before as the rules say', () => {
    expect(judge({ ...dark, adl: { rank: 4 } }).verdict).toBe('wait')
    expect(judge({ ...dark, adl: { rank: 5 } })).toMatchObject({ verdict: 'leave', because: 'adl-near' })
    const delivered: MarketView = {
      ...dark,
      pair: { ...dark.pair, perp: { ...dark.pair.perp, deliveryAtMs: NOW_MS + 30 * HOUR_MS } },
    }
    expect(judge(delivered).verdict).toBe('wait')
    const earlier = ruledBy({ delistingRunOffMs: 30 * HOUR_MS })
    expect(judge(delivered, { rules: earlier })).toMatchObject({ verdict: 'leave', because: 'delisting' })
  })

  test('leaves a perpetual whose delisting is announced when nobody knows the instant of its delivery', () => {
    const announced: MarketView = {
      ...dark,
      delisting: { title: 'Delisting of XRPUSDT Perpetual Contract', endsSpot: false },
    }
    expect(judge(announced)).toMatchObject({ verdict: 'leave', because: 'delisting' })
    const inThreeDays = { ...dark.pair.perp, deliveryAtMs: NOW_MS + 72 * HOUR_MS }
    expect(judge({ ...announced, pair: { ...dark.pair, perp: inThreeDays } }).verdict).toBe('wait')
  })

  test('a verdict of the real model fits as it is', () => {
    const model = judgeSolvency({ usdt: usdt('0'), holdings: [] }, { ...RULES.strategy, ...RULES.limits })
    expect(judge(marketOn(XRP), { inputs: { solvency: model } }).verdict).toBe('hold')
  })
})

test('every verdict says what was found and what the limit is, and survives a trip through JSON', () => {
  const rate = fc.integer({ min: -300, max: 300 }).map(each => new Decimal(each).div(100_000).toFixed())
  const inputs = fc.record({
    alternative: fc.option(
      fc.record({
        aprOnCapital: fc.double({ min: -1, max: 3, noNaN: true }),
        horizonHours: fc.constantFrom(...HORIZONS_HOURS),
      }),
    ),
    reduceOnly: fc.boolean(),
  })
  fc.assert(
    fc.property(rate, inputs, fc.boolean(), fc.nat(5), (paid, more, reverse, inARow) => {
      const market = borrowable(marketOn(XRP, paid), '0.00002')
      const judged = judge(market, { hedge: reverse ? REVERSE : HEDGE, inputs: more, inARow })
      expect(judged.found).not.toBe('')
      expect(judged.limit).not.toBe('')
      expect(JSON.parse(JSON.stringify(judged))).toEqual(judged)
    }),
  )
})
