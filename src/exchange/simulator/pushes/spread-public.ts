/** `/v5/public/spread`: the book of 25 levels, tickers and public trades of native spreads. */
import type { JsonObject } from '../../../domain/json.ts'
import { type BookSource, bookTopic } from '../market/public-order-books.ts'
import { isTrading, type Spread, spreads } from '../spread/instruments.ts'
import { spreadLevels } from '../spread/order-books.ts'
import { spreadTicker, spreadTradeAt, touchOf } from '../spread/trades.ts'
import type { World } from '../world.ts'
import { books, type Speaker } from './public.ts'

export const SPREAD_DEPTH = 25
const CHANNEL = 'public-spread'

function bookSource(world: World, spread: Spread): BookSource {
  const { symbol, price, qty } = spread
  return {
    symbol,
    price,
    qty,
    early: true,
    look(depth) {
      const sides = {
        bids: spreadLevels(world, spread, 'bids', depth),
        asks: spreadLevels(world, spread, 'asks', depth),
      }
      return sides.bids.length > 0 || sides.asks.length > 0 ? sides : undefined
    },
  }
}

/** Always whole. */
function tickers(world: World, spread: Spread): Speaker {
  const topic = `tickers.${spread.symbol}`
  let said = ''
  const frame = (): JsonObject => ({
    topic,
    ts: world.state.nowMs,
    type: 'snapshot',
    data: spreadTicker(world, spread),
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

function trades(world: World, spread: Spread): Speaker {
  const topic = `publicTrade.${spread.symbol}`
  let saidUpToMs = 0
  return {
    channel: CHANNEL,
    topic,
    first() {
      saidUpToMs = world.market.nowMs()
      return []
    },
    next() {
      const nowMs = world.market.nowMs()
      const touch = touchOf(world, spread)
      const data: JsonObject[] = []
      for (let atMs = Math.max(saidUpToMs + 1000, nowMs - 9000); atMs <= nowMs; atMs += 1000) {
        const trade = isTrading(world, spread) ? spreadTradeAt(world, spread, atMs, touch) : undefined
        if (!trade) continue
        const { side: S, qty: v, price: p, id: i, seq } = trade
        const L = S === 'Buy' ? 'PlusTick' : 'MinusTick'
        data.push({ T: trade.atMs, s: spread.symbol, S, v, p, L, i, seq })
      }
      saidUpToMs = nowMs
      return data.length > 0 ? [{ topic, ts: world.state.nowMs, type: 'snapshot', data }] : []
    },
  }
}

export const spreadSpeakers = (world: World): Speaker[] =>
  spreads(world).flatMap(spread => [
    books(world, CHANNEL, bookTopic(bookSource(world, spread), SPREAD_DEPTH)),
    tickers(world, spread),
    trades(world, spread),
  ])
