import { describe, expect, test } from 'vitest'
import { type HedgeClaim, ownersOfFills, ownersOfRows } from '../../../src/domain/books/row-owner.ts'
import type { TransactionRow } from '../../../src/domain/books/transaction.ts'
import { amount } from '../../../src/domain/units.ts'
import { fillOf, rowOf } from '../../support/domain/sample-trades.ts'

const HOUR_MS = 3_600_000
const [LONG, REVERSE, OLD] = ['LONG000001', 'REVERSE001', 'OLD0000001']

const claim = (hedgeId: string, coin: string, over: Partial<HedgeClaim> = {}): HedgeClaim => ({
  hedgeId,
  perpSymbol: `${coin}USDT`,
  spotSymbol: `${coin}USDT`,
  baseCoin: coin,
  direction: 'long-carry',
  fromMs: 10 * HOUR_MS,
  untilMs: null,
  ...over,
})
const CLAIMS = [
  claim(OLD, 'XRP', { fromMs: 0, untilMs: 9 * HOUR_MS }),
  claim(LONG, 'XRP'),
  claim(REVERSE, 'BTC', { direction: 'reverse-carry' }),
]
const FILLS = [
  fillOf({ execId: 'leg-1', orderLinkId: `${LONG}-CE0000` }),
  fillOf({ execId: 'leg-1', market: 'linear', orderLinkId: `${REVERSE}-CE0000` }),
  fillOf({ execId: 'hand', orderLinkId: 'by hand' }),
]

const ownerOf = (over: Partial<TransactionRow>, claims: readonly HedgeClaim[] = CLAIMS) => {
  const row = rowOf({ id: 'one', atMs: 11 * HOUR_MS, ...over })
  return ownersOfRows([row], { claims, ownersOfExecs: ownersOfFills(FILLS) }).get('one')
}

describe('whose a row of the log is', () => {
  test('is told by the order that it names, and by nothing else where that is a person’s', () => {
    expect(ownerOf({ orderLinkId: `${OLD}-PX0003` })).toBe(OLD)
    expect(ownerOf({ orderLinkId: 'by hand', tradeId: 'hand' })).toBeUndefined()
    expect(ownerOf({ symbol: 'XRPUSDT' })).toBeUndefined()
  })

  test('is told by the execution where a spread’s leg names no order, each market on its own', () => {
    expect(ownerOf({ tradeId: 'leg-1', market: 'spot' })).toBe(LONG)
    expect(ownerOf({ tradeId: 'leg-1', market: 'linear' })).toBe(REVERSE)
    expect(ownerOf({ tradeId: 'leg-2', market: 'linear' })).toBeUndefined()
  })

  test.each(['settlement', 'adl', 'liquidation', 'delivery'] as const)(
    'is of the hedge that held the symbol at that time for %s',
    kind => {
      expect(ownerOf({ kind, symbol: 'XRPUSDT' })).toBe(LONG)
      expect(ownerOf({ kind, symbol: 'XRPUSDT', atMs: 8 * HOUR_MS })).toBe(OLD)
      expect(ownerOf({ kind, symbol: 'SOLUSDT' })).toBeUndefined()
      // Between the two nobody held it: a person did.
      expect(ownerOf({ kind, symbol: 'XRPUSDT', atMs: 9.5 * HOUR_MS })).toBeUndefined()
    },
  )

  test('is of the hedge that owes the coin for interest, also for the hour before its debt was repaid', () => {
    expect(ownerOf({ kind: 'interest', coin: 'BTC', symbol: '' })).toBe(REVERSE)
    expect(ownerOf({ kind: 'interest', coin: 'XRP', symbol: '' })).toBeUndefined()
    expect(ownerOf({ kind: 'interest', coin: 'USDT', symbol: '' })).toBeUndefined()
    const repaid = [claim(REVERSE, 'BTC', { direction: 'reverse-carry', fromMs: 0, untilMs: 10.9 * HOUR_MS })]
    expect(ownerOf({ kind: 'interest', coin: 'BTC', symbol: '' }, repaid)).toBe(REVERSE)
  })

  test('is the hedge of the coin for a conversion, and for both coins of it', () => {
    const rows = [
      rowOf({
        id: 'e1/CURRENCY_SELL/USDT/',
        kind: 'conversion',
        symbol: '',
        cashFlow: amount('25'),
        atMs: 11 * HOUR_MS,
      }),
      rowOf({
        id: 'e1/CURRENCY_SELL/XRP/',
        kind: 'conversion',
        coin: 'XRP',
        symbol: '',
        cashFlow: amount('-10'),
        atMs: 11 * HOUR_MS,
      }),
      rowOf({
        id: 'e2/CURRENCY_SELL/USDT/',
        kind: 'conversion',
        symbol: '',
        cashFlow: amount('3'),
        atMs: 11 * HOUR_MS,
      }),
    ]
    const owners = ownersOfRows(rows, { claims: CLAIMS, ownersOfExecs: new Map() })
    expect(Object.fromEntries(owners)).toEqual({
      'e1/CURRENCY_SELL/USDT/': LONG,
      'e1/CURRENCY_SELL/XRP/': LONG,
    })
  })

  test('is nobody’s for transfers, bonuses, refunds and what has no rule', () => {
    for (const kind of ['transfer-in', 'transfer-out', 'bonus', 'fee-refund', 'other'] as const)
      expect(ownerOf({ kind, symbol: 'XRPUSDT', coin: 'XRP' })).toBeUndefined()
  })
})
