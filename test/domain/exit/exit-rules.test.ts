import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { judgeExit } from '../../../src/domain/exit/judge-exit.ts'
import type { ExitInputs, HeldHedge } from '../../../src/domain/exit/judgement.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FreshMarket, MarketView } from '../../../src/domain/market/market-view.ts'
import { judgeSolvency } from '../../../src/domain/risk/solvency.ts'
import type { Rules, StrategyRules } from '../../../src/domain/rules.ts'
import { baseQty, fundingRate, orderQty, price, usdt } from '../../../src/domain/units.ts'
import { bookAround, borrowable, marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

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
) => judgeExit(hedge, market, rules, inARow, NOW_MS, inputs)

describe('leaving for negative funding', () => {
  /** Books without a spread and fees of 31 bps: a round trip costs exactly that. */
  const at = (bps: number): FreshMarket => {
    const level = [[price('2.5'), orderQty('1000000')]] as const
    const book = { bids: level, asks: level }
    return { ...marketOn(XRP, new Decimal(bps).div(10_000).toFixed()), spotBook: book, perpBook: book }
  }
  // Three settlements are left until the maximum hold, and no more are looked at.
  const spell = (reentryProbability: number): Rules =>
    ruledBy({
      reentryProbability,
      horizonHours: 24,
      holdMaxMs: 72 * HOUR_MS,
      exitAprFloor: -10,
      exitAprMax: 0.02,
    })

  test('tolerates about 10 bps a print over a day of 31 bps round trips, when coming back is certain', () => {
    expect(judge(at(-10), { rules: spell(1) })).toMatchObject({
      verdict: 'hold',
      because: 'cheaper-to-stay',
      found: '30 bps gained by leaving',
      limit: '31 bps to come back',
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
    expect(judge(at(-5), { hedge, rules: spell(1) })).toMatchObject({ limit: '15.5 bps to come back' })
    expect(judge(at(-5.2), { hedge, rules: spell(1) }).because).toBe('carry-gone')
  })

  test('is for any loss when nobody comes back', () => {
    expect(judge(at(-0.01), { rules: spell(0) })).toMatchObject({ verdict: 'leave', because: 'carry-gone' })
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

  test('looks only at the spell that is expected to cost: a rate that recovers soon is waited for', () => {
    const soon = { meanRatePerHour: fundingRate('0.0001'), halfLifeHours: 2 }
    const patient = ruledBy({
      reentryProbability: 1,
      horizonHours: 24,
      exitAprMax: 0.9,
      exitAprFloor: -10,
    })
    const recovering = judge({ ...at(-10), fundingModel: soon }, { rules: patient })
    expect(recovering).toMatchObject({
      verdict: 'hold',
      because: 'cheaper-to-stay',
      found: '10 bps gained by leaving',
    })
    expect(judge(at(-10), { rules: patient }).because).toBe('carry-gone')
  })

  test('counts what the capital would earn elsewhere meanwhile', () => {
    const rules = spell(1)
    const inputs = { alternativeApr: 0.1 }
    // 0.1 a year on 1.25 of notional over a day is 3.4 bps: with it the limit is passed.
    expect(judge(at(-10), { rules, inputs })).toMatchObject({ verdict: 'leave' })
    expect(judge(at(-9), { rules, inputs }).verdict).toBe('hold')
  })

  test('leaves at once at the floor, before any hold or count', () => {
    const fresh = { ...HEDGE, hedgedAtMs: NOW_MS - 1 }
    // −10 bps every eight hours is −109.5 % a year.
    const floored = judge(at(-10), { hedge: fresh, rules: ruledBy({ reentryProbability: 1 }), inARow: 0 })
    expect(floored).toMatchObject({ verdict: 'leave', because: 'funding-floor', limit: '-1' })
    expect(
      judge(at(-9), { hedge: fresh, rules: ruledBy({ reentryProbability: 1 }), inARow: 0 }).verdict,
    ).toBe('hold')
  })
})

describe('patience', () => {
  const gone = marketOn(XRP, '0')

  test('asks for a settled rate that did not pay, where settled rates are told', () => {
    const settled = (rate: string, agoMs: number): ExitInputs => ({
      lastSettled: { rate: fundingRate(rate), settledAtMs: NOW_MS - agoMs },
    })
    expect(judge(gone, { inputs: { lastSettled: null } })).toMatchObject({
      verdict: 'hold',
      because: 'awaiting-print',
      found: 'none settled',
    })
    expect(judge(gone, { inputs: settled('0.0001', HOUR_MS) }).because).toBe('awaiting-print')
    expect(judge(gone, { inputs: settled('-0.0001', 49 * HOUR_MS) }).because).toBe('awaiting-print')
    expect(judge(gone, { inputs: settled('-0.0001', HOUR_MS) })).toMatchObject({ verdict: 'leave' })
    expect(judge(gone).verdict).toBe('leave')
  })

  test('keeps a hedge until its break-even, unless the rules turn that off or risk ends it', () => {
    const hedge = { ...HEDGE, breakEvenHours: 72 }
    expect(judge(gone, { hedge })).toMatchObject({
      verdict: 'hold',
      because: 'hold-minimum',
      limit: `${72 * HOUR_MS} ms`,
    })
    expect(judge(gone, { hedge: { ...hedge, hedgedAtMs: NOW_MS - 72 * HOUR_MS } }).verdict).toBe('leave')
    expect(judge(gone, { hedge, rules: ruledBy({ holdBreakEvenFactor: 0 }) }).verdict).toBe('leave')
    expect(judge(gone, { hedge, inputs: { reduceOnly: true } })).toMatchObject({
      because: 'reduce-only',
      urgent: true,
    })
    expect(judge(gone, { hedge: { ...HEDGE, breakEvenHours: null } }).verdict).toBe('leave')
  })

  test('ends with the maximum hold, however well it pays and whether or not it can be seen', () => {
    const old = { ...HEDGE, hedgedAtMs: NOW_MS - RULES.strategy.holdMaxMs }
    expect(judge(marketOn(XRP), { hedge: old })).toMatchObject({ verdict: 'leave', because: 'hold-maximum' })
    expect(judge({ ...marketOn(XRP), ticker: null }, { hedge: old }).because).toBe('hold-maximum')
    expect(judge(marketOn(XRP), { hedge: { ...old, hedgedAtMs: old.hedgedAtMs + 1 } }).verdict).toBe('hold')
  })
})

test('a better opportunity is followed only when it gains more than coming back may cost', () => {
  // Stays at 0.1095 a year on notional; elsewhere pays on 1.25 of it. A week of 0.6405 more is 122.8 bps.
  const rules = (reentryProbability: number) => ruledBy({ reentryProbability })
  const paying = marketOn(XRP, '0.0001')
  const better = { alternativeApr: 0.6 }
  expect(judge(paying, { rules: rules(1), inputs: better })).toMatchObject({
    verdict: 'leave',
    because: 'better-elsewhere',
  })
  expect(judge(paying, { rules: rules(1), inputs: better, inARow: 0 }).because).toBe('carry-fading')
  // 31 bps of fees and 4 of spreads: 0.1 a year on capital is worse than that.
  expect(judge(paying, { rules: rules(1), inputs: { alternativeApr: 0.2 } }).because).toBe('carry-stays')
  expect(judge(paying, { rules: rules(0), inputs: { alternativeApr: 0.2 } }).because).toBe('better-elsewhere')
  expect(judge(paying, { rules: rules(0), inputs: { alternativeApr: null } }).because).toBe('carry-stays')
})

describe('a reverse hedge', () => {
  const paying = borrowable(marketOn(XRP, '-0.0005'), '0.00001')
  const reverse = (market: MarketView, rules = RULES) => judge(market, { hedge: REVERSE, rules })

  test('stays while longs are paid, and is left when they pay', () => {
    const stays = reverse(paying)
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
    expect(reverse(borrowable(marketOn(XRP, '-0.0005'), '0.0000626'))).toMatchObject({
      verdict: 'leave',
      because: 'borrow-cost',
    })
  })

  test('is left at once when its loan may be recalled, without looking at the market', () => {
    const blind = { ...paying, spotBook: null, perpBook: null, ticker: null }
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
    expect(reverse(down(97), ruledBy({ reentryProbability: 1 })).because).not.toBe('basis-stop')
    const stopped = reverse(down(101))
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

  test('a verdict of the real model fits as it is', () => {
    const model = judgeSolvency({ usdt: usdt('0'), holdings: [] }, { ...RULES.strategy, ...RULES.limits })
    expect(judge(marketOn(XRP), { inputs: { solvency: model } }).verdict).toBe('hold')
  })
})

test('every verdict says what was found and what the limit is, and survives a trip through JSON', () => {
  const rate = fc.integer({ min: -300, max: 300 }).map(each => new Decimal(each).div(100_000).toFixed())
  const inputs = fc.record({
    alternativeApr: fc.option(fc.double({ min: -1, max: 3, noNaN: true })),
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
