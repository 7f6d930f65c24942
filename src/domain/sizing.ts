/** How much to hedge, and in what slices. */
import type { Exposure } from './exposure.ts'
import type { BlindReason, MarketView } from './market-view.ts'
import type { HedgePlan } from './plan.ts'
import type { Refusal } from './refusal.ts'
import type { Rules } from './rules.ts'

export type SizeReason = 'no-room' | 'below-minimum' | 'spot-depth' | 'perp-depth'

export function sizeHedge(
  hedgeId: string,
  market: MarketView,
  exposure: Exposure,
  rules: Rules,
  nowMs: number,
): HedgePlan | Refusal<SizeReason | BlindReason> {
  throw new Error(`not yet: ${[hedgeId, market, exposure, rules, nowMs].length}`)
}
