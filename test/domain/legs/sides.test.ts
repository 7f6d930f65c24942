import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isOnGrid } from '../../../src/domain/grid.ts'
import {
  bestPriceOf,
  isOpenFor,
  legOrder,
  limitPriceOf,
  sideOf,
  spotMoved,
  spotQtyFor,
  spotQtyWithin,
} from '../../../src/domain/legs/sides.ts'
import { baseQty, orderQty, price } from '../../../src/domain/units.ts'
import { FACINGS, lendingMarket, planFacing, REVERSE } from '../../support/domain/sample-account.ts'
import { anyGrid, XRP } from '../../support/domain/sample-market.ts'

const LONG = { ...REVERSE, direction: 'long-carry' } as const
const WAYS = ['in', 'out'] as const
const LEGS = ['spot', 'perp'] as const

describe('the side of an order', () => {
  test('is a purchase of spot and a sale of the perpetual into long carry, and the reverse into reverse carry', () => {
    const sides = (plan: { direction: 'long-carry' | 'reverse-carry' }) =>
      WAYS.map(way => LEGS.map(leg => sideOf(plan, leg, way)))
    expect(sides(LONG)).toEqual([
      ['Buy', 'Sell'],
      ['Sell', 'Buy'],
    ])
    expect(sides(REVERSE)).toEqual([
      ['Sell', 'Buy'],
      ['Buy', 'Sell'],
    ])
  })

  test('is priced on the book it takes from, the limit no better than the best price there', () => {
    const market = lendingMarket(XRP)
    expect(bestPriceOf(LONG, 'spot', 'in', market)).toBe(market.spotBook.asks[0]?.[0])
    expect(bestPriceOf(REVERSE, 'spot', 'in', market)).toBe(market.spotBook.bids[0]?.[0])
    expect(bestPriceOf(LONG, 'perp', 'in', market)).toBe(market.perpBook.bids[0]?.[0])
    expect(bestPriceOf(REVERSE, 'perp', 'in', market)).toBe(market.perpBook.asks[0]?.[0])
    for (const facing of FACINGS)
      for (const leg of LEGS)
        for (const way of WAYS) {
          const plan = planFacing(XRP, facing)
          const best = new Decimal(bestPriceOf(plan, leg, way, market) ?? 0)
          const past = new Decimal(limitPriceOf(plan, leg, way, market, 10) ?? 0).minus(best)
          expect(past.isZero() || past.isPositive() === (sideOf(plan, leg, way) === 'Buy')).toBe(true)
        }
  })

  test('borrows only to sell spot into reverse carry, and only a perpetual on the way out is reduce-only', () => {
    const of = { qty: orderQty('1'), limitPrice: price('2.5') }
    const orders = FACINGS.flatMap(facing =>
      LEGS.flatMap(leg => WAYS.map(way => ({ facing, leg, way, order: legOrder(facing, leg, way, of) }))),
    )
    for (const { facing, leg, way, order } of orders) {
      expect(order.borrow).toBe(facing.direction === 'reverse-carry' && leg === 'spot' && way === 'in')
      expect(order.reduceOnly).toBe(leg === 'perp' && way === 'out')
    }
  })

  test('is closed to borrowing while the lending pool is empty, and open to buying back', () => {
    const market = lendingMarket(XRP)
    const { pair } = market
    const empty = { ...market, pair: { ...pair, spot: { ...pair.spot, marginTrading: false } } }
    expect(isOpenFor(REVERSE, 'spot', 'in', market)).toBe(true)
    expect(isOpenFor(REVERSE, 'spot', 'in', empty)).toBe(false)
    expect(isOpenFor(REVERSE, 'spot', 'out', empty)).toBe(true)
    expect(isOpenFor(LONG, 'spot', 'in', empty)).toBe(true)
  })
})

describe('a spot quantity', () => {
  test('is bought with its fee on top and sold exactly, in either direction', () => {
    const [long, reverse] = [planFacing(XRP, LONG), planFacing(XRP, REVERSE)]
    const net = baseQty('99.9')
    expect(spotQtyFor(long, 'in', net)).toBe('100')
    expect(spotQtyFor(long, 'out', net)).toBe('99.9')
    expect(spotQtyFor(reverse, 'in', net)).toBe('99.9')
    expect(spotQtyFor(reverse, 'out', net)).toBe('100')
  })

  test('is on the grid, enough or not too much, and a step away from being neither', () => {
    fc.assert(
      fc.property(
        anyGrid,
        fc.constantFrom(...FACINGS),
        fc.constantFrom(...WAYS),
        fc.integer({ min: 1, max: 10 ** 9 }),
        (grid, facing, way, units) => {
          const plan = planFacing(grid, facing)
          const step = new Decimal(plan.spot.qtyStep)
          const net = baseQty(step.times(units).div(1000))
          const enough = new Decimal(spotQtyFor(plan, way, net))
          const within = new Decimal(spotQtyWithin(plan, way, net))
          const moved = (qty: Decimal) => new Decimal(spotMoved(plan, way, orderQty(qty)))
          expect(isOnGrid(enough, step) && isOnGrid(within, step)).toBe(true)
          expect(moved(enough).gte(net) && moved(enough.minus(step)).lt(net)).toBe(true)
          expect(moved(within).lte(net) && moved(within.plus(step)).gt(net)).toBe(true)
        },
      ),
    )
  })
})
