import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClosingCost, closingCost } from '../../../src/domain/exit/closing-cost.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { baseQty, price } from '../../../src/domain/units.ts'
import { anyGrid, bookAround, borrowable, marketOn, XRP } from '../../support/domain/sample-market.ts'
import { samplePlan } from '../../support/machines/sample-hedge.ts'

const plan = samplePlan()
const legs = (spot: string, perp = spot) => ({ spot: { base: baseQty(spot) }, perp: { base: baseQty(perp) } })

function costOf(...of: Parameters<typeof closingCost>): ClosingCost {
  const cost = closingCost(...of)
  if (isRefusal(cost)) throw new Error(`expected a cost, found ${JSON.stringify(cost)}`)
  return cost
}

describe('what closing a hedge costs now', () => {
  test('is both taker fees, and the way from the middles to where the books fill', () => {
    // Bids a basis point below 2.5, asks one above: 0.00025 a coin on either leg.
    expect(costOf(plan, legs('400'), marketOn(XRP))).toMatchObject({
      slippageUsdt: '0.2',
      feesUsdt: '1.549955',
      markGapUsdt: '0',
      legs: { spot: { side: 'Sell', fillPrice: '2.49975' }, perp: { side: 'Buy', fillPrice: '2.50025' } },
    })
  })

  test('a debt is bought back with the fee on top', () => {
    const reverse = { ...plan, direction: 'reverse-carry' as const }
    const { legs: found } = costOf(reverse, legs('400'), borrowable(marketOn(XRP)))
    expect(found).toMatchObject({ spot: { side: 'Buy' }, perp: { side: 'Sell', qty: '400' } })
    expect(new Decimal(found.spot.qty).times('0.999').gte(400)).toBe(true)
  })

  test('a book that cannot take all of it gives no figure', () => {
    const thin: FreshMarket = { ...marketOn(XRP), perpBook: bookAround(new Decimal('2.5'), '399') }
    expect(closingCost(plan, legs('400'), thin)).toEqual({
      refused: 'perp-depth',
      found: '399',
      limit: '400',
    })
    expect(costOf(plan, legs('400'), thin, 0.5).legs.perp.qty).toBe('200')
  })

  test('a leg that holds nothing costs nothing', () => {
    const { legs: found, feesUsdt } = costOf(plan, legs('400', '0'), marketOn(XRP))
    expect(found.perp).toMatchObject({ qty: '0', fillPrice: null, feesUsdt: '0', slippageUsdt: '0' })
    expect(feesUsdt).toBe(found.spot.feesUsdt)
  })

  test('says what the mark hides: a short valued at a mark below its book comes out worse', () => {
    const market = marketOn(XRP)
    const low = { ...market, ticker: { ...market.ticker, markPrice: price('2.49') } }
    expect(costOf(plan, legs('400'), low).markGapUsdt).toBe('-4')
    const reverse = { ...plan, direction: 'reverse-carry' as const }
    expect(costOf(reverse, legs('400'), borrowable(low)).markGapUsdt).toBe('4')
  })

  test('never pays, and a part never trades more than the whole, on any grid', () => {
    fc.assert(
      fc.property(
        anyGrid,
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0.01, max: 1 }),
        (grid, lots, share) => {
          const lot = new Decimal(grid.lot).times(grid.multiplier)
          const spot = { ...plan.spot, qtyStep: baseQty(grid.spotStep) as never }
          const perp = { ...plan.perp, qtyStep: baseQty(grid.lot) as never, multiplier: grid.multiplier }
          const held = legs(lot.times(lots).toFixed())
          const [whole, part] = [1, share].map(each =>
            costOf({ ...plan, spot, perp }, held, marketOn(grid), each),
          ) as [ClosingCost, ClosingCost]
          for (const cost of [whole, part])
            for (const paid of [cost.feesUsdt, cost.slippageUsdt]) expect(new Decimal(paid).gte(0)).toBe(true)
          expect(whole.legs.perp.base).toBe(held.perp.base)
          for (const leg of ['spot', 'perp'] as const)
            expect(new Decimal(part.legs[leg].base).lte(whole.legs[leg].base)).toBe(true)
        },
      ),
    )
  })
})
