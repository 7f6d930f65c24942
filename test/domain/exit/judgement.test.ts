import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { judgeExit } from '../../../src/domain/exit/judge-exit.ts'
import type { HeldHedge } from '../../../src/domain/exit/judgement.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FreshMarket, MarketView } from '../../../src/domain/market/market-view.ts'
import { price } from '../../../src/domain/units.ts'
import { bookAround, marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const HEDGE: HeldHedge = {
  entryBasisBps: 0,
  hedgedAtMs: NOW_MS - 48 * HOUR_MS,
  maintenanceMarginRate: '0.05',
}
const GOOD = marketOn(XRP)
const POOR = marketOn(XRP, '0')
const judge = (market: MarketView, inARow = 0, hedge = HEDGE) =>
  judgeExit(hedge, market, RULES, inARow, NOW_MS)

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
      found: '0',
      limit: '0.01',
    })
    expect(judge(GOOD, second.judgementsInARow)).toMatchObject({
      verdict: 'hold',
      because: 'carry-stays',
      judgementsInARow: 0,
    })
  })

  test('waits for the minimum hold, and not a millisecond longer', () => {
    const heldFor = (ms: number) => judge(POOR, 5, { ...HEDGE, hedgedAtMs: NOW_MS - ms })
    expect(heldFor(24 * HOUR_MS - 1)).toMatchObject({
      verdict: 'hold',
      because: 'hold-minimum',
      judgementsInARow: 6,
    })
    expect(heldFor(24 * HOUR_MS)).toMatchObject({ verdict: 'leave', because: 'carry-gone' })
  })

  test('does not count what it cannot see', () => {
    const stale = { ...POOR, receivedAtMs: { ...POOR.receivedAtMs, perpBook: NOW_MS - 5000 } }
    expect(judge(stale, 2)).toMatchObject({
      verdict: 'wait',
      because: 'perp-book-stale',
      judgementsInARow: 2,
    })
    expect(judge({ ...POOR, ticker: null }, 2)).toMatchObject({ verdict: 'wait', because: 'ticker-missing' })
  })
})

describe('the basis stop', () => {
  test('leaves at once when the loss passes the stop and funding does not pay for it', () => {
    expect(judge(withBasis(POOR, 97.9))).toMatchObject({ verdict: 'hold' })
    const stopped = judge(withBasis(POOR, 101))
    expect(stopped).toMatchObject({ verdict: 'leave', because: 'basis-stop', limit: '100 bps' })
    expect(stopped.exitBasisBps).toBeGreaterThan(100)
  })

  test('stays when funding inside the horizon pays more than the loss', () => {
    // 21 settlements of 5 bps: 105 bps.
    expect(judge(withBasis(GOOD, 101))).toMatchObject({ verdict: 'hold' })
    expect(judge(withBasis(GOOD, 110))).toMatchObject({ verdict: 'leave', because: 'basis-stop' })
  })

  test('counts from the basis that was entered', () => {
    expect(judge(withBasis(POOR, 150), 0, { ...HEDGE, entryBasisBps: 60 })).toMatchObject({ verdict: 'hold' })
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
