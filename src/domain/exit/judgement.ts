/**
 * When to leave a hedge. Risk (margin, solvency, delisting, a recalled loan …) leaves at once and needs no fresh market; the
 * basis stop leaves unless funding pays for the loss within the horizon; a carry that is gone must be gone for several
 * judgements, a settled rate and a minimum hold, and leaving must gain more than coming back would cost: a needless round
 * trip costs four fees. Source: carry algorithm d.9, d.10, exit rule e.9.
 */

import type { Direction } from '../instrument.ts'
import { type BlindReason, freshMarket, type MarketView } from '../market/market-view.ts'
import { isRefusal } from '../refusal.ts'
import type { Solvency } from '../risk/solvency.ts'
import type { Rules } from '../rules.ts'
import type { BaseQty, FundingRate, Price, Usdt } from '../units.ts'
import { carryReason, type Expectation, expectation } from './carry-exit.ts'
import { riskReason } from './risk-exit.ts'

export type HeldHedge = {
  /** Executed entry basis (perp − spot) / spot, bps, from the fills' average prices per base coin. */
  entryBasisBps: number
  hedgedAtMs: number
  /** Account maintenance margin rate, a fraction. */
  maintenanceMarginRate: string
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

/** @param judgementsInARow - from the last judgement of this hedge; 0 at first */
export function judgeExit(
  hedge: HeldHedge,
  market: MarketView,
  rules: Rules,
  judgementsInARow: number,
  nowMs: number,
  inputs: ExitInputs = {},
): ExitJudgement {
  const blank = {
    symbol: market.pair.symbol,
    judgementsInARow,
    fundingApr: null,
    exitBasisBps: null,
    judgedAtMs: nowMs,
  }
  const risk = riskReason(hedge, market, rules, nowMs, inputs)
  if (risk) return { ...blank, verdict: 'leave', ...risk, urgent: true }
  const old = tooOld(hedge, rules, nowMs)
  if (old) return { ...blank, verdict: 'leave', ...old }
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh))
    return { ...blank, verdict: 'wait', because: fresh.refused, found: fresh.found, limit: fresh.limit }

  const seen = expectation(hedge, fresh, rules, nowMs)
  const shown = { ...blank, fundingApr: seen.fundingApr, exitBasisBps: seen.exitBasisBps }
  const stop = basisStop(seen, rules)
  if (stop) return { ...shown, verdict: 'leave', ...stop }
  return { ...shown, ...carryReason({ hedge, market: fresh, seen, inputs, rules, judgementsInARow, nowMs }) }
}

function tooOld(
  { hedgedAtMs }: HeldHedge,
  { strategy: { holdMaxMs } }: Rules,
  nowMs: number,
): Reason<'hold-maximum'> | undefined {
  const heldMs = nowMs - hedgedAtMs
  return heldMs >= holdMaxMs
    ? { because: 'hold-maximum', found: `${heldMs} ms`, limit: `${holdMaxMs} ms` }
    : undefined
}

function basisStop(
  { basisLossBps, horizonRateBps }: Expectation,
  { strategy: { basisStopBps } }: Rules,
): Reason<'basis-stop'> | undefined {
  if (basisLossBps < basisStopBps || horizonRateBps >= basisLossBps) return undefined
  return {
    because: 'basis-stop',
    found: `${basisLossBps} bps lost, ${horizonRateBps} bps of funding expected`,
    limit: `${basisStopBps} bps`,
  }
}
