import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { roomUsdt, sizeHedge } from '../../../src/domain/entry/sizing.ts'
import { isOnGrid } from '../../../src/domain/grid.ts'
import type { Holdings } from '../../../src/domain/legs/balance.ts'
import { netBaseReceived } from '../../../src/domain/market/fees.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import type { Exposure } from '../../../src/domain/risk/exposure.ts'
import { baseQty, orderQty, usdt } from '../../../src/domain/units.ts'
import { followOrder } from '../../../src/domain/work/follow.ts'
import { nextSlice } from '../../../src/domain/work/slices.ts'
import {
  EMPTY_ACCOUNT,
  execute,
  FACINGS,
  holdingsOf,
  lendingMarket,
  planFacing,
} from '../../support/domain/sample-account.ts'
import { anyGrid, type Grid, marketOn, NOW_MS, RULES, VIP0, XRP } from '../../support/domain/sample-market.ts'
import { often } from '../../support/properties.ts'

const EMPTY: Exposure = {
  hedges: [],
  availableUsdt: usdt('100000'),
  reservedUsdt: usdt('0'),
  halted: false,
  maintenanceMarginRate: '0.01',
}
const FLAT: Holdings = { spotNetBase: baseQty('0'), perpBase: baseQty('0') }

function planOn(grid: Grid, exposure = EMPTY): HedgePlan {
  const plan = sizeHedge('HEDGE00001', marketOn(grid), exposure, RULES, NOW_MS)
  if (isRefusal(plan)) throw new Error(`expected a plan, found ${JSON.stringify(plan)}`)
  return plan
}

/** Where spot follows, a spot step coarser than the lot may carry the perpetual that evens it out past the target. */
const mostPerp = (plan: HedgePlan) =>
  new Decimal(plan.targetBaseQty).plus(plan.firstLeg === 'perp' ? plan.spot.qtyStep : '0')

const lotOf = (plan: HedgePlan) => new Decimal(plan.perp.qtyStep).times(plan.perp.multiplier)

/** Fills `part` (0 to 1) of every order that opens a slice and all of every one that follows, until the entry is complete. */
function enter(plan: HedgePlan, market: FreshMarket, part: () => number) {
  let account = EMPTY_ACCOUNT
  const steps: { held: Holdings; qty: string; leg: string }[] = []
  for (let turn = 0; turn < 2000; turn++) {
    const held = holdingsOf(plan, account)
    const follow = followOrder(plan, held, market, 10)
    const next = follow.kind === 'order' ? follow : nextSlice(plan, held, market, RULES)
    if (next.kind === 'complete') return { held, steps }
    if (next.kind === 'wait') throw new Error(`expected an order, found ${JSON.stringify(next)}`)
    account = execute(plan, account, next.order, follow.kind === 'order' ? 1 : part())
    steps.push({ held: holdingsOf(plan, account), qty: next.order.qty, leg: next.order.leg })
  }
  throw new Error('expected the entry to complete, found 2000 turns')
}

describe('sizing', () => {
  test('lands on the lot grid, inside the limits, and above the smallest order with a margin', () => {
    fc.assert(
      fc.property(anyGrid, grid => {
        const plan = planOn(grid)
        expect(isOnGrid(plan.targetBaseQty, lotOf(plan))).toBe(true)
        expect(isOnGrid(plan.sliceBaseQty, lotOf(plan))).toBe(true)
        expect(new Decimal(plan.sliceBaseQty).lte(plan.targetBaseQty)).toBe(true)
        expect(new Decimal(plan.notionalUsdt).lte(RULES.limits.hedgeNotionalUsdtMax)).toBe(true)
        const sliceUsdt = new Decimal(plan.sliceBaseQty).times(grid.midPrice)
        expect(sliceUsdt.lte(RULES.execution.sliceNotionalUsdtMax)).toBe(true)
        expect(sliceUsdt.gte(new Decimal(grid.perpMinUsdt).times('1.1'))).toBe(true)
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan)
      }),
    )
  })

  test('shrinks to what the account has room for and never asks for more capital than is free', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 7000 }), (available, open) => {
        const exposure = {
          ...EMPTY,
          availableUsdt: usdt(`${available}`),
          hedges: [{ hedgeId: 'OTHER00001', symbol: 'BTCUSDT', notionalUsdt: usdt(`${open}`) }],
        }
        const plan = sizeHedge('HEDGE00001', marketOn(XRP), exposure, RULES, NOW_MS)
        if (isRefusal(plan)) {
          // A lot is 0.25 USDT: a refusal just above the smallest hedge is the grid's doing.
          expect(new Decimal(roomUsdt(exposure, RULES, 'XRPUSDT')).lt('50.25')).toBe(true)
          return
        }
        expect(new Decimal(plan.capitalUsdt).plus(100).lte(available)).toBe(true)
        expect(new Decimal(plan.notionalUsdt).plus(open).lte('6000')).toBe(true)
      }),
    )
  })

  test('keeps a tenth above the smallest order, so that the exit is allowed after a fall', () => {
    const withRoom = (room: string) => {
      const limits = { ...RULES.limits, hedgeNotionalUsdtMax: usdt(room), hedgeNotionalUsdtMin: usdt('1') }
      return sizeHedge('HEDGE00001', marketOn(XRP), EMPTY, { ...RULES, limits }, NOW_MS)
    }
    // The smallest order is worth 5 USDT and a lot 0.25.
    expect(withRoom('5.4')).toMatchObject({ refused: 'below-minimum', found: '5.25' })
    expect(withRoom('5.75')).toMatchObject({ targetBaseQty: '2.3' })
  })

  test('refuses with what was found and what it takes', () => {
    const thin = marketOn(XRP, '0.0005', '1')
    expect(sizeHedge('HEDGE00001', thin, EMPTY, RULES, NOW_MS)).toMatchObject({ refused: 'spot-depth' })
    const coarse = marketOn({ ...XRP, lot: '1000' })
    expect(sizeHedge('HEDGE00001', coarse, EMPTY, RULES, NOW_MS)).toMatchObject({ refused: 'below-minimum' })
    const stale = {
      ...marketOn(XRP),
      receivedAtMs: { spotBook: NOW_MS, perpBook: NOW_MS - 2001, ticker: NOW_MS },
    }
    expect(sizeHedge('HEDGE00001', stale, EMPTY, RULES, NOW_MS)).toEqual({
      refused: 'perp-book-stale',
      found: '2001 ms',
      limit: '2000 ms',
    })
  })
})

describe('an entry', () => {
  test('ends with both legs on their grids, the target hedged, and less than a lot and a step of spot beyond it', () => {
    fc.assert(
      fc.property(anyGrid, fc.constantFrom(...FACINGS), (grid, facing) => {
        const plan = planFacing(grid, facing)
        const { held, steps } = enter(plan, lendingMarket(grid), () => 1)
        // Bybit's spot steps are never the coarser ones; where they were, the entry would stop short of its target.
        if (new Decimal(plan.spot.qtyStep).lte(lotOf(plan))) expect(held.perpBase).toBe(plan.targetBaseQty)
        expect(new Decimal(held.perpBase).lte(mostPerp(plan))).toBe(true)
        const excess = new Decimal(held.spotNetBase).minus(held.perpBase)
        expect(excess.gte(0)).toBe(true)
        expect(excess.lt(lotOf(plan).plus(plan.spot.qtyStep))).toBe(true)
        for (const step of steps)
          expect(isOnGrid(step.qty, step.leg === 'spot' ? plan.spot.qtyStep : plan.perp.qtyStep)).toBe(true)
      }),
      often(60),
    )
  })

  test('never lets the perpetual pass the spot it follows, never passes the target, never holds two unhedged slices', () => {
    fc.assert(
      fc.property(
        anyGrid,
        fc.constantFrom(...FACINGS),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 }),
        (grid, facing, parts) => {
          const plan = planFacing(grid, facing)
          const left = [...parts]
          const { steps } = enter(plan, lendingMarket(grid), () => left.shift() ?? 1)
          const bound = new Decimal(plan.sliceBaseQty).plus(lotOf(plan).times(2)).plus(plan.spot.qtyStep)
          const dust = Decimal.max(grid.perpMinUsdt, grid.spotMinUsdt).div(grid.midPrice)
          for (const { held } of steps) {
            const unhedged = new Decimal(held.spotNetBase).minus(held.perpBase)
            if (facing.firstLeg === 'spot') expect(unhedged.gte(0)).toBe(true)
            expect(unhedged.abs().lt(bound.plus(dust))).toBe(true)
            expect(new Decimal(held.spotNetBase).lt(mostPerp(plan).plus(plan.spot.qtyStep))).toBe(true)
            expect(new Decimal(held.perpBase).lte(mostPerp(plan))).toBe(true)
          }
        },
      ),
      often(60),
    )
  })

  test('waits for the perpetual before it buys the next slice', () => {
    const plan = planOn(XRP)
    const held = { spotNetBase: baseQty('100'), perpBase: baseQty('0') }
    expect(nextSlice(plan, held, marketOn(XRP), RULES)).toMatchObject({
      kind: 'wait',
      refused: 'unhedged-slice',
    })
  })

  test('buys on when what is unhedged is too small for a perpetual order', () => {
    const plan = planOn(XRP)
    const held = { spotNetBase: baseQty('1.3'), perpBase: baseQty('0') }
    expect(followOrder(plan, held, marketOn(XRP), 10)).toEqual({ kind: 'none', because: 'below-minimum' })
    expect(nextSlice(plan, held, marketOn(XRP), RULES)).toMatchObject({ kind: 'order' })
  })

  test('adds a lot where landing on the grid would make the order too small', () => {
    // Smallest order 2 XRP, which is also the slice: from 10.4 the next lot below 12.4 is only 1.6 away.
    const coarse: Grid = { ...XRP, lot: '1' }
    const plan = { ...planOn(coarse), sliceBaseQty: baseQty('2') }
    const held = { spotNetBase: baseQty('10.4'), perpBase: baseQty('10') }
    const next = nextSlice(plan, held, marketOn(coarse), RULES)
    if (next.kind !== 'order') throw new Error(`expected an order, found ${JSON.stringify(next)}`)
    const net = new Decimal(netBaseReceived(next.order.qty, VIP0.spot.taker))
    expect(net.gte('2.6') && net.lt('2.61')).toBe(true)
  })

  test('takes no more than its share of the depth inside the price limit', () => {
    const plan = planOn(XRP)
    const next = nextSlice(plan, FLAT, marketOn(XRP, '0.0005', '100'), RULES)
    expect(next).toMatchObject({ kind: 'order', order: { leg: 'spot', side: 'Buy' } })
    if (next.kind === 'order') expect(new Decimal(next.order.qty).lte(50)).toBe(true)
    expect(nextSlice(plan, FLAT, marketOn(XRP, '0.0005', '1'), RULES)).toMatchObject({
      refused: 'not-enough-depth',
    })
  })

  test('never sends more than the exchange takes in one order', () => {
    const market = marketOn(XRP)
    const pair = {
      ...market.pair,
      perp: { ...market.pair.perp, maxMarketQty: orderQty('50') },
      spot: { ...market.pair.spot, maxMarketQty: orderQty('60') },
    }
    const plan = planOn(XRP)
    const slice = nextSlice(plan, FLAT, { ...market, pair }, RULES)
    expect(slice.kind === 'order' && new Decimal(slice.order.qty).lte('50.1')).toBe(true)
    const perp = followOrder(plan, { ...FLAT, spotNetBase: baseQty('120') }, { ...market, pair }, 10)
    expect(perp).toMatchObject({ order: { qty: '50' } })
  })
})
