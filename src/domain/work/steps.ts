/**
 * What a hedge does next, from what its legs really hold. A leg that is ahead is followed by the other before anything new is
 * opened, so at most one slice is ever unhedged (promise 4), and each loop ends hedged or flat (5). How a slice is worked is
 * the route's (entry-steps.ts); what waits in the book meanwhile is watched here.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../entry/plan.ts'
import { isMarginSqueeze } from '../exit/judgement.ts'
import type { LegName } from '../instrument.ts'
import { isLevel, perpMissing } from '../legs/balance.ts'
import type { RestingOrder } from '../legs/hedge-order.ts'
import { freshMarket, type MarketView } from '../market/market-view.ts'
import { isRefusal } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { baseQty, NO_BASE, orderQty, usdt } from '../units.ts'
import { cancelReason, isNativeShut, openingOrder } from './entry-steps.ts'
import { giveBack, nextUnwind } from './exit-steps.ts'
import { followOrder } from './follow.ts'
import { beyondKept } from './part.ts'
import { decideRepair, judgeBalance, toleranceBps, widestBps } from './repair.ts'
import { nextSlice } from './slices.ts'
import { spreadOut } from './spread-slices.ts'
import type { NewRisk, Step, StepFacts } from './step.ts'

/** A ladder is climbed this many times before a person is called. */
const STUCK_AFTER = 3
/** How far apart the orders are that are tried while a maintenance lasts: one of both markets may be open. */
const TRY_EVERY_MS = 60_000
/** After this many orders in a row without effect, the next ones are tried this rarely. */
const IN_VAIN = 2

type Known = Pick<StepFacts, 'phase' | 'perpBase' | 'repairs' | 'setbacks' | 'unbalancedSinceMs' | 'keepBase'>

/** Why nothing is to be ordered now; null when it may be. What is whole is not taken apart while one of its legs could not follow. */
export function waitsForVenue(
  { phase, perpBase, repairs, setbacks = 0, unbalancedSinceMs, keepBase }: Known,
  level: boolean,
  market: MarketView,
  nowMs: number,
): string | null {
  const isMaintained = inMaintenance(market, nowMs)
  if (!level) {
    const nextTryAtMs = unbalancedSinceMs + repairs * TRY_EVERY_MS
    return isMaintained && setbacks >= IN_VAIN && nowMs < nextTryAtMs
      ? 'maintenance: the next order is tried later'
      : null
  }
  const closes = phase === 'unwinding' || keepBase !== undefined
  if (!closes || perpBase === NO_BASE) return null
  if (isMaintained) return 'maintenance: the legs stay as they are'
  const shut = [market.pair.spot, market.pair.perp].find(({ trading }) => !trading)
  return shut ? `${shut.symbol} (${shut.market}) does not trade: the legs stay as they are` : null
}

/** Why a person has to look: many orders left the legs apart, the last few changed nothing at all. A person's word starts it anew. */
export function stuckBecause(
  { repairs, setbacks = 0 }: Known,
  { execution }: Pick<Rules, 'execution'>,
  market: MarketView,
  nowMs: number,
): string | null {
  const isStuck = repairs > STUCK_AFTER * execution.repairsMax && setbacks > execution.repairsMax
  return isStuck && !inMaintenance(market, nowMs) ? `the legs are still apart after ${repairs} orders` : null
}

/** Between its announced instants; one without an end lasts until it is told to be over. */
const inMaintenance = ({ maintenanceAtMs, maintenanceUntilMs }: MarketView, nowMs: number): boolean =>
  maintenanceAtMs !== undefined &&
  nowMs >= maintenanceAtMs &&
  (maintenanceUntilMs === undefined || nowMs < maintenanceUntilMs)

/**
 * The one step to take now. `newRiskRefused` stops what would grow the hedge; repairs and exits go on regardless. Source:
 * carry.md d.2 to d.6.
 */
export function nextStep(
  told: StepFacts,
  market: MarketView,
  rules: Rules,
  newRiskRefused: NewRisk,
  nowMs: number,
): Step {
  const facts = { ...told, plan: withLiveMinimums(told.plan, market.pair) }
  const breached = isBreached(facts, market, rules, nowMs)
  const level = isLevel(facts.plan, facts)
  const because = waitsForVenue(facts, level, market, nowMs)
  if (because) return { kind: 'wait', because }
  const stuck = stuckBecause(facts, rules, market, nowMs)
  if (facts.phase === 'unwinding')
    return stuck ? { kind: 'stuck', because: stuck } : unwindStep(facts, market, rules, breached)
  const part = partStep(facts, level, market, rules, breached)
  if (part && part.kind !== 'done') return stuck ? { kind: 'stuck', because: stuck } : part
  const levelling = level ? null : levelStep(facts, market, rules, breached, stuck)
  if (facts.resting) return restingStep(facts.resting, facts, levelling, market, rules, newRiskRefused, nowMs)
  if (levelling) return levelling
  if (facts.unwindBecause !== null) return { kind: 'unwind', because: facts.unwindBecause }
  if (facts.cut)
    return endOfEntry(facts, market, rules, facts.reducedByOthers ?? 'the exchange reduced a leg')
  if (facts.phase === 'hedged')
    return new Decimal(facts.perpBase).gt(0)
      ? (part ?? { kind: 'done' })
      : { kind: 'unwind', because: facts.reducedByOthers ?? 'the perpetual is gone' }
  return enterStep(facts, market, rules, newRiskRefused, nowMs)
}

/** Bybit raises the least order now and then: what the plan knew is then refused for ever. */
function withLiveMinimums(plan: HedgePlan, pair: MarketView['pair']): HedgePlan {
  const of = (leg: LegName): HedgePlan[LegName] => {
    const { minOrderQty, minNotionalUsdt } = pair[leg]
    return {
      ...plan[leg],
      minOrderQty: orderQty(Decimal.max(minOrderQty, plan[leg].minOrderQty)),
      minNotionalUsdt: usdt(Decimal.max(minNotionalUsdt, plan[leg].minNotionalUsdt)),
    }
  }
  return { ...plan, spot: of('spot'), perp: of('perp') }
}

/** Promise 4: is more unhedged, or for longer, than the rules allow? Then the gentle rungs of the ladder are skipped. */
function isBreached(facts: StepFacts, { ticker }: MarketView, { limits }: Rules, nowMs: number): boolean {
  const mark = ticker?.markPrice ?? facts.plan.markPrice
  const balance = judgeBalance(facts.plan, facts, mark, limits, facts.unbalancedSinceMs || nowMs, nowMs)
  return balance.kind === 'unhedged' && balance.breached !== 'none'
}

/** Fills of what waits in the book are hedged first; then it stays, or is taken off. */
function restingStep(
  resting: RestingOrder,
  facts: StepFacts,
  levelling: Step | null,
  market: MarketView,
  rules: Rules,
  refused: NewRisk,
  nowMs: number,
): Step {
  if (levelling?.kind === 'order' && levelling.order.leg !== resting.leg && facts.repairs === 0)
    return levelling
  // Its fills could not be hedged at once, or its own leg is needed for that: no more of them.
  if (levelling) return { kind: 'cancel', because: 'the legs must be level first' }
  const because =
    facts.unwindBecause ??
    entryEnds(facts) ??
    (facts.cut ? (facts.reducedByOthers ?? 'the exchange reduced a leg') : null) ??
    cancelReason(resting, market, rules, refused, nowMs)
  return because ? { kind: 'cancel', because } : { kind: 'rest', because: 'the order is at the best price' }
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
  const ended = entryEnds(facts)
  if (ended) return endOfEntry(facts, market, rules, ended)
  const next = nextSlice(plan, facts, market, rules)
  if (next.kind === 'complete') return endOfEntry(facts, market, rules, 'nothing could be opened')
  if (refused) return { kind: 'wait', because: refused }
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh)) return { kind: 'wait', because: `${fresh.refused}: ${fresh.found}` }
  if (next.kind === 'wait') return { kind: 'wait', because: `${next.refused}: ${next.found}` }
  const held = { spotNetBase: facts.spotNetBase, perpBase: facts.perpBase }
  const opening = openingOrder({ ...facts, held }, next.order, fresh, rules)
  return { kind: 'order', ...opening, purpose: 'enter' }
}

/**
 * The next slice of a part that is to be closed, or that there is none; null while no part is. It goes the way of an exit, on what is
 * beyond the rest. What cannot be closed stays with the rest, as that is whole.
 */
function partStep(
  facts: StepFacts,
  level: boolean,
  market: MarketView,
  rules: Rules,
  breached: boolean,
): Step | null {
  const { keepBase, unwindBecause, setbacks = 0 } = facts
  if (keepBase === undefined || facts.phase !== 'hedged' || unwindBecause !== null) return null
  if (level && setbacks >= ENTRY_SETBACKS_MAX)
    return { kind: 'done', because: `${setbacks} orders in a row changed nothing: what is left stays` }
  return unwindStep(facts, market, rules, breached)
}

/** Orders in a row that change nothing, while the legs are level, after which what is under way is content with what it has. */
const ENTRY_SETBACKS_MAX = 10

/** Why no further slice is opened; null while one may be. */
function entryEnds({ overdue, gaveBack, refusal, setbacks = 0 }: StepFacts): string | null {
  if (gaveBack) return `a slice was closed again (${gaveBack})`
  if (refusal) return refusal.because
  if (setbacks >= ENTRY_SETBACKS_MAX) return `${setbacks} orders in a row did not fill`
  return overdue ? 'the entry took too long' : null
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
function levelStep(
  facts: StepFacts,
  market: MarketView,
  rules: Rules,
  breached: boolean,
  stuck: string | null,
): Step | null {
  const { plan, repairs } = facts
  const purpose = facts.phase === 'entering' ? 'enter' : 'rebalance'
  // What the exchange refuses is not asked for again: the leg that is ahead goes back.
  const isRefused = Boolean(facts.refusal)
  if (repairs === 0 && !breached && !facts.cut && !isRefused) {
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
  if (stuck) return { kind: 'stuck', because: stuck }
  const repair = decideRepair(plan, facts, market, rules, Math.max(0, repairs - 1), {
    breached,
    cut: facts.cut || isRefused,
    refused: refusedLeg(facts),
  })
  if (repair.kind === 'wait') return { kind: 'wait', because: repair.because }
  if (repair.kind === 'balanced') return null
  const because = `${repair.kind}: ${repair.because}${breached ? ', past a limit' : ''}`
  const givesBack = repair.kind === 'unwind' && (isRefused || repair.because !== 'only-way')
  const why = isRefused && facts.refusal ? `${because}: ${facts.refusal.because}` : because
  return {
    kind: 'order',
    order: repair.order,
    purpose: 'repair',
    because: why,
    ...(givesBack && facts.phase === 'entering' && { givesBack }),
  }
}

/** The perpetual gives back what the spot leg no longer covers; then the next slice is closed, spot first: all, or a part. */
function unwindStep(facts: StepFacts, market: MarketView, rules: Rules, breached: boolean): Step {
  const { plan, repairs, keepBase } = facts
  const cover = coverStep(facts, market, rules, breached)
  if (cover) return cover
  const { slippageBpsMax } = rules.execution
  const wider = breached ? widestBps(slippageBpsMax) : toleranceBps(repairs, slippageBpsMax)
  if (new Decimal(perpMissing(plan, facts)).lt(0)) {
    const order = giveBack(plan, facts, market, wider)
    return order
      ? { kind: 'order', order, purpose: 'exit', because: 'the perpetual follows the spot leg' }
      : { kind: 'wait', because: 'the perpetual book has no price to close at' }
  }
  const squeezed = isMarginSqueeze(facts.unwindBecause)
  const sliced = squeezed ? inSmallSlices(plan, rules) : plan
  const closing = beyondKept(facts, keepBase)
  const next = nextUnwind(sliced, closing, market, rules, wider, keepBase !== undefined)
  if (next.kind === 'flat') return { kind: 'done' }
  if (next.kind === 'wait') return { kind: 'wait', because: `${next.refused}: ${next.found}` }
  const native =
    plan.route === 'spread' && facts.repairs === 0 && !isNativeShut(facts)
      ? nativeExit(closing, market, rules)
      : undefined
  if (native) return native
  // What was refused goes first: the other leg stays beside it until it passes.
  const order = facts.refusal?.leg === 'perp' ? (next.perp ?? next.spot) : (next.spot ?? next.perp)
  if (!order) return { kind: 'done' }
  const because = next.last ? 'last slice' : 'next slice'
  const parallelOrder =
    (plan.route === 'parallel' || squeezed) && !facts.refusal && next.spot && next.perp
      ? { parallelOrder: next.perp }
      : {}
  return { kind: 'order', order, ...parallelOrder, purpose: 'exit', because }
}

/** Refusals in a row of one leg's orders, from which on the legs are levelled by the other. */
const REFUSED_IN_A_ROW = 3

/** The leg whose orders the exchange refuses again and again; what a person closed by hand is not opened again for its sake. */
function refusedLeg({ refusal, setbacks = 0, reducedByOthers }: StepFacts): LegName | null {
  if (!refusal || refusal.leg === 'spreadOrder' || setbacks < REFUSED_IN_A_ROW || reducedByOthers) return null
  return refusal.leg
}

/** On the way out, the leg that is ahead cannot be closed: the other is built up again, so that nothing stands alone meanwhile. */
function coverStep(facts: StepFacts, market: MarketView, rules: Rules, breached: boolean): Step | null {
  const refused = refusedLeg(facts)
  if (!refused || isLevel(facts.plan, facts)) return null
  const repair = decideRepair(facts.plan, facts, market, rules, facts.repairs, { breached, refused })
  if (repair.kind !== 'repair' || repair.order.leg === refused) return null
  const because = `the ${refused} leg cannot be closed (${facts.refusal?.because}): the other covers it`
  return { kind: 'order', order: repair.order, purpose: 'repair', because }
}

/** Each coin sold frees collateral and each contract closed frees margin: neither waits for the other. Source: carry.md d.10. */
const inSmallSlices = (plan: HedgePlan, { execution }: Rules): HedgePlan => ({
  ...plan,
  sliceBaseQty: baseQty(new Decimal(plan.sliceBaseQty).times(execution.squeezeSliceShare)),
})

/** The way out as one order of both legs, while its book is there and deep enough. */
function nativeExit({ plan, ...held }: StepFacts, market: MarketView, rules: Rules): Step | undefined {
  const { spotBook, perpBook, ticker } = market
  if (!spotBook || !perpBook || !ticker) return undefined
  const step = spreadOut(plan, held, { ...market, spotBook, perpBook, ticker }, rules)
  if (step.kind !== 'spreadOrder') return undefined
  return { kind: 'order', order: step.order, purpose: 'exit', because: 'next slice' }
}
