/**
 * Has the carry of an open hedge gone, and is leaving worth what coming back would cost? The exit is paid sooner or later in any
 * case: leaving now risks one more round trip, if the symbol is entered again. So a hedge is left when what staying is expected to
 * lose over the exit horizon, with what its capital would earn elsewhere meanwhile, is more than π·c. Source: carry.md e.9.
 */
import { Decimal } from 'decimal.js'
import { HOURS_A_YEAR, outlookOf } from '../carry/carry.ts'
import { pairQuote } from '../carry/pair-quote.ts'
import type { LegName } from '../instrument.ts'
import { sideOf, signOf } from '../legs/sides.ts'
import { roundTripRate } from '../market/fees.ts'
import { HOUR_MS, nextSettlementAtMs, settlementsWithin } from '../market/funding.ts'
import { expectedRate, type FundingOutlook } from '../market/funding-outlook.ts'
import type { FreshMarket } from '../market/market-view.ts'
import { levelsFor, midPrice } from '../market/order-book.ts'
import { isRefusal, type Refusal } from '../refusal.ts'
import type { Rules, StrategyRules } from '../rules.ts'
import type { Alternative, ExitInputs, HeldHedge, Reason } from './judgement.ts'

const BPS = 10_000

/** What staying is expected to bring, in this hedge's own sense: + is received. Fractions are of notional. */
export type Expectation = {
  outlook: FundingOutlook
  /** Before the borrow, a year, averaged over the exit horizon. */
  fundingApr: number
  /** Over the exit horizon, the borrow taken off. */
  staying: number
  /** By the next settlement, less the borrow and the yield of idle money until then; and when it is. */
  nextGain: number
  nextInMs: number
  /** What closing now pays, by the way out of both books. */
  exitBasisBps: number
  /** Lost between the middles since the entry, negative is gained; null while the entry is not known. */
  basisLossBps: number | null
  /** All the hedge has made, its exit's fees paid: at the middles, and by the way out of both books. Null while not known. */
  totalBps: number | null
  closingBps: number | null
}

/** Refused while how the perpetual has paid was not read. */
export function expectation(
  hedge: HeldHedge,
  market: FreshMarket,
  rules: Rules,
  nowMs: number,
): Expectation | Refusal<'funding-unread'> {
  const { strategy } = rules
  const { direction = 'long-carry', entryBasisBps } = hedge
  const sign = signOf(direction)
  const outlook = outlookOf(market, strategy, nowMs)
  if (isRefusal(outlook)) return outlook
  const nextInMs = nextSettlementAtMs(market.ticker, nowMs) - nowMs
  const perHour = borrowRate(hedge, market) + idlePerHour(hedge, rules)
  const { mid, exit } = basisNow(hedge, market)
  const lossAt = (basis: number) => (entryBasisBps === null ? null : (basis - entryBasisBps) * sign)
  const hours = strategy.exitHorizonHours
  const gross = stayingOver(hedge, market, outlook, hours, nowMs, 0)
  return {
    outlook,
    fundingApr: (gross / hours) * HOURS_A_YEAR || 0,
    staying: gross - borrowRate(hedge, market) * hours,
    nextGain: gainByNext(outlook.nextRate * sign, perHour, nextInMs),
    nextInMs,
    exitBasisBps: exit,
    basisLossBps: lossAt(mid),
    totalBps: madeBps(hedge, market, lossAt(mid)),
    closingBps: madeBps(hedge, market, lossAt(exit)),
  }
}

/** Funding expected over so many hours less a rate per hour, as a fraction of notional. A horizon before the next settlement has it. */
function stayingOver(
  { direction = 'long-carry' }: HeldHedge,
  { ticker }: FreshMarket,
  outlook: FundingOutlook,
  hours: number,
  nowMs: number,
  perHour: number,
): number {
  const settlements = Math.max(1, settlementsWithin(ticker, nowMs, hours * HOUR_MS))
  return expectedRate(outlook, settlements) * signOf(direction) - perHour * hours
}

const borrowRate = ({ direction }: HeldHedge, { borrow }: FreshMarket): number =>
  direction === 'reverse-carry' && borrow ? new Decimal(borrow.hourlyRate).toNumber() : 0

/** What idle money of a hedge's capital earns an hour, a fraction of its notional. */
export const idlePerHour = (hedge: HeldHedge, { strategy: { idleApr, capitalBuffer } }: Rules): number =>
  (idleApr * capitalPerNotional(hedge, capitalBuffer)) / HOURS_A_YEAR

/** Funding less fees so far, the basis, and the fees of a crossing exit; null while a part of it is not known. */
function madeBps(
  { receivedUsdt, notionalUsdt }: HeldHedge,
  { feeRates }: FreshMarket,
  basisLossBps: number | null,
): number | null {
  if (receivedUsdt === undefined || notionalUsdt === undefined || basisLossBps === null) return null
  const received = new Decimal(receivedUsdt).div(notionalUsdt).times(BPS).toNumber()
  const fees = Decimal.sum(feeRates.spot.taker, feeRates.perp.taker).times(BPS).toNumber()
  return received - basisLossBps - fees
}

/** Basis in bps of the spot's middle: between the middles, and as closing pays it, a slice's average where its size is known. */
function basisNow(
  { sliceBaseQty, direction = 'long-carry' }: HeldHedge,
  market: FreshMarket,
): { mid: number; exit: number } {
  const quote = sliceBaseQty && pairQuote(market, sliceBaseQty, direction)
  if (quote && !isRefusal(quote)) {
    const slip = quote.spot.slipOut.plus(quote.perp.slipOut).times(signOf(direction))
    const bps = (basis: Decimal) => basis.div(quote.spot.mid).times(BPS).toNumber()
    return { mid: bps(quote.midBasis), exit: bps(quote.midBasis.plus(slip)) }
  }
  const bookOf = (leg: LegName) => (leg === 'spot' ? market.spotBook : market.perpBook)
  const best = (leg: LegName) => levelsFor(bookOf(leg), sideOf({ direction }, leg, 'out'))[0]?.[0]
  const [perp, spot] = [best('perp'), best('spot')]
  const [perpMid, spotMid] = [midPrice(market.perpBook), midPrice(market.spotBook)]
  if (!perp || !spot || !perpMid || !spotMid)
    throw new Error('fresh market: expected both sides of both books, found an empty one')
  const bps = (dear: string, cheap: string) =>
    new Decimal(dear).div(market.pair.perp.multiplier).minus(cheap).div(spotMid).times(BPS).toNumber()
  return { mid: bps(perpMid, spotMid), exit: bps(perp, spot) }
}

type Question = {
  hedge: HeldHedge
  market: FreshMarket
  seen: Expectation
  inputs: ExitInputs
  rules: Rules
  nowMs: number
}
/** Leaving gains more than the way back costs. */
export type Wish = Reason<'carry-gone' | 'better-elsewhere' | 'borrow-cost'>
type Staying = Reason<'carry-stays' | 'cheaper-to-stay'>

/** What capital earns elsewhere over some hours, a fraction of the notional it is bound by. */
export const elsewhereEarns = (aprOnCapital: number, capitalRatio: number, hours: number): number =>
  (aprOnCapital * capitalRatio * hours) / HOURS_A_YEAR

/** What waiting for the next settlement brings more than earning so much an hour until then, a fraction of notional. */
export const gainByNext = (nextRate: number, perHour: number, nextInMs: number): number =>
  nextRate - (perHour * nextInMs) / HOUR_MS

/** What capital that goes elsewhere earns more than idle money until the next settlement, a fraction of notional. */
export const missedUntilNext = (
  hedge: HeldHedge,
  { aprOnCapital }: Alternative,
  rules: Rules,
  nextInMs: number,
): number =>
  elsewhereEarns(aprOnCapital, capitalPerNotional(hedge, rules.strategy.capitalBuffer), nextInMs / HOUR_MS) -
  (idlePerHour(hedge, rules) * nextInMs) / HOUR_MS

/** What leaving brings over a horizon, a fraction of notional: what idle money earns meanwhile less what staying is expected to. */
export const leavingGains = (idleAnHour: number, hours: number, staying: number): number =>
  idleAnHour * hours - staying

/** What the way back costs as far as it is likely, a fraction of notional: the π·c of e.9. */
export const wayBackRate = (
  hedge: HeldHedge,
  market: FreshMarket,
  { reentryProbability }: Pick<StrategyRules, 'reentryProbability'>,
): number => reentryProbability * roundTripFraction(hedge, market)

/** What leaving would gain over the exit horizon, and what coming back would cost: it is left when the first is above the second. */
export function leavingGain({ hedge, market, seen, rules }: Omit<Question, 'inputs' | 'nowMs'>): {
  gainBps: number
  returningBps: number
} {
  const { strategy } = rules
  return {
    gainBps: leavingGains(idlePerHour(hedge, rules), strategy.exitHorizonHours, seen.staying) * BPS,
    returningBps: wayBackRate(hedge, market, strategy) * BPS,
  }
}

/** The carry's own verdict at this look. */
export function carryWish({ hedge, market, seen, inputs, rules, nowMs }: Question): Wish | Staying {
  const { strategy } = rules
  const { gainBps, returningBps } = leavingGain({ hedge, market, seen, rules })
  const { alternative } = inputs
  if (alternative && alternative.aprOnCapital > strategy.idleApr) {
    const { aprOnCapital, horizonHours, symbol } = alternative
    const perHour = borrowRate(hedge, market)
    const staying = stayingOver(hedge, market, seen.outlook, horizonHours, nowMs, perHour)
    const ratio = capitalPerNotional(hedge, strategy.capitalBuffer)
    const earned = elsewhereEarns(aprOnCapital, ratio, horizonHours)
    const elsewhereBps = (earned - staying) * BPS
    if (elsewhereBps > returningBps)
      return { because: 'better-elsewhere', ...asGain(elsewhereBps, returningBps, symbol) }
  }
  const figures = asGain(gainBps, returningBps)
  if (gainBps > returningBps)
    return { because: seen.fundingApr > 0 && seen.staying < 0 ? 'borrow-cost' : 'carry-gone', ...figures }
  return { because: gainBps > 0 ? 'cheaper-to-stay' : 'carry-stays', ...figures }
}

/** @param symbol - for which it is closed */
const asGain = (gainBps: number, costBps: number, symbol?: string) => ({
  found: `${gainBps} bps saved by closing${symbol ? ` for ${symbol}` : ''}`,
  limit: `${costBps} bps to enter again`,
})

const capitalPerNotional = ({ notionalUsdt, capitalUsdt }: HeldHedge, buffer: number): number =>
  notionalUsdt && capitalUsdt ? new Decimal(capitalUsdt).div(notionalUsdt).toNumber() : 1 + buffer

/** The c of e.9, a fraction of notional: of the hedge's own route where it is known, else four crossing fees and both spreads. */
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
