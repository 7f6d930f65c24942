/**
 * What is known of each tracked market at this moment: plain values, never journaled. A part that its feed calls stale is
 * gone until it is heard again, so that nothing is decided on it.
 */
import { Decimal } from 'decimal.js'
import type { Clock } from '../../src/clock/clock.ts'
import type { HedgePair, Market, SpreadInstrument } from '../../src/domain/instrument.ts'
import type { PairFeeRates } from '../../src/domain/market/fees.ts'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { type FundingMemory, marketPerHour } from '../../src/domain/market/funding-outlook.ts'
import type {
  BasisModel,
  MarketView,
  OrderBookView,
  SpreadView,
} from '../../src/domain/market/market-view.ts'
import { midPrice } from '../../src/domain/market/order-book.ts'
import type { MarketFact, OrderBook, PerpTicker } from '../../src/exchange/exchange.ts'
import { type DangerBoard, dangerBoard } from './danger-board.ts'

export type MarketBoard = DangerBoard & {
  hear(fact: MarketFact): void
  /** Undefined for a symbol that is not tracked. */
  view(symbol: string): MarketView | undefined
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
  const native = (pair: HedgePair) =>
    spreads.find(({ spot, perp }) => spot === pair.spot.symbol && perp === pair.perp.symbol)
  const views = new Map<string, MarketView>(pairs.map(pair => [pair.symbol, blank(pair, fees, native(pair))]))
  const bySpread = new Map(
    [...views.values()].flatMap(({ pair, spread }) => (spread ? [[spread.symbol, pair.symbol]] : [])),
  )
  const bySpot = new Map(pairs.map(pair => [pair.spot.symbol, pair.symbol]))
  const heardAtMs = { spot: clock.nowMs(), linear: clock.nowMs() }

  const change = (
    symbol: string,
    part: Partial<MarketView>,
    received?: Partial<MarketView['receivedAtMs']>,
  ) => {
    const view = views.get(symbol)
    if (!view) return
    const receivedAtMs = received ? { ...view.receivedAtMs, ...received } : view.receivedAtMs
    views.set(symbol, { ...view, ...part, receivedAtMs })
  }

  const danger = dangerBoard(clock, views, change)
  const tried = new Set<string>()
  const basisOf = basisWatch()

  const hearBook = (book: OrderBook) => {
    const nowMs = clock.nowMs()
    heardAtMs[book.market] = nowMs
    if (book.market === 'spot') change(bySpot.get(book.symbol) ?? '', { spotBook: book }, { spotBook: nowMs })
    else change(book.symbol, { perpBook: book }, { perpBook: nowMs })
  }

  const hearTicker = (ticker: PerpTicker) => {
    const nowMs = clock.nowMs()
    heardAtMs.linear = nowMs
    const basisModel = basisOf(views.get(ticker.symbol), nowMs)
    change(
      ticker.symbol,
      { ticker, ...danger.ofTicker(ticker), ...(basisModel && { basisModel }) },
      { ticker: nowMs },
    )
  }

  const hearSpread = (name: string, book: OrderBookView | null) => {
    const symbol = bySpread.get(name) ?? ''
    const spread = views.get(symbol)?.spread
    if (spread) change(symbol, { spread: { ...spread, book } }, { spread: clock.nowMs() })
  }

  const forget = (market: Market, symbol: string) => {
    if (market === 'spot') change(bySpot.get(symbol) ?? '', { spotBook: null })
    else change(symbol, { perpBook: null, ticker: null })
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
          for (const { pair } of [...views.values()]) forget(fact.market, pair[SIDE[fact.market]].symbol)
      }
    },
    view: symbol => views.get(symbol),
    symbols: () => [...views.keys()],
    pairs: () => [...views.values()].map(({ pair }) => pair),
    spreadOf: symbol => views.get(symbol)?.spread?.symbol,
    setFeeRates: (symbol, feeRates) => change(symbol, { feeRates }),
    setFunding(symbol, memory) {
      change(symbol, { funding: { memory, marketPerHour: 0 } })
      const known = [...views].flatMap(([each, { funding }]) => (funding ? [{ each, ...funding }] : []))
      const perHour = marketPerHour(known.map(each => each.memory))
      for (const each of known)
        change(each.each, { funding: { memory: each.memory, marketPerHour: perHour } })
    },
    setFundingTried: symbol => void tried.add(symbol),
    isFundingTried: () => [...views.keys()].every(symbol => tried.has(symbol)),
    ...danger,
    ageMs: () => ({ spot: clock.nowMs() - heardAtMs.spot, linear: clock.nowMs() - heardAtMs.linear }),
  }
}

const SIDE = { spot: 'spot', linear: 'perp' } as const

const blank = (pair: HedgePair, feeRates: PairFeeRates, spread?: SpreadInstrument): MarketView => ({
  pair,
  spotBook: null,
  perpBook: null,
  ticker: null,
  receivedAtMs: { spotBook: 0, perpBook: 0, ticker: 0 },
  feeRates,
  ...(spread && { spread: blankSpread(spread) }),
})

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

/** A basis is looked at so often; half of what is known of it is this old or younger, and before this much was heard nothing is said. */
const BASIS_EVERY_MS = 60_000
const BASIS_MEMORY_HOURS = 72
const BASIS_HEARD_HOURS = 24
/** Half of a gap to the mean is taken to be gone after a day. */
const BASIS_HALF_LIFE_HOURS = 24

/** Where the basis of each symbol usually stands, from the middles of its books: what an entry above it earns as it returns. */
function basisWatch() {
  const known = new Map<string, { atMs: number; hours: number; bpsHours: number; heardHours: number }>()
  return (view: MarketView | undefined, nowMs: number): BasisModel | undefined => {
    if (!view?.spotBook || !view.perpBook) return undefined
    const { symbol, perp } = view.pair
    const before = known.get(symbol)
    if (before && nowMs - before.atMs < BASIS_EVERY_MS) return view.basisModel
    const [spot, contract] = [midPrice(view.spotBook), midPrice(view.perpBook)]
    if (!spot || !contract) return view.basisModel
    const bps = new Decimal(contract).div(perp.multiplier).div(spot).minus(1).times(10_000).toNumber()
    // A gap in what was heard says nothing of the time in between.
    const hours = before ? Math.min((nowMs - before.atMs) / HOUR_MS, 1) : 0
    const kept = 0.5 ** (hours / BASIS_MEMORY_HOURS)
    const now = {
      atMs: nowMs,
      hours: (before?.hours ?? 0) * kept + hours,
      bpsHours: (before?.bpsHours ?? 0) * kept + bps * hours,
      heardHours: (before?.heardHours ?? 0) + hours,
    }
    known.set(symbol, now)
    if (now.heardHours < BASIS_HEARD_HOURS) return undefined
    return { meanBps: now.bpsHours / now.hours, halfLifeHours: BASIS_HALF_LIFE_HOURS }
  }
}
