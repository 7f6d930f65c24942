import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type HedgePlan, perBaseMark } from '../../../src/domain/entry/plan.ts'
import { type Holdings, isLevel, lotBase, smallestOrder } from '../../../src/domain/legs/balance.ts'
import type { HedgeOrder, LegOrder } from '../../../src/domain/legs/hedge-order.ts'
import type { FreshMarket } from '../../../src/domain/market/market-view.ts'
import { baseQty, type Price } from '../../../src/domain/units.ts'
import type { Step, StepFacts } from '../../../src/domain/work/step.ts'
import { nextStep } from '../../../src/domain/work/steps.ts'
import {
  EMPTY_ACCOUNT,
  execute,
  FACINGS,
  factsOf,
  holdingsOf,
  lendingMarket,
  planOn,
  REVERSE,
  shareFilled,
} from '../../support/domain/sample-account.ts'
import {
  anyGrid,
  bookAround,
  type Grid,
  marketOn,
  NOW_MS,
  RULES,
  XRP,
} from '../../support/domain/sample-market.ts'
import { often } from '../../support/properties.ts'

const isOfLeg = (order: HedgeOrder): order is HedgeOrder & LegOrder => order.leg !== 'spreadOrder'

type Run = { ended: 'hedged' | 'flat'; held: Holdings; apartBaseMax: Decimal }
/** What goes otherwise than planned: how much of each order fills, the market each decision sees, interest before it. */
type Course = { parts?: number[]; markets?: FreshMarket[]; interest?: Decimal[]; leaveAfter?: number }

/** Follows the decisions as the chart does while the course lasts; then every order fills on a calm market. */
function follow(plan: HedgePlan, calm: FreshMarket, course: Course = {}): Run {
  const { parts = [], markets = [], interest = [], leaveAfter = Number.POSITIVE_INFINITY } = course
  let facts = factsOf(plan)
  let account = EMPTY_ACCOUNT
  let apartBaseMax = new Decimal(0)
  let orders = 0
  for (let turn = 0; turn < 2_000; turn++) {
    if (orders >= leaveAfter) facts = { ...facts, unwindBecause: 'operator', overdue: true }
    account = charged(account, interest[turn])
    facts = { ...facts, ...holdingsOf(plan, account) }
    const market = markets[turn] ?? calm
    const step: Step = nextStep(facts, market, RULES, null, NOW_MS)
    if (step.kind === 'done') {
      return { ended: facts.phase === 'unwinding' ? 'flat' : 'hedged', held: facts, apartBaseMax }
    }
    if (step.kind === 'unwind') facts = { ...facts, phase: 'unwinding' }
    else if (step.kind === 'order') {
      const { order } = step
      if (!isOfLeg(order)) throw new Error('expected an order of one leg, found one of both')
      account = execute(plan, account, order, parts[orders] ?? shareFilled(order, market))
      orders++
      const after = holdingsOf(plan, account)
      facts = { ...facts, repairs: repairsAfter(facts, after) }
      const covered = Decimal.max(0, after.spotNetBase)
      apartBaseMax = Decimal.max(apartBaseMax, covered.minus(after.perpBase).abs())
    } else if (step.kind === 'stuck' || !markets[turn])
      throw new Error(
        `expected an order or an end, found ${JSON.stringify(step)} with ${JSON.stringify(facts)}`,
      )
  }
  throw new Error(`expected an end, found ${JSON.stringify(facts)} after 2000 turns`)
}

/** Interest is charged on what is owed, and makes it more. */
const charged = (account: typeof EMPTY_ACCOUNT, factor: Decimal | undefined) =>
  account.coins.lt(0) ? { ...account, coins: account.coins.times(factor ?? 1).toDecimalPlaces(12) } : account

const repairsAfter = (facts: StepFacts, after: Holdings): number =>
  isLevel(facts.plan, after) || isLevel(facts.plan, facts) ? 0 : facts.repairs + 1

const anyPart = fc.oneof(fc.constant(0), fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }))
const anyFacing = fc.constantFrom(...FACINGS)
const anyLeave = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 6 }))
// Fewer bad orders than the ladder has rungs: beyond it a person is called, which is another end.
const anyParts = fc.array(anyPart, { maxLength: RULES.execution.repairsMax })

/** Perpetual exactly 0; long carry keeps only what cannot be sold, reverse carry owes nothing and keeps about as little. */
function expectFlat(plan: HedgePlan, held: Holdings, grid: Grid) {
  expect(held.perpBase).toBe('0')
  const spot = new Decimal(held.spotNetBase)
  if (plan.direction === 'reverse-carry') expect(spot.lte(0)).toBe(true)
  else expect(spot.gte(0)).toBe(true)
  const least = new Decimal(grid.spotMinUsdt).div(grid.midPrice).times('1.02')
  expect(spot.abs().lte(least.plus(new Decimal(plan.spot.qtyStep).times(2)))).toBe(true)
}

function expectHedged(plan: HedgePlan, held: Holdings) {
  expect(isLevel(plan, held)).toBe(true)
  expect(new Decimal(held.perpBase).gt(0)).toBe(true)
}

describe('promise 5: every hedge ends hedged or flat', () => {
  test('whatever part of the first orders fills, on any grid, whichever way it faces, and whenever people want out', () => {
    fc.assert(
      fc.property(anyGrid, anyFacing, anyParts, anyLeave, (grid, facing, parts, leaveAfter) => {
        const plan = planOn(grid, facing)
        const { ended, held } = follow(plan, lendingMarket(grid), { parts, leaveAfter })
        if (ended === 'flat') return expectFlat(plan, held, grid)
        expectHedged(plan, held)
        // A spot step coarser than the lot may carry a perpetual that follows it past the target.
        const target = new Decimal(plan.targetBaseQty)
        const past = facing.firstLeg === 'perp' ? plan.spot.qtyStep : '0'
        expect(new Decimal(held.perpBase).lte(target.plus(past))).toBe(true)
      }),
      often(600),
    )
  })

  test('on any books, whichever way it faces: prices jump, depth comes and goes', () => {
    const anyMarket = fc.record({
      mid: fc.integer({ min: 9800, max: 10_200 }),
      basis: fc.integer({ min: 9900, max: 10_100 }),
      depthUsdt: fc.constantFrom(0, 3, 40, 900, 50_000),
    })
    fc.assert(
      fc.property(
        anyGrid,
        anyFacing,
        fc.array(anyMarket, { maxLength: 8 }),
        anyLeave,
        (grid, facing, seen, leaveAfter) => {
          const plan = planOn(grid, facing)
          const markets = seen.map(({ mid, basis, depthUsdt }) => {
            const market = lendingMarket(grid)
            const spotMid = new Decimal(grid.midPrice).times(mid).div(10_000)
            const perpMid = spotMid.times(grid.multiplier).times(basis).div(10_000)
            const depth = (price: Decimal) => new Decimal(depthUsdt).div(price).toDecimalPlaces(12).toFixed()
            return {
              ...market,
              spotBook: bookAround(spotMid.toSignificantDigits(12), depth(spotMid)),
              perpBook: bookAround(perpMid.toSignificantDigits(12), depth(perpMid)),
            }
          })
          const { ended, held } = follow(plan, lendingMarket(grid), { markets, leaveAfter })
          if (ended === 'flat') expectFlat(plan, held, grid)
          else expectHedged(plan, held)
        },
      ),
      often(400),
    )
  })

  test('a debt that interest keeps raising is hedged on the way and bought back to the last coin', () => {
    const anyInterest = fc.array(fc.integer({ min: 10_000, max: 10_050 }), { maxLength: 30 })
    fc.assert(
      fc.property(anyGrid, anyInterest, fc.integer({ min: 1, max: 20 }), (grid, rates, leaveAfter) => {
        const plan = planOn(grid, REVERSE)
        const interest = rates.map(rate => new Decimal(rate).div(10_000))
        const { ended, held } = follow(plan, lendingMarket(grid), { interest, leaveAfter })
        if (ended === 'flat') expectFlat(plan, held, grid)
        else expectHedged(plan, held)
      }),
      often(200),
    )
  })

  test.each(FACINGS)(
    'a hedge that people leave while it is entering ends flat with only dust: %o',
    facing => {
      const plan = planOn(XRP, facing)
      const { ended, held } = follow(plan, lendingMarket(XRP), { leaveAfter: 3 })
      expect(ended).toBe('flat')
      expectFlat(plan, held, XRP)
    },
  )
})

test('promise 4: at most one slice, with its rounding and what was too little to order, is ever unhedged', () => {
  fc.assert(
    fc.property(anyGrid, anyFacing, anyParts, anyLeave, (grid, facing, parts, leaveAfter) => {
      const plan = planOn(grid, facing)
      const { apartBaseMax } = follow(plan, lendingMarket(grid), { parts, leaveAfter })
      const smallest = (leg: 'spot' | 'perp', price: Price) =>
        new Decimal(smallestOrder(plan[leg], price)).times(plan[leg].multiplier)
      const dust = Decimal.max(smallest('perp', plan.markPrice), smallest('spot', perBaseMark(plan)))
      const rounding = lotBase(plan).times(2).plus(plan.spot.qtyStep)
      const bound = rounding.plus(plan.sliceBaseQty).plus(dust)
      expect(apartBaseMax.lte(bound)).toBe(true)
    }),
    often(300),
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

test('short of margin, a leaving hedge sends both legs of half a slice at once, whatever its route', () => {
  const plan = planOn(XRP)
  const facts = factsOf(plan, {
    phase: 'unwinding',
    unwindBecause: 'solvency: found 0.72, limit 0.7',
    spotNetBase: plan.targetBaseQty,
    perpBase: plan.targetBaseQty,
  })
  const half = new Decimal(plan.sliceBaseQty).div(2).toFixed()
  expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS)).toMatchObject({
    order: { leg: 'spot', side: 'Sell', qty: half },
    parallelOrder: { leg: 'perp', side: 'Buy', qty: half, reduceOnly: true },
  })
  const calm = nextStep(
    { ...facts, unwindBecause: 'carry-gone: found 0.1, limit 0.2' },
    marketOn(XRP),
    RULES,
    null,
    NOW_MS,
  )
  expect(calm).toMatchObject({ order: { leg: 'spot', qty: plan.sliceBaseQty } })
  expect(calm).not.toHaveProperty('parallel')
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
    const setbacks = RULES.execution.repairsMax + 1
    const facts = factsOf(plan, { repairs, setbacks, spotNetBase: baseQty('100') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS).kind).toBe('stuck')
    expect(nextStep({ ...facts, phase: 'unwinding' }, marketOn(XRP), RULES, null, NOW_MS).kind).toBe('stuck')
  })

  test('goes on while orders still bring the legs nearer, and begins anew when a person says so', () => {
    const repairs = 3 * RULES.execution.repairsMax + 1
    const facts = factsOf(plan, { repairs, setbacks: 0, phase: 'unwinding', spotNetBase: baseQty('100') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS)).toMatchObject({
      kind: 'order',
      order: { leg: 'spot', side: 'Sell', qty: '100' },
    })
  })

  test('leaves a standing hedge of which the exchange holds no perpetual any more', () => {
    const facts = factsOf(plan, { phase: 'hedged', spotNetBase: baseQty('0.5'), perpBase: baseQty('0') })
    expect(nextStep(facts, marketOn(XRP), RULES, null, NOW_MS).kind).toBe('unwind')
  })
})
