import { expect, test } from 'vitest'
import { opportunity } from '../../../src/api/rows/books.ts'
import { judgeEntry } from '../../../src/domain/entry/opportunity.ts'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const MARKET = {
  markPrice: null,
  fundingRate: null,
  fundingIntervalMs: null,
  nextFundingAtMs: null,
  basisBps: null,
  depthUsdt: null,
  state: 'idle.watching',
  stateBecause: '',
  engineRefuses: null,
}
const blind: MarketView = { ...marketOn(XRP), receivedAtMs: { spotBook: 0, perpBook: 0, ticker: 0 } }

test.each([
  ['tempting', marketOn(XRP), 'long-carry'],
  ['quiet', marketOn(XRP, '0.00001'), 'long-carry'],
  ['blind', blind, undefined],
] as const)(
  'a %s symbol is a row as the API documents it, of a direction only where one was judged',
  (verdict, market, direction) => {
    const row = opportunity.safeParse({ ...judgeEntry(market, RULES, NOW_MS), market: MARKET })
    expect(row.error?.issues ?? []).toEqual([])
    expect(row.data).toMatchObject({ verdict })
    expect(row.data?.direction).toBe(direction)
  },
)
