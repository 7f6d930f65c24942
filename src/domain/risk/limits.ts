/**
 * Limits on new risk. Only `approve` makes an `Approved` plan, so an unchecked one cannot be opened; the brand is gone in
 * JSON, which is why the journal keeps the plan as approved. Reducing risk never asks here.
 */
import { Decimal } from 'decimal.js'
import { type Refusal, refuse } from '../refusal.ts'
import type { LimitRules } from '../rules.ts'
import type { Usdt } from '../units.ts'
import type { Exposure } from './exposure.ts'
import { type AccountReason, churnReason, lossReason, strainReason } from './risk-state.ts'

declare const approved: unique symbol
/** A plan that passed every limit. */
export type Approved<Plan> = Plan & { readonly [approved]: true }

export type LimitReason =
  | 'halted'
  | 'symbol-taken'
  | 'too-many-hedges'
  | 'hedge-too-small'
  | 'hedge-too-large'
  | 'symbol-too-large'
  | 'total-too-large'
  | 'free-margin'
  | AccountReason
export type Refused = Refusal<LimitReason>

type Asking = {
  hedgeId: string
  symbol: string
  notionalUsdt: Usdt
  capitalUsdt: Usdt
  /** Fees of the whole round trip, negative: they count against the churn budget. */
  expected?: { feesUsdt: Usdt }
}

/**
 * Notional, capital and fees of the plan on top of what is carried, against every limit; the first one broken is named. What
 * the exposure leaves out is not checked: who builds it answers for that.
 */
export function approve<Plan extends Asking>(
  plan: Plan,
  exposure: Exposure,
  limits: LimitRules,
): Approved<Plan> | Refused {
  const { hedges } = exposure
  const notional = new Decimal(plan.notionalUsdt)
  const total = hedges.reduce((sum, hedge) => sum.plus(hedge.notionalUsdt), notional)
  const free = new Decimal(exposure.availableUsdt).minus(exposure.reservedUsdt).minus(plan.capitalUsdt)
  const taken = hedges.find(hedge => hedge.symbol === plan.symbol)

  if (exposure.halted) return refuse('halted', 'halted', 'not halted')
  if (taken) return refuse('symbol-taken', taken.hedgeId, 'one hedge per symbol')
  if (hedges.length + 1 > limits.hedgesMax)
    return refuse('too-many-hedges', hedges.length + 1, limits.hedgesMax)
  if (!notional.gte(limits.hedgeNotionalUsdtMin) || !notional.gt(0))
    return refuse('hedge-too-small', plan.notionalUsdt, limits.hedgeNotionalUsdtMin)
  if (!notional.lte(limits.hedgeNotionalUsdtMax))
    return refuse('hedge-too-large', plan.notionalUsdt, limits.hedgeNotionalUsdtMax)
  const foreign = exposure.foreignNotionalUsdt?.[plan.symbol]
  if (foreign !== undefined && notional.plus(foreign).gt(limits.symbolNotionalUsdtMax))
    return refuse('symbol-too-large', notional.plus(foreign).toFixed(), limits.symbolNotionalUsdtMax)
  if (!total.lte(limits.totalNotionalUsdtMax))
    return refuse('total-too-large', total.toFixed(), limits.totalNotionalUsdtMax)
  if (!free.gte(limits.freeMarginUsdtMin))
    return refuse('free-margin', free.toFixed(), limits.freeMarginUsdtMin)
  const fees = new Decimal(plan.expected?.feesUsdt ?? 0).neg()
  const broken =
    strainReason(exposure, limits) ?? lossReason(exposure, limits) ?? churnReason(exposure, limits, fees)
  return broken ?? (plan as Approved<Plan>)
}
