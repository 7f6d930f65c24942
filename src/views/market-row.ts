/**
 * What is shown of markets and the account as they are now: a tracked symbol's row and its past beside its judgement, what
 * things are worth, what open hedges stand at by that, and the account as the exchange shows it.
 */
import { Decimal } from 'decimal.js'
import type { SymbolContext } from '../../machines/symbol.ts'
import type { MarketHistory, ProfitRows } from '../api/rows/results.ts'
import type { AccountRow, Holding, MarketRow, QuotaRow } from '../api/rows/rows.ts'
import type { Clock } from '../clock/clock.ts'
import { perBaseCoin } from '../domain/grid.ts'
import type { HedgePair } from '../domain/instrument.ts'
import type { MarketView } from '../domain/market/market-view.ts'
import { type Level, midPrice } from '../domain/market/order-book.ts'
import { ADDRESS, createQuota, placingEndpoint } from '../domain/risk/quota.ts'
import type { LimitRules } from '../domain/rules.ts'
import type { Price } from '../domain/units.ts'
import type { Exchange, Kline } from '../exchange/exchange.ts'
import type { Valuation } from '../run/books/hedge-books.ts'
import type { Engine } from '../run/engine.ts'

const NEAR = '0.001'

/** A symbol's row; what is not known is null, and a symbol without an actor is `absent`. */
export function marketRow({ runtime, board, ports }: Engine, symbol: string): MarketRow {
  const actor = runtime.get(`symbol:${symbol}`)
  const { because = '' } = (actor?.actor.getSnapshot().context ?? {}) as Partial<SymbolContext>
  const market = board.view(symbol)
  const ticker = market?.ticker
  return {
    markPrice: ticker?.markPrice ?? null,
    fundingRate: ticker?.fundingRate ?? null,
    fundingIntervalMs: ticker?.fundingIntervalMs ?? null,
    nextFundingAtMs: ticker?.nextFundingAtMs ?? null,
    basisBps: market ? basisBps(market) : null,
    depthUsdt: market ? depthUsdt(market) : null,
    state: actor?.cell?.state ?? 'absent',
    stateBecause: because,
    engineRefuses: ports.newRiskRefused(),
  }
}

function basisBps({ pair, spotBook, ticker }: MarketView): number | null {
  const spot = spotBook && midPrice(spotBook)
  if (!spot || !ticker) return null
  const perp = perBaseCoin(ticker.markPrice, pair.perp.multiplier)
  return new Decimal(perp).minus(spot).div(spot).times(10_000).toNumber()
}

function depthUsdt({ spotBook, perpBook }: MarketView): string | null {
  if (!spotBook || !perpBook) return null
  return Decimal.min(near(spotBook.asks, 1), near(perpBook.bids, -1)).toFixed(0)
}

/** Worth of the levels no worse than 10 bps from the best. */
function near(levels: readonly Level[], sign: 1 | -1): Decimal {
  const best = levels[0]
  if (!best) return new Decimal(0)
  const bound = new Decimal(best[0]).mul(new Decimal(NEAR).mul(sign).plus(1))
  return levels
    .filter(([price]) => (sign === 1 ? bound.gte(price) : bound.lte(price)))
    .reduce((sum, [price, qty]) => sum.plus(new Decimal(price).mul(qty)), new Decimal(0))
}

/** A coin by the middle of its spot book, else by the index; a perpetual by its mark. */
export function valuation({ board, ports }: Engine): Valuation {
  const prices: Record<string, Price> = {}
  const marks: Record<string, Price> = {}
  for (const { symbol, baseCoin, perp } of board.pairs()) {
    const view = board.view(symbol)
    const { ticker = null, spotBook = null } = view ?? {}
    const coin =
      (spotBook && midPrice(spotBook)) ?? (ticker && perBaseCoin(ticker.indexPrice, perp.multiplier))
    if (coin) prices[baseCoin] = coin
    if (ticker) marks[perp.symbol] = ticker.markPrice
  }
  return { prices, marks, nowMs: ports.clock.nowMs() }
}

/** The sums over open hedges. */
export function openProfit(holdings: readonly Holding[]): ProfitRows['open'] {
  const sum = (parts: readonly string[]) =>
    parts.reduce((total, part) => total.plus(part), new Decimal(0)).toFixed()
  const nets = holdings.flatMap(({ netUsdt }) => (netUsdt === null ? [] : [netUsdt]))
  return {
    hedges: holdings.length,
    fundingUsdt: sum(holdings.map(({ fundingUsdt }) => fundingUsdt)),
    feesUsdt: sum(holdings.map(({ feesUsdt }) => feesUsdt)),
    netUsdt: nets.length === holdings.length ? sum(nets) : null,
  }
}

/** People are shown every coin that can be read; the others are reported. */
const NO_COIN: ReadonlySet<string> = new Set()

/** Reads the exchange. @throws ExchangeFailure */
export async function accountNow(exchange: Exchange, clock: Clock, limits: LimitRules): Promise<AccountRow> {
  const askedAtMs = clock.nowMs()
  const serverMs = await exchange.serverTimeMs()
  const roundTripMs = clock.nowMs() - askedAtMs
  const { coins, readAtMs, ...rates } = await exchange.wallet(NO_COIN)
  const { equityUsdt, availableUsdt, initialMarginRate, maintenanceMarginRate } = rates
  return {
    equityUsdt,
    availableUsdt,
    initialMarginRate,
    maintenanceMarginRate,
    maintenanceMarginLimit: limits.maintenanceMarginRateMax,
    coins: coins.map(({ coin, wallet, borrowed, usdValue }) => ({ coin, wallet, borrowed, usdValue })),
    readAtMs,
    orderEntryReady: exchange.orderEntryReady(),
    clockSkewMs: Math.round(serverMs - (askedAtMs + roundTripMs / 2)),
    roundTripMs: Math.round(roundTripMs),
    quota: quotaNow(exchange, clock, limits),
  }
}

/** Placing orders first, the rest by name. What is kept for exits is counted as placing orders counts it. */
function quotaNow(exchange: Exchange, clock: Clock, { orderReserveMin }: LimitRules): QuotaRow[] {
  const quota = createQuota({ exitShare: orderReserveMin })
  for (const read of exchange.quota()) quota.heard(read)
  return quota
    .use(clock.nowMs())
    .toSorted((a, b) => rankOf(a.endpoint) - rankOf(b.endpoint) || a.endpoint.localeCompare(b.endpoint))
}

const PLACING = new Set((['spot', 'linear', 'spread'] as const).map(placingEndpoint))
const rankOf = (endpoint: string) => (PLACING.has(endpoint) ? 0 : endpoint === ADDRESS ? 1 : 2)

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

type Parts = { exchange: Exchange; clock: Clock }

/** Asks the exchange for the last `hours` of one pair. @throws ExchangeFailure */
export async function readMarketHistory(
  { exchange, clock }: Parts,
  { symbol, perp, spot }: HedgePair,
  hours: number,
): Promise<Omit<MarketHistory, 'moves'>> {
  const untilMs = clock.nowMs()
  const fromMs = Math.floor(untilMs - hours * HOUR_MS)
  const minutes = minutesOf(hours)
  const end = untilMs + 1
  const [settled, perps, spots] = await Promise.all([
    exchange.fundingHistory(symbol, fromMs, end),
    exchange.klines('linear', perp.symbol, minutes, fromMs, end),
    exchange.klines('spot', spot.symbol, minutes, fromMs, end),
  ])
  return {
    symbol,
    fromMs,
    untilMs,
    rates: settled.map(({ settledAtMs, rate }) => ({ atMs: settledAtMs, rate })),
    basis: basisOf(perps, spots, { multiplier: perp.multiplier, minutes, untilMs }),
  }
}

/** Candles such that a chart has a few hundred of them. */
const minutesOf = (hours: number): number => (hours <= 12 ? 1 : hours <= 48 ? 5 : hours <= 336 ? 30 : 240)

type Of = { multiplier: number; minutes: number; untilMs: number }

/** Where both markets have a candle; it is told by its end. */
function basisOf(perps: readonly Kline[], spots: readonly Kline[], of: Of): MarketHistory['basis'] {
  const spotAt = new Map(spots.map(({ atMs, close }) => [atMs, close]))
  return perps.flatMap(({ atMs, close }) => {
    const spot = spotAt.get(atMs)
    if (spot === undefined || new Decimal(spot).isZero()) return []
    const bps = new Decimal(perBaseCoin(close, of.multiplier)).minus(spot).div(spot).times(10_000)
    return [{ atMs: Math.min(of.untilMs, atMs + of.minutes * MINUTE_MS), bps: bps.toNumber() }]
  })
}
