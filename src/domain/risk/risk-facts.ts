/** What an exchange says about danger: collateral, risk limits, lending, maintenance, auto-deleveraging. */
import type { Amount, OrderQty, Price, Usdt } from '../units.ts'

/** How one coin counts as collateral. Tiers smallest first; above the last one it counts for nothing. */
export type CollateralTerms = {
  /** The exchange takes the coin as collateral, and the account's switch is on. */
  enabled: boolean
  /** The platform's limit is reached: no more of it is taken (Bybit: colRes 2). Known only of coins the account holds. */
  restricted: boolean
  /** `upToBase` in coins, null without end; `ratio` a fraction of its value. */
  tiers: { upToBase: string | null; ratio: string }[]
}

/** A band of position value of one perpetual, smallest first. Rates are fractions of the value. */
export type RiskBand = {
  upToUsdt: Usdt
  maintenanceRate: string
  initialRate: string
  /** Taken off value × rate. */
  deductionUsdt: Usdt
  leverageMax: string
}

/** What borrowing a coin costs, and how much of it can be had now. */
export type BorrowTerms = {
  coin: string
  /** Fraction per hour. Bybit charges it at xx:05 on what is owed then. */
  hourlyRate: string
  /** Coins this account could borrow now: the least of its own limit and of what the platform has to lend. */
  availableBase: Amount
  /** Coins owed without interest; only a loss of contracts uses it, borrowing for spot always pays. */
  freeLimit: Amount
  borrowedBase: Amount
  /** The coin can be borrowed at all. Whether a market takes margin orders is said by its instrument. */
  marginTrading: boolean
}

/** What became of paying a debt back. `refused` is certain: nothing was paid. `unknown`: ask how much is owed. */
export type Repayment =
  | { kind: 'repaid' }
  /** Taken, not yet done. */
  | { kind: 'processing' }
  | {
      kind: 'refused'
      reason: 'blackout' | 'insufficient-balance' | 'rate-limited' | 'other'
      detail: string
    }
  | { kind: 'unknown'; cause: string }

export type SystemNotice = {
  id: string
  title: string
  state: 'scheduled' | 'ongoing' | 'completed' | 'cancelled'
  fromMs: number
  /** Expected until it is over. */
  toMs: number
  /** What it stops: 'futures', 'spot', 'option', 'spread'; empty when that is not said. */
  products: ('futures' | 'spot' | 'option' | 'spread')[]
}

/**
 * The insurance pool behind one perpetual. Positions are closed by force when `balance` ≤ 0, or when `pnlRatio` falls below
 * `insurancePnlRatio` while `balance` is above `adlTriggerThreshold`; until `pnlRatio` is above `adlStopRatio`.
 */
export type AdlAlert = {
  coin: string
  symbol: string
  /** Of the pool, in `coin`; of shared pools it is yesterday's. */
  balance: Amount
  pnlRatio: string
  insurancePnlRatio: string
  adlTriggerThreshold: Amount
  adlStopRatio: string
}

/** The book of a native spread, best first; prices are the perpetual's less spot's and may be negative. */
export type SpreadOrderBook = {
  symbol: string
  bids: readonly (readonly [price: Price, qty: OrderQty])[]
  asks: readonly (readonly [price: Price, qty: OrderQty])[]
  atMs: number
}
