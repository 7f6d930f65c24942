/**
 * When to leave a hedge. Risk (margin, delisting) leaves at once and needs no fresh market; the basis stop leaves unless
 * funding pays for the loss within the horizon; a carry that is gone must stay gone for several judgements and a minimum
 * hold, because a needless round trip costs four fees. Source: carry algorithm d.9, exit rule e.9.
 */
import { Decimal } from 'decimal.js'
import { midPrice } from './book.ts'
import { rateOver } from './carry.ts'
import { fundingApr, HOUR_MS, settlementsWithin } from './funding.ts'
import { type BlindReason, type FreshMarket, freshMarket, type MarketView } from './market-view.ts'
import { isRefusal } from './refusal.ts'
import type { Rules } from './rules.ts'
import { fundingRate } from './units.ts'

/** A delisted perpetual is closed by the exchange with no order of ours: be out a day before. */
const DELISTING_RUN_OFF_MS = 24 * HOUR_MS
const BPS = 10_000

export type HedgeFacts = {
  /** Executed entry basis (perp − spot) / spot, bps, from the fills' average prices per base coin. */
  entryBasisBps: number
  hedgedAtMs: number
  /** Account maintenance margin rate, a fraction. */
  maintenanceMarginRate: string
}
export type LeaveReason = 'carry-gone' | 'basis-stop' | 'delisting' | 'margin'

/** Plain JSON. */
export type ExitJudgement = {
  symbol: string
  /** `wait`: the market cannot be seen, so nothing is decided. */
  verdict: 'hold' | 'leave' | 'wait'
  because: 'carry-stays' | 'carry-fading' | 'hold-minimum' | LeaveReason | BlindReason
  found: string
  limit: string
  /** Judgements in a row for which the carry was gone, this one included: hand it to the next call. */
  judgementsInARow: number
  /** Gross, on notional, averaged over the settlements expected inside the horizon; null when not seen. */
  fundingApr: number | null
  /** What closing now would pay, at the best prices; null when not seen. */
  exitBasisBps: number | null
  judgedAtMs: number
}

/** @param judgementsInARow - from the last judgement of this hedge; 0 at first */
export function judgeExit(
  hedge: HedgeFacts,
  market: MarketView,
  rules: Rules,
  judgementsInARow: number,
  nowMs: number,
): ExitJudgement {
  const blank = {
    symbol: market.pair.symbol,
    judgementsInARow,
    fundingApr: null,
    exitBasisBps: null,
    judgedAtMs: nowMs,
  }
  const risk = riskReason(hedge, market, rules, nowMs)
  if (risk) return { ...blank, verdict: 'leave', ...risk }
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh))
    return { ...blank, verdict: 'wait', because: fresh.refused, found: fresh.found, limit: fresh.limit }

  const seen = { ...blank, ...expectation(fresh, rules, nowMs) }
  const stop = basisStop(hedge, seen, rules)
  const answer = stop ?? carryReason(hedge, seen.fundingApr, rules, judgementsInARow, nowMs)
  const { horizonRateBps: _, ...shown } = seen
  return { ...shown, ...answer }
}

type Reason = Pick<ExitJudgement, 'because' | 'found' | 'limit'>
type Answer = Reason & Pick<ExitJudgement, 'verdict'> & { judgementsInARow?: number }

function riskReason(
  hedge: HedgeFacts,
  { pair }: MarketView,
  rules: Rules,
  nowMs: number,
): Reason | undefined {
  const { maintenanceMarginRateMax } = rules.limits
  if (new Decimal(hedge.maintenanceMarginRate).gte(maintenanceMarginRateMax))
    return { because: 'margin', found: hedge.maintenanceMarginRate, limit: `${maintenanceMarginRateMax}` }
  const { deliveryAtMs } = pair.perp
  if (deliveryAtMs > 0 && nowMs >= deliveryAtMs - DELISTING_RUN_OFF_MS)
    return {
      because: 'delisting',
      found: `delivery in ${deliveryAtMs - nowMs} ms`,
      limit: `${DELISTING_RUN_OFF_MS} ms before it`,
    }
  return undefined
}

type Expectation = { fundingApr: number; exitBasisBps: number; horizonRateBps: number }

function expectation(market: FreshMarket, { strategy }: Rules, nowMs: number): Expectation {
  const settlements = settlementsWithin(market.ticker, nowMs, strategy.horizonHours * HOUR_MS)
  // A horizon without a settlement still has a next one, and that is what staying would earn.
  const counted = Math.max(1, settlements)
  const rate = rateOver(market, counted)
  const average = fundingRate(new Decimal(rate).div(counted).toDecimalPlaces(18))
  return {
    fundingApr: fundingApr(average, market.ticker.fundingIntervalMs),
    exitBasisBps: exitBasisBps(market),
    horizonRateBps: settlements > 0 ? new Decimal(rate).times(BPS).toNumber() : 0,
  }
}

/** (perp ask − spot bid) / spot middle, in bps: what closing both legs at the best prices pays. */
function exitBasisBps({ spotBook, perpBook, pair }: FreshMarket): number {
  const ask = perpBook.asks[0]
  const bid = spotBook.bids[0]
  const mid = midPrice(spotBook)
  if (!ask || !bid || !mid)
    throw new Error('fresh market: expected both sides of both books, found an empty one')
  return new Decimal(ask[0]).div(pair.perp.multiplier).minus(bid[0]).div(mid).times(BPS).toNumber()
}

function basisStop(hedge: HedgeFacts, seen: Expectation, { strategy }: Rules): Answer | undefined {
  const lossBps = seen.exitBasisBps - hedge.entryBasisBps
  if (lossBps < strategy.basisStopBps || seen.horizonRateBps >= lossBps) return undefined
  return {
    verdict: 'leave',
    because: 'basis-stop',
    found: `${lossBps} bps lost, ${seen.horizonRateBps} bps of funding expected`,
    limit: `${strategy.basisStopBps} bps`,
  }
}

function carryReason(
  hedge: HedgeFacts,
  apr: number,
  { strategy }: Rules,
  judgementsInARow: number,
  nowMs: number,
): Answer {
  const byApr = { found: `${apr}`, limit: `${strategy.exitAprMax}` }
  if (apr > strategy.exitAprMax)
    return { verdict: 'hold', because: 'carry-stays', ...byApr, judgementsInARow: 0 }
  const inARow = judgementsInARow + 1
  const heldMs = nowMs - hedge.hedgedAtMs
  if (inARow < strategy.exitJudgementsMin)
    return {
      verdict: 'hold',
      because: 'carry-fading',
      found: `${inARow} in a row`,
      limit: `${strategy.exitJudgementsMin}`,
      judgementsInARow: inARow,
    }
  if (heldMs < strategy.holdMinMs)
    return {
      verdict: 'hold',
      because: 'hold-minimum',
      found: `${heldMs} ms`,
      limit: `${strategy.holdMinMs} ms`,
      judgementsInARow: inARow,
    }
  return { verdict: 'leave', because: 'carry-gone', ...byApr, judgementsInARow: inARow }
}
