/** The order that waits in the book: what takes it off, and what leaves it there. */
import { describe, expect, test } from 'vitest'
import type { RestingOrder } from '../../../src/domain/legs/hedge-order.ts'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { asResting, cancelReason } from '../../../src/domain/work/entry-steps.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const MARKET = marketOn(XRP)
const { makerRestMs, makerTriesMax } = RULES.execution
const BEST_ASK = MARKET.perpBook.asks[0]?.[0] ?? price('0')

/** A perpetual sale at the best ask, as it came to the book. */
const resting = (change: Partial<RestingOrder> = {}): RestingOrder => ({
  leg: 'perp',
  side: 'Sell',
  qty: orderQty('10'),
  limitPrice: BEST_ASK,
  reduceOnly: false,
  borrow: false,
  rests: true,
  filledQty: orderQty('0'),
  restsSinceMs: NOW_MS,
  cancelRequested: false,
  ...change,
})
const reason = (
  order: RestingOrder,
  { market = MARKET as MarketView, refused = null as string | null, ageMs = 0 } = {},
) => {
  const nowMs = NOW_MS + ageMs
  const receivedAtMs = { ...market.receivedAtMs, spotBook: nowMs, perpBook: nowMs, ticker: nowMs }
  return cancelReason(order, { ...market, receivedAtMs }, RULES, refused, nowMs)
}

describe('an order that rests', () => {
  test('joins its own side of the book, post-only', () => {
    const { rests: _, filledQty: __, restsSinceMs: ___, cancelRequested: ____, ...order } = resting()
    expect(asResting({ ...order, leg: 'perp' }, MARKET)).toMatchObject({
      limitPrice: BEST_ASK,
      rests: true,
      opens: true,
    })
    const empty = { ...MARKET, perpBook: { ...MARKET.perpBook, asks: [] } }
    expect(asResting({ ...order, leg: 'perp' }, empty)).toBeNull()
  })

  test('stays while it is at the front and all is well', () => {
    expect(reason(resting())).toBeNull()
    expect(reason(resting(), { ageMs: makerRestMs })).toBeNull()
  })

  test('promise 9: goes at once when new risk is refused, whatever the reason', () => {
    expect(reason(resting(), { refused: 'halted' })).toBe('halted')
  })

  test('goes when the market can no longer be seen', () => {
    expect(reason(resting(), { market: { ...MARKET, spotBook: null } })).toMatch(/^spot-book-missing/)
  })

  test('follows the queue once it has waited its turn, and not before', () => {
    const behind = resting({ limitPrice: price('2.6') })
    expect(reason(behind, { ageMs: makerRestMs - 1 })).toBeNull()
    expect(reason(behind, { ageMs: makerRestMs })).toBe(
      `the best price moved to ${BEST_ASK}, the order is at 2.6`,
    )
  })

  test('goes after all its turns, wherever it stands', () => {
    const allMs = makerRestMs * makerTriesMax
    expect(reason(resting(), { ageMs: allMs - 1 })).toBeNull()
    expect(reason(resting(), { ageMs: allMs })).toBe(`it has rested for ${allMs} ms`)
  })

  test('on both legs at once is no order that waits', () => {
    expect(reason(resting({ leg: 'spreadOrder' }))).toBe('a spread order does not rest')
  })
})
