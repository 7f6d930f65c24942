/** A spread order and what it did, as plain JSON in the saved account. */
import type { Side } from '../../../domain/instrument.ts'
import type { JsonObject } from '../../../domain/json.ts'

export type SpreadOrder = {
  number: number
  orderId: string
  orderLinkId: string
  symbol: string
  side: Side
  orderType: 'Limit' | 'Market'
  timeInForce: 'GTC' | 'IOC' | 'FOK' | 'PostOnly'
  price: string
  qty: string
  cumQty: string
  status: 'New' | 'PartiallyFilled' | 'Filled' | 'Cancelled' | 'Rejected'
  cancelType: string
  rejectReason: string
  leg1OrderId: string
  leg2OrderId: string
  createdAtMs: number
  updatedAtMs: number
}

export type SpreadState = {
  open: SpreadOrder[]
  /** Oldest first. */
  closed: SpreadOrder[]
  executions: { number: number; atMs: number; json: JsonObject }[]
}

/** An account without spread orders. */
export const noSpreads = (): SpreadState => ({ open: [], closed: [], executions: [] })
