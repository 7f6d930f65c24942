/**
 * Liquidations on the tape, and cascades of others': a price that runs, a perpetual that runs ahead of its index, and a
 * liquidation at every second of it. What that does to accounts here follows from the prices alone. What the public stream still
 * has to say is kept apart from the accounts: who listens changes nothing.
 */
import { Decimal } from 'decimal.js'
import { markOf, type SimExchange } from '../exchange-state.ts'
import { floorOn } from '../kit/grid.ts'
import { hash, hashFraction } from '../kit/random.ts'
import type { Happening } from './agenda-types.ts'

/** `side` is the position's: 'Buy' says that a long was liquidated. */
type Liquidation = { symbol: string; side: 'Buy' | 'Sell'; qty: Decimal; price: Decimal; atMs: number }

const told = new WeakMap<SimExchange, Liquidation[]>()
const KEPT = 500

/** A liquidation for the tape; only the newest are kept. */
export function noteLiquidation(exchange: SimExchange, news: Omit<Liquidation, 'atMs'>): void {
  const list = told.get(exchange) ?? []
  list.push({ ...news, atMs: exchange.state.nowMs })
  if (list.length > KEPT) list.shift()
  told.set(exchange, list)
}

/** Those of a symbol after an instant, oldest first. */
export const liquidationsSince = (exchange: SimExchange, symbol: string, afterMs: number): Liquidation[] =>
  (told.get(exchange) ?? []).filter(one => one.symbol === symbol && one.atMs > afterMs)

const SALT = 94
/** How far ahead of its index the perpetual runs, as a share of the whole move, when it is not said. */
const AHEAD = 0.1

/** Moves the price by `change` (a fraction) over `overMs`, with the perpetual ahead of its index. */
export function beginCascade(
  exchange: SimExchange,
  listing: number,
  { symbol, change, overMs, premium = change * AHEAD }: Extract<Happening, { kind: 'cascade' }>,
): void {
  const untilMs = exchange.state.nowMs + overMs
  exchange.market.shock?.(listing, change, overMs)
  exchange.market.press?.(listing, premium, untilMs)
  exchange.state.cascades.push({ symbol, side: change < 0 ? 'Buy' : 'Sell', untilMs })
}

/** To be called at every step: one liquidation a second of each cascade. */
export function keepCascades(exchange: SimExchange): void {
  const { state } = exchange
  if (state.cascades.length === 0) return
  state.cascades = state.cascades.filter(({ untilMs }) => untilMs >= state.nowMs)
  for (const { symbol, side } of state.cascades) {
    const found = exchange.universe.find('linear', symbol)
    if (!found) continue
    const { listing, instrument } = found
    const price = markOf(exchange, listing)
    const salt = hash(exchange.seed, listing.index, SALT)
    const usdt = listing.depthUsdtPerBps * 2 * hashFraction(salt, Math.floor(state.nowMs / 1000), 1)
    const qty = Decimal.max(
      instrument.minQty,
      floorOn(instrument.qty, new Decimal(usdt.toFixed(2)).div(price)),
    )
    noteLiquidation(exchange, { symbol, side, qty, price: floorOn(instrument.price, price) })
  }
}
