/**
 * Has the carry of an open hedge gone, and is leaving worth what coming back would cost? Leaving now costs no exit that
 * staying would not cost later; what it risks is one more round trip, if the symbol is entered again. So a hedge is left when
 * −E[funding of the negative spell] + what its capital earns elsewhere meanwhile ≥ π·c·N. Source: carry.md e.9.
 */
import { Decimal } from 'decimal.js'
import { rateOver } from '../carry/carry.ts'
import { pairQuote } from '../carry/pair-quote.ts'
import type { LegName } from '../instrument.ts'
import { sideOf, signOf } from '../legs/sides.ts'
import { roundTripRate } from '../market/fees.ts'
import { fundingApr, HOUR_MS, settlementsWithin } from '../market/funding.ts'
import type { FreshMarket } from '../market/market-view.ts'
import { levelsFor, midPrice } from '../market/order-book.ts'
import { isRefusal } from '../refusal.ts'
import type { Rules, StrategyRules } from '../rules.ts'
import { fundingRate } from '../units.ts'
import type { ExitInputs, ExitJudgement, HeldHedge } from './judgement.ts'

const BPS = 10_000
const HOURS_A_YEAR = 8760

/** What staying is expected to bring, in this hedge's own sense: + is received. */
export type Expectation = {
  /** Gross, on notional, averaged over the horizon. */
  fundingApr: number
  /** The same less the interest on a borrowed coin. */
  netApr: number
  exitBasisBps: number
  /** Basis lost since the entry; negative is gained. */
  basisLossBps: number
  /** Funding over the horizon less the borrow; 0 when no settlement falls inside. */
  horizonRateBps: number
}

export function expectation(
  hedge: HeldHedge,
  market: FreshMarket,
  { strategy }: Rules,
  nowMs: number,
): Expectation {
  const direction = hedge.direction ?? 'long-carry'
  const sign = signOf(direction)
  const { ticker } = market
  const settlements = settlementsWithin(ticker, nowMs, strategy.horizonHours * HOUR_MS)
  // A horizon without a settlement still has a next one, and that is what staying would earn.
  const counted = Math.max(1, settlements)
  const rate = new Decimal(rateOver(market, counted)).times(sign)
  const average = fundingRate(rate.div(counted).toDecimalPlaces(18))
  const gross = fundingApr(average, ticker.fundingIntervalMs) || 0
  const hourly = borrowRate(hedge, market)
  const exitBasis = exitBasisBps(hedge, market)
  return {
    fundingApr: gross,
    netApr: gross - hourly * HOURS_A_YEAR,
    exitBasisBps: exitBasis,
    basisLossBps: (exitBasis - hedge.entryBasisBps) * sign,
    horizonRateBps: (settlements > 0 ? rate.times(BPS).toNumber() : 0) - hourly * strategy.horizonHours * BPS,
  }
}

const borrowRate = ({ direction }: HeldHedge, { borrow }: FreshMarket): number =>
  direction === 'reverse-carry' && borrow ? new Decimal(borrow.hourlyRate).toNumber() : 0

/** Basis in bps of the spot's middle that closing pays: a slice's average where its size is known, else the best prices. */
function exitBasisBps({ sliceBaseQty, direction = 'long-carry' }: HeldHedge, market: FreshMarket): number {
  const quote = sliceBaseQty && pairQuote(market, sliceBaseQty, direction)
  if (quote && !isRefusal(quote)) {
    const slip = quote.spot.slipOut.plus(quote.perp.slipOut).times(signOf(direction))
    return quote.midBasis.plus(slip).div(quote.spot.mid).times(BPS).toNumber()
  }
  const best = (leg: LegName) => {
    const book = leg === 'spot' ? market.spotBook : market.perpBook
    return levelsFor(book, sideOf({ direction }, leg, 'out'))[0]?.[0]
  }
  const [perp, spot, mid] = [best('perp'), best('spot'), midPrice(market.spotBook)]
  if (!perp || !spot || !mid)
    throw new Error('fresh market: expected both sides of both books, found an empty one')
  return new Decimal(perp).div(market.pair.perp.multiplier).minus(spot).div(mid).times(BPS).toNumber()
}

type Question = {
  hedge: HeldHedge
  market: FreshMarket
  seen: Expectation
  inputs: ExitInputs
  rules: Rules
  judgementsInARow: number
  nowMs: number
}
type Answer = Pick<ExitJudgement, 'verdict' | 'because' | 'found' | 'limit' | 'judgementsInARow'>
type Wish = { because: 'carry-gone' | 'better-elsewhere' | 'borrow-cost'; found: string; limit: string }

/** The carry's own verdict: the hard floor at once, everything else only when it lasts. */
export function carryReason(question: Question): Answer {
  const { seen, rules, judgementsInARow } = question
  const { exitAprMax, exitAprFloor } = rules.strategy
  const floor = Math.min(exitAprFloor, exitAprMax)
  if (seen.netApr <= floor)
    return {
      verdict: 'leave',
      because: 'funding-floor',
      found: `${seen.netApr}`,
      limit: `${floor}`,
      judgementsInARow: judgementsInARow + 1,
    }
  const wish = wishToLeave(question)
  if (wish.because === 'carry-stays' || wish.because === 'cheaper-to-stay')
    return { verdict: 'hold', ...wish, judgementsInARow: 0 }
  const inARow = judgementsInARow + 1
  const patience = patienceReason(question, wish as Wish, inARow)
  return { ...(patience ?? { verdict: 'leave', ...(wish as Wish) }), judgementsInARow: inARow }
}

type Staying = Pick<Answer, 'found' | 'limit'> & { because: 'carry-stays' | 'cheaper-to-stay' }

function wishToLeave({ hedge, market, seen, inputs, rules, nowMs }: Question): Wish | Staying {
  const { strategy } = rules
  const byApr = { found: `${seen.netApr}`, limit: `${strategy.exitAprMax}` }
  const returning = strategy.reentryProbability * roundTripFraction(hedge, market)
  const perNotional = capitalPerNotional(hedge, strategy.capitalBuffer)
  const elsewhere = Math.max(0, inputs.alternativeApr ?? 0) * perNotional
  if (seen.fundingApr > 0 && seen.netApr <= 0) return { because: 'borrow-cost', ...byApr }

  const missed = ((elsewhere - Math.max(0, seen.netApr)) * strategy.horizonHours) / HOURS_A_YEAR
  if (elsewhere > 0 && missed > returning)
    return { because: 'better-elsewhere', ...asGain(missed, returning) }
  if (seen.netApr > strategy.exitAprMax) return { because: 'carry-stays', ...byApr }

  const spell = negativeSpell(hedge, market, strategy, nowMs)
  const gain = spell.lost + (elsewhere * spell.hours) / HOURS_A_YEAR
  if (gain < returning) return { because: 'cheaper-to-stay', ...asGain(gain, returning) }
  return { because: 'carry-gone', ...byApr }
}

const asGain = (gain: number, cost: number) => ({
  found: `${gain * BPS} bps gained by leaving`,
  limit: `${cost * BPS} bps to come back`,
})

const capitalPerNotional = ({ notionalUsdt, capitalUsdt }: HeldHedge, buffer: number): number =>
  notionalUsdt && capitalUsdt ? new Decimal(capitalUsdt).div(notionalUsdt).toNumber() : 1 + buffer

/** The c of e.9, a fraction of notional: of the hedge's own route where it is told, else four crossing fees and both spreads. */
function roundTripFraction(
  { roundTripUsdt, notionalUsdt }: HeldHedge,
  { feeRates, spotBook, perpBook }: FreshMarket,
): number {
  if (roundTripUsdt && notionalUsdt) return new Decimal(roundTripUsdt).div(notionalUsdt).toNumber()
  const spread = ({ bids, asks }: FreshMarket['spotBook']) => {
    const [bid, ask] = [bids[0], asks[0]]
    return bid && ask ? new Decimal(ask[0]).minus(bid[0]).div(ask[0]) : new Decimal(0)
  }
  return roundTripRate(feeRates).plus(spread(spotBook)).plus(spread(perpBook)).toNumber()
}

/**
 * The settlements from the next one on that are expected to cost, until the hedge would be too old anyway: what they cost as a
 * fraction of notional, borrow included, and how long they last. Not cut at the horizon: a small loss that is expected to
 * stay must end a hedge some day. Expected rates run one way, from the present to the mean: one spell, or none.
 */
function negativeSpell(
  hedge: HeldHedge,
  market: FreshMarket,
  { horizonHours, holdMaxMs }: StrategyRules,
  nowMs: number,
): { lost: number; hours: number } {
  const sign = signOf(hedge.direction ?? 'long-carry')
  const { fundingIntervalMs } = market.ticker
  const hoursEach = fundingIntervalMs / HOUR_MS
  const borrow = borrowRate(hedge, market) * hoursEach
  const earned = (count: number) =>
    count === 0 ? 0 : new Decimal(rateOver(market, count)).times(sign).toNumber() - borrow * count
  const costs = (nth: number) => earned(nth) - earned(nth - 1) < 0
  let within = 0
  const leftMs = Math.max(horizonHours * HOUR_MS, hedge.hedgedAtMs + holdMaxMs - nowMs)
  let beyond = Math.max(1, settlementsWithin(market.ticker, nowMs, leftMs)) + 1
  while (beyond - within > 1) {
    const middle = Math.floor((within + beyond) / 2)
    if (costs(1) && costs(middle)) within = middle
    else beyond = middle
  }
  return { lost: -earned(within) || 0, hours: within * hoursEach }
}

/** What still keeps a hedge whose carry has gone: too few judgements, no settled rate that says so, too short a hold. */
function patienceReason(
  { hedge, inputs, rules: { strategy }, nowMs }: Question,
  wish: Wish,
  inARow: number,
): Omit<Answer, 'judgementsInARow'> | undefined {
  if (inARow < strategy.exitJudgementsMin)
    return {
      verdict: 'hold',
      because: 'carry-fading',
      found: `${inARow} in a row`,
      limit: `${strategy.exitJudgementsMin}`,
    }
  const heldMs = nowMs - hedge.hedgedAtMs
  if (wish.because === 'carry-gone' && inputs.lastSettled !== undefined && !isConfirmed(hedge, inputs))
    return {
      verdict: 'hold',
      because: 'awaiting-print',
      found: inputs.lastSettled ? `settled at ${inputs.lastSettled.rate}` : 'none settled',
      limit: 'a settled rate that costs',
    }
  const breakEvenMs = (hedge.breakEvenHours ?? 0) * HOUR_MS * strategy.holdBreakEvenFactor
  const holdMs = Math.max(strategy.holdMinMs, breakEvenMs)
  return heldMs < holdMs
    ? { verdict: 'hold', because: 'hold-minimum', found: `${heldMs} ms`, limit: `${holdMs} ms` }
    : undefined
}

/** Did a settlement of this hedge itself pay nothing? */
function isConfirmed(
  { hedgedAtMs, direction = 'long-carry' }: HeldHedge,
  { lastSettled }: ExitInputs,
): boolean {
  if (!lastSettled || lastSettled.settledAtMs <= hedgedAtMs) return false
  return new Decimal(lastSettled.rate).times(signOf(direction)).lte(0)
}
