/**
 * Net carry of a hedge over a horizon, in either direction, each part by name: expected funding, executable basis in and out,
 * the fees of its route, what resting, missing and repairing is expected to cost, borrow, and interest on negative USDT.
 * The executable basis already holds every spread and all slippage, so neither is counted again.
 * Source: carry.md e.1 to e.9 (funding, four fills, executable basis, borrow, capital, net carry, break-even).
 */
import { Decimal } from 'decimal.js'
import type { Direction, Route } from '../instrument.ts'
import { signOf } from '../legs/sides.ts'
import {
  expectedRatePlain,
  expectedRateReverting,
  fundingApr,
  HOUR_MS,
  settlementsWithin,
} from '../market/funding.ts'
import type { FreshMarket } from '../market/market-view.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { StrategyRules } from '../rules.ts'
import { type BaseQty, type FundingRate, type Usdt, usdt } from '../units.ts'
import { bufferRatio, type CapitalRules, capitalRatio } from './capital.ts'
import { borrowInterest, negativeUsdtInterest, orphanCost } from './holding-costs.ts'
import { type DepthReason, type PairQuote, pairQuote } from './pair-quote.ts'
import { estimateRoute, type RouteEstimate, type RouteGuesses } from './route.ts'

const HOURS_A_YEAR = 8760
const BPS = 10_000

/** All USDT signed: + is received. Plain JSON. */
export type CarryEstimate = {
  direction: Direction
  /** How the hedge would be worked: its fees, slippage and the two costs below are this route's. */
  route: Route
  baseQty: BaseQty
  notionalUsdt: Usdt
  capitalUsdt: Usdt
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
  /** Net on capital over the horizon, and that a year (not compounded). */
  returnOnCapital: number
  aprOnCapital: number
  /** Gross, on notional, of the present rate: + is received in this direction. */
  fundingApr: number
  /** Hours until expected funding, less the borrow, has paid every cost of getting in and out; null when it never does. */
  breakEvenHours: number | null
  /** Every route it was chosen from, cheapest first: kept with a plan, so that the outcome can be held against it. */
  routes?: readonly RouteEstimate[]
}

export type CarryRules = CapitalRules &
  Pick<
    StrategyRules,
    | 'horizonHours'
    | 'exitSlippageFactor'
    | 'orphanProbability'
    | 'orphanRepairMs'
    | 'volatilityPerHour'
    | 'usdtRatePerHour'
    | 'usdtFreeBorrow'
  >
type Sizes = { baseQty: BaseQty; sliceBaseQty: BaseQty }
export type CarryReason = DepthReason | 'borrow-unknown'
/** What is estimated; by default a long carry whose legs both cross, spot first, and never miss. */
export type CarryOf = { direction?: Direction; route?: RouteEstimate }

/**
 * What a hedge of `baseQty` would earn net over the horizon, worked in slices of `sliceBaseQty`.
 * The exit is priced on today's exit books with slippage times `exitSlippageFactor`; the middle basis stays, or returns to
 * its mean where a model of it is known. A reverse carry without a known borrow rate is refused.
 */
export function estimateCarry(
  market: FreshMarket,
  sizes: Sizes,
  rules: CarryRules,
  nowMs: number,
  { direction = 'long-carry', route }: CarryOf = {},
): CarryEstimate | Refusal<CarryReason> {
  const { ticker, borrow } = market
  if (direction === 'reverse-carry' && !borrow) return refuse('borrow-unknown', 'no rate', 'an hourly rate')
  const quote = pairQuote(market, sizes.sliceBaseQty, direction)
  if (isRefusal(quote)) return quote
  const worked = route ?? estimateRoute('spot-first', market, quote, sizes, direction, noGuesses(rules))
  const qty = new Decimal(sizes.baseQty)
  const notional = qty.times(ticker.markPrice).div(market.pair.perp.multiplier)
  const capital = notional.times(capitalRatio({ direction, base: qty, notional }, market, rules))
  const costs = holdingCosts({ direction, qty, notional, route: worked.route }, market, rules)
  const settlements = settlementsWithin(ticker, nowMs, rules.horizonHours * HOUR_MS)
  const expectedRate = rateOver(market, settlements)
  const sign = signOf(direction)
  const basis = basisPath(quote, worked, qty, { market, direction, hours: rules.horizonHours })

  const parts = {
    fundingUsdt: money(notional.times(expectedRate).times(sign)),
    basisUsdt: money(basis.earned),
    feesUsdt: paid(worked.feesUsdt),
    adverseUsdt: paid(worked.adverseUsdt),
    escalationUsdt: paid(worked.escalationUsdt),
    borrowUsdt: paid(costs.borrow),
    interestUsdt: paid(costs.interest),
    orphanUsdt: paid(costs.orphan),
  }
  const net = money(Decimal.sum(...Object.values(parts)))
  const returnOnCapital = capital.gt(0) ? new Decimal(net).div(capital).toNumber() : 0
  const once = Decimal.sum(
    parts.basisUsdt,
    parts.feesUsdt,
    parts.adverseUsdt,
    parts.escalationUsdt,
    parts.orphanUsdt,
  )
  return {
    direction,
    route: worked.route,
    baseQty: sizes.baseQty,
    notionalUsdt: usdt(notional),
    capitalUsdt: usdt(capital.toDecimalPlaces(18, Decimal.ROUND_UP)),
    horizonHours: rules.horizonHours,
    settlements,
    expectedRate,
    ...parts,
    netUsdt: net,
    midBasisBps: asBps(quote.midBasis, quote),
    entryBasisBps: asBps(basis.entry, quote),
    exitBasisBps: asBps(basis.exit, quote),
    returnOnCapital,
    aprOnCapital: (returnOnCapital * HOURS_A_YEAR) / rules.horizonHours,
    fundingApr: fundingApr(ticker.fundingRate, ticker.fundingIntervalMs) * sign || 0,
    breakEvenHours: notional.gt(0)
      ? breakEvenHours({
          cost: once.neg().div(notional),
          rate: netRate({ market, direction, settlements, expectedRate }),
          intervalMs: ticker.fundingIntervalMs,
        })
      : null,
  }
}

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

type Held = { direction: Direction; qty: Decimal; notional: Decimal; route: Route }

function holdingCosts({ direction, qty, notional, route }: Held, market: FreshMarket, rules: CarryRules) {
  const long = direction === 'long-carry'
  const none = new Decimal(0)
  const bufferUsdt = notional.times(bufferRatio({ direction, base: qty, notional }, market, rules))
  const hours = rules.horizonHours
  return {
    borrow: long ? none : borrowInterest(notional, market.borrow?.hourlyRate ?? '0', hours),
    interest: long ? negativeUsdtInterest({ notional, bufferUsdt, hours }, market, rules) : none,
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

type Earning = {
  market: FreshMarket
  direction: Direction
  settlements: number
  expectedRate: FundingRate
}

/** What one settlement is expected to bring this direction, the borrow of its interval taken off; a fraction of notional. */
function netRate({ market: { ticker, borrow }, direction, settlements, expectedRate }: Earning): Decimal {
  const each = settlements > 0 ? new Decimal(expectedRate).div(settlements) : new Decimal(ticker.fundingRate)
  if (direction === 'long-carry') return each
  const hours = new Decimal(ticker.fundingIntervalMs).div(HOUR_MS)
  return each.neg().minus(hours.times(borrow?.hourlyRate ?? 0))
}

/** Sum of the rates expected at the next settlements: reverting when a model was fitted, else the present rate stays. */
export function rateOver(
  { ticker, fundingModel, pair }: Pick<FreshMarket, 'ticker' | 'fundingModel' | 'pair'>,
  settlements: number,
): FundingRate {
  if (!fundingModel) return expectedRatePlain(ticker.fundingRate, settlements)
  const bounds = { min: pair.perp.fundingRateMin, max: pair.perp.fundingRateMax }
  return expectedRateReverting(ticker, fundingModel, bounds, settlements)
}

/**
 * Hours until funding has paid a cost: h · cost / E[r], cost and rate as fractions of notional.
 * 0 when there is nothing to pay, null when funding never pays it. Source: carry.md e.9.
 */
export function breakEvenHours(of: {
  cost: Decimal | string
  rate: Decimal | string
  intervalMs: number
}): number | null {
  if (new Decimal(of.cost).lte(0)) return 0
  if (new Decimal(of.rate).lte(0)) return null
  return new Decimal(of.cost).div(of.rate).times(of.intervalMs).div(HOUR_MS).toNumber()
}

const asBps = (basis: Decimal, { spot }: PairQuote): number => basis.div(spot.mid).times(BPS).toNumber()
const money = (value: Decimal): Usdt => usdt(value.toDecimalPlaces(18))
/** A cost as it is shown: negative, and never a negative nothing. */
const paid = (cost: Decimal | string): Usdt => {
  const value = new Decimal(cost).toDecimalPlaces(18)
  return usdt(value.isZero() ? new Decimal(0) : value.neg())
}
