/** One hedge as people read it: its legs, what it has earned, what was expected. */
import type { HedgeContext } from '../../machines/hedge-context.ts'
import type { JsonObject } from '../domain/json.ts'

export function hedgeSummary(context: HedgeContext, state: string, sinceMs: number): JsonObject {
  const { plan, spot, perp } = context
  return {
    id: plan.hedgeId,
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    direction: plan.direction,
    state,
    sinceMs,
    targetBaseQty: plan.targetBaseQty,
    notionalUsdt: plan.notionalUsdt,
    spot: leg(spot),
    perp: leg(perp),
    fundingUsdt: context.fundingUsdt,
    settlements: context.settlements,
    expectedNetUsdt: plan.expected.netUsdt,
    expectedAprOnCapital: plan.expected.aprOnCapital,
    unwindBecause: context.unwindBecause,
    failure: context.failure,
    enteredAtMs: context.enteredAtMs,
    hedgedAtMs: context.hedgedAtMs,
  }
}

const leg = ({ base, cashUsdt, feesUsdt, order, step }: HedgeContext['spot']): JsonObject => ({
  base,
  cashUsdt,
  feesUsdt,
  orders: step,
  working: order?.orderLinkId ?? null,
})
