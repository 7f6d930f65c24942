/** Facts of the market as they were when they were heard: a live book is patched in place afterwards. */
import type { LiveBook, MarketFact, OrderBook } from '../../../src/exchange/exchange.ts'

export type KeptFact = Exclude<MarketFact, { kind: 'book' }> | { kind: 'book'; book: OrderBook }

export const keptFact = (fact: MarketFact): KeptFact =>
  fact.kind === 'book' ? { kind: 'book', book: fact.book.copy() } : fact

/** A book that a test made, as the feed would hand it out. */
export const liveBook = (book: OrderBook): LiveBook => ({
  market: book.market,
  symbol: book.symbol,
  atMs: book.atMs,
  bid: book.bids[0],
  ask: book.asks[0],
  bestBid: Number(book.bids[0]?.[0]),
  bestAsk: Number(book.asks[0]?.[0]),
  copy: () => book,
})
