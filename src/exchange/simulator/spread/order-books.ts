/**
 * What a spread's taker meets: both legs' books walked together, best price first, in lots that both can give. The spread's own
 * book is made of the same steps, so what it shows is what a taker gets.
 */
import { Decimal } from 'decimal.js'
import type { Market, Side } from '../../../domain/instrument.ts'
import { instrumentOf, type SimExchange, syntheticBookOf } from '../exchange-state.ts'
import type { Grid } from '../kit/grid.ts'
import type { BookLevel, BookSide } from '../market/order-book.ts'
import type { Spread } from './instruments.ts'

/** One step: both legs' prices and the quantity that both have there. */
export type Part = { perp: Decimal; spot: Decimal; qty: Decimal }
/** The same in whole units: see `unitsOf`. */
type Step = { perp: number; spot: number; qty: number }
type Rung = { price: number; left: number }

/** Buying a spread buys the perpetual and sells the spot. */
export const legSide = (side: Side, market: Market): Side =>
  (side === 'Buy') === (market === 'linear') ? 'Buy' : 'Sell'

/** Decimals that hold every price and every quantity of both legs exactly, so that walking the books counts in integers. */
const unitsOf = ({ listing: { perp, spot }, price, qty }: Spread) => ({
  price: Math.max(perp.price.decimals, spot.price.decimals, price.decimals),
  qty: Math.max(perp.qty.decimals, spot.qty.decimals, qty.decimals),
})
type Units = ReturnType<typeof unitsOf>

/** One step of a grid in units. */
const inUnits = (grid: Grid, decimals: number): number => grid.units * 10 ** (decimals - grid.decimals)

function rungs(
  exchange: SimExchange,
  { listing }: Spread,
  side: Side,
  market: Market,
  units: Units,
  levels: number,
) {
  const instrument = instrumentOf(listing, market)
  const [tick, lot] = [inUnits(instrument.price, units.price), inUnits(instrument.qty, units.qty)]
  return syntheticBookOf(exchange, market, listing)
    .levels(legSide(side, market) === 'Buy' ? 'asks' : 'bids', levels)
    .map(([ticks, lots]): Rung => ({ price: ticks * tick, left: lots * lot }))
}

/** The steps from the touch outward while both legs have levels; each is told how much of it was taken. */
function* stepsOf(
  exchange: SimExchange,
  spread: Spread,
  side: Side,
  levels: number,
): Generator<Step, void, number> {
  const units = unitsOf(spread)
  const lot = inUnits(spread.qty, units.qty)
  const perps = rungs(exchange, spread, side, 'linear', units, levels)
  const spots = rungs(exchange, spread, side, 'spot', units, levels)
  let [at, of] = [0, 0]
  for (let perp = perps[at], spot = spots[of]; perp && spot; perp = perps[at], spot = spots[of]) {
    const both = Math.floor(Math.min(perp.left, spot.left) / lot) * lot
    const taken = both > 0 ? yield { perp: perp.price, spot: spot.price, qty: both } : 0
    perp.left -= taken
    spot.left -= taken
    if (perp.left < lot) at++
    if (spot.left < lot) of++
  }
}

type Walk = {
  side: Side
  /** Levels of each leg that are looked at. */
  levels: number
  /** In the perpetual's base coin. */
  wanted: Decimal
  isBeyond: (price: Decimal) => boolean
}

/** What a taker of so much gets, best first, until a price is beyond or a leg has no more levels. */
export function partsOf(
  exchange: SimExchange,
  spread: Spread,
  { side, levels, wanted, isBeyond }: Walk,
): Part[] {
  const units = unitsOf(spread)
  const [tick, lot] = [new Decimal(10).pow(-units.price), new Decimal(10).pow(-units.qty)]
  const parts: Part[] = []
  let left = wanted.div(lot).floor().toNumber()
  const steps = stepsOf(exchange, spread, side, levels)
  for (let step = steps.next(); !step.done && left > 0; ) {
    const [perp, spot] = [tick.times(step.value.perp), tick.times(step.value.spot)]
    if (isBeyond(perp.minus(spot))) break
    const qty = Math.min(left, step.value.qty)
    parts.push({ perp, spot, qty: lot.times(qty) })
    left -= qty
    step = steps.next(qty)
  }
  return parts
}

/** The best levels of one side in ticks and lots of the spread's own grids. Steps of the same price are one level. */
export function spreadLevels(
  exchange: SimExchange,
  spread: Spread,
  side: BookSide,
  depth: number,
): BookLevel[] {
  const units = unitsOf(spread)
  const [tick, lot] = [inUnits(spread.price, units.price), inUnits(spread.qty, units.qty)]
  const found: [number, number][] = []
  const steps = stepsOf(exchange, spread, side === 'asks' ? 'Buy' : 'Sell', depth * 2)
  for (let step = steps.next(); !step.done; step = steps.next(step.value.qty)) {
    const { perp, spot, qty } = step.value
    const ticks = Math.round((perp - spot) / tick)
    const last = found.at(-1)
    if (last?.[0] === ticks) last[1] += qty / lot
    else if (found.length === depth) break
    else found.push([ticks, qty / lot])
  }
  return found
}
