/**
 * Whether the account may take new risk, only reduce it, or has stopped: by whom and by which figure. The limits that hold for
 * the account as a whole are judged here, for `approve` and for people alike.
 */
import { Decimal } from 'decimal.js'
import { type Refusal, refuse } from '../refusal.ts'
import type { LimitRules } from '../rules.ts'
import type { AccountExposure } from './exposure.ts'

export type AccountReason =
  | 'daily-loss'
  | 'draw-down'
  | 'margin-rate'
  | 'solvency'
  | 'order-rate'
  | 'churn-budget'

/**
 * `trading`: new risk may be taken. `reducing`: none is taken, and what is open shrinks or stays until the figure is back.
 * `halted`: none is taken until a person resumes. Reducing risk is always allowed. Plain JSON.
 */
export type RiskState = {
  state: 'trading' | 'reducing' | 'halted'
  because: AccountReason | 'halted' | 'none'
  found: string
  limit: string
  /** The person who halted, or the key of the limit that was reached; null while trading. */
  setBy: string | null
}

type Account = Omit<AccountExposure, 'availableUsdt'>

/** A person's halt first, then what only a person may lift (loss, draw-down), then what lifts itself. */
export function riskState(
  account: Account,
  limits: LimitRules,
  halt: { by: string; because: string } | null = null,
): RiskState {
  if (halt)
    return { state: 'halted', because: 'halted', found: halt.because, limit: 'not halted', setBy: halt.by }
  const lost = lossReason(account, limits)
  if (lost) return { state: 'halted', ...of(lost) }
  const strained = strainReason(account, limits) ?? churnReason(account, limits)
  if (strained) return { state: 'reducing', ...of(strained) }
  return { state: 'trading', because: 'none', found: 'all within', limit: 'every limit', setBy: null }
}

const KEYS: Readonly<Record<AccountReason, string>> = {
  'daily-loss': 'limits.lossDayUsdtMax',
  'draw-down': 'limits.drawDownMax',
  'margin-rate': 'limits.maintenanceMarginRateMax',
  solvency: 'limits.solvencyReduceRate',
  'order-rate': 'limits.orderReserveMin',
  'churn-budget': 'limits.feesDayUsdtMax',
}
const of = ({ refused, found, limit }: Refusal<AccountReason>) => ({
  because: refused,
  found,
  limit,
  setBy: KEYS[refused],
})

/** The day's loss, or the fall from the peak, has reached its limit. */
export function lossReason(
  { pnlTodayUsdt, equityUsdt, peakEquityUsdt }: Account,
  { lossDayUsdtMax, drawDownMax }: LimitRules,
): Refusal<AccountReason> | undefined {
  const lost = pnlTodayUsdt === undefined ? undefined : new Decimal(pnlTodayUsdt).neg()
  if (lost?.gte(lossDayUsdtMax)) return refuse('daily-loss', lost.toFixed(), lossDayUsdtMax)
  if (equityUsdt === undefined || peakEquityUsdt === undefined) return undefined
  const peak = new Decimal(peakEquityUsdt)
  if (peak.lte(0)) return undefined
  const fall = peak.minus(equityUsdt).div(peak)
  return fall.gte(drawDownMax) ? refuse('draw-down', fall.toFixed(4), drawDownMax) : undefined
}

/** Margin or quota is short: what is left is for getting out. */
export function strainReason(
  { maintenanceMarginRate, solvency, orderBudgetLeft }: Account,
  { maintenanceMarginRateMax, orderReserveMin }: LimitRules,
): Refusal<AccountReason> | undefined {
  if (maintenanceMarginRate === null)
    return refuse('margin-rate', 'not known: the exchange gives no rate', maintenanceMarginRateMax)
  if (!new Decimal(maintenanceMarginRate).lt(maintenanceMarginRateMax))
    return refuse('margin-rate', maintenanceMarginRate, maintenanceMarginRateMax)
  if (
    solvency &&
    (solvency.verdict === 'reduce' || solvency.verdict === 'flatten' || solvency.verdict === 'unknown')
  )
    return refuse('solvency', solvency.found, solvency.limit)
  return orderBudgetLeft !== undefined && orderBudgetLeft < orderReserveMin
    ? refuse('order-rate', orderBudgetLeft, orderReserveMin)
    : undefined
}

/** Fees of the day, with those still to come if a hedge is opened, are above the budget. */
export function churnReason(
  { feesTodayUsdt }: Account,
  { feesDayUsdtMax }: LimitRules,
  toComeUsdt: Decimal | string = '0',
): Refusal<AccountReason> | undefined {
  if (feesTodayUsdt === undefined) return undefined
  const fees = new Decimal(feesTodayUsdt).plus(toComeUsdt)
  return fees.gt(feesDayUsdtMax) ? refuse('churn-budget', fees.toFixed(), feesDayUsdtMax) : undefined
}
