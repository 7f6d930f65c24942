/** What the account already carries when a new plan asks to be allowed. */
import { Decimal } from 'decimal.js'
import { type Usdt, usdt } from './units.ts'

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
}

/** What these hedges take of the account together. */
export const capitalOf = (hedges: readonly { capitalUsdt: Usdt }[]): Usdt =>
  usdt(hedges.reduce((sum, hedge) => sum.plus(hedge.capitalUsdt), new Decimal(0)))
