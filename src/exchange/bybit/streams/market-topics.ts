/** The topics of one market's stream, and what each of them is held in. */
import type { Market } from '../../../domain/instrument.ts'
import { type BookBuilder, bookBuilder } from './order-books.ts'
import { RestingBook } from './resting-order-book.ts'
import { type TickerBuilder, tickerBuilder } from './tickers.ts'

/** When a topic was last taken anew, and whether it is waited for. */
type Taken = { symbol: string; askedAtMs: number; stale: boolean }
type Held = BookBuilder | TickerBuilder
export type Topic =
  | (Taken & { kind: 'book'; builder: BookBuilder; resting: RestingBook })
  | (Taken & { kind: 'ticker'; builder: TickerBuilder })
  /** Best level only: proof that the book of the same symbol still stands. */
  | (Taken & { kind: 'touch'; deep: string; resting: RestingBook })

export const forget = (topic: Topic): void => {
  if (topic.kind === 'book') topic.resting.forget()
  if (topic.kind !== 'touch') (topic.builder satisfies Held).forget()
}

/** Books of 50 levels, their best level, and tickers on linear. */
export function topicsOf(market: Market, symbols: readonly string[]): Map<string, Topic> {
  const topics = new Map<string, Topic>()
  for (const symbol of new Set(symbols)) {
    const fresh = { symbol, askedAtMs: Number.NEGATIVE_INFINITY, stale: false }
    const resting = new RestingBook(symbol)
    const deep = `orderbook.50.${symbol}`
    topics.set(deep, { ...fresh, kind: 'book', builder: bookBuilder(market, symbol), resting })
    topics.set(`orderbook.1.${symbol}`, { ...fresh, kind: 'touch', deep, resting })
    if (market === 'linear')
      topics.set(`tickers.${symbol}`, { ...fresh, kind: 'ticker', builder: tickerBuilder() })
  }
  return topics
}
