/** Public frames as Bybit sends them, of as many made-up markets as wanted: the same again and again from one seed. */

export type Frames = {
  /** Snapshots of every topic: what a subscription brings. */
  first: string[]
  tickers: string[]
  bests: string[]
  books: string[]
}

const LEVELS = 50
const START_MS = 1_786_310_817_000

/** A small generator, so that two runs measure the same work. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

export const symbolAt = (at: number): string => `COIN${at}USDT`

type Side = Map<number, string>
type Made = { symbol: string; mid: number; bids: Side; asks: Side; update: number }

/** @param each - how many frames of each kind */
export function makeFrames(symbols: number, each: number): Frames {
  const random = seeded(7)
  const markets = Array.from({ length: symbols }, (_, at) => made(symbolAt(at), random))
  const frames: Frames = { first: markets.flatMap(snapshots), tickers: [], bests: [], books: [] }
  for (let at = 0; at < each; at++) {
    const market = markets[(at * 7919) % symbols]
    if (!market) continue
    const ts = START_MS + at
    frames.tickers.push(tickerDelta(market, random, ts))
    frames.books.push(bookDelta(market, random, ts))
    frames.bests.push(best(market, random() < 0.6 ? '' : '7', ts))
  }
  return frames
}

const priceText = (ticks: number) => (ticks / 100).toFixed(2)
const qtyText = (random: () => number) => (random() * 100 + 0.001).toFixed(3)

function made(symbol: string, random: () => number): Made {
  const mid = 1_000 + Math.floor(random() * 5_000_000)
  const side = (sign: 1 | -1): Side =>
    new Map(Array.from({ length: LEVELS }, (_, at) => [mid + sign * (at + 1), qtyText(random)]))
  return { symbol, mid, bids: side(-1), asks: side(1), update: 1_000 }
}

const sorted = (side: Side, sign: 1 | -1) => [...side].sort(([a], [b]) => sign * (a - b))
const levels = (list: readonly (readonly [number, string])[]) =>
  list.map(([ticks, qty]) => [priceText(ticks), qty])

function snapshots({ symbol, mid, bids, asks, update }: Made): string[] {
  const [b, a] = [levels(sorted(bids, -1)), levels(sorted(asks, 1))]
  const data = {
    symbol,
    markPrice: priceText(mid),
    indexPrice: priceText(mid),
    lastPrice: priceText(mid),
    fundingRate: '0.0001',
    nextFundingTime: String(START_MS + 3_600_000),
    fundingIntervalHour: '8',
  }
  return [
    JSON.stringify({ topic: `tickers.${symbol}`, type: 'snapshot', data, cs: 1, ts: START_MS }),
    JSON.stringify({
      topic: `orderbook.50.${symbol}`,
      type: 'snapshot',
      ts: START_MS,
      data: { s: symbol, b, a, u: update, seq: 1 },
    }),
  ]
}

/** By how often each kind was seen: one side of the best prices, both, a trade, mark or index or open interest, the rate. */
function tickerFields(market: Made, random: () => number): Record<string, string> {
  const price = () => priceText(market.mid + Math.floor(random() * 10))
  const [kind, qty] = [random(), () => qtyText(random)]
  if (kind < 0.2) return { bid1Price: price(), bid1Size: qty() }
  if (kind < 0.4) return { ask1Price: price(), ask1Size: qty() }
  if (kind < 0.62) return { bid1Price: price(), bid1Size: qty(), ask1Price: price(), ask1Size: qty() }
  if (kind < 0.82)
    return { lastPrice: price(), turnover24h: '276851269.9790', volume24h: '3615929.2000', bid1Size: qty() }
  if (kind < 0.87) return { markPrice: price() }
  if (kind < 0.92) return { indexPrice: price() }
  if (kind < 0.97) return { openInterest: '59891.732', openInterestValue: '3899996265.01' }
  return { fundingRate: (random() / 1000).toFixed(8) }
}

const tickerDelta = (market: Made, random: () => number, ts: number): string =>
  JSON.stringify({
    topic: `tickers.${market.symbol}`,
    type: 'delta',
    data: { symbol: market.symbol, ...tickerFields(market, random) },
    cs: 753_843_907_770 + ts,
    ts,
  })

/** About eight levels: some new, some gone, most of another size; the nearer to the middle the likelier. */
function bookDelta(market: Made, random: () => number, ts: number): string {
  const changed = (side: Side, sign: 1 | -1) =>
    Array.from({ length: 2 + Math.floor(random() * 5) }, (): [number, string] => {
      const ticks = market.mid + sign * (1 + Math.floor(random() ** 2 * (LEVELS + 8)))
      const isGone = side.has(ticks) && side.size > LEVELS && random() < 0.4
      if (isGone) side.delete(ticks)
      else side.set(ticks, qtyText(random))
      return [ticks, isGone ? '0' : (side.get(ticks) ?? '0')]
    })
  const [b, a] = [levels(changed(market.bids, -1)), levels(changed(market.asks, 1))]
  const data = { s: market.symbol, b, a, u: ++market.update, seq: 753_843_907_770 + ts }
  return JSON.stringify({ topic: `orderbook.50.${market.symbol}`, type: 'delta', ts, data, cts: ts - 8 })
}

function best({ symbol, bids, asks, update }: Made, otherwise: string, ts: number): string {
  const level = ([found]: [number, string][]) =>
    found ? [[priceText(found[0]), `${found[1]}${otherwise}`]] : []
  const [b, a] = [level(sorted(bids, -1)), level(sorted(asks, 1))]
  const data = { s: symbol, b, a, u: update, seq: 753_843_907_770 + ts }
  return JSON.stringify({ topic: `orderbook.1.${symbol}`, type: 'snapshot', ts, data, cts: ts - 8 })
}
