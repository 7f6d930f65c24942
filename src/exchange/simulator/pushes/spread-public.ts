/** `/v5/public/spread`: the book of 25 levels, tickers and public trades of native spreads. */
import type { JsonObject } from '../../../domain/json.ts'
import type { SimExchange } from '../exchange-state.ts'
import { type BookSource, bookTopic } from '../market/public-order-books.ts'
import { isTrading, type Spread, spreads } from '../spread/instruments.ts'
import { spreadLevels } from '../spread/order-books.ts'
import { spreadTicker, spreadTradeAt, touchOf } from '../spread/trades.ts'
import { books, type Speaker } from './topics.ts'

export const SPREAD_DEPTH = 25
const CHANNEL = 'public-spread'

function bookSource(exchange: SimExchange, spread: Spread): BookSource {
  const { symbol, price, qty } = spread
  return {
    symbol,
    price,
    qty,
    early: true,
    look(depth) {
      const sides = {
        bids: spreadLevels(exchange, spread, 'bids', depth),
        asks: spreadLevels(exchange, spread, 'asks', depth),
      }
      return sides.bids.length > 0 || sides.asks.length > 0 ? sides : undefined
    },
  }
}

/** Always whole. */
function tickers(exchange: SimExchange, spread: Spread): Speaker {
  const topic = `tickers.${spread.symbol}`
  let said = ''
  const frame = (): JsonObject => ({
    topic,
    ts: exchange.state.nowMs,
    type: 'snapshot',
    data: spreadTicker(exchange, spread),
  })
  return {
    channel: CHANNEL,
    topic,
    first: () => [frame()],
    next() {
      const message = frame()
      const text = JSON.stringify(message.data)
      if (text === said) return []
      said = text
      return [message]
    },
  }
}

function trades(exchange: SimExchange, spread: Spread): Speaker {
  const topic = `publicTrade.${spread.symbol}`
  let saidUpToMs = 0
  return {
    channel: CHANNEL,
    topic,
    first() {
      saidUpToMs = exchange.market.nowMs()
      return []
    },
    next() {
      const nowMs = exchange.market.nowMs()
      const touch = touchOf(exchange, spread)
      const data: JsonObject[] = []
      for (let atMs = Math.max(saidUpToMs + 1000, nowMs - 9000); atMs <= nowMs; atMs += 1000) {
        const trade = isTrading(exchange, spread) ? spreadTradeAt(exchange, spread, atMs, touch) : undefined
        if (!trade) continue
        const { side: S, qty: v, price: p, id: i, seq } = trade
        const L = S === 'Buy' ? 'PlusTick' : 'MinusTick'
        data.push({ T: trade.atMs, s: spread.symbol, S, v, p, L, i, seq })
      }
      saidUpToMs = nowMs
      return data.length > 0 ? [{ topic, ts: exchange.state.nowMs, type: 'snapshot', data }] : []
    },
  }
}

/** The public topics of native spreads. */
export const spreadSpeakers = (exchange: SimExchange): Speaker[] =>
  spreads(exchange).flatMap(spread => [
    books(exchange, CHANNEL, bookTopic(bookSource(exchange, spread), SPREAD_DEPTH)),
    tickers(exchange, spread),
    trades(exchange, spread),
  ])
