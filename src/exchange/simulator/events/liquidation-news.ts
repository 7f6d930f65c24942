/** Liquidations that the public stream still has to tell. Kept apart from the books of account: who listens changes nothing. */
import type { Decimal } from 'decimal.js'
import type { World } from '../world.ts'

/** `side` is the position's: 'Buy' says that a long was liquidated. */
export type Liquidation = { symbol: string; side: 'Buy' | 'Sell'; qty: Decimal; price: Decimal; atMs: number }

const told = new WeakMap<World, Liquidation[]>()
const KEPT = 500

export function noteLiquidation(world: World, news: Omit<Liquidation, 'atMs'>): void {
  const list = told.get(world) ?? []
  list.push({ ...news, atMs: world.state.nowMs })
  if (list.length > KEPT) list.shift()
  told.set(world, list)
}

/** Those of a symbol after an instant, oldest first. */
export const liquidationsSince = (world: World, symbol: string, afterMs: number): Liquidation[] =>
  (told.get(world) ?? []).filter(one => one.symbol === symbol && one.atMs > afterMs)
