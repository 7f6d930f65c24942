/**
 * What is known of each tracked market at this moment: plain values, never journaled. A part that its feed calls stale is
 * gone until it is heard again, so that nothing is decided on it.
 */
import { Decimal } from 'decimal.js'
import type { Clock } from '../../src/clock/clock.ts'
import type { Glimpse } from '../../src/domain/entry/pre-check.ts'
import type { HedgePair, Market, SpreadInstrument } from '../../src/domain/instrument.ts'
import type { PairFeeRates } from '../../src/domain/market/fees.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { type FundingMemory, marketPerHour } from '../../src/domain/market/funding-outlook.ts'
import type { AgeLimits, MarketView, OrderBookView, SpreadView } from '../../src/domain/market/market-view.ts'
import { midPrice } from '../../src/domain/market/order-book.ts'
import type { LiveBook, MarketFact, PerpTicker } from '../../src/exchange/exchange.ts'
import { type DangerBoard, dangerBoard } from './danger-board.ts'
import { TrackedMarket } from './tracked-market.ts'

export type MarketBoard = DangerBoard & {
  hear(fact: MarketFact): void
  /** Undefined for a symbol that is not tracked. */
  view(symbol: string): MarketView | undefined
  /** What tells whether a judgement is worth making; undefined while the symbol is blind (see `freshMarket`) or not tracked. */
  glimpse(symbol: string, limits: AgeLimits, nowMs: number): Glimpse | undefined
  /** Counts what changed of a symbol beside its books and ticker. */
  changes(symbol: string): number
  symbols(): string[]
  pairs(): HedgePair[]
  /** The native spread of a pair's symbol, where there is one. */
  spreadOf(symbol: string): string | undefined
  setFeeRates(symbol: string, feeRates: PairFeeRates): void
  /** How a perpetual has paid, as far as it was read: the mean of all that are known moves with it. */
  setFunding(symbol: string, memory: FundingMemory): void
  /** That reading it has been tried, whether or not it came. */
  setFundingTried(symbol: string): void
  /** Has it been tried of every symbol? Until then the best of them is not known. */
  isFundingTried(): boolean
  /** Engine milliseconds since anything was heard of either market. */
  ageMs(): { spot: number; linear: number }
}

/** An empty board of these pairs: every price is unknown until a fact of the market is heard. */
export function createMarketBoard(
  clock: Clock,
  pairs: readonly HedgePair[],
  fees: PairFeeRates,
  spreads: readonly SpreadInstrument[] = [],
): MarketBoard {
  const markets = new Map<string, TrackedMarket>()
  const bySpot = new Map<string, TrackedMarket>()
  const bySpread = new Map<string, TrackedMarket>()
  for (const pair of pairs) {
    const native = spreads.find(({ spot, perp }) => spot === pair.spot.symbol && perp === pair.perp.symbol)
    const market = new TrackedMarket(pair, fees, native && blankSpread(native))
    markets.set(pair.symbol, market)
    bySpot.set(pair.spot.symbol, market)
    if (native) bySpread.set(native.symbol, market)
  }
  const danger = dangerBoard(clock, markets)
  const tried = new Set<string>()
  const { hear, ageMs } = ears(clock, { markets, bySpot, bySpread }, danger)
  return {
    hear,
    ageMs,
    view: symbol => markets.get(symbol)?.view(),
    glimpse: (symbol, limits, nowMs) => markets.get(symbol)?.glimpse(limits, nowMs),
    changes: symbol => markets.get(symbol)?.changes ?? 0,
    symbols: () => [...markets.keys()],
    pairs: () => Array.from(markets.values(), ({ parts }) => parts.pair),
    spreadOf: symbol => markets.get(symbol)?.parts.spread?.symbol,
    setFeeRates: (symbol, feeRates) => markets.get(symbol)?.change({ feeRates }),
    setFunding(symbol, memory) {
      markets.get(symbol)?.change({ funding: { memory, marketPerHour: 0 } })
      const known = [...markets.values()].flatMap(market => {
        const { funding } = market.parts
        return funding ? [{ market, memory: funding.memory }] : []
      })
      const perHour = marketPerHour(known.map(each => each.memory))
      for (const { market, memory } of known) market.change({ funding: { memory, marketPerHour: perHour } })
    },
    setFundingTried: symbol => void tried.add(symbol),
    isFundingTried: () => [...markets.keys()].every(symbol => tried.has(symbol)),
    ...danger,
  }
}

type Tracked = Record<'markets' | 'bySpot' | 'bySpread', ReadonlyMap<string, TrackedMarket>>

/** Writes what the feed tells into the markets it is about; of what is not tracked nothing is kept. */
function ears(
  clock: Clock,
  { markets, bySpot, bySpread }: Tracked,
  danger: ReturnType<typeof dangerBoard>,
): Pick<MarketBoard, 'hear' | 'ageMs'> {
  const heardAtMs = { spot: clock.nowMs(), linear: clock.nowMs() }
  const ofBasis = basisWatch()

  const hearBook = (book: LiveBook) => {
    const nowMs = clock.nowMs()
    heardAtMs[book.market] = nowMs
    if (book.market === 'spot') bySpot.get(book.symbol)?.setBook('spotBook', book, nowMs)
    else markets.get(book.symbol)?.setBook('perpBook', book, nowMs)
  }

  const hearTicker = (ticker: PerpTicker) => {
    const nowMs = clock.nowMs()
    heardAtMs.linear = nowMs
    const market = markets.get(ticker.symbol)
    if (!market) return
    const isOther = market.parts.ticker?.fundingIntervalMs !== ticker.fundingIntervalMs
    market.setTicker(ticker, nowMs)
    // Most tickers say nothing beside themselves.
    if (!isOther && nowMs < market.slowLookAtMs) return
    market.slowLookAtMs = nowMs + SLOW_LOOK_EVERY_MS
    ofBasis(market, nowMs)
    danger.ofTicker(market, ticker, nowMs)
  }

  const hearSpread = (name: string, book: OrderBookView | null) => {
    bySpread.get(name)?.setSpreadBook(book, clock.nowMs())
  }

  const forget = (market: Market, symbol: string) => {
    if (market === 'spot') return bySpot.get(symbol)?.setBook('spotBook', null)
    markets.get(symbol)?.setBook('perpBook', null)
    markets.get(symbol)?.setTicker(null)
  }

  return {
    hear(fact) {
      switch (fact.kind) {
        case 'book':
          return hearBook(fact.book)
        case 'ticker':
          return hearTicker(fact.ticker)
        case 'spread-book':
          return hearSpread(fact.symbol, { bids: fact.bids, asks: fact.asks })
        case 'spread-stale':
          for (const name of fact.symbols) hearSpread(name, null)
          return
        case 'adl-alert':
          return danger.setAdlAlerts(fact.alerts)
        case 'stale':
          for (const symbol of fact.symbols) forget(fact.market, symbol)
          return
        case 'down':
          for (const { parts } of markets.values()) forget(fact.market, parts.pair[SIDE[fact.market]].symbol)
      }
    },
    ageMs: () => ({ spot: clock.nowMs() - heardAtMs.spot, linear: clock.nowMs() - heardAtMs.linear }),
  }
}

const SIDE = { spot: 'spot', linear: 'perp' } as const

/** The exchange names only spreads that trade. */
const blankSpread = ({
  symbol,
  tickSize,
  qtyStep,
  minOrderQty,
  maxOrderQty,
}: SpreadInstrument): SpreadView => ({
  symbol,
  book: null,
  tickSize,
  qtyStep,
  minQty: minOrderQty,
  maxQty: maxOrderQty,
  trading: true,
})

/** Both are looked at once a minute: often enough to miss that by little. */
const SLOW_LOOK_EVERY_MS = 1_000

/** A basis is looked at so often; half of what is known of it is this old or younger, and before this much was heard nothing is said. */
const BASIS_EVERY_MS = 60_000
const BASIS_MEMORY_HOURS = 72
const BASIS_HEARD_HOURS = 24
/** Half of a gap to the mean is taken to be gone after a day. */
const BASIS_HALF_LIFE_HOURS = 24

type KnownBasis = { atMs: number; hours: number; bpsHours: number; heardHours: number }

/** Where the basis of each symbol usually stands, from the middles of its books: what an entry above it earns as it returns. */
function basisWatch() {
  const known = new Map<TrackedMarket, KnownBasis>()
  return (market: TrackedMarket, nowMs: number): void => {
    const { spotBook, perpBook } = market
    if (!spotBook || !perpBook) return
    const before = known.get(market)
    if (before && nowMs - before.atMs < BASIS_EVERY_MS) return
    const [spot, contract] = [midOf(spotBook), midOf(perpBook)]
    if (!spot || !contract) return
    const { multiplier } = market.parts.pair.perp
    const bps = new Decimal(contract).div(multiplier).div(spot).minus(1).times(10_000).toNumber()
    // A gap in what was heard says nothing of the time in between.
    const hours = before ? Math.min((nowMs - before.atMs) / HOUR_MS, 1) : 0
    const kept = 0.5 ** (hours / BASIS_MEMORY_HOURS)
    const now = {
      atMs: nowMs,
      hours: (before?.hours ?? 0) * kept + hours,
      bpsHours: (before?.bpsHours ?? 0) * kept + bps * hours,
      heardHours: (before?.heardHours ?? 0) + hours,
    }
    known.set(market, now)
    if (now.heardHours < BASIS_HEARD_HOURS) return
    market.change({ basisModel: { meanBps: now.bpsHours / now.hours, halfLifeHours: BASIS_HALF_LIFE_HOURS } })
  }
}

const midOf = ({ bid, ask }: LiveBook) => midPrice({ bids: bid ? [bid] : [], asks: ask ? [ask] : [] })
