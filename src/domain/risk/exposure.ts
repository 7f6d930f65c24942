/** What the account already carries when a new plan asks to be allowed. */
import { Decimal } from 'decimal.js'
import { type Usdt, usdt } from '../units.ts'
import type { Solvency } from './solvency.ts'

export type OpenHedge = { hedgeId: string; symbol: string; notionalUsdt: Usdt }

export type Exposure = {
  /** Every hedge that is planned, entering, hedged, unwinding or failed. */
  hedges: readonly OpenHedge[]
  /** The wallet's available balance as the exchange last said. */
  availableUsdt: Usdt
  /** Capital of hedges already approved whose orders the balance does not show yet. */
  reservedUsdt: Usdt
  halted: boolean
  /** Account maintenance margin rate, a fraction: '1' is liquidation. */
  maintenanceMarginRate: string

  /** Each of what follows is not checked while it is left out. */

  /** Fees paid in the last 24 hours; positive is paid. */
  feesTodayUsdt?: Usdt
  /** Change of the equity over the last 24 hours, transfers taken out; negative is lost. */
  pnlTodayUsdt?: Usdt
  /** Equity now, and the highest it has been, transfers taken out. */
  equityUsdt?: Usdt
  peakEquityUsdt?: Usdt
  /** Part of the exchange's order quota that is left, 0 to 1: the scarcest of its kinds. */
  orderBudgetLeft?: number
  /** Notional held in a symbol that is no hedge's: positions and coins of a person or of another program. */
  foreignNotionalUsdt?: Readonly<Record<string, Usdt>>
  /** The solvency model's verdict on the account as it is. */
  solvency?: Pick<Solvency, 'verdict' | 'found' | 'limit'>
}

/** What these hedges take of the account together. */
export const capitalOf = (hedges: readonly { capitalUsdt: Usdt }[]): Usdt =>
  usdt(hedges.reduce((sum, hedge) => sum.plus(hedge.capitalUsdt), new Decimal(0)))

/** The part that is of the account and not of the desk: what `World.risk` measures. */
export type AccountExposure = Omit<Exposure, 'hedges' | 'reservedUsdt' | 'halted'>
