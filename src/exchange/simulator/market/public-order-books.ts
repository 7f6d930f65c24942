/**
 * The order book stream: a snapshot, then deltas with u + 1, of exactly the asked depth. Level-1 topics are snapshots only,
 * sent again after 3 s without a change under the same u. What a topic last said is kept here, never in the books of
 * account: who listens must not change what happens.
 */
import type { JsonObject } from '../../../domain/json.ts'
import { type SimExchange, syntheticBookOf } from '../exchange-state.ts'
import { type Grid, textOf } from '../kit/grid.ts'
import type { Instrument, Listing } from '../universe/universe.ts'
import type { BookLevel, BookSide } from './order-book.ts'

export const DEPTHS = [1, 50, 200, 1000] as const
type Depth = (typeof DEPTHS)[number]

type Sides = { bids: BookLevel[]; asks: BookLevel[] }

/** Whose book it is, and how it is written. */
export type BookSource = {
  readonly symbol: string
  readonly price: Grid
  readonly qty: Grid
  /** Whether `ts` stands before `type`; the data is the same. */
  readonly early: boolean
  /** Undefined while there is none. */
  look(depth: number): Sides | undefined
}

export type BookTopic = {
  readonly topic: string
  readonly source: BookSource
  readonly depth: number
  bids: BookLevel[]
  asks: BookLevel[]
  u: number
  seq: number
  /** Round of publishing at which the above was said; older than the last round means nobody was told since. */
  round: number
  saidAtMs: number
}

const FIRST_U = 1000
const REPEAT_MS = 3000

/** Spot and level 1 put `ts` before `type`, deeper linear topics after it. */
export function listedSource(
  exchange: SimExchange,
  listing: Listing,
  { market, symbol, price, qty }: Instrument,
  depth: Depth,
): BookSource {
  const book = syntheticBookOf(exchange, market, listing)
  return {
    symbol,
    price,
    qty,
    early: market === 'spot' || depth === 1,
    look: count =>
      book.live() ? { bids: book.levels('bids', count), asks: book.levels('asks', count) } : undefined,
  }
}

/** A topic nobody has heard yet. */
export const bookTopic = (source: BookSource, depth: number): BookTopic => ({
  topic: `orderbook.${depth}.${source.symbol}`,
  source,
  depth,
  bids: [],
  asks: [],
  u: FIRST_U,
  seq: 0,
  round: -1,
  saidAtMs: 0,
})

/** A removed level is '0' on both markets, also where sizes carry their decimals. */
const rowOf = ({ price, qty }: BookSource, ticks: number, lots: number): string[] => [
  textOf(price, ticks),
  lots === 0 ? '0' : textOf(qty, lots),
]

const rowsOf = (source: BookSource, levels: readonly BookLevel[]): string[][] =>
  levels.map(([ticks, lots]) => rowOf(source, ticks, lots))

function frame(state: BookTopic, type: string, b: string[][], a: string[][], nowMs: number): JsonObject {
  const data = { s: state.source.symbol, b, a, u: state.u, seq: state.seq }
  return state.source.early
    ? { topic: state.topic, ts: nowMs, type, data, cts: nowMs }
    : { topic: state.topic, type, ts: nowMs, data, cts: nowMs }
}

const snapshot = (state: BookTopic, nowMs: number): JsonObject =>
  frame(state, 'snapshot', rowsOf(state.source, state.bids), rowsOf(state.source, state.asks), nowMs)

/** Takes the present book as the new truth of a topic. */
function renew(exchange: SimExchange, state: BookTopic, sides: Sides, round: number): void {
  Object.assign(state, sides)
  state.u++
  state.seq = nextBookSeq(exchange, state)
  state.round = round
  state.saidAtMs = exchange.state.nowMs
}

/** Grows with time and with every message, so that it never goes back, whoever listened before. */
const nextBookSeq = (exchange: SimExchange, state: BookTopic): number =>
  Math.max(state.seq + 1, exchange.state.nowMs - 1_500_000_000_000 + exchange.state.seq)

/** What a new subscriber hears first: exactly what others were last told, so that the next delta fits. */
export function firstBook(exchange: SimExchange, state: BookTopic, round: number): JsonObject[] {
  const sides = state.source.look(state.depth)
  if (!sides) return []
  if (state.round < round) renew(exchange, state, sides, round)
  return [snapshot(state, exchange.state.nowMs)]
}

/** Removed levels as size 0, changed and new ones as they are, from the touch outward. Both sides come in that order. */
function changesOf(
  source: BookSource,
  before: readonly BookLevel[],
  after: readonly BookLevel[],
  side: BookSide,
) {
  const outward = side === 'bids' ? -1 : 1
  const rows: string[][] = []
  let at = 0
  const tell = ([ticks, lots]: BookLevel) => rows.push(rowOf(source, ticks, lots))
  for (const old of before) {
    // Most levels are the very ones of before.
    if (after[at] === old) {
      at++
      continue
    }
    for (let fresh = after[at]; fresh && (old[0] - fresh[0]) * outward > 0; fresh = after[++at]) tell(fresh)
    const same = after[at]
    if (same?.[0] !== old[0]) rows.push(rowOf(source, old[0], 0))
    else {
      if (same[1] !== old[1]) tell(same)
      at++
    }
  }
  for (let fresh = after[at]; fresh; fresh = after[++at]) tell(fresh)
  return rows
}

/** One round: what changed since the topic last spoke. */
export function nextBook(exchange: SimExchange, state: BookTopic, round: number): JsonObject | undefined {
  const { nowMs } = exchange.state
  const book = state.source.look(state.depth)
  if (!book) return undefined
  if (state.round < round - 1) {
    renew(exchange, state, book, round)
    return snapshot(state, nowMs)
  }
  const bids = changesOf(state.source, state.bids, book.bids, 'bids')
  const asks = changesOf(state.source, state.asks, book.asks, 'asks')
  state.round = round
  if (bids.length === 0 && asks.length === 0) {
    if (state.depth !== 1 || nowMs - state.saidAtMs < REPEAT_MS) return undefined
    state.saidAtMs = nowMs
    return snapshot(state, nowMs)
  }
  state.bids = book.bids
  state.asks = book.asks
  state.u++
  state.seq = nextBookSeq(exchange, state)
  state.saidAtMs = nowMs
  return state.depth === 1 ? snapshot(state, nowMs) : frame(state, 'delta', bids, asks, nowMs)
}
