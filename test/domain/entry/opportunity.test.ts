import { describe, expect, test } from 'vitest'
import { judgeEntry } from '../../../src/domain/entry/opportunity.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const market = marketOn(XRP)
const judge = (view: MarketView, rules = RULES) => judgeEntry(view, rules, NOW_MS)
const late = (part: 'spotBook' | 'perpBook' | 'ticker', ageMs: number): MarketView => ({
  ...market,
  receivedAtMs: { ...market.receivedAtMs, [part]: NOW_MS - ageMs },
})

describe('an entry judgement', () => {
  test('is tempting when the net carry on capital is above the entry rate, and shows both numbers', () => {
    const judgement = judge(market)
    expect(judgement).toMatchObject({ verdict: 'tempting', because: 'carry-above-entry', limit: '0.05' })
    expect(Number(judgement.found)).toBe(judgement.carry?.cautiousApr)
    expect(JSON.parse(JSON.stringify(judgement))).toEqual(judgement)
  })

  test('is quiet when a rate does not pay four fees over any time it may be held', () => {
    const judgement = judge(marketOn(XRP, '0.00001'))
    expect(judgement).toMatchObject({ verdict: 'quiet', because: 'carry-below-entry' })
    expect(judgement.carry?.fundingApr).toBeGreaterThan(0.01)
    expect(judgement.carry?.aprOnCapital).toBeLessThan(0)
  })

  test('is tempting when weeks of an ordinary rate pay the fees that a day never would', () => {
    const judgement = judge(marketOn(XRP, '0.0001'))
    expect(judgement.verdict).toBe('tempting')
    expect(judgement.carry?.path[0]?.cautiousApr).toBeLessThan(-0.9)
    expect(judgement.carry?.horizonHours).toBe(2160)
  })

  test('is quiet at exactly the entry rate: it must be above', () => {
    const apr = judge(market).carry?.cautiousApr ?? Number.NaN
    const at = (entryAprMin: number) =>
      judge(market, { ...RULES, strategy: { ...RULES.strategy, entryAprMin } })
    expect(at(apr).verdict).toBe('quiet')
    expect(at(apr - 1e-12).verdict).toBe('tempting')
  })

  test.each([
    ['spotBook', 'spot-book-stale', 2000],
    ['perpBook', 'perp-book-stale', 2000],
    ['ticker', 'ticker-stale', 60_000],
  ] as const)('is blind when its %s is too old, and not a millisecond before', (part, because, limitMs) => {
    expect(judge(late(part, limitMs)).verdict).toBe('tempting')
    expect(judge(late(part, limitMs + 1))).toMatchObject({
      verdict: 'blind',
      because,
      found: `${limitMs + 1} ms`,
      limit: `${limitMs} ms`,
      carry: null,
    })
  })

  test.each([
    ['spotBook', 'spot-book-missing'],
    ['perpBook', 'perp-book-missing'],
    ['ticker', 'ticker-missing'],
  ] as const)('is blind without a %s', (part, because) => {
    expect(judge({ ...market, [part]: null })).toMatchObject({ verdict: 'blind', because })
  })

  test('is blind when a side of a book is empty', () => {
    const judgement = judge({ ...market, perpBook: { ...market.perpBook, bids: [] } })
    expect(judgement).toMatchObject({ because: 'perp-book-missing', found: '0 bids, 1 asks' })
  })

  test('is quiet when a settlement is nearer than the guard, and still shows the carry', () => {
    const settlingIn = (ms: number) =>
      judge({ ...market, ticker: { ...market.ticker, nextFundingAtMs: NOW_MS + ms } })
    expect(settlingIn(60_000).verdict).toBe('tempting')
    expect(settlingIn(59_999)).toMatchObject({
      verdict: 'quiet',
      because: 'settlement-near',
      found: '59999 ms',
    })
    expect(settlingIn(59_999).carry?.aprOnCapital).toBeGreaterThan(0.05)
  })

  test('is quiet when a delisting is announced or a side does not trade, even if nothing can be seen', () => {
    const { pair } = market
    const blindfold = { spotBook: null, perpBook: null, ticker: null }
    const delisting = { ...pair, perp: { ...pair.perp, deliveryAtMs: NOW_MS + 72 * HOUR_MS } }
    expect(judge({ ...market, ...blindfold, pair: delisting })).toMatchObject({
      because: 'delisting-announced',
    })
    const noSpot = { ...pair, spot: { ...pair.spot, trading: false } }
    expect(judge({ ...market, pair: noSpot })).toMatchObject({
      verdict: 'quiet',
      because: 'spot-not-trading',
    })
    const noPerp = { ...pair, perp: { ...pair.perp, trading: false } }
    expect(judge({ ...market, pair: noPerp })).toMatchObject({
      verdict: 'quiet',
      because: 'perp-not-trading',
    })
  })

  test('is quiet when a slice does not fit the depth', () => {
    const judgement = judge(marketOn(XRP, '0.0005', '2'))
    expect(judgement).toMatchObject({ verdict: 'quiet', because: 'spot-depth' })
    expect(Number(judgement.found)).toBeLessThan(Number(judgement.limit))
  })
})
