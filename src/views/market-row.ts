/**
 * What the markets that are heard say now: a tracked symbol's row beside its judgement, what things are worth, and what open
 * hedges stand at by that.
 */
import { Decimal } from 'decimal.js'
import type { SymbolContext } from '../../machines/symbol.ts'
import type { ProfitRows } from '../api/rows/results.ts'
import type { Holding, MarketRow } from '../api/rows/rows.ts'
import { perBaseCoin } from '../domain/grid.ts'
import type { MarketView } from '../domain/market/market-view.ts'
import { type Level, midPrice } from '../domain/market/order-book.ts'
import type { Price } from '../domain/units.ts'
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
