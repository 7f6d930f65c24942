import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lotBase } from '../../src/domain/balance.ts'
import { isOnGrid } from '../../src/domain/grid.ts'
import { isLevel } from '../../src/domain/level.ts'
import { smallestOrder } from '../../src/domain/minimums.ts'
import type { HedgePlan, Holdings, LegOrder } from '../../src/domain/plan.ts'
import { isRefusal } from '../../src/domain/refusal.ts'
import { sizeHedge } from '../../src/domain/sizing.ts'
import { nextStep, type Step, type StepFacts } from '../../src/domain/steps.ts'
import { baseQty, NO_BASE, usdt } from '../../src/domain/units.ts'
import { anyGrid, type Grid, marketOn, NOW_MS, RULES, XRP } from './sample-market.ts'

const ACCOUNT = {
  hedges: [],
  availableUsdt: usdt('100000'),
  reservedUsdt: usdt('0'),
  halted: false,
  maintenanceMarginRate: '0',
}

function planOn(grid: Grid): HedgePlan {
  const plan = sizeHedge('HEDGE00001', marketOn(grid), ACCOUNT, RULES, NOW_MS)
  if (isRefusal(plan)) throw new Error(`expected a plan, found ${JSON.stringify(plan)}`)
  return plan
}

const factsOf = (plan: HedgePlan, changes: Partial<StepFacts> = {}): StepFacts => ({
  plan,
  phase: 'entering',
  overdue: false,
  unwindBecause: null,
  repairs: 0,
  spotNetBase: NO_BASE,
  perpBase: NO_BASE,
  ...changes,
})

/** What the exchange does with an order of which `part` fills: a spot buy's fee is taken from the coins. */
function fill(plan: HedgePlan, held: Holdings, order: LegOrder, part: number): Holdings {
  const { qtyStep, multiplier } = plan[order.leg]
  expect(isOnGrid(order.qty, qtyStep)).toBe(true)
  const filled = new Decimal(order.qty).div(qtyStep).times(part).floor().times(qtyStep)
  const bought = order.side === 'Buy'
  if (order.leg === 'spot') {
    const net = bought ? filled.times(new Decimal(1).minus(plan.fees.spot.taker)) : filled.neg()
    return { ...held, spotNetBase: baseQty(new Decimal(held.spotNetBase).plus(net)) }
  }
  const base = filled.times(multiplier)
  if (order.reduceOnly) expect(base.lte(held.perpBase)).toBe(true)
  return { ...held, perpBase: baseQty(new Decimal(held.perpBase).plus(bought ? base.neg() : base)) }
}

type Run = { ended: 'hedged' | 'flat'; held: Holdings; orders: number; apartBaseMax: Decimal }

/** Follows the decisions as the chart does, with `parts` saying how much of each order fills; then everything fills. */
function follow(
  plan: HedgePlan,
  market: ReturnType<typeof marketOn>,
  parts: number[],
  leaveAfter: number,
): Run {
  let facts = factsOf(plan)
  let apartBaseMax = new Decimal(0)
  for (let orders = 0; orders < 2_000; ) {
    if (orders === leaveAfter) facts = { ...facts, unwindBecause: 'operator', overdue: true }
    const step: Step = nextStep(facts, market, RULES, null, NOW_MS)
    if (step.kind === 'unwind') facts = { ...facts, phase: 'unwinding' }
    else if (step.kind === 'done') {
      return { ended: facts.phase === 'unwinding' ? 'flat' : 'hedged', held: facts, orders, apartBaseMax }
    } else if (step.kind === 'order') {
      const held = fill(plan, facts, step.order, parts[orders] ?? 1)
      const repairs = isLevel(plan, held) ? 0 : isLevel(plan, facts) ? 0 : facts.repairs + 1
      facts = { ...facts, ...held, repairs }
      orders++
      apartBaseMax = Decimal.max(apartBaseMax, new Decimal(held.spotNetBase).minus(held.perpBase).abs())
    } else
      throw new Error(
        `expected an order or an end, found ${JSON.stringify(step)} with ${JSON.stringify(facts)}`,
      )
  }
  throw new Error(`expected an end, found ${JSON.stringify(facts)} after 2000 orders`)
}

const anyPart = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))

describe('promise 5: every hedge ends hedged or flat', () => {
  test('whatever part of the first orders fills, on any grid, and whenever people want out', () => {
    fc.assert(
      fc.property(
        anyGrid,
        // Fewer bad orders than the ladder has rungs: beyond it a person is called, which is another end.
        fc.array(anyPart, { maxLength: RULES.execution.repairsMax }),
        fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 6 })),
        (grid, parts, leaveAfter) => {
          const plan = planOn(grid)
          const { ended, held } = follow(plan, marketOn(grid), parts, leaveAfter)
          if (ended === 'hedged') {
            expect(isLevel(plan, held)).toBe(true)
            expect(new Decimal(held.perpBase).gt(0)).toBe(true)
            expect(new Decimal(held.perpBase).lte(plan.targetBaseQty)).toBe(true)
          } else expect(held.perpBase).toBe('0')
        },
      ),
      { numRuns: 400 },
    )
  })

  test('a hedge that people leave while it is entering ends flat with only dust on spot', () => {
    const plan = planOn(XRP)
    const { ended, held } = follow(plan, marketOn(XRP), [], 3)
    expect(ended).toBe('flat')
    const dustUsdt = new Decimal(held.spotNetBase).times(XRP.midPrice)
    expect(dustUsdt.lt(plan.spot.minNotionalUsdt)).toBe(true)
  })
})

test('promise 4: at most one slice, with its rounding and what was too little to order, is ever unhedged', () => {
  fc.assert(
    fc.property(anyGrid, fc.array(anyPart, { maxLength: 3 }), (grid, parts) => {
      const plan = planOn(grid)
      const { apartBaseMax } = follow(plan, marketOn(grid), parts, Number.POSITIVE_INFINITY)
      const dust = new Decimal(smallestOrder(plan.perp, plan.markPrice)).times(plan.perp.multiplier)
      const rounding = lotBase(plan).times(2).plus(plan.spot.qtyStep)
      const bound = rounding.plus(plan.sliceBaseQty).plus(dust)
      expect(apartBaseMax.lte(bound)).toBe(true)
    }),
  )
})

describe('promise 9: new risk waits, reducing risk never does', () => {
  const plan = planOn(XRP)
  const refused = 'the engine is halted'

  test('no slice is opened while new risk is refused', () => {
    expect(nextStep(factsOf(plan), marketOn(XRP), RULES, refused, NOW_MS)).toEqual({
      kind: 'wait',
      because: refused,
    })
  })

  test('a spot leg without its perpetual is hedged all the same', () => {
    const facts = factsOf(plan, { spotNetBase: baseQty('100') })
    const step = nextStep(facts, marketOn(XRP), RULES, refused, NOW_MS)
    expect(step).toMatchObject({ kind: 'order', order: { leg: 'perp', side: 'Sell', qty: '100' } })
  })

  test('a slice is not opened on books that are too old', () => {
    const step = nextStep(factsOf(plan), marketOn(XRP), RULES, null, NOW_MS + RULES.limits.bookAgeMsMax + 1)
    expect(step.kind).toBe('wait')
  })

  test('an unwinding hedge sells whatever the engine is allowed', () => {
    const facts = factsOf(plan, { phase: 'unwinding', spotNetBase: baseQty('100'), perpBase: baseQty('100') })
    const step = nextStep(facts, marketOn(XRP), RULES, refused, NOW_MS)
    expect(step).toMatchObject({ kind: 'order', order: { leg: 'spot', side: 'Sell' }, purpose: 'exit' })
  })
})

test('a leaving hedge gives back exactly the perpetual that no spot covers any more', () => {
  const facts = factsOf(planOn(XRP), {
    phase: 'unwinding',
    spotNetBase: baseQty('60.07'),
    perpBase: baseQty('100'),
  })
  const step = nextStep(facts, marketOn(XRP), RULES, null, NOW_MS)
  expect(step).toMatchObject({
    kind: 'order',
    order: { leg: 'perp', side: 'Buy', qty: '40', reduceOnly: true },
  })
})

describe('the end of an entry', () => {
  const plan = planOn(XRP)

  test('keeps a balanced part that is worth keeping when the deadline passed', () => {
    const facts = factsOf(plan, { overdue: true, spotNetBase: baseQty('400'), perpBase: baseQty('400') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS)).toEqual({ kind: 'done' })
  })

  test('goes on buying when what is apart is dust, and keeps the whole hedge', () => {
    const facts = factsOf(plan, { spotNetBase: baseQty('401.5'), perpBase: baseQty('400') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS)).toMatchObject({
      kind: 'order',
      order: { leg: 'spot' },
    })
    expect(nextStep({ ...facts, phase: 'hedged' }, marketOn(XRP), RULES, null, NOW_MS)).toEqual({
      kind: 'done',
    })
  })

  test('leaves a part below the smallest hedge', () => {
    const facts = factsOf(plan, { overdue: true, spotNetBase: baseQty('4'), perpBase: baseQty('4') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS).kind).toBe('unwind')
  })

  test('calls a person when the legs stay apart through three ladders of repairs', () => {
    const repairs = 3 * RULES.execution.repairsMax + 1
    const facts = factsOf(plan, { repairs, spotNetBase: baseQty('100') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS).kind).toBe('stuck')
  })
})
