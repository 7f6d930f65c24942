/** What things are worth now, by the markets that are heard; and what open hedges stand at by that. */
import { Decimal } from 'decimal.js'
import type { ProfitRows } from '../api/rows/results.ts'
import type { Holding } from '../api/rows/rows.ts'
import { perBaseCoin } from '../domain/grid.ts'
import { midPrice } from '../domain/market/order-book.ts'
import type { Price } from '../domain/units.ts'
import type { Valuation } from '../run/books/hedge-accounts.ts'
import type { Engine } from '../run/engine.ts'

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
