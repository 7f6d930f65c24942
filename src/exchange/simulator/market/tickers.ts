/**
 * Tickers as REST and the stream print them. 24-hour figures are read from the minute candles at most once a minute.
 * A coin without market data has no ticker.
 */
import type { JsonObject } from '../../../domain/json.ts'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import {
  indexText,
  lifeOf,
  markText,
  type SimExchange,
  spotRatioOf,
  syntheticBookOf,
} from '../exchange-state.ts'
import { textOf } from '../kit/grid.ts'
import { hash, hashFraction, uuid } from '../kit/random.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import { dayShares, dayTurnover } from './candles.ts'
import { MINUTE_MS } from './funding.ts'

type Day = {
  atMinute: number
  high: number
  low: number
  dayAgo: number
  shares: number
  turnover: number
  /** The same as tickers print them: they are printed a hundred times more often than they change. */
  texts: { dayAgo: string; hourAgo: string; turnover: string }
}
const days = new WeakMap<SimExchange, Map<Instrument, Day>>()

const saltOf = (exchange: SimExchange, instrument: Instrument) =>
  hash(
    exchange.seed,
    instrument.symbol.length,
    instrument.symbol.charCodeAt(0) + (instrument.market === 'spot' ? 512 : 0),
  )

/** USDT traded in an average minute. */
export const turnoverScale = (listing: Listing, instrument: Instrument): number =>
  listing.depthUsdtPerBps * (instrument.market === 'spot' ? 0.9 : 3)

/** The day's sum from the one of a minute ago, which is most often known. */
const daySharesAt = (salt: number, atMinute: number, known: Day | undefined): number =>
  dayShares(salt, atMinute, known?.atMinute === atMinute - 1 ? known.shares : undefined)

function dayOf(exchange: SimExchange, listing: Listing, instrument: Instrument): Day {
  const nowMs = exchange.market.nowMs()
  // Each coin at a second of its own, so that no round has to look at every coin's day.
  const atMinute = Math.floor((nowMs + ((listing.index * 7919) % 60) * 1000) / MINUTE_MS)
  const cache = days.get(exchange) ?? new Map<Instrument, Day>()
  days.set(exchange, cache)
  const known = cache.get(instrument)
  if (known?.atMinute === atMinute) return known
  const series = instrument.market === 'spot' ? 'spot' : 'perp'
  const { candles } = exchange.market
  const range = candles.range(listing.index, series, nowMs - 24 * HOUR_MS, nowMs + 1)
  const salt = saltOf(exchange, instrument)
  const scale = turnoverScale(listing, instrument)
  const shares = range ? daySharesAt(salt, atMinute, known) : 0
  const turnover = range ? dayTurnover(shares, scale) : 0
  const dayAgo = range?.open ?? 0
  const hourAgo = candles.range(listing.index, series, nowMs - HOUR_MS, nowMs + 1)?.open ?? 0
  const day: Day = {
    atMinute,
    high: range?.high ?? 0,
    low: range?.low ?? Number.POSITIVE_INFINITY,
    dayAgo,
    shares,
    turnover,
    texts: {
      dayAgo: tickedPrice(instrument, dayAgo),
      hourAgo: tickedPrice(instrument, hourAgo),
      turnover: turnover.toFixed(4),
    },
  }
  cache.set(instrument, day)
  return day
}

/** A model's price as a trade would print it: on the tick grid. */
export const tickedPrice = (instrument: Instrument, price: number): string =>
  textOf(instrument.price, Math.max(1, Math.round(price / instrument.price.stepFloat)))

/** The last trade's price: this second's side of the touch. Undefined without market data. */
export function lastTicks(
  exchange: SimExchange,
  listing: Listing,
  instrument: Instrument,
  atMs: number,
): number | undefined {
  const book = syntheticBookOf(exchange, instrument.market, listing)
  const side = hashFraction(saltOf(exchange, instrument), Math.floor(atMs / 1000), 7) < 0.5 ? 'bids' : 'asks'
  return book.best(side)?.[0]
}

function priceFields(exchange: SimExchange, listing: Listing, instrument: Instrument, last: number) {
  const day = dayOf(exchange, listing, instrument)
  const price = last * instrument.price.stepFloat
  return {
    lastPrice: textOf(instrument.price, last),
    prevPrice24h: day.texts.dayAgo,
    price24hPcnt: (day.dayAgo > 0 ? price / day.dayAgo - 1 : 0).toFixed(instrument.market === 'spot' ? 4 : 6),
    highPrice24h: tickedPrice(instrument, Math.max(day.high, price)),
    lowPrice24h: tickedPrice(instrument, Math.min(day.low, price)),
    turnover24h: day.texts.turnover,
    volume24h: (day.turnover / price).toFixed(instrument.market === 'spot' ? 6 : 4),
  }
}

function quoteFields(exchange: SimExchange, listing: Listing, instrument: Instrument) {
  const book = syntheticBookOf(exchange, instrument.market, listing)
  const [bid, ask] = [book.best('bids'), book.best('asks')]
  return {
    bid1Price: bid ? textOf(instrument.price, bid[0]) : '',
    bid1Size: bid ? textOf(instrument.qty, bid[1]) : '',
    ask1Price: ask ? textOf(instrument.price, ask[0]) : '',
    ask1Size: ask ? textOf(instrument.qty, ask[1]) : '',
  }
}

function contractFields(exchange: SimExchange, listing: Listing) {
  const funding = exchange.market.funding(listing.index)
  const { mark } = exchange.market.reference(listing.index)
  const interest = (listing.depthUsdtPerBps * 9000) / mark
  const open = interest.toFixed(listing.perp.qty.decimals)
  return {
    markPrice: markText(exchange, listing),
    indexPrice: indexText(exchange, listing),
    openInterest: open,
    openInterestValue: (Number(open) * mark).toFixed(2),
    fundingRate: funding.rate,
    nextFundingTime: String(funding.nextAtMs),
    fundingIntervalHour: String(funding.intervalMs / HOUR_MS),
    fundingCap: String(listing.fundingCap),
  }
}

/** The ticker of a spot market; undefined while it has no price. */
export function spotTicker(exchange: SimExchange, listing: Listing): JsonObject | undefined {
  const { spot } = listing
  const last = lastTicks(exchange, listing, spot, exchange.market.nowMs())
  if (last === undefined) return undefined
  return {
    symbol: spot.symbol,
    ...quoteFields(exchange, listing, spot),
    ...priceFields(exchange, listing, spot, last),
    usdIndexPrice: usdIndex(exchange, listing),
  }
}

const usdIndex = (exchange: SimExchange, listing: Listing): string =>
  (
    (exchange.market.reference(listing.index).index / listing.multiplier) *
    spotRatioOf(exchange, listing)
  ).toFixed(Math.max(6, listing.spot.price.decimals + 3))

/** What both forms of a linear ticker are put together from: taking fields out of one for the other costs more than both. */
function linearParts(exchange: SimExchange, listing: Listing) {
  const { perp } = listing
  const last = lastTicks(exchange, listing, perp, exchange.market.nowMs())
  if (last === undefined) return undefined
  return {
    prices: priceFields(exchange, listing, perp, last),
    prevPrice1h: dayOf(exchange, listing, perp).texts.hourAgo,
    contract: contractFields(exchange, listing),
    quotes: quoteFields(exchange, listing, perp),
  }
}

/** The ticker of a perpetual; undefined while it has no price. */
export function linearTicker(exchange: SimExchange, listing: Listing): JsonObject | undefined {
  const { symbol } = listing.perp
  const parts = linearParts(exchange, listing)
  if (!parts) return undefined
  return {
    symbol,
    ...parts.prices,
    prevPrice1h: parts.prevPrice1h,
    ...parts.contract,
    predictedDeliveryPrice: '',
    basisRate: '',
    deliveryFeeRate: '',
    deliveryTime: String(lifeOf(exchange, 'linear', symbol).deliveryAtMs ?? 0),
    ...parts.quotes,
    basis: '',
    preOpenPrice: '',
    preQty: '',
    curPreListingPhase: '',
    basisRateYear: '',
  }
}

/** The stream's spot ticker: no quotes, full snapshots only. */
export function spotTickerPush(exchange: SimExchange, listing: Listing): JsonObject | undefined {
  const { spot } = listing
  const last = lastTicks(exchange, listing, spot, exchange.market.nowMs())
  if (last === undefined) return undefined
  return {
    symbol: spot.symbol,
    ...priceFields(exchange, listing, spot, last),
    usdIndexPrice: usdIndex(exchange, listing),
  }
}

/** The stream's linear ticker, whole: 27 keys. */
export function linearTickerPush(
  exchange: SimExchange,
  listing: Listing,
  tickDirection: string,
): JsonObject | undefined {
  const { symbol, qty } = listing.perp
  const parts = linearParts(exchange, listing)
  if (!parts) return undefined
  const { openInterest, openInterestValue } = parts.contract
  return {
    symbol,
    ...parts.prices,
    prevPrice1h: parts.prevPrice1h,
    ...parts.contract,
    ...parts.quotes,
    preOpenPrice: '',
    preQty: '',
    curPreListingPhase: '',
    tickDirection,
    singleOpenInterest: (Number(openInterest) / 2).toFixed(qty.decimals),
    singleOpenInterestValue: (Number(openInterestValue) / 2).toFixed(2),
  }
}

// Public trades: a few each second at the touch, a function of the second, so that stream and REST tell the same.

const TRADE_PURPOSE = 4

type PublicTrade = {
  atMs: number
  side: 'Buy' | 'Sell'
  ticks: number
  lots: number
  id: string
  seq: number
}

/** The trade of one second, if any, priced at the present touch. */
export function tradeAt(
  exchange: SimExchange,
  listing: Listing,
  instrument: Instrument,
  atMs: number,
): PublicTrade | undefined {
  const second = Math.floor(atMs / 1000)
  const salt = hash(exchange.seed, listing.index, instrument.market === 'spot' ? 91 : 92)
  if (hashFraction(salt, second, 1) < 0.4) return undefined
  const ticks = lastTicks(exchange, listing, instrument, second * 1000)
  if (ticks === undefined) return undefined
  const book = syntheticBookOf(exchange, instrument.market, listing)
  const bid = book.best('bids')?.[0]
  const price = ticks * instrument.price.stepFloat
  const usdt = (turnoverScale(listing, instrument) / 30) * hashFraction(salt, second, 2) ** 3
  return {
    atMs: second * 1000,
    side: ticks === bid ? 'Sell' : 'Buy',
    ticks,
    lots: Math.max(1, Math.floor(usdt / price / instrument.qty.stepFloat)),
    id:
      instrument.market === 'spot'
        ? String(2_290_000_000_000_000_000n + BigInt(second) * 64n + BigInt(listing.index))
        : uuid(salt, second, TRADE_PURPOSE),
    seq: second * 4 + listing.index,
  }
}

/** Newest first, as REST lists them. */
export function recentTrades(
  exchange: SimExchange,
  listing: Listing,
  instrument: Instrument,
  limit: number,
): JsonObject[] {
  const list: JsonObject[] = []
  const nowMs = exchange.market.nowMs()
  for (let back = 0; back < limit * 3 && list.length < limit; back++) {
    const trade = tradeAt(exchange, listing, instrument, nowMs - back * 1000)
    if (!trade) continue
    list.push({
      execId: trade.id,
      symbol: instrument.symbol,
      price: textOf(instrument.price, trade.ticks),
      size: textOf(instrument.qty, trade.lots),
      side: trade.side,
      time: String(trade.atMs),
      isBlockTrade: false,
      isRPITrade: false,
      seq: String(trade.seq),
    })
  }
  return list
}
