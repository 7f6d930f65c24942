/** What is known when a hedge is judged, and what the judgement says. The rules are in judge-exit.ts. */
import type { Direction } from '../instrument.ts'
import type { BlindReason } from '../market/market-view.ts'
import type { Solvency } from '../risk/solvency.ts'
import type { BaseQty, Price, Usdt } from '../units.ts'

export type HeldHedge = {
  /** Executed entry basis (perp − spot) / spot, bps, from the fills' average prices per base coin; null while a leg is empty. */
  entryBasisBps: number | null
  hedgedAtMs: number
  /** Account maintenance margin rate, a fraction; null while it was not read. */
  maintenanceMarginRate: string | null
  /** Long carry when left out. */
  direction?: Direction
  /** Of the plan; each left out makes a rule coarser or leaves it out, as that rule says. */
  baseQty?: BaseQty
  sliceBaseQty?: BaseQty
  notionalUsdt?: Usdt
  capitalUsdt?: Usdt
  /** The perpetual's mark at the decision, per contract. */
  markPrice?: Price
  /** What one more round trip by this hedge's route would cost, positive; left out, four crossing fills on today's books. */
  roundTripUsdt?: Usdt
  /** Funding received less all fees paid so far; left out, what the hedge made as a whole is not judged. */
  receivedUsdt?: Usdt
}

/** What else one may know when a hedge is judged. */
export type ExitInputs = {
  /** The best opportunity that is open and not taken; its own four fills are in it. */
  alternative?: Alternative | null
  /** Reduce and flatten end this hedge: when the verdict is reduce, give it only to the one that `reliefOf` names. */
  solvency?: Pick<Solvency, 'verdict' | 'found' | 'limit' | 'liquidationUp' | 'liquidationDown'>
  /** The exchange lets this position only be reduced (its risk limit was cut). */
  reduceOnly?: boolean
}

/** What this capital could earn elsewhere: net on capital, a year, over its own best horizon. `symbol`: where. */
export type Alternative = { aprOnCapital: number; horizonHours: number; symbol?: string }

export type RiskReason =
  | 'margin'
  | 'solvency'
  | 'liquidation-near'
  | 'reduce-only'
  | 'delisting'
  | 'adl-near'
  | 'margin-trading-off'
  | 'borrow-inventory'
export type LeaveReason =
  | RiskReason
  | 'carry-gone'
  | 'better-elsewhere'
  | 'borrow-cost'
  | 'hold-maximum'
  | 'basis-stop'
  | 'loss-stop'
  | 'take-profit'

const SHORT_OF_MARGIN: ReadonlySet<string> = new Set<RiskReason>(['margin', 'solvency', 'liquidation-near'])

/** @param because - as a hedge is told: `reason: found …, limit …` */
export const isMarginSqueeze = (because: string | null): boolean =>
  SHORT_OF_MARGIN.has(because?.split(':')[0] ?? '')

export type HoldReason =
  | 'carry-stays'
  | 'cheaper-to-stay'
  /** Leaving is better, but not seen often enough yet. */
  | 'carry-fading'
  /** Past a stop, but not for long enough: a spike is not sold. */
  | 'stop-watched'
  /** It leaves once the settlement that is coming has been paid. */
  | 'settlement-due'

/** Plain JSON. */
export type ExitJudgement = {
  symbol: string
  /** `wait`: the market cannot be seen, so nothing is decided. */
  verdict: 'hold' | 'leave' | 'wait'
  because: HoldReason | LeaveReason | BlindReason | 'funding-unread'
  found: string
  limit: string
  /** Hand both to the next call. */
  judgementsInARow: number
  stopSinceMs: number | null
  /** Before the borrow, on notional, averaged over the exit horizon, + is received; null when not seen. */
  fundingApr: number | null
  /** What closing now would pay, by the way out of both books; null when not seen. */
  exitBasisBps: number | null
  judgedAtMs: number
  /** Left because of risk: not worth waiting for a better price. */
  urgent?: boolean
}

/** What earlier judgements of the same hedge found. */
export type ExitMemory = {
  /** Judgements in a row for which leaving was better. */
  judgementsInARow: number
  /** Since when every look found it past a stop; null when the last one did not. */
  stopSinceMs: number | null
}
export const NO_MEMORY: ExitMemory = { judgementsInARow: 0, stopSinceMs: null }

export type Reason<Because extends string = string> = { because: Because; found: string; limit: string }
