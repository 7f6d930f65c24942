import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { judgeExit } from '../../../src/domain/exit/judge-exit.ts'
import { type ExitJudgement, type HeldHedge, NO_MEMORY } from '../../../src/domain/exit/judgement.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FreshMarket, MarketView } from '../../../src/domain/market/market-view.ts'
import type { StrategyRules } from '../../../src/domain/rules.ts'
import { fundingRate, orderQty, price, usdt } from '../../../src/domain/units.ts'
import { bookAround, marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const HEDGE: HeldHedge = {
  entryBasisBps: 0,
  hedgedAtMs: NOW_MS - 48 * HOUR_MS,
  maintenanceMarginRate: '0.05',
}
const GOOD = marketOn(XRP)
const POOR = marketOn(XRP, '-0.0001')
const judge = (market: MarketView, judgementsInARow = 0, hedge = HEDGE) =>
  judgeExit(hedge, market, RULES, { ...NO_MEMORY, judgementsInARow }, NOW_MS)

/** The perpetual `bps` above spot. */
function withBasis(market: FreshMarket, bps: number): FreshMarket {
  const mid = new Decimal(XRP.midPrice).times(new Decimal(bps).div(10_000).plus(1))
  return {
    ...market,
    perpBook: bookAround(mid, '1000000'),
    ticker: { ...market.ticker, markPrice: price(mid) },
  }
}

describe('leaving because the carry is gone', () => {
  test('takes as many judgements in a row as the rules say; one good one starts the count anew', () => {
    const first = judge(POOR, 0)
    expect(first).toMatchObject({ verdict: 'hold', because: 'carry-fading', judgementsInARow: 1 })
    const second = judge(POOR, first.judgementsInARow)
    expect(second).toMatchObject({ verdict: 'hold', judgementsInARow: 2 })
    expect(judge(POOR, second.judgementsInARow)).toMatchObject({
      verdict: 'leave',
      because: 'carry-gone',
      found: expect.stringMatching(/^42(\.\d+)? bps saved by closing$/),
      limit: '0 bps to enter again',
    })
    expect(judge(GOOD, second.judgementsInARow)).toMatchObject({
      verdict: 'hold',
      because: 'carry-stays',
      judgementsInARow: 0,
    })
  })

  test('does not count what it cannot see', () => {
    const stale = { ...POOR, receivedAtMs: { ...POOR.receivedAtMs, perpBook: NOW_MS - 5000 } }
    expect(judge(stale, 2)).toMatchObject({
      verdict: 'wait',
      because: 'perp-book-stale',
      judgementsInARow: 2,
    })
    expect(judge({ ...POOR, ticker: null }, 2)).toMatchObject({ verdict: 'wait', because: 'ticker-missing' })
    const { funding: _, ...unread } = POOR
    expect(judge(unread, 9)).toMatchObject({
      verdict: 'wait',
      because: 'funding-unread',
      judgementsInARow: 9,
    })
  })
})

/** Looks every five seconds at what the market is then; the last judgement. */
function watched(marketAt: (second: number) => FreshMarket, seconds: number, hedge = HEDGE, rules = RULES) {
  let before: ExitJudgement | undefined
  for (let second = 0; second <= seconds; second += 5) {
    const nowMs = NOW_MS + second * 1000
    const market = marketAt(second)
    const seen = { ...market, receivedAtMs: { spotBook: nowMs, perpBook: nowMs, ticker: nowMs } }
    before = judgeExit(hedge, seen, rules, before ?? NO_MEMORY, nowMs)
    if (before.verdict === 'leave') return { ...before, second }
  }
  if (!before) throw new Error('expected a look')
  return { ...before, second: seconds }
}

describe('the basis stop', () => {
  const STILL = marketOn(XRP, '0')

  test('leaves once the loss has stood past the stop for minutes, and funding does not pay for it', () => {
    expect(watched(() => withBasis(STILL, 99), 600)).toMatchObject({ verdict: 'hold' })
    const stopped = watched(() => withBasis(STILL, 101), 600)
    expect(stopped).toMatchObject({
      verdict: 'leave',
      because: 'basis-stop',
      limit: '100 bps',
      second: RULES.strategy.basisStopMs / 1000,
    })
    expect(stopped.exitBasisBps).toBeGreaterThan(100)
  })

  test.each([
    { bps: 180, seconds: 10 },
    { bps: 300, seconds: 4 },
    { bps: 300, seconds: 290 },
  ])('holds through a spike of $bps bps for $seconds s', ({ bps, seconds }) => {
    const spike = (second: number) =>
      second >= 60 && second < 60 + seconds ? withBasis(STILL, bps) : withBasis(STILL, 5)
    expect(watched(spike, 900)).toMatchObject({ verdict: 'hold', stopSinceMs: null })
    // And a loss that comes back again and again in between has not stood.
    const flicker = (second: number) => withBasis(STILL, second % 60 === 0 ? 5 : bps)
    expect(watched(flicker, 900).verdict).toBe('hold')
  })

  test('begins anew after a time in which nothing could be seen', () => {
    const first = judgeExit(HEDGE, withBasis(STILL, 150), RULES, NO_MEMORY, NOW_MS)
    expect(first).toMatchObject({ because: 'stop-watched', stopSinceMs: NOW_MS })
    const blind = judgeExit(HEDGE, { ...STILL, spotBook: null }, RULES, first, NOW_MS + 5_000)
    expect(blind).toMatchObject({ verdict: 'wait', stopSinceMs: null })
  })

  test('is measured between the middles: a wide book is no loss', () => {
    const mid = new Decimal(XRP.midPrice)
    const wide = {
      ...STILL,
      perpBook: {
        bids: [[price(mid.times('0.985')), STILL.perpBook.bids[0]?.[1] ?? orderQty('1')] as const],
        asks: [[price(mid.times('1.015')), STILL.perpBook.asks[0]?.[1] ?? orderQty('1')] as const],
      },
    }
    expect(watched(() => wide, 600)).toMatchObject({ verdict: 'hold' })
  })

  test('is not for a loss that funding is about to pay for', () => {
    // 42 settlements of 5 bps: 210 bps.
    expect(watched(() => withBasis(GOOD, 205), 600)).toMatchObject({ verdict: 'hold' })
    expect(watched(() => withBasis(GOOD, 215), 600)).toMatchObject({
      verdict: 'leave',
      because: 'basis-stop',
    })
  })

  test('counts from the basis that was entered, and is silent while that is not known', () => {
    const entered = (entryBasisBps: number | null) =>
      watched(() => withBasis(STILL, 150), 600, { ...HEDGE, entryBasisBps }).verdict
    expect(entered(60)).toBe('hold')
    expect(entered(40)).toBe('leave')
    expect(entered(null)).toBe('hold')
  })
})

describe('a settlement that is about to pay', () => {
  /** Paid well at the next settlement, and expected to pay for it for weeks after. */
  const lastGood = (leftMs: number): FreshMarket => {
    const poor = marketOn(XRP, '-0.0004')
    return {
      ...poor,
      ticker: { ...poor.ticker, fundingRate: fundingRate('0.005'), nextFundingAtMs: NOW_MS + leftMs },
    }
  }
  const wants = (leftMs: number, hedge = HEDGE) => judge(lastGood(leftMs), 9, hedge)

  test('is waited for by a hedge that wants to leave: +50 bps in five seconds are not given away', () => {
    expect(wants(5_000)).toMatchObject({ verdict: 'hold', because: 'settlement-due' })
    expect(wants(5_000).found).toMatch(/^carry-gone, 4\d\.\d+ bps due in 5000 ms$/)
    expect(judge(marketOn(XRP, '-0.0004'), 9)).toMatchObject({ verdict: 'leave' })
  })

  test('is not waited for when risk ends the hedge', () => {
    expect(wants(5_000, { ...HEDGE, maintenanceMarginRate: '0.9' })).toMatchObject({
      verdict: 'leave',
      because: 'margin',
      urgent: true,
    })
  })
})

describe('all that a hedge made', () => {
  const rules = (strategy: Partial<StrategyRules>) => ({
    ...RULES,
    strategy: { ...RULES.strategy, ...strategy },
  })
  const earned = (receivedUsdt: string): HeldHedge => ({
    ...HEDGE,
    notionalUsdt: usdt('2000'),
    capitalUsdt: usdt('2500'),
    receivedUsdt: usdt(receivedUsdt),
  })
  const STILL = marketOn(XRP, '0')

  test('is taken as profit from a set point on, the exit paid: funding, basis and fees together', () => {
    // 100 bps of funding; 15.5 bps of fees and 2 bps of half spreads on the way out.
    const taken = (takeProfitBps: number) =>
      judgeExit(earned('20'), STILL, rules({ takeProfitBps }), NO_MEMORY, NOW_MS)
    expect(taken(0).verdict).toBe('hold')
    expect(taken(83).verdict).toBe('hold')
    expect(taken(82)).toMatchObject({ verdict: 'leave', because: 'take-profit', limit: '82 bps' })
  })

  test('ends it as a loss from another on, when that has stood for minutes', () => {
    const lost = (bps: number) =>
      watched(
        () => withBasis(STILL, bps),
        600,
        earned('-5'),
        rules({ hedgeLossBpsMax: 80, basisStopBps: 1000 }),
      )
    // 25 bps paid, 15.5 of fees to come.
    expect(lost(39)).toMatchObject({ verdict: 'hold' })
    expect(lost(40)).toMatchObject({ verdict: 'leave', because: 'loss-stop', limit: '80 bps', second: 300 })
  })

  test('is not judged while it is not known', () => {
    const { receivedUsdt: _, ...unknown } = earned('0')
    expect(judgeExit(unknown, STILL, rules({ takeProfitBps: 1 }), NO_MEMORY, NOW_MS).verdict).toBe('hold')
  })
})

describe('risk', () => {
  const dark: MarketView = { ...GOOD, spotBook: null, perpBook: null, ticker: null }

  test('leaves at the margin limit without looking at the market', () => {
    expect(judge(dark, 0, { ...HEDGE, maintenanceMarginRate: '0.5' })).toMatchObject({
      verdict: 'leave',
      because: 'margin',
    })
    expect(judge(dark, 0, { ...HEDGE, maintenanceMarginRate: '0.4999' })).toMatchObject({ verdict: 'wait' })
    // Not read is no rate at all.
    expect(judge(GOOD, 0, { ...HEDGE, maintenanceMarginRate: null })).toMatchObject({ verdict: 'hold' })
  })

  test('runs off a day before the perpetual is delisted, not when it is announced', () => {
    const delistedIn = (ms: number): MarketView => ({
      ...GOOD,
      pair: { ...GOOD.pair, perp: { ...GOOD.pair.perp, deliveryAtMs: NOW_MS + ms } },
    })
    expect(judge(delistedIn(24 * HOUR_MS + 1))).toMatchObject({ verdict: 'hold' })
    expect(judge(delistedIn(24 * HOUR_MS))).toMatchObject({ verdict: 'leave', because: 'delisting' })
  })
})

test('an exit judgement survives a trip through JSON', () => {
  for (const judgement of [judge(GOOD), judge(POOR, 9), judge({ ...GOOD, ticker: null })])
    expect(JSON.parse(JSON.stringify(judgement))).toEqual(judgement)
})
