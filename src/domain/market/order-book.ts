/**
 * Walking an order book: what a quantity would cost, how much is there inside a price limit, where to put the limit.
 * Levels are best first, in the instrument's own unit. A thin book says so: it never pretends the rest would fill.
 */
import { Decimal } from 'decimal.js'
import { priceOnTick } from '../grid.ts'
import type { Side } from '../instrument.ts'
import { type OrderQty, orderQty, type Price, price } from '../units.ts'

export type Level = readonly [price: Price, qty: OrderQty]
type TwoSided = { bids: readonly Level[]; asks: readonly Level[] }

const BPS = 10_000

type Walk = {
  filledQty: OrderQty
  /** What the visible book could not fill; '0' when it is deep enough. */
  missingQty: OrderQty
  /** Average price of what would fill; null when nothing would. */
  vwap: Price | null
  /** The last level touched; null when nothing would fill. */
  worstPrice: Price | null
}

/** The levels an order of this side takes from. */
export const levelsFor = (book: TwoSided, side: Side): readonly Level[] =>
  side === 'Buy' ? book.asks : book.bids

/** Takes `qty` from the levels, best first. */
export function walkBook(levels: readonly Level[], qty: OrderQty): Walk {
  let left = new Decimal(qty)
  let value = new Decimal(0)
  let worst: Price | null = null
  for (const [levelPrice, levelQty] of levels) {
    if (!left.isPositive() || left.isZero()) break
    const taken = Decimal.min(left, levelQty)
    if (taken.isZero()) continue
    value = value.plus(taken.times(levelPrice))
    left = left.minus(taken)
    worst = levelPrice
  }
  const filled = new Decimal(qty).minus(left)
  return {
    filledQty: orderQty(filled),
    missingQty: orderQty(left),
    vwap: worst === null ? null : price(value.div(filled).toDecimalPlaces(18)),
    worstPrice: worst,
  }
}

/** Middle of the best bid and ask; null when a side is empty. */
export function midPrice({ bids, asks }: TwoSided): Price | null {
  const bid = bids[0]
  const ask = asks[0]
  return bid && ask ? price(Decimal.add(bid[0], ask[0]).div(2)) : null
}

/** |vwap / mid − 1| in bps: half the spread is part of it. */
export const slippageBps = (vwap: Price, mid: Price): number =>
  new Decimal(vwap).div(mid).minus(1).abs().times(BPS).toNumber()

/** Quantity an order of this side could take at `limitPrice` or better. */
export function depthWithin(book: TwoSided, side: Side, limitPrice: Price): OrderQty {
  const limit = new Decimal(limitPrice)
  const levels = levelsFor(book, side)
  const isBeyond = ([levelPrice]: Level) => (side === 'Buy' ? limit.lt(levelPrice) : limit.gt(levelPrice))
  // Best first: the levels within are found by halving, because each look makes a decimal of a text.
  let [within, end] = [0, levels.length]
  while (within < end) {
    const middle = (within + end) >>> 1
    const level = levels[middle]
    if (level && isBeyond(level)) end = middle
    else within = middle + 1
  }
  return orderQty(Decimal.sum(0, ...levels.slice(0, within).map(([, levelQty]) => levelQty)))
}

/**
 * The limit price `bps` through the best price, on the tick grid, never farther than asked and never short of the best:
 * such an IOC takes what is there and nothing worse. Null when that side of the book is empty.
 */
export function limitThrough(book: TwoSided, side: Side, bps: number, tickSize: Price): Price | null {
  const best = levelsFor(book, side)[0]
  if (!best) return null
  const factor = new Decimal(bps)
    .div(BPS)
    .times(side === 'Buy' ? 1 : -1)
    .plus(1)
  return priceOnTick(factor.times(best[0]), tickSize, side, 'passive')
}
