/**
 * Net carry of a hedge over the time it pays best to hold it, in either direction, each part by name: expected funding,
 * executable basis in and out, the fees of its route, what resting, missing and repairing is expected to cost, borrow, and
 * interest on negative USDT. The horizon is the one with the highest APR on capital after an allowance for what the funding
 * history does not tell. The executable basis already holds every spread and all slippage, so neither is counted again.
 * Source: carry.md e.1 to e.9 (funding, four fills, executable basis, borrow, capital, net carry, break-even).
 */
import { Decimal } from 'decimal.js'
import type { Direction, Route } from '../instrument.ts'
import { signOf } from '../legs/sides.ts'
import { fundingApr, HOUR_MS, settlementsWithin } from '../market/funding.ts'
import {
  allowanceOver,
  expectedRate,
  type FundingOutlook,
  fundingOutlook,
  type OutlookRules,
} from '../market/funding-outlook.ts'
import type { FreshMarket } from '../market/market-view.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { StrategyRules } from '../rules.ts'
import { type BaseQty, type FundingRate, fundingRate, type Usdt, usdt } from '../units.ts'
import { bufferRatio, type CapitalRules, capitalRatio } from './capital.ts'
import { borrowInterest, negativeUsdtInterest, orphanCost, type UsdtInterest } from './holding-costs.ts'
import { type DepthReason, type PairQuote, pairQuote } from './pair-quote.ts'
import { estimateRoute, type RouteEstimate, type RouteGuesses } from './route.ts'

export const HOURS_A_YEAR = 8760
const BPS = 10_000

/** Holding times that are compared, in hours: 1, 3, 7, 14, 30 and 90 days. */
export const HORIZONS_HOURS = [24, 72, 168, 336, 720, 2160] as const

/** What a hedge would have made by one horizon: net in bps of notional; a year on capital after the allowance. */
type HorizonCarry = { hours: number; netBps: number; cautiousApr: number }

/** All USDT signed: + is received. Plain JSON. */
export type CarryEstimate = {
  direction: Direction
  /** How the hedge would be worked: its fees, slippage and the two costs below are this route's. */
  route: Route
  baseQty: BaseQty
  notionalUsdt: Usdt
  capitalUsdt: Usdt
  /** The best of all horizons: everything below is over it. */
  horizonHours: number
  /** Settlements inside the horizon. */
  settlements: number
  /** Sum of the rates expected at them, as the exchange states them: + is paid by longs. */
  expectedRate: FundingRate
  fundingUsdt: Usdt
  /** qty × (entry basis − expected exit basis), both executable: spreads and slippage are inside. */
  basisUsdt: Usdt
  /** Four fills; negative is paid. */
  feesUsdt: Usdt
  /** Better informed takers on a resting order, and the drift between the fills of the legs. */
  adverseUsdt: Usdt
  /** Orders that do not fill and must go farther. */
  escalationUsdt: Usdt
  /** Interest on a borrowed coin; '0' for long carry. */
  borrowUsdt: Usdt
  /** Interest expected on USDT below zero; '0' for reverse carry, which holds the proceeds of its sale. */
  interestUsdt: Usdt
  /** Expected cost of an orphan leg; '0' for the native spread. */
  orphanUsdt: Usdt
  netUsdt: Usdt
  /** Between the middles of both books: no spread inside. */
  midBasisBps: number
  entryBasisBps: number
  exitBasisBps: number
  /** What the funding above may be too much by: the allowance for an uncertain mean. 0 or below; not a part of `netUsdt`. */
  allowanceUsdt: Usdt
  /** Net on capital over the horizon, and that a year (not compounded). */
  returnOnCapital: number
  aprOnCapital: number
  /** The same a year after the allowance: what decides. */
  cautiousApr: number
  /** What a hedge that has paid back earns from then on, a year on capital, as far as the mean in the long run goes. */
  laterApr: number
  /** Expected at each horizon: the path that the outcome is held against. */
  path: readonly HorizonCarry[]
  /** Gross, on notional, of the present rate: + is received in this direction. */
  fundingApr: number
  /** Hours until expected funding, less the borrow, has paid every cost of getting in and out; null when it never does. */
  breakEvenHours: number | null
  /** Every route it was chosen from, cheapest first: kept with a plan, so that the outcome can be held against it. */
  routes?: readonly RouteEstimate[]
}

type CarryRules = CapitalRules &
  OutlookRules &
  Pick<
    StrategyRules,
    | 'exitSlippageFactor'
    | 'orphanProbability'
    | 'orphanRepairMs'
    | 'volatilityPerHour'
    | 'usdtRatePerHour'
    | 'usdtFreeBorrow'
  >
type Sizes = { baseQty: BaseQty; sliceBaseQty: BaseQty }
export type CarryReason = DepthReason | 'borrow-unknown' | 'funding-unread'
/** What is estimated; by default a long carry whose legs both cross, spot first, and never miss. `quote`: where it is known already. */
export type CarryOf = { direction?: Direction; route?: RouteEstimate; quote?: PairQuote }

/**
 * What a hedge of `baseQty` would earn net over its best horizon, worked in slices of `sliceBaseQty`.
 * The exit is priced on today's exit books with slippage times `exitSlippageFactor`; the middle basis stays, or returns to
 * its mean where a model of it is known. Refused while how the perpetual has paid was not read, a reverse carry also without a
 * known borrow rate.
 */
export function estimateCarry(
  market: FreshMarket,
  sizes: Sizes,
  rules: CarryRules,
  nowMs: number,
  { direction = 'long-carry', route, quote: quoted }: CarryOf = {},
): CarryEstimate | Refusal<CarryReason> {
  const { ticker, borrow } = market
  if (direction === 'reverse-carry' && !borrow) return refuse('borrow-unknown', 'no rate', 'an hourly rate')
  const outlook = outlookOf(market, rules, nowMs)
  if (isRefusal(outlook)) return outlook
  const quote = quoted ?? pairQuote(market, sizes.sliceBaseQty, direction)
  if (isRefusal(quote)) return quote
  const worked = route ?? estimateRoute('spot-first', market, quote, sizes, direction, noGuesses(rules))
  const qty = new Decimal(sizes.baseQty)
  const notional = qty.times(ticker.markPrice).div(market.pair.perp.multiplier)
  const capital = notional.times(capitalRatio({ direction, base: qty, notional }, market, rules))
  const held: Held = { direction, qty, notional, capital, route: worked.route }
  const costs = holdingCosts(held, market, rules)
  const working: Working = { held, market, quote, worked, outlook, costs, nowMs }
  const path = pathOf(working)
  const longest = path.reduce((most, each) => (each.cautiousApr > most.cautiousApr ? each : most))
  const best = partsOver(longest.hours, working)
  const { parts, basis } = best
  const sign = signOf(direction)
  const once = Decimal.sum(
    parts.basisUsdt,
    parts.feesUsdt,
    parts.adverseUsdt,
    parts.escalationUsdt,
    parts.orphanUsdt,
  )
  const borrowPerHour = direction === 'reverse-carry' ? new Decimal(borrow?.hourlyRate ?? 0).toNumber() : 0
  const laterPerHour = outlook.laterPerHour * sign - borrowPerHour
  return {
    direction,
    route: worked.route,
    baseQty: sizes.baseQty,
    notionalUsdt: usdt(notional),
    capitalUsdt: usdt(capital.toDecimalPlaces(18, Decimal.ROUND_UP)),
    horizonHours: best.hours,
    settlements: best.settlements,
    expectedRate: best.rate,
    ...parts,
    netUsdt: best.netUsdt,
    allowanceUsdt: best.allowanceUsdt,
    midBasisBps: asBps(quote.midBasis, quote),
    entryBasisBps: asBps(basis.entry, quote),
    exitBasisBps: asBps(basis.exit, quote),
    returnOnCapital: best.returned,
    aprOnCapital: (best.returned * HOURS_A_YEAR) / best.hours,
    cautiousApr: best.cautiousApr,
    laterApr: onCapital(notional.times(laterPerHour * HOURS_A_YEAR), capital),
    path,
    fundingApr: fundingApr(ticker.fundingRate, ticker.fundingIntervalMs) * sign || 0,
    breakEvenHours: notional.gt(0)
      ? breakEvenHours(once.neg().div(notional).toNumber(), hours => {
          const settlements = settlementsWithin(ticker, nowMs, hours * HOUR_MS)
          return expectedRate(outlook, settlements) * sign - borrowPerHour * hours
        })
      : null,
  }
}

/** What funding is expected to bring in this market; refused while its history was not read. */
export function outlookOf(
  { funding, ticker, pair }: Pick<FreshMarket, 'funding' | 'ticker' | 'pair'>,
  rules: OutlookRules,
  nowMs: number,
): FundingOutlook | Refusal<'funding-unread'> {
  if (!funding) return refuse('funding-unread', 'no settled rates', 'the history of the perpetual')
  const bounds = { min: pair.perp.fundingRateMin, max: pair.perp.fundingRateMax }
  return fundingOutlook(funding, ticker, bounds, rules, nowMs)
}

type Held = { direction: Direction; qty: Decimal; notional: Decimal; capital: Decimal; route: Route }
type Working = {
  held: Held
  market: FreshMarket
  quote: PairQuote
  worked: RouteEstimate
  outlook: FundingOutlook
  costs: HoldingCosts
  nowMs: number
}

/**
 * Net of every horizon: floats, because they only choose one. What does not change with the horizon is added up once.
 */
function pathOf({ held, market, quote, worked, outlook, costs, nowMs }: Working): HorizonCarry[] {
  const { direction, qty, notional, capital } = held
  const [size, bound, sign] = [notional.toNumber(), capital.toNumber(), signOf(direction)]
  const { feesUsdt, adverseUsdt, escalationUsdt, slippageUsdt } = worked
  const paidOnce = Decimal.sum(feesUsdt, adverseUsdt, escalationUsdt, slippageUsdt, costs.orphan).toNumber()
  const [borrowed, interest] = [costs.borrowPerHour.toNumber(), costs.interest.perHour.toNumber()]
  const model = market.basisModel
  const mean = model && quote.spot.mid.times(model.meanBps).div(BPS)
  const returns = mean ? quote.midBasis.minus(mean).times(qty).toNumber() * sign : 0
  return HORIZONS_HOURS.map(hours => {
    const settlements = settlementsWithin(market.ticker, nowMs, hours * HOUR_MS)
    const basis = model ? returns * (1 - 2 ** (-hours / model.halfLifeHours)) : 0
    const paid = paidOnce + borrowed * Math.ceil(hours) + interest * costs.interest.owedHours(hours)
    const net = expectedRate(outlook, settlements) * sign * size + basis - paid
    const cautious = net - allowanceOver(outlook, settlements) * size
    return {
      hours,
      netBps: size > 0 ? (net / size) * BPS : 0,
      cautiousApr: bound > 0 ? ((cautious / bound) * HOURS_A_YEAR) / hours : 0,
    }
  })
}

/** The whole sum over one horizon. */
function partsOver(hours: number, { held, market, quote, worked, outlook, costs, nowMs }: Working) {
  const { direction, qty, notional, capital } = held
  const settlements = settlementsWithin(market.ticker, nowMs, hours * HOUR_MS)
  const rate = fundingRate(new Decimal(expectedRate(outlook, settlements)).toDecimalPlaces(15))
  const basis = basisPath(quote, worked, qty, { market, direction, hours })
  const parts = {
    fundingUsdt: money(notional.times(rate).times(signOf(direction))),
    basisUsdt: money(basis.earned),
    feesUsdt: paid(worked.feesUsdt),
    adverseUsdt: paid(worked.adverseUsdt),
    escalationUsdt: paid(worked.escalationUsdt),
    borrowUsdt: paid(costs.borrowPerHour.times(Math.ceil(hours))),
    interestUsdt: paid(costs.interest.perHour.times(costs.interest.owedHours(hours))),
    orphanUsdt: paid(costs.orphan),
  }
  const netUsdt = money(Decimal.sum(...Object.values(parts)))
  const allowanceUsdt = paid(notional.times(allowanceOver(outlook, settlements)))
  const cautious = new Decimal(netUsdt).plus(allowanceUsdt)
  return {
    hours,
    settlements,
    rate,
    parts,
    basis,
    netUsdt,
    allowanceUsdt,
    returned: onCapital(netUsdt, capital),
    cautiousApr: (onCapital(cautious, capital) * HOURS_A_YEAR) / hours,
  }
}

const onCapital = (earned: Decimal.Value, capital: Decimal): number =>
  capital.gt(0) ? new Decimal(earned).div(capital).toNumber() : 0

/** Everything crosses, fills, and nothing moves in between: the parts that are known without a guess. */
const noGuesses = ({ exitSlippageFactor }: CarryRules): RouteGuesses => ({
  exitSlippageFactor,
  volatilityPerHour: 0,
  makerFillProbability: 1,
  makerAdverseBps: 0,
  takerMissProbability: 0,
  legGapMs: 0,
  spreadFeeFactor: 1,
  slippageBpsMax: 0,
})

/** What does not change with the horizon, or by how much it does: positive is paid. */
type HoldingCosts = { borrowPerHour: Decimal; interest: UsdtInterest; orphan: Decimal }

function holdingCosts(
  { direction, qty, notional, route }: Held,
  market: FreshMarket,
  rules: CarryRules,
): HoldingCosts {
  const long = direction === 'long-carry'
  const none = new Decimal(0)
  const bufferUsdt = notional.times(bufferRatio({ direction, base: qty, notional }, market, rules))
  return {
    borrowPerHour: long ? none : borrowInterest(notional, market.borrow?.hourlyRate ?? '0', 1),
    interest: long
      ? negativeUsdtInterest({ notional, bufferUsdt }, market, rules)
      : { perHour: none, owedHours: () => 0 },
    orphan: route === 'spread' ? none : orphanCost(notional, market.feeRates, market, rules),
  }
}

type Path = { market: FreshMarket; direction: Direction; hours: number }

/** Basis in USDT per base coin as it would be entered and as it would be left, and what the difference earns. */
function basisPath(
  { midBasis, spot }: PairQuote,
  { slippageUsdt, slippageInUsdt }: RouteEstimate,
  qty: Decimal,
  { market: { basisModel }, direction, hours }: Path,
): { entry: Decimal; exit: Decimal; earned: Decimal } {
  const sign = signOf(direction)
  const slipIn = new Decimal(slippageInUsdt).div(qty)
  const slipOut = new Decimal(slippageUsdt).minus(slippageInUsdt).div(qty)
  const mean = basisModel && spot.mid.times(basisModel.meanBps).div(BPS)
  const later = mean
    ? mean.plus(midBasis.minus(mean).times(2 ** (-hours / basisModel.halfLifeHours)))
    : midBasis
  return {
    entry: midBasis.minus(slipIn.times(sign)),
    exit: later.plus(slipOut.times(sign)),
    earned: qty.times(midBasis.minus(later)).times(sign).minus(slippageUsdt),
  }
}

/** Longer than this nothing is waited for to be paid back. */
const BREAK_EVEN_HOURS_MAX = 3 * HOURS_A_YEAR

/**
 * Hours until what is earned has paid a cost, both as fractions of notional: 0 when there is nothing to pay, null when three
 * years do not pay it. Source: carry.md e.9.
 * @param earnedBy - all that is expected to be earned by then, of a path that bends once at most
 */
export function breakEvenHours(cost: number, earnedBy: (hours: number) => number): number | null {
  if (cost <= 0) return 0
  let before = 0
  for (let hours = 1; before < BREAK_EVEN_HOURS_MAX; hours = Math.min(hours * 1.5, BREAK_EVEN_HOURS_MAX)) {
    if (earnedBy(hours) >= cost) return firstHours(before, hours, at => earnedBy(at) >= cost)
    before = hours
  }
  return null
}

/** By halving, to a minute: so between `low`, where it is not, and `high`, where it is. */
function firstHours(low: number, high: number, isSo: (hours: number) => boolean): number {
  let [not, so] = [low, high]
  while (so - not > 1 / 60) {
    const middle = (not + so) / 2
    if (isSo(middle)) so = middle
    else not = middle
  }
  return so
}

const asBps = (basis: Decimal, { spot }: PairQuote): number => basis.div(spot.mid).times(BPS).toNumber()
const money = (value: Decimal): Usdt => usdt(value.toDecimalPlaces(18))
/** A cost as it is shown: negative, and never a negative nothing. */
const paid = (cost: Decimal | string): Usdt => {
  const value = new Decimal(cost).toDecimalPlaces(18)
  return usdt(value.isZero() ? new Decimal(0) : value.neg())
}
