/** Unwinding, slice by slice, until both legs are flat. */

import type { MarketView } from './market-view.ts'
import type { HedgePlan, Holdings, LegOrder } from './plan.ts'
import type { Refusal } from './refusal.ts'
import type { Rules } from './rules.ts'
import type { BaseQty } from './units.ts'

export type NextUnwind =
  /** Sent together: spot sell and reduce-only perpetual buy. Either may be null; `last` closes everything. */
  | { kind: 'slice'; spot: LegOrder | null; perp: LegOrder | null; last: boolean }
  | { kind: 'flat'; dustBase: BaseQty }
  | ({ kind: 'wait' } & Refusal<'book-missing' | 'not-enough-depth'>)

/** @param toleranceBps - how far through the best price; the caller widens it by `toleranceBps` of repair.ts */
export function nextUnwind(
  plan: HedgePlan,
  held: Holdings,
  market: MarketView,
  rules: Rules,
  toleranceBps: number,
): NextUnwind {
  throw new Error(`not yet: ${[plan, held, market, rules, toleranceBps].length}`)
}
