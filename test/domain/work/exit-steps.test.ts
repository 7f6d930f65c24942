import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { sizeHedge } from '../../../src/domain/entry/sizing.ts'
import { isOnGrid } from '../../../src/domain/grid.ts'
import type { Holdings } from '../../../src/domain/legs/balance.ts'
import type { LegOrder } from '../../../src/domain/legs/hedge-order.ts'
import { isRefusal } from '../../../src/domain/refusal.ts'
import { baseQty, orderQty, usdt } from '../../../src/domain/units.ts'
import { nextUnwind } from '../../../src/domain/work/exit-steps.ts'
import { anyGrid, type Grid, marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

function planOn(grid: Grid): HedgePlan {
  const account = {
    hedges: [],
    availableUsdt: usdt('100000'),
    reservedUsdt: usdt('0'),
    halted: false,
    maintenanceMarginRate: '0',
  }
  const plan = sizeHedge('HEDGE00001', marketOn(grid), account, RULES, NOW_MS)
  if (isRefusal(plan)) throw new Error(`expected a plan, found ${JSON.stringify(plan)}`)
  return plan
}

type Fills = { part: () => number; sendPerp: () => boolean }

/** Answers each slice with fills and gives every state on the way; `sendPerp` false drops that leg once. */
function unwind(plan: HedgePlan, start: Holdings, market: ReturnType<typeof marketOn>, fills: Fills) {
  let held = start
  for (let turn = 0; turn < 5000; turn++) {
    const next = nextUnwind(plan, held, market, RULES, 10)
    if (next.kind === 'flat') return { held, dustBase: next.dustBase, turns: turn }
    if (next.kind === 'wait') throw new Error(`expected a slice, found ${JSON.stringify(next)}`)
    held = after(plan, held, next.spot, next.perp, fills)
  }
  throw new Error(`expected both legs flat, found ${JSON.stringify(held)} after 5000 slices`)
}

function after(
  plan: HedgePlan,
  held: Holdings,
  spot: LegOrder | null,
  perp: LegOrder | null,
  fills: Fills,
): Holdings {
  const filled = (order: LegOrder | null, leg: 'spot' | 'perp') => {
    if (!order || (leg === 'perp' && !fills.sendPerp())) return new Decimal(0)
    expect(order).toMatchObject({ side: leg === 'spot' ? 'Sell' : 'Buy', reduceOnly: leg === 'perp' })
    expect(isOnGrid(order.qty, plan[leg].qtyStep)).toBe(true)
    const steps = new Decimal(order.qty).div(plan[leg].qtyStep).times(fills.part()).floor()
    return steps.times(plan[leg].qtyStep).times(plan[leg].multiplier)
  }
  if (spot) {
    expect(new Decimal(spot.qty).lte(held.spotNetBase)).toBe(true)
    expect(new Decimal(spot.qty).times(spot.limitPrice).gte(plan.spot.minNotionalUsdt)).toBe(true)
  }
  if (perp) expect(new Decimal(perp.qty).times(plan.perp.multiplier).lte(held.perpBase)).toBe(true)
  return {
    spotNetBase: baseQty(new Decimal(held.spotNetBase).minus(filled(spot, 'spot'))),
    perpBase: baseQty(new Decimal(held.perpBase).minus(filled(perp, 'perp'))),
  }
}

/** Spot that may stay: less than the smallest order at the limit price, and less than one step. */
const dustBound = (grid: Grid, plan: HedgePlan) =>
  new Decimal(grid.spotMinUsdt).div(grid.midPrice).times('1.01').plus(new Decimal(plan.spot.qtyStep).times(2))

const anyHeld = (plan: HedgePlan, lots: number, extraSteps: number): Holdings => {
  const lot = new Decimal(plan.perp.qtyStep).times(plan.perp.multiplier)
  const perp = Decimal.min(lot.times(lots), plan.targetBaseQty)
  return {
    perpBase: baseQty(perp),
    spotNetBase: baseQty(
      Decimal.max(0, perp.plus(new Decimal(plan.spot.qtyStep).times(extraSteps).times('0.37'))),
    ),
  }
}

describe('unwinding', () => {
  const full: Fills = { part: () => 1, sendPerp: () => true }

  test('ends with the perpetual at 0 and only dust of spot, on any grids and from any state', () => {
    fc.assert(
      fc.property(anyGrid, fc.nat(5000), fc.integer({ min: -300, max: 300 }), (grid, lots, extraSteps) => {
        const plan = planOn(grid)
        const { held } = unwind(plan, anyHeld(plan, lots, extraSteps), marketOn(grid), full)
        expect(held.perpBase).toBe('0')
        expect(new Decimal(held.spotNetBase).gte(0)).toBe(true)
        expect(new Decimal(held.spotNetBase).lt(dustBound(grid, plan))).toBe(true)
      }),
    )
  })

  test('leaves less than a spot step of a hedge that was whole, when every order fills', () => {
    fc.assert(
      fc.property(anyGrid, grid => {
        const plan = planOn(grid)
        const steps = new Decimal(plan.targetBaseQty).div(plan.spot.qtyStep).ceil()
        const spot = steps.times(plan.spot.qtyStep).plus(new Decimal(plan.spot.qtyStep).times('0.4'))
        const whole = { perpBase: plan.targetBaseQty, spotNetBase: baseQty(spot) }
        const { dustBase } = unwind(plan, whole, marketOn(grid), full)
        expect(new Decimal(dustBase).lt(plan.spot.qtyStep)).toBe(true)
      }),
    )
  })

  test('leaves no remainder that could not be sold', () => {
    const plan = planOn(XRP)
    // A slice is 200 XRP: a second one of 1 XRP would be worth less than the smallest order.
    const held = { spotNetBase: baseQty('201'), perpBase: baseQty('201') }
    const next = nextUnwind(plan, held, marketOn(XRP), RULES, 10)
    if (next.kind !== 'slice' || !next.spot) throw new Error('expected a spot order')
    expect(new Decimal('201').minus(next.spot.qty).gte(2)).toBe(true)
  })

  test('keeps a spot sale that is too small to order for a later slice', () => {
    const plan = planOn(XRP)
    // 200 of the perpetual close; 1 XRP of spot would go with them.
    const held = { spotNetBase: baseQty('601'), perpBase: baseQty('800') }
    expect(nextUnwind(plan, held, marketOn(XRP), RULES, 10)).toMatchObject({
      spot: null,
      perp: { qty: '200' },
    })
  })

  test('sells the spot that no perpetual covers first', () => {
    const plan = planOn(XRP)
    const held = { spotNetBase: baseQty('800'), perpBase: baseQty('200') }
    expect(nextUnwind(plan, held, marketOn(XRP), RULES, 10)).toMatchObject({
      spot: { qty: '200' },
      perp: null,
    })
  })

  test('ends flat too when orders fill in part or not at all', () => {
    const chances = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 60 })
    fc.assert(
      fc.property(
        anyGrid,
        fc.nat(5000),
        chances,
        fc.array(fc.boolean(), { maxLength: 20 }),
        (grid, lots, parts, sent) => {
          const plan = planOn(grid)
          const left = [...parts]
          const sends = [...sent]
          const fills = { part: () => left.shift() ?? 1, sendPerp: () => sends.shift() ?? true }
          const { held } = unwind(plan, anyHeld(plan, lots, 3), marketOn(grid), fills)
          expect(held.perpBase).toBe('0')
          expect(new Decimal(held.spotNetBase).lt(dustBound(grid, plan))).toBe(true)
        },
      ),
    )
  })

  test('closes an even share of both legs in each slice, and everything in the last', () => {
    const plan = planOn(XRP)
    const held = { spotNetBase: baseQty('800.03'), perpBase: baseQty('800') }
    const first = nextUnwind(plan, held, marketOn(XRP), RULES, 10)
    expect(first).toMatchObject({ kind: 'slice', last: false })
    if (first.kind !== 'slice' || !first.spot || !first.perp) throw new Error('expected both legs')
    const stays = new Decimal(held.spotNetBase).minus(first.spot.qty)
    const short = new Decimal(held.perpBase).minus(first.perp.qty)
    expect(stays.minus(short).gte(0) && stays.minus(short).lt('0.1')).toBe(true)
    const small = { spotNetBase: baseQty('100.03'), perpBase: baseQty('100') }
    expect(nextUnwind(plan, small, marketOn(XRP), RULES, 10)).toMatchObject({
      last: true,
      spot: { qty: '100.03', side: 'Sell' },
      perp: { qty: '100', side: 'Buy', reduceOnly: true },
    })
  })

  test('closes a perpetual whose spot is gone, and a spot whose perpetual is gone', () => {
    const plan = planOn(XRP)
    expect(
      nextUnwind(plan, { spotNetBase: baseQty('0'), perpBase: baseQty('150') }, marketOn(XRP), RULES, 10),
    ).toMatchObject({ spot: null, perp: { qty: '150' }, last: true })
    expect(
      nextUnwind(plan, { spotNetBase: baseQty('150.057'), perpBase: baseQty('0') }, marketOn(XRP), RULES, 10),
    ).toMatchObject({ spot: { qty: '150.05' }, perp: null, last: true })
  })

  test('waits, and says for what, when the books have nothing inside the limit', () => {
    const plan = planOn(XRP)
    const held = { spotNetBase: baseQty('800'), perpBase: baseQty('800') }
    expect(nextUnwind(plan, held, { ...marketOn(XRP), spotBook: null }, RULES, 10)).toMatchObject({
      kind: 'wait',
      refused: 'book-missing',
    })
    expect(nextUnwind(plan, held, marketOn(XRP, '0', '0.01'), RULES, 10)).toMatchObject({
      kind: 'wait',
      refused: 'not-enough-depth',
    })
  })

  test('is flat when only dust is left, and says how much', () => {
    const plan = planOn(XRP)
    const held = { spotNetBase: baseQty('0.07'), perpBase: baseQty('0') }
    expect(nextUnwind(plan, held, marketOn(XRP), RULES, 10)).toEqual({ kind: 'flat', dustBase: '0.07' })
  })
})

test('a slice of one lot closes that lot, though a crumb of spot is beyond the perpetual', () => {
  const whole = planOn(XRP)
  const lot = new Decimal(whole.perp.qtyStep).times(whole.perp.multiplier)
  // A lot that is worth an order by itself, as one of bitcoin's is.
  const coarse = lot.times(Math.ceil(Number(whole.sliceBaseQty) / Number(lot)))
  const plan: HedgePlan = {
    ...whole,
    perp: { ...whole.perp, qtyStep: orderQty(coarse.div(whole.perp.multiplier)) },
    sliceBaseQty: baseQty(coarse),
  }
  const crumb = new Decimal(plan.spot.qtyStep)
  const start: Holdings = {
    perpBase: baseQty(coarse.times(3)),
    spotNetBase: baseQty(coarse.times(3).plus(crumb)),
  }
  const next = nextUnwind(plan, start, marketOn(XRP), RULES, 10)
  expect(next).toMatchObject({ kind: 'slice', perp: { qty: plan.perp.qtyStep } })
})
