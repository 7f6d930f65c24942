/** One hedge as people read it: its legs, what it has earned, what was expected. */

import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Usdt } from '../domain/units.ts'

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

/**
 * What a closed hedge made, from its executions and settlements; empty while it lives. Dust left over counts nothing.
 *
 * @param coinFees - fees taken in the coin, by hedge: they are missing from the coins sold, so basis and slippage get them back
 */
export function closedResult(
  { plan, spot, perp, fundingUsdt }: HedgeContext,
  state: string,
  coinFees: Readonly<Record<string, Usdt>>,
): JsonObject {
  if (state !== 'closed') return {}
  const fees = new Decimal(spot.feesUsdt).plus(perp.feesUsdt)
  const basis = Decimal.sum(spot.cashUsdt, perp.cashUsdt, coinFees[plan.hedgeId] ?? 0)
  return {
    feesUsdt: fees.neg().toFixed(),
    basisUsdt: basis.toFixed(),
    netUsdt: basis.minus(fees).plus(fundingUsdt).toFixed(),
  }
}
