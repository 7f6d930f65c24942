/**
 * Is a symbol worth a judgement? A bound in floats: no carry that the exact judgement could find is above it, so that a no hides
 * nothing that would have tempted. It decides not to look, and never anything else.
 *
 * What it leaves out can only cost: slippage beyond the best prices, the chance of missing or of better informed takers, orphan
 * legs, interest on negative USDT. What it takes at its best can only be worse: the cheapest fees of any route, the buffer and
 * margin a hedge binds at the least.
 */
import { Decimal } from 'decimal.js'
import { HORIZONS_HOURS, HOURS_A_YEAR } from '../carry/carry.ts'
import type { LegName } from '../instrument.ts'
import { signOf } from '../legs/sides.ts'
import type { FeeRates, PairFeeRates } from '../market/fees.ts'
import { HOUR_MS, settlementsWithin } from '../market/funding.ts'
import {
  allowanceOver,
  expectedRate,
  type FundingOutlook,
  type IntervalRates,
  type KnownFunding,
  outlookAt,
  ratesOf,
} from '../market/funding-outlook.ts'
import type { BasisModel, MarketView, TickerView } from '../market/market-view.ts'
import type { Rules } from '../rules.ts'

/** The best price of each side as a number, per unit of the instrument's own quantity; NaN where a side is empty. */
type BestPrices = { readonly bestBid: number; readonly bestAsk: number }

type Fees = Record<keyof FeeRates, number>
/** What of a market is text, as numbers: read once for as long as none of it changes. */
export type MarketFloats = {
  /** USDT per base coin. */
  mark: number
  multiplier: number
  rates: IntervalRates
  fees: Record<LegName, Fees>
  /** Of the borrowed coin, a fraction an hour; 0 where it is not known. */
  borrowPerHour: number
  /** The native instrument of both legs with its best prices; undefined while it has no two-sided book. */
  native: { bid: number; ask: number; fees: Record<LegName, Fees> | undefined } | undefined
}

/** What can be seen of a market without copying its books. */
export type Glimpse = {
  floats: MarketFloats
  schedule: Pick<TickerView, 'nextFundingAtMs' | 'fundingIntervalMs'>
  funding: KnownFunding | undefined
  basisModel: BasisModel | undefined
  spotBook: BestPrices
  perpBook: BestPrices
}

/** Of an APR: more than rounding makes of these sums (averages of fills are kept to 18 places), less than anybody cares for. */
const MARGIN = 1e-4
const BPS = 10_000

/** The numbers of a market with this ticker. */
export function floatsOf(
  { pair: { perp }, feeRates, borrow, spread }: Pick<MarketView, 'pair' | 'feeRates' | 'borrow' | 'spread'>,
  ticker: TickerView,
): MarketFloats {
  const number = (text: string) => new Decimal(text).toNumber()
  const ofLeg = ({ taker, maker }: FeeRates): Fees => ({ taker: number(taker), maker: number(maker) })
  const feesOf = ({ spot, perp: contract }: PairFeeRates) => ({ spot: ofLeg(spot), perp: ofLeg(contract) })
  const [bid, ask] = [spread?.book?.bids[0]?.[0], spread?.book?.asks[0]?.[0]]
  return {
    mark: number(ticker.markPrice) / perp.multiplier,
    multiplier: perp.multiplier,
    rates: ratesOf(ticker, { min: perp.fundingRateMin, max: perp.fundingRateMax }),
    fees: feesOf(feeRates),
    borrowPerHour: borrow ? number(borrow.hourlyRate) : 0,
    native:
      bid !== undefined && ask !== undefined
        ? { bid: number(bid), ask: number(ask), fees: spread?.feeRates && feesOf(spread.feeRates) }
        : undefined,
  }
}

/** False only when `judgeEntry` cannot find this market tempting. */
export function mayTempt(market: Glimpse, rules: Rules, nowMs: number): boolean {
  const { strategy } = rules
  const { funding, schedule, floats } = market
  if (!funding) return false
  const hurdle = strategy.idleApr + strategy.entryAprMin
  // With nothing to beat every symbol is looked at.
  if (!(hurdle > 0)) return true
  const outlook = outlookAt(funding, schedule, floats.rates, strategy, nowMs)
  // What is no number says nothing.
  return !(aprBound(market, outlook, rules, nowMs) <= hurdle - MARGIN)
}

/** USDT per base coin: perpetual − spot between the middles, the middle of spot, and half of each spread. */
type Prices = { basis: number; spotMid: number; half: Record<LegName, number> }

function pricesOf({ floats: { multiplier }, spotBook, perpBook }: Glimpse): Prices {
  const spotMid = (spotBook.bestBid + spotBook.bestAsk) / 2
  const perpMid = (perpBook.bestBid + perpBook.bestAsk) / 2 / multiplier
  return {
    basis: perpMid - spotMid,
    spotMid,
    half: {
      spot: (spotBook.bestAsk - spotBook.bestBid) / 2,
      perp: (perpBook.bestAsk - perpBook.bestBid) / 2 / multiplier,
    },
  }
}

/** The most that carry on capital could be a year, in any direction and over the best of all horizons; 0 where all of them cost. */
function aprBound(market: Glimpse, outlook: FundingOutlook, rules: Rules, nowMs: number): number {
  const { schedule, basisModel, floats } = market
  const { directions, capitalBuffer, initialMarginRate, reverseMarginRatio } = rules.strategy
  const prices = pricesOf(market)
  const once = leastCost(floats, prices, rules)
  let most = 0
  for (const hours of HORIZONS_HOURS) {
    const settlements = settlementsWithin(schedule, nowMs, hours * HOUR_MS)
    const funding = expectedRate(outlook, settlements) + basisGain(basisModel, prices, floats.mark, hours)
    const cost = once + allowanceOver(outlook, settlements)
    for (const direction of directions) {
      const isReverse = direction === 'reverse-carry'
      const bound = capitalBuffer + initialMarginRate + (isReverse ? reverseMarginRatio : 1)
      const net = funding * signOf(direction) - cost - (isReverse ? floats.borrowPerHour * hours : 0)
      const apr = ((net / bound) * HOURS_A_YEAR) / hours
      if (Number.isNaN(apr)) return apr
      most = Math.max(most, apr)
    }
  }
  return most
}

/** What a long carry makes of the basis returning to its mean, a fraction of notional. */
function basisGain(
  model: BasisModel | undefined,
  { basis, spotMid }: Prices,
  mark: number,
  hours: number,
): number {
  if (!model) return 0
  const mean = (spotMid * model.meanBps) / BPS
  return ((basis - mean) * (1 - 2 ** (-hours / model.halfLifeHours))) / mark
}

/** Fees and half spreads of a round trip on the cheapest route, a fraction of notional: below 0 where it earns more. */
function leastCost(floats: MarketFloats, prices: Prices, { strategy, execution }: Rules): number {
  const { mark, fees } = floats
  const { half } = prices
  const spread = (half.spot + half.perp) / mark
  const crossing = fees.spot.taker + fees.perp.taker
  const into = crossing + spread
  let least = Number.POSITIVE_INFINITY
  for (const route of execution.routes) {
    const leg = route === 'maker-spot' ? 'spot' : route === 'maker-perp' ? 'perp' : undefined
    if (route === 'spread') continue
    const saved = leg ? Math.max(0, fees[leg].taker - fees[leg].maker) + (2 * half[leg]) / mark : 0
    least = Math.min(least, into - saved)
  }
  const ofLegs = least + crossing + spread * strategy.exitSlippageFactor
  return execution.routes.includes('spread')
    ? Math.min(ofLegs, nativeCost(floats, prices, strategy.exitSlippageFactor, execution.spreadFeeFactor))
    : ofLegs
}

/** The same of the native order of a long carry, which sells the basis at its bid and buys it back at its ask. */
function nativeCost(
  { native, mark, fees }: MarketFloats,
  { basis }: Prices,
  exitSlippageFactor: number,
  feeFactor: number,
): number {
  if (!native) return Number.POSITIVE_INFINITY
  const crossing = native.fees
    ? native.fees.spot.taker + native.fees.perp.taker
    : (fees.spot.taker + fees.perp.taker) * feeFactor
  const out = native.ask - basis
  return 2 * crossing + (basis - native.bid + out * (out > 0 ? exitSlippageFactor : 1)) / mark
}
