/** What is known when a hedge is judged, and what the judgement says. The rules are in judge-exit.ts. */
import type { Direction } from '../instrument.ts'
import type { BlindReason } from '../market/market-view.ts'
import type { Solvency } from '../risk/solvency.ts'
import type { BaseQty, FundingRate, Price, Usdt } from '../units.ts'

export type HeldHedge = {
  /** Executed entry basis (perp − spot) / spot, bps, from the fills' average prices per base coin. */
  entryBasisBps: number
  hedgedAtMs: number
  /** Account maintenance margin rate, a fraction. */
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
  breakEvenHours?: number | null
  /** What one more round trip by this hedge's route would cost, positive; left out, four crossing fills on today's books. */
  roundTripUsdt?: Usdt
}

/** What else one may know when a hedge is judged. */
export type ExitInputs = {
  /** Net carry on capital, a year, of the best opportunity that is open and not taken; its own four fills are in it. */
  alternativeApr?: number | null
  /** Reduce and flatten end this hedge: when the verdict is reduce, give it only to the one that `reliefOf` names. */
  solvency?: Pick<Solvency, 'verdict' | 'found' | 'limit' | 'liquidationUp' | 'liquidationDown'>
  /** The exchange lets this position only be reduced (its risk limit was cut). */
  reduceOnly?: boolean
  /** The last settled rate; null when none was since the hedge came to be. Left out, no print is asked for. */
  lastSettled?: { rate: FundingRate; settledAtMs: number } | null
}

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
  | 'funding-floor'
  | 'hold-maximum'
  | 'basis-stop'

const SHORT_OF_MARGIN: ReadonlySet<string> = new Set<RiskReason>(['margin', 'solvency', 'liquidation-near'])

/** @param because - as a hedge is told: `reason: found …, limit …` */
export const isMarginSqueeze = (because: string | null): boolean =>
  SHORT_OF_MARGIN.has(because?.split(':')[0] ?? '')

export type HoldReason =
  | 'carry-stays'
  | 'cheaper-to-stay'
  | 'carry-fading'
  | 'awaiting-print'
  | 'hold-minimum'

/** Plain JSON. */
export type ExitJudgement = {
  symbol: string
  /** `wait`: the market cannot be seen, so nothing is decided. */
  verdict: 'hold' | 'leave' | 'wait'
  because: HoldReason | LeaveReason | BlindReason
  found: string
  limit: string
  /** Judgements in a row for which the carry was gone, this one included: hand it to the next call. */
  judgementsInARow: number
  /** Gross, on notional, averaged over the settlements expected inside the horizon, + is received; null when not seen. */
  fundingApr: number | null
  /** What closing now would pay, by the way out of both books; null when not seen. */
  exitBasisBps: number | null
  judgedAtMs: number
  /** Left because of risk: not worth waiting for a better price. */
  urgent?: boolean
}

export type Reason<Because extends string = string> = { because: Because; found: string; limit: string }
