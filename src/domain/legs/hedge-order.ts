/** The orders a hedge may ask for: on one leg, on both at once, crossing the book or resting in it. */
import { Decimal } from 'decimal.js'
import type { LegName, Side } from '../instrument.ts'
import type { OrderQty, Price } from '../units.ts'
import type { OrderLeg } from './order.ts'

/** An order a decision calls for; the leg adds its id and time in force. */
export type LegOrder = {
  leg: LegName
  side: Side
  qty: OrderQty
  limitPrice: Price
  reduceOnly: boolean
  /** A sale of coins that are not owned yet: to be sent as a margin order. Only reverse carry's spot leg on the way in. */
  borrow: boolean
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
