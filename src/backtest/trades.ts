/**
 * One hedge of a backtest as it came: what it earned by parts, from postings and rows alone, so that the engine and a baseline
 * are measured by the same rule. Slippage is what each fill lost against the recorded price of its hour; basis is the rest of
 * what trading brought.
 */
import { Decimal } from 'decimal.js'
import { hedgeResult } from '../domain/books/hedge-result.ts'
import type { Posting } from '../domain/books/ledger.ts'
import type { CarryEstimate } from '../domain/carry/carry.ts'
import type { Direction, Market } from '../domain/instrument.ts'
import { HOUR_MS } from '../domain/market/funding.ts'
import { type Amount, type Usdt, usdt } from '../domain/units.ts'
import type { History, PricePoint } from '../exchange/simulator/history/files.ts'
import type { BookedRow } from './memory-books.ts'

export type TradeFacts = {
  id: string
  symbol: string
  direction: Direction
  route: string
  state: string
  openedAtMs: number
  /** Null when it was still open at the end. */
  closedAtMs: number | null
  notionalUsdt: Usdt
  /** What was expected when it was decided; null for a rule that expects nothing. */
  expected: CarryEstimate | null
  /** Why it was opened and why it was left. */
  because: string
  leftBecause: string
}

/** USDT; each part + is received. */
export type Parts = {
  fundingUsdt: Usdt
  feesUsdt: Usdt
  slippageUsdt: Usdt
  basisUsdt: Usdt
  interestUsdt: Usdt
  netUsdt: Usdt
}

export type Trade = TradeFacts &
  Parts & {
    settlements: number
    fills: number
    /** Worth of all fills. */
    turnoverUsdt: Usdt
    /** Fees and slippage of the round trip, bps of what a fill is worth on average; positive is paid. */
    costBps: number
    dust: { coin: string; qty: Amount }[]
  }

/** The recorded price of the hour of an instant, or the last one before it; of a perpetual per contract. */
export type RecordedPrice = (market: Market, symbol: string, atMs: number) => number

/** The recorded price of a market in the hour of an instant; of a missing hour the last one before it. */
export function recordedPrices({ symbols, universe }: History): RecordedPrice {
  const points = new Map<string, { byHour: ReadonlyMap<number, PricePoint>; list: readonly PricePoint[] }>()
  for (const { symbol, prices } of symbols) {
    const found = universe.find('linear', symbol)
    const kept = { byHour: new Map(prices.map(point => [point.atMs, point])), list: prices }
    points.set(`linear ${symbol}`, kept)
    if (found) points.set(`spot ${found.listing.spot.symbol}`, kept)
  }
  return (market, symbol, atMs) => {
    const of = points.get(`${market} ${symbol}`)
    const hourMs = Math.floor(atMs / HOUR_MS) * HOUR_MS
    const point = of?.byHour.get(hourMs) ?? of?.list.findLast(each => each.atMs <= hourMs)
    if (!point) throw new Error(`price of ${symbol} at ${atMs}: expected a recorded one, found none`)
    return market === 'spot' ? point.spotPrice : point.perpPrice
  }
}

type Booked = { rows: readonly BookedRow[]; postings: readonly Posting[] }

/** @param lastPrices - USDT per coin, for dust that is left */
export function tradeOf(
  facts: TradeFacts,
  { rows, postings }: Booked,
  lastPrices: Readonly<Record<string, string>>,
  recorded: RecordedPrice,
): Trade {
  const own = rows.filter(({ hedgeId }) => hedgeId === facts.id).map(({ row }) => row)
  const result = hedgeResult(
    postings.filter(({ hedgeId }) => hedgeId === facts.id),
    lastPrices as Record<string, Amount>,
  )
  let [slippage, turnover, fills] = [new Decimal(0), new Decimal(0), 0]
  for (const { kind, coin, market, symbol, side, qty, price, atMs } of own) {
    // Each spot trade has a row for either coin: the one in USDT stands for both.
    if (kind !== 'trade' || coin !== 'USDT' || market === 'none') continue
    const worse = new Decimal(price).minus(recorded(market, symbol, atMs)).times(side === 'Buy' ? 1 : -1)
    slippage = slippage.minus(worse.times(new Decimal(qty).abs()))
    turnover = turnover.plus(new Decimal(price).times(qty).abs())
    fills++
  }
  const fees = new Decimal(result.feesUsdt).neg()
  return {
    ...facts,
    fundingUsdt: result.fundingUsdt,
    feesUsdt: money(fees),
    slippageUsdt: money(slippage),
    basisUsdt: money(new Decimal(result.tradingUsdt).minus(slippage)),
    interestUsdt: result.interestUsdt,
    netUsdt: result.netUsdt,
    settlements: own.filter(({ kind }) => kind === 'settlement').length,
    fills,
    turnoverUsdt: money(turnover),
    costBps: tripCostBps(fees.plus(slippage).neg(), turnover) ?? 0,
    dust: result.inventory,
  }
}

/** Of four fills: what was paid over a quarter of the turnover, so that a price that moved meanwhile does not show as a cost. */
export const tripCostBps = (paid: Decimal, turnover: Decimal): number | null =>
  turnover.gt(0) ? paid.div(turnover.div(4)).times(10_000).toNumber() : null

const money = (value: Decimal): Usdt => usdt(value.isZero() ? new Decimal(0) : value.toDecimalPlaces(18))
