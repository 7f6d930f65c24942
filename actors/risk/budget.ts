/**
 * The budgets of the day, asked before every slice: the judgement of the account is up to half a minute old, and what living
 * hedges have paid since is counted on top of it.
 */
import { Decimal } from 'decimal.js'
import type { HedgePlan } from '../../src/domain/entry/plan.ts'
import { churnReason, lossReason } from '../../src/domain/risk/risk-state.ts'
import { type Usdt, usdt } from '../../src/domain/units.ts'
import { hedges } from '../account/reconciler.ts'
import type { Ports } from '../ports.ts'

/** Fees that the orders of living hedges have paid so far, those of orders that still rest among them. */
export function livingFeesUsdt(ports: Ports<'runtime'>): Usdt {
  const paid = hedges(ports).flatMap(({ context: { spot, perp } }) =>
    [spot, perp].flatMap(({ feesUsdt, order }) => [feesUsdt, order?.soFar?.feesUsdt ?? '0']),
  )
  return usdt(Decimal.sum('0', ...paid))
}

/** Why no further slice of this plan may be opened, or null. Levelling and closing never ask here. */
export function sliceRefused(
  ports: Ports<'runtime' | 'risk' | 'rules' | 'newRiskRefused'>,
  plan: HedgePlan | undefined,
): string | null {
  const refused = ports.newRiskRefused(plan?.symbol)
  const risk = ports.risk()
  if (refused || !plan || !risk) return refused
  const { account, livingFeesUsdt: before } = risk
  // Hedges that ended since take their fees with them: those are in the books by then.
  const since = Decimal.max(0, new Decimal(livingFeesUsdt(ports)).minus(before))
  const round = new Decimal(plan.fees.spot.taker).plus(plan.fees.perp.taker).times(2)
  const slice = round.times(plan.sliceBaseQty).times(plan.markPrice).div(plan.perp.multiplier)
  const { limits } = ports.rules
  const { pnlTodayUsdt: pnl } = account
  const broken =
    churnReason(account, limits, since.plus(slice)) ??
    lossReason(
      { ...account, ...(pnl !== undefined && { pnlTodayUsdt: usdt(new Decimal(pnl).minus(since)) }) },
      limits,
    )
  return broken ? `${broken.refused}: found ${broken.found}, limit ${broken.limit}` : null
}
