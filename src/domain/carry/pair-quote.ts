/**
 * What a slice would cost on both books now: the middle of each, and how much worse than it an order fills, per base coin.
 * A leg's book that cannot fill the slice on one of its sides is a refusal: the hedge must be able to come out again.
 */
import { Decimal } from 'decimal.js'
import { baseToContracts } from '../grid.ts'
import type { Direction, LegName, Side } from '../instrument.ts'
import { sideOf } from '../legs/sides.ts'
import { grossForNet } from '../market/fees.ts'
import type { FreshMarket } from '../market/market-view.ts'
import { levelsFor, midPrice, walkBook } from '../market/order-book.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { BaseQty, OrderQty } from '../units.ts'

/** USDT per base coin. Slips are positive when they cost. */
type LegQuote = {
  mid: Decimal
  /** Average fill of a slice against the middle, on the way in and on the way out. */
  slipIn: Decimal
  slipOut: Decimal
  /** From the middle to the best price of the side an entry would rest on: what a resting order earns. */
  halfSpread: Decimal
}
export type PairQuote = Record<LegName, LegQuote> & {
  /** perpetual − spot, between the middles. */
  midBasis: Decimal
}
export type DepthReason = 'spot-depth' | 'perp-depth'

/** Quotes of both legs for a slice in this direction, each side walked on its own book. Source: carry.md e.3, e.4. */
export function pairQuote(
  market: FreshMarket,
  slice: BaseQty,
  direction: Direction,
): PairQuote | Refusal<DepthReason> {
  const spot = legQuote(market, 'spot', slice, direction)
  if (!spot) return refuse('spot-depth', 'less than a slice', `${slice} in the book`)
  const perp = legQuote(market, 'perp', slice, direction)
  if (!perp) return refuse('perp-depth', 'less than a slice', `${slice} in the book`)
  return { spot, perp, midBasis: perp.mid.minus(spot.mid) }
}

function legQuote(
  market: FreshMarket,
  leg: LegName,
  slice: BaseQty,
  direction: Direction,
): LegQuote | undefined {
  const book = leg === 'spot' ? market.spotBook : market.perpBook
  const multiplier = leg === 'spot' ? 1 : market.pair.perp.multiplier
  const middle = midPrice(book)
  const resting = levelsFor(book, sideOf({ direction }, leg, 'out'))[0]
  if (!middle || !resting) return undefined
  const slip = (way: 'in' | 'out'): Decimal | undefined => {
    const side = sideOf({ direction }, leg, way)
    const { vwap, missingQty } = walkBook(levelsFor(book, side), sliceQty(market, leg, slice, side))
    if (vwap === null || !new Decimal(missingQty).isZero()) return undefined
    const worse = side === 'Buy' ? new Decimal(vwap).minus(middle) : new Decimal(middle).minus(vwap)
    return worse.div(multiplier)
  }
  const [slipIn, slipOut] = [slip('in'), slip('out')]
  if (!slipIn || !slipOut) return undefined
  const halfSpread = new Decimal(middle).minus(resting[0]).abs().div(multiplier)
  return { mid: new Decimal(middle).div(multiplier), slipIn, slipOut, halfSpread }
}

/** A spot buyer pays its fee in the coin and so buys more than the slice. */
function sliceQty({ pair, feeRates }: FreshMarket, leg: LegName, slice: BaseQty, side: Side): OrderQty {
  if (leg === 'perp') return baseToContracts(slice, pair.perp.multiplier)
  if (side === 'Buy') return grossForNet(slice, feeRates.spot.taker, pair.spot.qtyStep)
  return baseToContracts(slice, 1)
}
