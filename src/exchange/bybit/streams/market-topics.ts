/** The topics of one market's stream, and what each of them is held in. */
import type { Market } from '../../../domain/instrument.ts'
import { type OrderBookBuilder, orderBookBuilder } from './order-books.ts'
import { QuietOrderBook } from './quiet-order-book.ts'
import { type TickerBuilder, tickerBuilder } from './tickers.ts'

/** When a topic was last taken anew, and whether it is waited for. */
type Taken = { symbol: string; askedAtMs: number; stale: boolean }
type Held = OrderBookBuilder | TickerBuilder
export type Topic =
  | (Taken & { kind: 'book'; builder: OrderBookBuilder; resting: QuietOrderBook })
  | (Taken & { kind: 'ticker'; builder: TickerBuilder })
  /** Best level only: proof that the book of the same symbol still stands. */
  | (Taken & { kind: 'touch'; deep: string; resting: QuietOrderBook })

export const forget = (topic: Topic): void => {
  if (topic.kind === 'book') topic.resting.forget()
  if (topic.kind !== 'touch') (topic.builder satisfies Held).forget()
}

/** Books of 50 levels, their best level, and tickers on linear. */
export function topicsOf(market: Market, symbols: readonly string[]): Map<string, Topic> {
  const topics = new Map<string, Topic>()
  for (const symbol of new Set(symbols)) {
    const fresh = { symbol, askedAtMs: Number.NEGATIVE_INFINITY, stale: false }
    const resting = new QuietOrderBook(symbol)
    const deep = `orderbook.50.${symbol}`
    topics.set(deep, { ...fresh, kind: 'book', builder: orderBookBuilder(market, symbol), resting })
    topics.set(`orderbook.1.${symbol}`, { ...fresh, kind: 'touch', deep, resting })
    if (market === 'linear')
      topics.set(`tickers.${symbol}`, { ...fresh, kind: 'ticker', builder: tickerBuilder() })
  }
  return topics
}
