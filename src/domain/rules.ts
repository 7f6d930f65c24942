/**
 * The operator's rules, as read once from `hedgerow.yaml`: what is worth a hedge, how it is traded, and how far it may go.
 * Fractions are fractions (0.08 is 8 %), never percentages. Amounts are decimals; judgements (APR, bps, ms) are numbers.
 */
import type { Usdt } from './units.ts'

/** When a hedge is worth opening and when it is worth leaving. */
export type StrategyRules = {
  /** Perpetual symbols to track, e.g. BTCUSDT. */
  symbols: readonly string[]
  /** Carry is counted over this many hours. */
  horizonHours: number
  /** Net carry on capital, a year, above which a hedge is wanted. */
  entryAprMin: number
  /** Expected funding APR (gross, on notional) at or below which a hedge is left; below `entryAprMin`. */
  exitAprMax: number
  /** The exit rule must hold for this many judgements in a row. */
  exitJudgementsMin: number
  /** A hedge is kept at least this long unless risk says otherwise. */
  holdMinMs: number
  /** After a hedge ended, the symbol waits this long. */
  coolDownMs: number
  /** No entry when the next settlement is nearer than this: one half-open hedge would be paid on one leg only. */
  settlementGuardMs: number
  /** Free USDT kept beside the spot, as a fraction of notional (the playbook's kappa). */
  capitalBuffer: number
  /** Entry and exit slippage of today's exit books is taken times this. */
  exitSlippageFactor: number
  /** Basis against the hedge, in bps of entry, at which it is left. */
  basisStopBps: number
  /** How often each symbol is judged. */
  judgeEveryMs: number
}

/** How orders are sized, priced and waited for. */
export type ExecutionRules = {
  /** Largest notional of one slice. */
  sliceNotionalUsdtMax: Usdt
  /** A slice takes at most this fraction of the depth inside the price limit. */
  depthFractionMax: number
  /** An order's limit is this far through the best price. */
  slippageBpsMax: number
  /** A hedge not complete by then keeps its balanced part or is unwound. */
  entryDeadlineMs: number
  /** How long an order call may take before its outcome is unknown. */
  orderDeadlineMs: number
  /** An accepted order silent for this long is asked about. */
  orderSilenceMs: number
  /** Bybit refuses a request older than this: the length of the unknown window. */
  recvWindowMs: number
  /** Pause between two asks about an unknown order. */
  askEveryMs: number
  /** Negative answers needed, after the receive window, before an order counts as absent. */
  asksMin: number
  /** Asks without a clear answer before a person is called. */
  asksMax: number
  /** Tries to repair an orphan leg, each wider than the last, before the other leg is unwound. */
  repairsMax: number
}

/** How far it may go. Passing is a type: see `limits.ts`. */
export type LimitRules = {
  hedgeNotionalUsdtMax: Usdt
  hedgeNotionalUsdtMin: Usdt
  totalNotionalUsdtMax: Usdt
  hedgesMax: number
  /** Available balance that must remain after an entry. */
  freeMarginUsdtMin: Usdt
  /** Promise 4: an unhedged quantity above this is repaired at once. */
  unhedgedNotionalUsdtMax: Usdt
  /** Promise 4: and so is one older than this. */
  unhedgedMsMax: number
  /** Book data older than this decides nothing new. */
  bookAgeMsMax: number
  /** Funding data older than this decides nothing new. */
  tickerAgeMsMax: number
  /** Account maintenance margin rate at which hedges are reduced. */
  maintenanceMarginRateMax: number
}

export type Rules = { strategy: StrategyRules; execution: ExecutionRules; limits: LimitRules }
