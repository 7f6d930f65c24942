/** Public trades and 24-hour figures of spreads: a trade now and then at the touch, a function of the second. */
import { Decimal } from 'decimal.js'
import type { Side } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'
import { HOUR_MS } from '../../../domain/market/funding.ts'
import type { SimExchange } from '../exchange-state.ts'
import { floorOn } from '../kit/grid.ts'
import { hash, hashFraction, uuid } from '../kit/random.ts'
import { MINUTE_MS } from '../market/funding.ts'
import { type Spread, type SpreadQuote, spreadQuote } from './instruments.ts'

const SALT = 93
const TRADE_PURPOSE = 6
/** Of all seconds: one trade in twenty seconds. */
const CHANCE = 0.05
const DAY_MS = 24 * HOUR_MS

type SpreadTrade = { atMs: number; side: Side; price: string; qty: string; id: string; seq: number }
type Touch = Record<Side, SpreadQuote | undefined>

const saltOf = (exchange: SimExchange, { listing }: Spread) => hash(exchange.seed, listing.index, SALT)
/** The side of the taker in that second, whether it trades or not. */
const sideOf = (salt: number, second: number): Side => (hashFraction(salt, second, 2) < 0.5 ? 'Buy' : 'Sell')

/** The best prices of a combination. */
export const touchOf = (exchange: SimExchange, spread: Spread): Touch => ({
  Buy: spreadQuote(exchange, spread, 'Buy'),
  Sell: spreadQuote(exchange, spread, 'Sell'),
})

/** The trade of one second, if any, priced at the present touch. */
export function spreadTradeAt(
  exchange: SimExchange,
  spread: Spread,
  atMs: number,
  touch: Touch,
): SpreadTrade | undefined {
  const second = Math.floor(atMs / 1000)
  const salt = saltOf(exchange, spread)
  if (hashFraction(salt, second, 1) >= CHANCE) return undefined
  const side = sideOf(salt, second)
  const quote = touch[side]
  if (!quote) return undefined
  const share = quote.qty.times(hashFraction(salt, second, 3).toFixed(6))
  return {
    atMs: second * 1000,
    side,
    price: quote.price.toFixed(),
    qty: Decimal.max(spread.qty.step, floorOn(spread.qty, share)).toFixed(),
    id: uuid(salt, second, TRADE_PURPOSE),
    seq: second * 4 + spread.listing.index,
  }
}

/** Newest first, as `/v5/spread/recent-trade` lists them. */
export function recentSpreadTrades(exchange: SimExchange, spread: Spread, limit: number): JsonObject[] {
  const touch = touchOf(exchange, spread)
  const nowMs = exchange.market.nowMs()
  const list: JsonObject[] = []
  for (let atMs = nowMs; atMs > nowMs - DAY_MS && list.length < limit; atMs -= 1000) {
    const trade = spreadTradeAt(exchange, spread, atMs, touch)
    if (!trade) continue
    list.push({
      execId: trade.id,
      symbol: spread.symbol,
      price: trade.price,
      size: trade.qty,
      side: trade.side,
      time: String(trade.atMs),
      seq: String(trade.seq),
    })
  }
  return list
}

type Day = { atMinute: number; high: number; low: number; before: number; lots: number }
const days = new WeakMap<SimExchange, Map<Spread, Day>>()

/** Figures of the last day, by the difference of both legs' minutes; read anew once a minute. */
function dayOf(exchange: SimExchange, spread: Spread): Day {
  const nowMs = exchange.market.nowMs()
  const atMinute = Math.floor(nowMs / MINUTE_MS)
  const cache = days.get(exchange) ?? new Map<Spread, Day>()
  days.set(exchange, cache)
  const known = cache.get(spread)
  if (known?.atMinute === atMinute) return known
  const { candles } = exchange.market
  const { index, multiplier } = spread.listing
  const [perps, spots] = (['perp', 'spot'] as const).map(series =>
    candles.minutes(index, series, nowMs - DAY_MS, nowMs + 1),
  )
  const apart = (perps ?? []).flatMap(({ close }, at) => {
    const spot = spots?.[at]?.close
    return spot === undefined ? [] : [close - spot * multiplier]
  })
  const salt = saltOf(exchange, spread)
  let lots = 0
  for (let back = 0; back < 1440; back++) lots += Math.floor(60 * hashFraction(salt, atMinute - back, 4))
  const [before = 0] = apart
  const day = { atMinute, high: Math.max(...apart, before), low: Math.min(...apart, before), before, lots }
  cache.set(spread, day)
  return day
}

/** A spread's ticker, as REST and the stream print it. */
export function spreadTicker(exchange: SimExchange, spread: Spread): JsonObject {
  const { Buy: ask, Sell: bid } = touchOf(exchange, spread)
  const side = sideOf(saltOf(exchange, spread), Math.floor(exchange.market.nowMs() / 1000))
  const last = ((side === 'Buy' ? ask : bid) ?? ask ?? bid)?.price
  const day = dayOf(exchange, spread)
  const decimals = spread.listing.spot.price.decimals
  const text = (price: number) => new Decimal(price.toFixed(decimals))
  return {
    symbol: spread.symbol,
    bidPrice: bid?.price.toFixed() ?? '',
    bidSize: bid?.qty.toFixed() ?? '',
    askPrice: ask?.price.toFixed() ?? '',
    askSize: ask?.qty.toFixed() ?? '',
    lastPrice: last?.toFixed() ?? '',
    highPrice24h: Decimal.max(text(day.high), last ?? text(day.high)).toFixed(),
    lowPrice24h: Decimal.min(text(day.low), last ?? text(day.low)).toFixed(),
    prevPrice24h: text(day.before).toFixed(),
    volume24h: spread.qty.step.times(day.lots).toFixed(),
  }
}
