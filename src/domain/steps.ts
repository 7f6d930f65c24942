/**
 * What a hedge does next, from what its legs really hold. One order at a time: a leg that is ahead is followed by the other
 * before anything new is opened, so at most one slice is ever unhedged (promise 4), and each loop ends hedged or flat (5).
 */
import { Decimal } from 'decimal.js'
import { perpMissing } from './balance.ts'
import { limitThrough } from './book.ts'
import { nextUnwind } from './exit-slices.ts'
import { floorTo } from './grid.ts'
import { isLevel } from './level.ts'
import { freshMarket, type MarketView } from './market-view.ts'
import type { OrderPurpose } from './order.ts'
import type { HedgePlan, Holdings, LegOrder } from './plan.ts'
import { isRefusal } from './refusal.ts'
import { decideRepair, toleranceBps } from './repair.ts'
import type { Rules } from './rules.ts'
import { nextSlice, perpOrderFor } from './slices.ts'
import { orderQty, usdt } from './units.ts'

export type Step =
  | { kind: 'order'; order: LegOrder; purpose: OrderPurpose; because: string }
  | { kind: 'wait'; because: string }
  /** The phase has reached its end; the exchange is asked to confirm it. */
  | { kind: 'done' }
  | { kind: 'unwind'; because: string }
  | { kind: 'stuck'; because: string }

export type StepFacts = Holdings & {
  plan: HedgePlan
  phase: 'entering' | 'hedged' | 'unwinding'
  overdue: boolean
  unwindBecause: string | null
  /** Orders since the legs were last level. */
  repairs: number
}

/** May new risk be taken now? Promise 9: the reason why not, or null. */
export type NewRisk = string | null

export function nextStep(
  facts: StepFacts,
  market: MarketView,
  rules: Rules,
  newRiskRefused: NewRisk,
  nowMs: number,
): Step {
  if (facts.phase === 'unwinding') return unwindStep(facts, market, rules)
  const levelling = isLevel(facts.plan, facts) ? null : levelStep(facts, market, rules)
  if (levelling) return levelling
  if (facts.unwindBecause !== null) return { kind: 'unwind', because: facts.unwindBecause }
  if (facts.phase === 'hedged') return { kind: 'done' }
  return enterStep(facts, market, rules, newRiskRefused, nowMs)
}

/** The legs are level: open the next slice, or stop here. */
function enterStep(
  facts: StepFacts,
  market: MarketView,
  rules: Rules,
  refused: NewRisk,
  nowMs: number,
): Step {
  const { plan } = facts
  if (facts.overdue) return endOfEntry(facts, market, rules, 'entry deadline')
  const next = nextSlice(plan, facts, market, rules)
  if (next.kind === 'complete') return endOfEntry(facts, market, rules, 'nothing could be bought')
  if (refused) return { kind: 'wait', because: refused }
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh)) return { kind: 'wait', because: `${fresh.refused}: ${fresh.found}` }
  if (next.kind === 'wait') return { kind: 'wait', because: `${next.refused}: ${next.found}` }
  return { kind: 'order', order: next.order, purpose: 'enter', because: 'next slice' }
}

/** Keeps the balanced part where it is worth keeping, or leaves it. */
function endOfEntry(facts: StepFacts, market: MarketView, rules: Rules, because: string): Step {
  const mark = market.ticker?.markPrice ?? facts.plan.markPrice
  const perBase = new Decimal(mark).div(facts.plan.perp.multiplier)
  const notional = usdt(new Decimal(facts.perpBase).mul(perBase))
  return new Decimal(notional).gte(rules.limits.hedgeNotionalUsdtMin)
    ? { kind: 'done' }
    : { kind: 'unwind', because: `${because}: ${notional} USDT is below the smallest hedge` }
}

/** The legs are apart: first the plain order that follows the other leg, then the ladder of repairs. Null: only dust is. */
function levelStep(facts: StepFacts, market: MarketView, rules: Rules): Step | null {
  const { plan, repairs } = facts
  const purpose = facts.phase === 'entering' ? 'enter' : 'rebalance'
  if (repairs === 0) {
    const follow = perpOrderFor(plan, facts, market, rules.execution.slippageBpsMax)
    if (follow.kind === 'order') return { ...follow, purpose, because: 'the perpetual follows the spot leg' }
  }
  if (repairs > STUCK_AFTER * rules.execution.repairsMax) {
    return { kind: 'stuck', because: `the legs are still apart after ${repairs} orders` }
  }
  const repair = decideRepair(plan, facts, market, rules, Math.max(0, repairs - 1))
  if (repair.kind === 'wait') return { kind: 'wait', because: repair.because }
  if (repair.kind === 'balanced') return null
  return {
    kind: 'order',
    order: repair.order,
    purpose: 'repair',
    because: `${repair.kind}: ${repair.because}`,
  }
}

/** A ladder is climbed this many times before a person is called. */
const STUCK_AFTER = 3

/** The perpetual gives back what the spot leg no longer covers; then the next slice is sold. */
function unwindStep(facts: StepFacts, market: MarketView, rules: Rules): Step {
  const { plan, repairs } = facts
  if (repairs > STUCK_AFTER * rules.execution.repairsMax) {
    return { kind: 'stuck', because: `the legs are still apart after ${repairs} orders` }
  }
  const wider = toleranceBps(repairs, rules.execution.slippageBpsMax)
  const uncovered = new Decimal(perpMissing(plan, facts)).lt(0)
  if (uncovered) {
    const order = giveBack(facts, market, wider)
    return order
      ? { kind: 'order', order, purpose: 'exit', because: 'the perpetual follows the spot leg' }
      : { kind: 'wait', because: 'the perpetual book has no ask' }
  }
  const next = nextUnwind(plan, facts, market, rules, wider)
  if (next.kind === 'flat') return { kind: 'done' }
  if (next.kind === 'wait') return { kind: 'wait', because: `${next.refused}: ${next.found}` }
  const order = next.spot ?? next.perp
  if (!order) return { kind: 'done' }
  return { kind: 'order', order, purpose: 'exit', because: next.last ? 'last slice' : 'next slice' }
}

/** The perpetual that no spot covers any more, bought back in whole lots; all of it once the spot leg is only dust. */
function giveBack(
  { plan, ...held }: StepFacts,
  { perpBook }: MarketView,
  toleranceBps: number,
): LegOrder | null {
  const limitPrice = perpBook && limitThrough(perpBook, 'Buy', toleranceBps, plan.perp.tickSize)
  if (!limitPrice) return null
  const contracts = new Decimal(perpMissing(plan, held)).neg().div(plan.perp.multiplier)
  const qty = orderQty(Decimal.min(contracts, floorTo(plan.perp.maxMarketQty, plan.perp.qtyStep)))
  return { leg: 'perp', side: 'Buy', qty, limitPrice, reduceOnly: true }
}
