import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newHedge } from '../../../machines/hedge/context.ts'
import { dustBase, dustLots, dustPostings } from '../../../src/domain/books/dust.ts'
import { executionQuality } from '../../../src/domain/books/execution-quality.ts'
import { hedgeProfit } from '../../../src/domain/books/hedge-profit.ts'
import { hedgeResult } from '../../../src/domain/books/hedge-result.ts'
import { balances, type Posting, postingsOf } from '../../../src/domain/books/ledger.ts'
import { ownersOfFills, ownersOfRows } from '../../../src/domain/books/row-owner.ts'
import { baseQty, price } from '../../../src/domain/units.ts'
import { anyTrade, HEDGE_ID, playTrades, type Trade } from '../../support/domain/sample-trades.ts'
import { sampleHedge, samplePlan } from '../../support/machines/sample-hedge.ts'

const NEXT_ID = 'HEDGE00002'
const MIDS = { spot: price('2.5'), perp: price('2.5') }
const LEAVING: Trade[] = [
  { market: 'spot', side: 'Buy', qty: '100', price: '2.5', feeRate: '0.001', mids: MIDS, route: 'own' },
  { market: 'spot', side: 'Sell', qty: '98', price: '2.6', feeRate: '0.001', mids: MIDS, route: 'own' },
]

function postingsAfter(trades: readonly Trade[]): Posting[] {
  const { fills, rows } = playTrades(trades)
  const owners = ownersOfRows(rows, { claims: [], ownersOfExecs: ownersOfFills(fills) })
  return rows.flatMap(row => postingsOf(row, ({ id }) => owners.get(id)))
}

const of = (postings: readonly Posting[], id: string) => postings.filter(({ hedgeId }) => hedgeId === id)

describe('coins left over', () => {
  test('are what a hedge bought, less its fee, less what it sold, at the price of its last spot fill', () => {
    expect(dustLots(postingsAfter(LEAVING), 'XRP')).toEqual([
      { hedgeId: HEDGE_ID, base: '1.9', priceUsdt: '2.6' },
    ])
  })

  test('pass to the next hedge, and neither gains by it', () => {
    fc.assert(
      fc.property(fc.array(anyTrade, { minLength: 1, maxLength: 12 }), trades => {
        const before = postingsAfter(trades)
        const lots = dustLots(before, 'XRP')
        const moved = dustPostings(lots, { hedgeId: NEXT_ID, baseCoin: 'XRP' }, 0)
        const after = [...before, ...moved]
        expect(balances(after)).toEqual(balances(before))
        for (const { hedgeId, priceUsdt } of lots) {
          const prices = { XRP: priceUsdt }
          const was = new Decimal(hedgeResult(of(before, hedgeId), prices).netUsdt)
          const is = hedgeResult(of(after, hedgeId), prices).netUsdt
          expect(was.minus(is).abs().lte('1e-17')).toBe(true)
          const next = hedgeResult(of(after, NEXT_ID), prices)
          expect(new Decimal(next.netUsdt).abs().lte('1e-17')).toBe(true)
          expect(next.inventory).toEqual([{ coin: 'XRP', qty: dustBase(lots) }])
        }
        expect(dustLots(of(after, HEDGE_ID), 'XRP')).toEqual([])
      }),
    )
  })

  test('are named largest first, and of so many hedges only as a plan can carry', () => {
    const many = Array.from({ length: 30 }, (_, n) =>
      postingsAfter(LEAVING).map(posting => ({
        ...posting,
        hedgeId: `HEDGE001${n.toString().padStart(2, '0')}`,
        amount: new Decimal(posting.amount).times(n + 1).toFixed() as Posting['amount'],
      })),
    ).flat()
    const lots = dustLots(many, 'XRP')
    expect(lots).toHaveLength(20)
    expect(lots[0]?.base).toBe('57')
    expect(lots.at(-1)?.base).toBe('20.9')
  })
})

describe('a hedge that begins with coins of hedges before', () => {
  const lots = [{ hedgeId: HEDGE_ID, base: baseQty('1.9'), priceUsdt: price('2.6') }]
  const plan = { ...samplePlan(NEXT_ID), dust: lots }

  test('holds them before its first order', () => {
    const begun = newHedge({ ...sampleHedge(), plan })
    expect(begun.spot.base).toBe('1.9')
    expect(newHedge(sampleHedge()).spot.base).toBe('0')
  })

  test('made nothing when it never traded, whatever the lots came at', () => {
    const two = [...lots, { hedgeId: 'HEDGE00009', base: baseQty('0.6'), priceUsdt: price('2.1') }]
    const postings = of(dustPostings(two, { hedgeId: NEXT_ID, baseCoin: 'XRP' }, 0), NEXT_ID)
    const nothing = { fills: [], mids: {}, closed: true, prices: {}, markPrice: null }
    const profit = hedgeProfit({ plan: { ...plan, dust: two }, postings, ...nothing })
    expect(new Decimal(profit.netUsdt).abs().lte('1e-15')).toBe(true)
    expect(profit.unvalued).toEqual([])
    expect(profit.inventory).toEqual([{ coin: 'XRP', qty: '2.5' }])
  })

  test('is not unhedged by the coins that it did not have to buy', () => {
    const { fills, mids } = playTrades([
      { market: 'spot', side: 'Buy', qty: '98.2', price: '2.5', feeRate: '0.001', mids: MIDS, route: 'own' },
      {
        market: 'linear',
        side: 'Sell',
        qty: '100',
        price: '2.5',
        feeRate: '0.001',
        mids: MIDS,
        route: 'own',
      },
      { market: 'linear', side: 'Buy', qty: '100', price: '2.5', feeRate: '0.001', mids: MIDS, route: 'own' },
    ])
    expect(executionQuality({ plan, fills, mids }).legGapMs).toBe(1_000)
    expect(executionQuality({ plan: samplePlan(NEXT_ID), fills, mids }).legGapMs).toBe(2_000)
  })
})
