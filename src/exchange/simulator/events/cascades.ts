/**
 * Liquidation cascades of others: a price that runs, a perpetual that runs ahead of its index, and liquidations on the tape at
 * every second of it. What it does to accounts here follows from the prices alone.
 */
import { Decimal } from 'decimal.js'
import { floorTo } from '../kit/grid.ts'
import { hash, hashFraction } from '../kit/random.ts'
import { markOf, type World } from '../world.ts'
import type { Happening } from './agenda-types.ts'
import { noteLiquidation } from './liquidation-news.ts'

const SALT = 94
/** How far ahead of its index the perpetual runs, as a share of the whole move, when it is not said. */
const AHEAD = 0.1

export function beginCascade(
  world: World,
  listing: number,
  { symbol, change, overMs, premium = change * AHEAD }: Extract<Happening, { kind: 'cascade' }>,
): void {
  const untilMs = world.state.nowMs + overMs
  world.market.shock?.(listing, change, overMs)
  world.market.press?.(listing, premium, untilMs)
  world.state.cascades.push({ symbol, side: change < 0 ? 'Buy' : 'Sell', untilMs })
}

/** To be called at every step: one liquidation a second of each cascade. */
export function keepCascades(world: World): void {
  const { state } = world
  if (state.cascades.length === 0) return
  state.cascades = state.cascades.filter(({ untilMs }) => untilMs >= state.nowMs)
  for (const { symbol, side } of state.cascades) {
    const found = world.universe.find('linear', symbol)
    if (!found) continue
    const { listing, instrument } = found
    const price = markOf(world, listing)
    const salt = hash(world.seed, listing.index, SALT)
    const usdt = listing.depthUsdtPerBps * 2 * hashFraction(salt, Math.floor(state.nowMs / 1000), 1)
    const qty = Decimal.max(
      instrument.minQty,
      floorTo(instrument.qty, new Decimal(usdt.toFixed(2)).div(price)),
    )
    noteLiquidation(world, { symbol, side, qty, price: floorTo(instrument.price, price) })
  }
}
