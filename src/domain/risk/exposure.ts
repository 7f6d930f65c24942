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
  /** USDT owned, what open perpetuals have lost taken off; below 0 is owed. Left out: the available balance counts alone. */
  cashUsdt?: Usdt
  /** What the hedges there are still bind of that cash: all they ever bind, less what their spot legs have already cost. */
  reservedUsdt: Usdt
  /** The part of it that the available balance does not show yet: of hedges that are not whole. All of it when left out. */
  pendingUsdt?: Usdt
  halted: boolean
  /** Account maintenance margin rate, a fraction: '1' is liquidation; null where the exchange gives none. */
  maintenanceMarginRate: string | null

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

/** What is known of hedges beside their reserve, read before the wallet was: no fill may count that the wallet lacks. */
export type HedgeCash = {
  /** Σ over the spot fills by hedge id: − was paid, + was received. A hedge left out has not traded. */
  spotCashUsdt: Readonly<Record<string, Usdt>>
  /** Hedges whose entry is over: the exchange's balance shows all of them. */
  whole: readonly string[]
}

/** What these hedges still bind of the cash, and the part that the available balance does not show yet. */
export function reservedOf(
  hedges: readonly { hedgeId: string; reserveUsdt: Usdt }[],
  { spotCashUsdt, whole }: HedgeCash,
): Required<Pick<Exposure, 'reservedUsdt' | 'pendingUsdt'>> {
  let [reserved, pending] = [new Decimal(0), new Decimal(0)]
  for (const { hedgeId, reserveUsdt } of hedges) {
    const bound = Decimal.max(0, new Decimal(reserveUsdt).plus(spotCashUsdt[hedgeId] ?? 0))
    reserved = reserved.plus(bound)
    if (!whole.includes(hedgeId)) pending = pending.plus(bound)
  }
  return { reservedUsdt: usdt(reserved), pendingUsdt: usdt(pending) }
}

/** USDT that nothing binds: by the cash there is, and by what the exchange would still let be used. Below 0: too much is bound. */
export function freeUsdt({
  cashUsdt,
  availableUsdt,
  reservedUsdt,
  pendingUsdt = reservedUsdt,
}: Pick<Exposure, 'cashUsdt' | 'availableUsdt' | 'reservedUsdt' | 'pendingUsdt'>): Decimal {
  const byMargin = new Decimal(availableUsdt).minus(pendingUsdt)
  return cashUsdt === undefined ? byMargin : Decimal.min(byMargin, new Decimal(cashUsdt).minus(reservedUsdt))
}

/** The part that is of the account and not of the desk: what `World.risk` measures. */
export type AccountExposure = Omit<Exposure, 'hedges' | 'reservedUsdt' | 'pendingUsdt' | 'halted'>
