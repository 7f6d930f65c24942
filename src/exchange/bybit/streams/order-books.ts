/**
 * One order book, built from Bybit's snapshot and delta frames. What must stay true: every accepted delta is the last
 * update id + 1, both sides are sorted and the best bid is below the best ask. Whatever breaks that makes the book
 * untrusted until the next snapshot. https://bybit-exchange.github.io/docs/v5/websocket/public/orderbook
 */
import type { Market } from '../../../domain/instrument.ts'
import type { OrderQty, Price } from '../../../domain/units.ts'
import type { OrderBook, PriceLevel } from '../../exchange.ts'

type BookOf<M> = Omit<OrderBook, 'market'> & { market: M }
type BookAnswer<M = Market> =
  | { kind: 'book'; book: BookOf<M> }
  /** Not a book (any more): take the topic anew. */
  | { kind: 'broken'; cause: string }
  /** A delta before the first snapshot, or after a break. */
  | { kind: 'waiting' }

/** How many levels of each side are handed out. */
const LEVELS_SHOWN = 50
/** More levels than any topic holds means that deletes are being lost. */
const LEVELS_MAX = 2_000
// Fifteen digits are exact in a double, so that ordering prices as numbers is safe; amounts stay text.
const EXACT = /^(?=[\d.]{1,16}$)\d+(\.\d+)?$/
/** A spread's price is a difference. */
const EXACT_SIGNED = /^-?(?=[\d.]{1,16}$)\d+(\.\d+)?$/
const DECIMAL = /^\d{1,20}(\.\d{1,20})?$/

/** One side: levels best first, beside their prices as numbers for the search. */
type Side = { keys: number[]; levels: PriceLevel[]; sign: 1 | -1 }

const emptySide = (sign: 1 | -1): Side => ({ keys: [], levels: [], sign })

/** Where a price is, or would be inserted, on a side sorted best first. */
function seek({ keys, sign }: Side, key: number): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sign * (keys[middle] ?? 0) < sign * key) low = middle + 1
    else high = middle
  }
  return low
}

function set(side: Side, price: string, qty: string): void {
  const key = Number(price)
  const at = seek(side, key)
  const known = side.keys[at] === key
  if (Number(qty) === 0) {
    // Deleting what is not there leaves the book right.
    if (known) {
      side.keys.splice(at, 1)
      side.levels.splice(at, 1)
    }
    return
  }
  const level: PriceLevel = [price as Price, qty as OrderQty]
  side.keys.splice(at, known ? 1 : 0, key)
  side.levels.splice(at, known ? 1 : 0, level)
}

/** Applies `[[price, size], …]`; answers what is wrong with it, or ''. */
function apply(side: Side, updates: unknown, name: string, exact: RegExp): string {
  if (!Array.isArray(updates)) return `${name}: expected a list of levels`
  for (const update of updates) {
    const [price, qty] = Array.isArray(update) ? update : []
    if (typeof price !== 'string' || !exact.test(price))
      return `${name}: price ${JSON.stringify(price)} is not a decimal`
    if (typeof qty !== 'string' || !DECIMAL.test(qty))
      return `${name}: size ${JSON.stringify(qty)} is not a decimal`
    set(side, price, qty)
  }
  return side.keys.length > LEVELS_MAX ? `${name}: more than ${LEVELS_MAX} levels` : ''
}

export type OrderBookBuilder<M = Market> = {
  apply(message: Readonly<Record<string, unknown>>): BookAnswer<M>
  /** Distrusts what is held; the next snapshot starts anew. */
  forget(): void
  /** Levels held on each side. */
  depth(): { bids: number; asks: number }
}

/** Books of spreads have signed prices, and that their update ids have no gaps is written nowhere: they must only grow. */
export function orderBookBuilder<M extends Market | 'spread'>(
  market: M,
  symbol: string,
): OrderBookBuilder<M> {
  const isSpread = market === 'spread'
  const exact = isSpread ? EXACT_SIGNED : EXACT
  let bids = emptySide(-1)
  let asks = emptySide(1)
  let update = 0
  let trusted = false

  const broken = (cause: string): BookAnswer<M> => {
    trusted = false
    return { kind: 'broken', cause: `${symbol}: ${cause}` }
  }
  const start = () => {
    bids = emptySide(-1)
    asks = emptySide(1)
    trusted = true
  }

  return {
    forget() {
      trusted = false
    },
    depth: () => ({ bids: bids.keys.length, asks: asks.keys.length }),
    apply({ type, ts, data }) {
      const { u, b, a } = (data ?? {}) as Record<string, unknown>
      if (typeof u !== 'number' || typeof ts !== 'number') return broken('frame without u or ts')
      // Bybit: u = 1 is a restart of its service and carries a whole book, whatever `type` says.
      if (type === 'snapshot' || u === 1) start()
      else if (!trusted) return { kind: 'waiting' }
      else if (isSpread ? u <= update : u !== update + 1) return broken(`gap: update ${u} after ${update}`)
      update = u
      const wrong = apply(bids, b, 'b', exact) || apply(asks, a, 'a', exact)
      if (wrong) return broken(wrong)
      const [bid, ask] = [bids.keys[0], asks.keys[0]]
      if (bid !== undefined && ask !== undefined && bid >= ask)
        return broken(`crossed: bid ${bid}, ask ${ask}`)
      const book: BookOf<M> = {
        market,
        symbol,
        bids: bids.levels.slice(0, LEVELS_SHOWN),
        asks: asks.levels.slice(0, LEVELS_SHOWN),
        atMs: ts,
      }
      return { kind: 'book', book }
    },
  }
}
