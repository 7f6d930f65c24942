import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  depthWithin,
  type Level,
  limitThrough,
  midPrice,
  slippageBps,
  walkBook,
} from '../../../src/domain/market/order-book.ts'
import { orderQty, price } from '../../../src/domain/units.ts'

const level = (at: string, qty: string): Level => [price(at), orderQty(qty)]
const BOOK = {
  bids: [level('99', '1'), level('98', '2'), level('90', '10')],
  asks: [level('101', '1'), level('102', '2'), level('110', '10')],
}

describe('walking a book', () => {
  test('averages the levels it takes', () => {
    expect(walkBook(BOOK.asks, orderQty('2'))).toEqual({
      filledQty: '2',
      missingQty: '0',
      vwap: '101.5',
      worstPrice: '102',
    })
  })

  test('says how much is missing when the book is too thin', () => {
    expect(walkBook(BOOK.bids, orderQty('20'))).toMatchObject({
      filledQty: '13',
      missingQty: '7',
      worstPrice: '90',
    })
    expect(walkBook([], orderQty('1'))).toEqual({
      filledQty: '0',
      missingQty: '1',
      vwap: null,
      worstPrice: null,
    })
  })

  test('never pays better than the best nor worse than the worst price, and loses no quantity', () => {
    const levels = fc.array(fc.tuple(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 0, max: 50 })), {
      minLength: 1,
      maxLength: 12,
    })
    fc.assert(
      fc.property(levels, fc.integer({ min: 1, max: 800 }), (raw, wanted) => {
        const asks = raw.sort(([a], [b]) => a - b).map(([at, qty]) => level(`${at}`, `${qty}`))
        const walk = walkBook(asks, orderQty(`${wanted}`))
        expect(Decimal.add(walk.filledQty, walk.missingQty).toFixed()).toBe(`${wanted}`)
        if (walk.vwap === null || walk.worstPrice === null) return
        expect(new Decimal(walk.vwap).gte(asks[0]?.[0] ?? 0)).toBe(true)
        // The average is kept to 18 places.
        expect(new Decimal(walk.vwap).minus('1e-18').lte(walk.worstPrice)).toBe(true)
      }),
    )
  })
})

test('depth counts only what is inside the price limit', () => {
  expect(depthWithin(BOOK, 'Buy', price('102'))).toBe('3')
  expect(depthWithin(BOOK, 'Buy', price('100'))).toBe('0')
  expect(depthWithin(BOOK, 'Sell', price('98'))).toBe('3')
})

describe('a limit through the best price', () => {
  test('is on the tick, reaches the best price, and is never farther than asked', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom('0.01', '0.05', '1'),
        fc.constantFrom('Buy' as const, 'Sell' as const),
        (bps, tick, side) => {
          const limit = new Decimal(limitThrough(BOOK, side, bps, price(tick)) ?? Number.NaN)
          const best = new Decimal(side === 'Buy' ? '101' : '99')
          const through = limit
            .div(best)
            .minus(1)
            .times(side === 'Buy' ? 10_000 : -10_000)
          expect(limit.mod(tick).isZero()).toBe(true)
          expect(through.gte(0) && through.lte(bps)).toBe(true)
        },
      ),
    )
  })

  test('is nothing when that side is empty', () => {
    expect(limitThrough({ bids: [], asks: BOOK.asks }, 'Sell', 10, price('1'))).toBeNull()
    expect(midPrice({ bids: [], asks: BOOK.asks })).toBeNull()
  })
})

test('slippage against the middle holds half the spread', () => {
  expect(slippageBps(price('101'), midPrice(BOOK) ?? price('1'))).toBeCloseTo(100, 10)
})
