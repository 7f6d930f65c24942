/**
 * What a spread's taker meets: both legs' books walked together, best price first, in lots that both can give. The spread's own
 * book is made of the same steps, so what it shows is what a taker gets.
 */
import { Decimal } from 'decimal.js'
import type { Market, Side } from '../../domain/instrument.ts'
import type { BookSide, Level } from './book.ts'
import { floorTo, type Grid } from './grid.ts'
import type { Spread } from './spread-instruments.ts'
import { bookOf, instrumentOf, type World } from './world.ts'

/** One step: both legs' prices and the quantity that both have there. */
export type Part = { perp: Decimal; spot: Decimal; qty: Decimal }
type Rung = { price: Decimal; left: Decimal }

/** Buying a spread buys the perpetual and sells the spot. */
export const legSide = (side: Side, market: Market): Side =>
  (side === 'Buy') === (market === 'linear') ? 'Buy' : 'Sell'

function rungs(world: World, { listing }: Spread, side: Side, market: Market, levels: number): Rung[] {
  const instrument = instrumentOf(listing, market)
  return bookOf(world, market, listing)
    .levels(legSide(side, market) === 'Buy' ? 'asks' : 'bids', levels)
    .map(([ticks, lots]) => ({
      price: instrument.price.step.times(ticks),
      left: instrument.qty.step.times(lots),
    }))
}

type Walk = {
  side: Side
  /** Levels of each leg that are looked at. */
  levels: number
  /** In the perpetual's base coin; no end when left out. */
  wanted?: Decimal
  isBeyond?: (price: Decimal) => boolean
}

/** The steps from the touch outward, until enough was met, a price is beyond, or a leg has no more levels. */
export function partsOf(world: World, spread: Spread, { side, levels, wanted, isBeyond }: Walk): Part[] {
  const perps = rungs(world, spread, side, 'linear', levels)
  const spots = rungs(world, spread, side, 'spot', levels)
  const parts: Part[] = []
  let left = wanted ?? new Decimal(Number.POSITIVE_INFINITY)
  let [at, of] = [0, 0]
  for (
    let perp = perps[at], spot = spots[of];
    perp && spot && left.gte(spread.qty.step);
    perp = perps[at], spot = spots[of]
  ) {
    if (isBeyond?.(perp.price.minus(spot.price))) break
    const qty = floorTo(spread.qty, Decimal.min(perp.left, spot.left, left))
    if (qty.gt(0)) parts.push({ perp: perp.price, spot: spot.price, qty })
    perp.left = perp.left.minus(qty)
    spot.left = spot.left.minus(qty)
    left = left.minus(qty)
    if (perp.left.lt(spread.qty.step)) at++
    if (spot.left.lt(spread.qty.step)) of++
  }
  return parts
}

/** The best levels of one side in ticks and lots of the spread's own grids. Steps of the same price are one level. */
export function spreadLevels(world: World, spread: Spread, side: BookSide, depth: number): Level[] {
  const parts = partsOf(world, spread, { side: side === 'asks' ? 'Buy' : 'Sell', levels: depth * 2 })
  const count = (grid: Grid, value: Decimal) => value.div(grid.step).round().toNumber()
  const found: [number, number][] = []
  for (const { perp, spot, qty } of parts) {
    const [ticks, lots] = [count(spread.price, perp.minus(spot)), count(spread.qty, qty)]
    const last = found.at(-1)
    if (last?.[0] === ticks) last[1] += lots
    else if (found.length === depth) break
    else found.push([ticks, lots])
  }
  return found
}
