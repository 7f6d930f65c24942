/** One stored hedge as people read it: its legs, what it has earned, what was planned of it and how much of that it holds. */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { JsonObject } from '../domain/json.ts'
import type { LegOutcome } from '../domain/work/leg-outcome.ts'
import type { BookedFigures } from '../store/books/operator-reads.ts'
import { readHedge } from './living-hedges.ts'

/** @param booked - its funding by the books; where they were not asked, what it was told itself */
export function hedgeSummary(
  context: HedgeContext,
  { state, sinceMs }: { state: string; sinceMs: number },
  booked: Pick<BookedFigures, 'fundingUsdt' | 'settlements'> = context,
): JsonObject {
  const { plan } = context
  const { legs, heldUsdt, filledShare } = readHedge(context)
  const leg = (name: 'spot' | 'perp') => legRow(legs[name], context[name])
  return {
    id: plan.hedgeId,
    symbol: plan.symbol,
    baseCoin: plan.baseCoin,
    direction: plan.direction,
    state,
    sinceMs,
    plannedBase: plan.targetBaseQty,
    plannedUsdt: plan.notionalUsdt,
    heldUsdt,
    filledShare: filledShare.toNumber(),
    spot: leg('spot'),
    perp: leg('perp'),
    fundingUsdt: booked.fundingUsdt,
    settlements: booked.settlements,
    feesUsdt: new Decimal(legs.spot.feesUsdt).plus(legs.perp.feesUsdt).neg().toFixed(),
    plannedNetUsdt: plan.expected.netUsdt,
    expectedAprOnCapital: plan.expected.aprOnCapital,
    unwindBecause: context.unwindBecause,
    failure: context.failure,
    enteredAtMs: context.enteredAtMs,
    hedgedAtMs: context.hedgedAtMs,
  }
}

const legRow = (
  { base, cashUsdt, feesUsdt }: LegOutcome,
  { step, order }: HedgeContext['spot'],
): JsonObject => ({ base, cashUsdt, feesUsdt, orders: step, working: order?.orderLinkId ?? null })
