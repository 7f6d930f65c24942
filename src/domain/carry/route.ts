/**
 * The routes a hedge can be worked by, each with the whole cost expected of it over entry and exit, and the cheapest of them.
 * Cost = fees + slippage + adverse selection + chance of no fill × cost of the escalation. The way in is the route's; the way
 * out is the route's for `spread` and `parallel`, and crosses both books one after the other for all others, because a hedge
 * that wants to leave does not wait. Source: carry.md d.2, e.2 and e.3.
 */
import { Decimal } from 'decimal.js'
import type { Direction, LegName, Route } from '../instrument.ts'
import { sideOf, signOf } from '../legs/sides.ts'
import type { FeeRates, PairFeeRates } from '../market/fees.ts'
import { HOUR_MS } from '../market/funding.ts'
import type { FreshMarket, SpreadView } from '../market/market-view.ts'
import { levelsFor, walkBook } from '../market/order-book.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { ExecutionRules, LimitRules, StrategyRules } from '../rules.ts'
import { type BaseQty, type FeeRate, feeRate, orderQty, type Usdt, usdt } from '../units.ts'
import { type DepthReason, type PairQuote, pairQuote } from './pair-quote.ts'

const BPS = 10_000
/** Mean of the bad half of a normal move of standard deviation 1: 1 / √(2π). */
const BAD_HALF = 1 / Math.sqrt(2 * Math.PI)

/** Costs of a whole round trip in USDT: positive is paid, negative is earned. Plain JSON. */
export type RouteEstimate = {
  route: Route
  /** Four fills. */
  feesUsdt: Usdt
  /** Against the middles of the books, in and out together; negative where a resting order earns half the spread. */
  slippageUsdt: Usdt
  /** The part of it on the way in. */
  slippageInUsdt: Usdt
  /** What better informed takers cost a resting order, and what moves between the fills of the two legs. */
  adverseUsdt: Usdt
  /** Chance that an order does not fill × what it costs to be filled after all. */
  escalationUsdt: Usdt
  totalUsdt: Usdt
}

type SpreadReason =
  | 'spread-borrows'
  | 'spread-not-listed'
  | 'spread-not-trading'
  | 'spread-stale'
  | 'spread-depth'
export type RouteChoice = {
  /** The cheapest of `estimates`. */
  chosen: RouteEstimate
  /** Every route that could be taken, cheapest first. */
  estimates: RouteEstimate[]
  /** What a slice costs on both books: the estimates' own. */
  quote: PairQuote
  /** Why the native spread is not among them, where it is allowed. */
  noSpread: Refusal<SpreadReason> | null
}

type RouteSizes = { baseQty: BaseQty; sliceBaseQty: BaseQty }
export type RouteGuesses = Pick<StrategyRules, 'exitSlippageFactor' | 'volatilityPerHour'> &
  Pick<
    ExecutionRules,
    | 'makerFillProbability'
    | 'makerAdverseBps'
    | 'takerMissProbability'
    | 'legGapMs'
    | 'spreadFeeFactor'
    | 'slippageBpsMax'
  >
type RouteRules = {
  strategy: StrategyRules
  execution: ExecutionRules
  limits: Pick<LimitRules, 'bookAgeMsMax'>
}

/** In what order routes of equal cost are preferred: long carry sizes the perpetual by what spot received, reverse hedges first. */
const PREFERRED: Record<Direction, readonly Route[]> = {
  'long-carry': ['spread', 'spot-first', 'parallel', 'maker-spot', 'maker-perp', 'perp-first'],
  'reverse-carry': ['spread', 'perp-first', 'parallel', 'maker-perp', 'maker-spot', 'spot-first'],
}

/** The cheapest allowed route for these sizes, with all that it was chosen from; or why no slice can be filled. */
export function chooseRoute(
  market: FreshMarket,
  sizes: RouteSizes,
  direction: Direction,
  rules: RouteRules,
  nowMs: number,
): RouteChoice | Refusal<DepthReason | 'no-route'> {
  const quote = pairQuote(market, sizes.sliceBaseQty, direction)
  if (isRefusal(quote)) return quote
  const { routes } = rules.execution
  const guesses = { ...rules.strategy, ...rules.execution }
  const spread = routes.includes('spread')
    ? usableSpread(market, sizes, direction, rules.limits, nowMs)
    : undefined
  const noSpread = spread && isRefusal(spread) ? spread : null
  const estimates = PREFERRED[direction]
    .filter(route => routes.includes(route) && (route !== 'spread' || noSpread === null))
    .map(route => estimateRoute(route, market, quote, sizes, direction, guesses))
    .sort((a, b) => new Decimal(a.totalUsdt).cmp(b.totalUsdt))
  const chosen = estimates[0]
  if (!chosen) return refuse('no-route', noSpread?.refused ?? 'none', `one of ${routes.join(', ')}`)
  return { chosen, estimates, noSpread, quote }
}

/** What this route is expected to cost for these sizes, on books that fill a slice (`quote`). */
export function estimateRoute(
  route: Route,
  market: FreshMarket,
  quote: PairQuote,
  sizes: RouteSizes,
  direction: Direction,
  guesses: RouteGuesses,
): RouteEstimate {
  const qty = new Decimal(sizes.baseQty)
  const notional = qty.times(market.ticker.markPrice).div(market.pair.perp.multiplier)
  const rates = route === 'spread' ? spreadRates(market, guesses) : market.feeRates
  const maker = makerLeg(route)
  const slip = route === 'spread' ? spreadSlip(market, quote, sizes, direction) : bookSlip(quote, maker)
  const slipOut = slip.out.times(slip.out.gt(0) ? guesses.exitSlippageFactor : 1)
  const feeIn = Decimal.sum(rates.spot[liquidity('spot', maker)], rates.perp[liquidity('perp', maker)])
  const feeOut = Decimal.sum(rates.spot.taker, rates.perp.taker)
  const fees = notional.times(feeIn.plus(feeOut))
  const slippageIn = qty.times(slip.in)
  const slippage = slippageIn.plus(qty.times(slipOut))
  const adverse = notional.times(adverseRate(route, market, guesses))
  const escalation = notional
    .times(missRate(route, guesses))
    .plus(maker ? makerEscalation({ maker, qty, notional, quote, rates }, guesses) : 0)
  return {
    route,
    feesUsdt: money(fees),
    slippageUsdt: money(slippage),
    slippageInUsdt: money(slippageIn),
    adverseUsdt: money(adverse),
    escalationUsdt: money(escalation),
    totalUsdt: money(Decimal.sum(fees, slippage, adverse, escalation)),
  }
}

const makerLeg = (route: Route): LegName | null =>
  route === 'maker-spot' ? 'spot' : route === 'maker-perp' ? 'perp' : null
const liquidity = (leg: LegName, maker: LegName | null) => (leg === maker ? 'maker' : 'taker')

/** USDT per base coin against the middles; a resting leg earns its half spread instead of paying. */
function bookSlip({ spot, perp }: PairQuote, maker: LegName | null): { in: Decimal; out: Decimal } {
  const entering = (leg: LegName, { slipIn, halfSpread }: PairQuote['spot']) =>
    leg === maker ? halfSpread.neg() : slipIn
  return { in: entering('spot', spot).plus(entering('perp', perp)), out: spot.slipOut.plus(perp.slipOut) }
}

/** The native book's price is the basis itself: long carry sells it on the way in. */
function spreadSlip(
  { spread }: FreshMarket,
  { midBasis }: PairQuote,
  { sliceBaseQty }: RouteSizes,
  direction: Direction,
): { in: Decimal; out: Decimal } {
  const sign = signOf(direction)
  const at = (way: 'in' | 'out') => {
    const side = sideOf({ direction }, 'perp', way)
    const levels = spread?.book ? levelsFor(spread.book, side) : []
    const { vwap } = walkBook(levels, orderQty(sliceBaseQty))
    if (vwap === null) throw new Error('spread order book: expected one that fills a slice, found none')
    return new Decimal(vwap)
  }
  return { in: midBasis.minus(at('in')).times(sign), out: at('out').minus(midBasis).times(sign) }
}

function spreadRates({ spread, feeRates }: FreshMarket, { spreadFeeFactor }: RouteGuesses): PairFeeRates {
  if (spread?.feeRates) return spread.feeRates
  const part = (rate: FeeRate) => feeRate(new Decimal(rate).times(spreadFeeFactor))
  const of = ({ taker, maker }: FeeRates): FeeRates => ({ taker: part(taker), maker: part(maker) })
  return { spot: of(feeRates.spot), perp: of(feeRates.perp) }
}

/** Fraction of notional: what takers know better than a resting order, and the drift until the second leg is filled. */
function adverseRate(route: Route, { volatilityPerHour }: FreshMarket, guesses: RouteGuesses): Decimal {
  const { legGapMs, makerFillProbability, makerAdverseBps } = guesses
  const sigma = volatilityPerHour ?? guesses.volatilityPerHour
  const drift = new Decimal(BAD_HALF * sigma * Math.sqrt(legGapMs / HOUR_MS))
  const worked = route === 'spread' || route === 'parallel' ? 0 : 2
  const picked = makerLeg(route) ? new Decimal(makerAdverseBps).div(BPS).times(makerFillProbability) : 0
  return drift.times(worked).plus(picked)
}

/**
 * Fraction of notional: a crossing order that misses goes farther. One after the other only the second leg's miss costs, as
 * nothing is open before the first fills; at once, either's; a native order has both or none.
 */
function missRate(route: Route, { takerMissProbability, slippageBpsMax }: RouteGuesses): Decimal {
  const exposed = route === 'spread' ? 0 : route === 'parallel' ? 4 : 2
  return new Decimal(slippageBpsMax).div(BPS).times(takerMissProbability).times(exposed)
}

type Resting = { maker: LegName; qty: Decimal; notional: Decimal; quote: PairQuote; rates: PairFeeRates }

/** Chance that the resting order is not filled × (taker's fee and slippage − the maker's). */
function makerEscalation({ maker, qty, notional, quote, rates }: Resting, guesses: RouteGuesses): Decimal {
  const { slipIn, halfSpread } = quote[maker]
  const dearer = notional
    .times(new Decimal(rates[maker].taker).minus(rates[maker].maker))
    .plus(qty.times(slipIn.plus(halfSpread)))
  return dearer.times(new Decimal(1).minus(guesses.makerFillProbability))
}

/** The native instrument, when a slice of the hedge can be traded on both sides of it now. */
function usableSpread(
  { spread, receivedAtMs }: FreshMarket,
  { sliceBaseQty }: RouteSizes,
  direction: Direction,
  { bookAgeMsMax }: Pick<LimitRules, 'bookAgeMsMax'>,
  nowMs: number,
): SpreadView | Refusal<SpreadReason> {
  // Nothing says that a native order borrows what its spot leg sells.
  if (direction === 'reverse-carry') return refuse('spread-borrows', direction, 'a spot leg that is bought')
  if (!spread) return refuse('spread-not-listed', 'none', 'a spread instrument')
  if (!spread.trading) return refuse('spread-not-trading', spread.symbol, 'trading')
  const ageMs = nowMs - (receivedAtMs.spread ?? 0)
  if (!spread.book || ageMs > bookAgeMsMax)
    return refuse('spread-stale', spread.book ? `${ageMs} ms` : 'no book', `${bookAgeMsMax} ms`)
  if (new Decimal(sliceBaseQty).lt(spread.minQty))
    return refuse('spread-depth', sliceBaseQty, `${spread.minQty} at least`)
  if (new Decimal(sliceBaseQty).gt(spread.maxQty))
    return refuse('spread-depth', sliceBaseQty, `${spread.maxQty} at most`)
  const { bids, asks } = spread.book
  for (const levels of [bids, asks]) {
    const { filledQty, missingQty } = walkBook(levels, orderQty(sliceBaseQty))
    if (!new Decimal(missingQty).isZero()) return refuse('spread-depth', filledQty, sliceBaseQty)
  }
  return spread
}

const money = (value: Decimal): Usdt => usdt(value.toDecimalPlaces(18))
