import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { HedgePlan } from '../../../src/domain/entry/plan.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'
import type { StepFacts } from '../../../src/domain/work/step.ts'
import { nextStep } from '../../../src/domain/work/steps.ts'
import { FACINGS, factsOf, lendingMarket, planFacing } from '../../support/domain/sample-account.ts'
import { NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

const MARKET = lendingMarket(XRP)
const OLD = NOW_MS - RULES.limits.unhedgedMsMax - 1
const apart = (plan: HedgePlan, changes: Partial<StepFacts> = {}): StepFacts =>
  factsOf(plan, {
    unbalancedSinceMs: NOW_MS - 1000,
    spotNetBase: baseQty('150'),
    perpBase: baseQty('100'),
    ...changes,
  })

/** How far through the best price the order of this step may go, in bps. */
function boldnessOf(facts: StepFacts, rules = RULES): { bps: number; because: string } {
  const step = nextStep(facts, MARKET, rules, null, NOW_MS)
  if (step.kind !== 'order') throw new Error(`expected an order, found ${JSON.stringify(step)}`)
  const { leg, side, limitPrice } = step.order
  const book = leg === 'spot' ? MARKET.spotBook : MARKET.perpBook
  const best = (side === 'Buy' ? book.asks : book.bids)[0]?.[0] ?? '0'
  const bps = new Decimal(limitPrice).div(best).minus(1).abs().times(10_000).round().toNumber()
  return { bps, because: step.because }
}

describe.each(FACINGS)('promise 4, %o: past a bound the gentle rungs are skipped', facing => {
  const plan = planFacing(XRP, facing)

  test('inside both bounds the perpetual follows at the plain tolerance', () => {
    expect(boldnessOf(apart(plan))).toEqual({ bps: 10, because: 'the perpetual follows the spot leg' })
  })

  test('older than the bound, the cheaper of repair and unwind is taken at the widest tolerance at once', () => {
    const found = boldnessOf(apart(plan, { unbalancedSinceMs: OLD }))
    expect(found).toEqual({ bps: 45, because: 'repair: cheaper, past a limit' })
  })

  test('larger than the bound, it is too', () => {
    const limits = { ...RULES.limits, unhedgedNotionalUsdtMax: usdt('124') }
    expect(boldnessOf(apart(plan), { ...RULES, limits }).bps).toBe(45)
  })

  test('tries that are used up still leave only unwinding', () => {
    const repairs = RULES.execution.repairsMax + 1
    const { bps, because } = boldnessOf(apart(plan, { repairs, unbalancedSinceMs: OLD }))
    expect({ bps, because }).toEqual({ bps: 45, because: 'unwind: repairs-exhausted, past a limit' })
  })

  test('a leaving hedge gives back what is uncovered at the widest tolerance at once', () => {
    const uncovered = { phase: 'unwinding', spotNetBase: baseQty('50'), perpBase: baseQty('100') } as const
    expect(boldnessOf(apart(plan, uncovered)).bps).toBe(10)
    expect(boldnessOf(apart(plan, { ...uncovered, unbalancedSinceMs: OLD })).bps).toBe(45)
  })

  test('what neither leg can order is dust at any age', () => {
    const dust = apart(plan, {
      spotNetBase: baseQty('401.5'),
      perpBase: baseQty('400'),
      unbalancedSinceMs: OLD,
    })
    expect(nextStep({ ...dust, phase: 'hedged' }, MARKET, RULES, null, NOW_MS)).toEqual({ kind: 'done' })
  })
})
