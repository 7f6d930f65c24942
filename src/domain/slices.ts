/** Entering, slice by slice: spot first, then the perpetual for what was received. */
import type { MarketView } from './market-view.ts'
import type { HedgePlan, Holdings, LegOrder } from './plan.ts'
import type { Refusal } from './refusal.ts'
import type { Rules } from './rules.ts'

export type SliceWait = 'book-missing' | 'not-enough-depth' | 'unhedged-slice'
export type NextSlice =
  | { kind: 'order'; order: LegOrder }
  /** Target reached, or what is missing is too small to order. */
  | { kind: 'complete' }
  | ({ kind: 'wait' } & Refusal<SliceWait>)

/** The next spot order of the entry. Age of the books is the caller's check (`freshMarket`). */
export function nextSlice(plan: HedgePlan, held: Holdings, market: MarketView, rules: Rules): NextSlice {
  throw new Error(`not yet: ${[plan, held, market, rules].length}`)
}

export type PerpOrder =
  | { kind: 'order'; order: LegOrder }
  | { kind: 'none'; because: 'balanced' | 'below-minimum' | 'book-missing' }

/** The perpetual order that hedges what spot received: what is missing, floored to the lot. `toleranceBps` sets the limit price. */
export function perpOrderFor(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  toleranceBps: number,
): PerpOrder {
  throw new Error(`not yet: ${[plan, held, market, toleranceBps].length}`)
}
