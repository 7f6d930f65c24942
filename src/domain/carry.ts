/**
 * Net carry of a hedge over a horizon, each part by name: expected funding, executable basis in and out, four fees, borrow.
 * The executable basis already holds every spread and all slippage, so neither is counted again.
 * Source: carry formulas e.1 to e.9 (funding, four fills, executable basis, capital, net carry, break-even).
 */
import { Decimal } from 'decimal.js'
import { levelsFor, midPrice, walkBook } from './book.ts'
import { grossForNet, type PairFeeRates, roundTripFeesUsdt } from './fees.ts'
import {
  expectedRatePlain,
  expectedRateReverting,
  fundingApr,
  HOUR_MS,
  settlementsWithin,
} from './funding.ts'
import { baseToContracts } from './grid.ts'
import type { Direction, HedgePair } from './instrument.ts'
import type { BookView, FreshMarket } from './market-view.ts'
import { type Refusal, refuse } from './refusal.ts'
import type { StrategyRules } from './rules.ts'
import { type BaseQty, type FundingRate, NO_USDT, type OrderQty, type Usdt, usdt } from './units.ts'

const HOURS_A_YEAR = 8760
const BPS = 10_000

/** All USDT signed: + is received. Plain JSON. */
export type CarryEstimate = {
  direction: Direction
  baseQty: BaseQty
  notionalUsdt: Usdt
  capitalUsdt: Usdt
  horizonHours: number
  /** Settlements inside the horizon. */
  settlements: number
  /** Sum of the rates expected at them. */
  expectedRate: FundingRate
  fundingUsdt: Usdt
  /** qty × (entry basis − expected exit basis), both executable: spreads and slippage are inside. */
  basisUsdt: Usdt
  /** Four fills; negative is paid. */
  feesUsdt: Usdt
  /** Interest on a borrowed coin; '0' for long carry. */
  borrowUsdt: Usdt
  netUsdt: Usdt
  /** Between the middles of both books: no spread inside. */
  midBasisBps: number
  entryBasisBps: number
  exitBasisBps: number
  /** Net on capital over the horizon, and that a year (not compounded). */
  returnOnCapital: number
  aprOnCapital: number
  /** Gross, on notional, of the present rate. */
  fundingApr: number
  /** Hours until expected funding has paid fees and basis; null when it never does. */
  breakEvenHours: number | null
}

export type CarryRules = Pick<StrategyRules, 'horizonHours' | 'capitalBuffer' | 'exitSlippageFactor'>

/**
 * What a long carry of `baseQty` would earn net over the horizon, worked in slices of `sliceBaseQty`.
 * The exit is priced on today's exit books with slippage times `exitSlippageFactor`; the middle basis is taken to stay.
 */
export function estimateCarry(
  market: FreshMarket,
  sizes: { baseQty: BaseQty; sliceBaseQty: BaseQty },
  rules: CarryRules,
  nowMs: number,
): CarryEstimate | Refusal<'spot-depth' | 'perp-depth'> {
  const { pair, ticker, feeRates } = market
  const basis = executableBasis(market, pair, sizes.sliceBaseQty, feeRates, rules.exitSlippageFactor)
  if ('refused' in basis) return basis

  const qty = new Decimal(sizes.baseQty)
  const notional = usdt(qty.times(ticker.markPrice).div(pair.perp.multiplier))
  const capital = usdt(new Decimal(notional).times(new Decimal(rules.capitalBuffer).plus(1)))
  const settlements = settlementsWithin(ticker, nowMs, rules.horizonHours * HOUR_MS)
  const expectedRate = rateOver(market, settlements)
  const funding = new Decimal(notional).times(expectedRate)
  const basisUsdt = qty.times(basis.entry.minus(basis.exit))
  const fees = new Decimal(roundTripFeesUsdt(notional, feeRates)).neg()
  const net = money(Decimal.sum(funding, basisUsdt, fees))
  const returnOnCapital = new Decimal(net).div(capital).toNumber()
  return {
    direction: 'long-carry',
    baseQty: sizes.baseQty,
    notionalUsdt: notional,
    capitalUsdt: capital,
    horizonHours: rules.horizonHours,
    settlements,
    expectedRate,
    fundingUsdt: money(funding),
    basisUsdt: money(basisUsdt),
    feesUsdt: money(fees),
    borrowUsdt: NO_USDT,
    netUsdt: net,
    midBasisBps: asBps(basis.mid, basis.spotMid),
    entryBasisBps: asBps(basis.entry, basis.spotMid),
    exitBasisBps: asBps(basis.exit, basis.spotMid),
    returnOnCapital,
    aprOnCapital: (returnOnCapital * HOURS_A_YEAR) / rules.horizonHours,
    fundingApr: fundingApr(ticker.fundingRate, ticker.fundingIntervalMs),
    breakEvenHours: breakEvenHours({
      cost: fees.plus(basisUsdt).neg().div(notional),
      rate: settlements > 0 ? new Decimal(expectedRate).div(settlements) : new Decimal(ticker.fundingRate),
      intervalMs: ticker.fundingIntervalMs,
    }),
  }
}

/** Sum of the rates expected at the next settlements: reverting when a model was fitted, else the present rate stays. */
export function rateOver({ ticker, fundingModel, pair }: FreshMarket, settlements: number): FundingRate {
  if (!fundingModel) return expectedRatePlain(ticker.fundingRate, settlements)
  const bounds = { min: pair.perp.fundingRateMin, max: pair.perp.fundingRateMax }
  return expectedRateReverting(ticker, fundingModel, bounds, settlements)
}

/**
 * Hours until funding has paid a cost: h · cost / E[r], cost and rate as fractions of notional.
 * 0 when there is nothing to pay, null when funding never pays it. Source: carry formula e.9.
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

type Basis = { spotMid: Decimal; mid: Decimal; entry: Decimal; exit: Decimal }

/** Basis in USDT per base coin: between middles, as it would be entered, and as it would be left. */
function executableBasis(
  books: { spotBook: BookView; perpBook: BookView },
  { perp, spot }: HedgePair,
  slice: BaseQty,
  fees: PairFeeRates,
  exitFactor: number,
): Basis | Refusal<'spot-depth' | 'perp-depth'> {
  const contracts = baseToContracts(slice, perp.multiplier)
  const bought = grossForNet(slice, fees.spot.taker, spot.qtyStep)
  const spotAsk = vwap(books.spotBook, 'Buy', bought)
  const spotBid = vwap(books.spotBook, 'Sell', baseToContracts(slice, 1))
  const perpBid = vwap(books.perpBook, 'Sell', contracts)
  const perpAsk = vwap(books.perpBook, 'Buy', contracts)
  const spotMid = midPrice(books.spotBook)
  const perpMid = midPrice(books.perpBook)
  if (!spotAsk || !spotBid || !spotMid)
    return refuse('spot-depth', 'less than a slice', `${slice} in the book`)
  if (!perpAsk || !perpBid || !perpMid)
    return refuse('perp-depth', 'less than a slice', `${slice} in the book`)

  const perBase = (contractPrice: Decimal | string) => new Decimal(contractPrice).div(perp.multiplier)
  const mid = perBase(perpMid).minus(spotMid)
  const exitSlip = perBase(perpAsk.minus(perpMid)).plus(new Decimal(spotMid).minus(spotBid))
  return {
    spotMid: new Decimal(spotMid),
    mid,
    entry: perBase(perpBid).minus(spotAsk),
    exit: mid.plus(exitSlip.times(exitFactor)),
  }
}

function vwap(book: BookView, side: 'Buy' | 'Sell', qty: OrderQty): Decimal | null {
  const walk = walkBook(levelsFor(book, side), qty)
  return walk.vwap !== null && new Decimal(walk.missingQty).isZero() ? new Decimal(walk.vwap) : null
}

const asBps = (basis: Decimal, spotMid: Decimal): number => basis.div(spotMid).times(BPS).toNumber()
const money = (value: Decimal): Usdt => usdt(value.toDecimalPlaces(18))
