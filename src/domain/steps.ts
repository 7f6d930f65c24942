/**
 * What a hedge does next, from what its legs really hold. One order at a time: a leg that is ahead is followed by the other
 * before anything new is opened, so at most one slice is ever unhedged (promise 4), and each loop ends hedged or flat (5).
 */
import { Decimal } from 'decimal.js'
import { perpMissing } from './balance.ts'
import { giveBack, nextUnwind } from './exit-slices.ts'
import { followOrder } from './follow.ts'
import { isLevel } from './level.ts'
import { freshMarket, type MarketView } from './market-view.ts'
import type { OrderPurpose } from './order.ts'
import type { HedgePlan, Holdings, LegOrder } from './plan.ts'
import { isRefusal } from './refusal.ts'
import { decideRepair, judgeBalance, toleranceBps, widestBps } from './repair.ts'
import type { Rules } from './rules.ts'
import { nextSlice } from './slices.ts'
import { usdt } from './units.ts'

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
  /** Since when they are apart; 0 while they are level. */
  unbalancedSinceMs: number
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
  const breached = isBreached(facts, market, rules, nowMs)
  if (facts.phase === 'unwinding') return unwindStep(facts, market, rules, breached)
  const levelling = isLevel(facts.plan, facts) ? null : levelStep(facts, market, rules, breached)
  if (levelling) return levelling
  if (facts.unwindBecause !== null) return { kind: 'unwind', because: facts.unwindBecause }
  if (facts.phase === 'hedged') return { kind: 'done' }
  return enterStep(facts, market, rules, newRiskRefused, nowMs)
}

/** Promise 4: is more unhedged, or for longer, than the rules allow? Then the gentle rungs of the ladder are skipped. */
function isBreached(facts: StepFacts, { ticker }: MarketView, { limits }: Rules, nowMs: number): boolean {
  const mark = ticker?.markPrice ?? facts.plan.markPrice
  const balance = judgeBalance(facts.plan, facts, mark, limits, facts.unbalancedSinceMs || nowMs, nowMs)
  return balance.kind === 'unhedged' && balance.breached !== 'none'
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
  if (next.kind === 'complete') return endOfEntry(facts, market, rules, 'nothing could be opened')
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

/**
 * The legs are apart: first the plain order that follows the leg that opened, then the ladder of repairs; past a bound of
 * promise 4 at once the ladder's widest. Null: what is apart is dust.
 */
function levelStep(facts: StepFacts, market: MarketView, rules: Rules, breached: boolean): Step | null {
  const { plan, repairs } = facts
  const purpose = facts.phase === 'entering' ? 'enter' : 'rebalance'
  if (repairs === 0 && !breached) {
    const follow = followOrder(plan, facts, market, rules.execution.slippageBpsMax)
    if (follow.kind === 'order') {
      const { leg } = follow.order
      return {
        ...follow,
        purpose,
        because: `the ${leg === 'perp' ? 'perpetual follows the spot' : 'spot follows the perpetual'} leg`,
      }
    }
  }
  if (isStuck(facts, rules))
    return { kind: 'stuck', because: `the legs are still apart after ${repairs} orders` }
  const repair = decideRepair(plan, facts, market, rules, Math.max(0, repairs - 1), breached)
  if (repair.kind === 'wait') return { kind: 'wait', because: repair.because }
  if (repair.kind === 'balanced') return null
  const because = `${repair.kind}: ${repair.because}${breached ? ', past the bound' : ''}`
  return { kind: 'order', order: repair.order, purpose: 'repair', because }
}

/** A ladder is climbed this many times before a person is called. */
const STUCK_AFTER = 3

const isStuck = ({ repairs }: StepFacts, { execution }: Rules): boolean =>
  repairs > STUCK_AFTER * execution.repairsMax

/** The perpetual gives back what the spot leg no longer covers; then the next slice is closed, spot first. */
function unwindStep(facts: StepFacts, market: MarketView, rules: Rules, breached: boolean): Step {
  const { plan, repairs } = facts
  if (isStuck(facts, rules))
    return { kind: 'stuck', because: `the legs are still apart after ${repairs} orders` }
  const { slippageBpsMax } = rules.execution
  const wider = breached ? widestBps(slippageBpsMax) : toleranceBps(repairs, slippageBpsMax)
  if (new Decimal(perpMissing(plan, facts)).lt(0)) {
    const order = giveBack(plan, facts, market, wider)
    return order
      ? { kind: 'order', order, purpose: 'exit', because: 'the perpetual follows the spot leg' }
      : { kind: 'wait', because: 'the perpetual book has no price to close at' }
  }
  const next = nextUnwind(plan, facts, market, rules, wider)
  if (next.kind === 'flat') return { kind: 'done' }
  if (next.kind === 'wait') return { kind: 'wait', because: `${next.refused}: ${next.found}` }
  const order = next.spot ?? next.perp
  if (!order) return { kind: 'done' }
  return { kind: 'order', order, purpose: 'exit', because: next.last ? 'last slice' : 'next slice' }
}
