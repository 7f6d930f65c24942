/** What the account already carries when a new plan asks to be allowed. */
import type { Usdt } from './units.ts'

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
