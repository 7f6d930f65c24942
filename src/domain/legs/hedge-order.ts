/** The orders a hedge may ask for: on one leg, on both at once, crossing the book or resting in it. */
import { Decimal } from 'decimal.js'
import type { LegOrder } from '../entry/plan.ts'
import type { OrderQty, Price } from '../units.ts'
import type { OrderLeg } from './order.ts'

/**
 * How a slice is worked (carry algorithm d.2). `spread`: one native order, both legs or none. `maker-…`: that leg rests in
 * the book and the other follows each fill. `parallel`: both legs cross at once. `…-first`: one leg crosses, then the other.
 */
export const ROUTES = ['spread', 'maker-spot', 'maker-perp', 'parallel', 'spot-first', 'perp-first'] as const
export type Route = (typeof ROUTES)[number]

/** Bybit's native instrument of both legs; its price is perpetual less spot, its quantity base coins. */
export type SpreadFacts = {
  symbol: string
  tickSize: Price
  qtyStep: OrderQty
  minOrderQty: OrderQty
  maxOrderQty: OrderQty
}

/** The middles of both books, USDT per unit of each instrument's own quantity, as its fills are priced. */
export type DecidedMids = { spot: Price; perp: Price }

export type HedgeOrder = Omit<LegOrder, 'leg'> & {
  leg: OrderLeg
  /** Post-only: it waits in the book until it is filled, taken off, or refused because it would have crossed. */
  rests?: boolean
  /** It opens a new slice, so it may leave only while new risk may be taken; the order that hedges it may always. */
  opens?: boolean
  /** As the books stood when it was decided; left out while one of them was not there. */
  decidedMids?: DecidedMids
}

/** What stands in the book while the next step is decided. */
export type RestingOrder = HedgeOrder & {
  filledQty: OrderQty
  restsSinceMs: number
  cancelRequested: boolean
}

/** Has more been filled than was known? */
export const isFurther = (filledQty: OrderQty, known: OrderQty | undefined): boolean =>
  new Decimal(filledQty).gt(known ?? 0)
