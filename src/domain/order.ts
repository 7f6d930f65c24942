/**
 * Orders: what is asked, what is known after asking, what happened. And the name an order carries on the exchange.
 */
import type { LegName, Market, Side } from './instrument.ts'
import type { Amount, OrderQty, Price } from './units.ts'

declare const orderLink: unique symbol
/** Bybit: at most 36 of [A-Za-z0-9_-], always unique. A function of committed facts only. */
export type OrderLinkId = string & { readonly [orderLink]: true }

export type OrderRequest = {
  orderLinkId: OrderLinkId
  market: Market
  symbol: string
  side: Side
  qty: OrderQty
  /** Every order is a limit with this worst acceptable price; IOC by default. */
  limitPrice: Price
  timeInForce: 'IOC' | 'GTC' | 'PostOnly'
  /** Perpetual only; spot ignores it. */
  reduceOnly: boolean
}

/** What is known after asking. `unknown` is not a failure: the order may be live. */
export type Placement =
  | { kind: 'accepted'; orderId: string }
  | { kind: 'rejected'; reason: RejectReason; detail: string }
  | { kind: 'unknown'; cause: string }

export type RejectReason =
  | 'insufficient-balance'
  | 'price-out-of-band'
  | 'below-minimum'
  | 'above-maximum'
  | 'reduce-only'
  | 'not-trading'
  | 'rate-limited'
  | 'clock'
  | 'credentials'
  | 'bad-request'
  | 'other'

export type OrderStatus = 'open' | 'filled' | 'cancelled' | 'rejected'

/** The exchange's word on one order. `filledQty` may be above 0 for any closed status (Bybit: cancelled orders carry fills). */
export type OrderReport = {
  orderLinkId: string
  orderId: string
  market: Market
  symbol: string
  side: Side
  qty: OrderQty
  filledQty: OrderQty
  status: OrderStatus
  rejectReason: string
  updatedAtMs: number
}

/** One execution. Quantity truth is the sum of these by `execId`. */
export type Fill = {
  execId: string
  orderLinkId: string
  orderId: string
  market: Market
  symbol: string
  side: Side
  /** What moved it: 'trade' is ours; the others are the venue's doing. */
  cause: 'trade' | 'adl' | 'liquidation' | 'delivery' | 'funding' | 'other'
  qty: OrderQty
  price: Price
  /** Positive is paid. */
  fee: Amount
  feeCoin: string
  maker: boolean
  filledAtMs: number
}

/** What one look at the exchange says of one order id. */
export type OrderLookup =
  | { kind: 'found'; report: OrderReport; fills: Fill[] }
  /** Neither realtime, executions nor history knows the id at `serverAtMs` of the exchange. Not yet a proof: see promise 3. */
  | { kind: 'absent'; serverAtMs: number }
  | { kind: 'unanswered'; cause: string }

export type OrderPurpose = 'enter' | 'exit' | 'repair' | 'rebalance'

const PURPOSE_LETTER: Record<OrderPurpose, string> = { enter: 'E', exit: 'X', repair: 'R', rebalance: 'B' }
const HEDGE_ID = /^[0-9A-Za-z]{10}$/

/**
 * The name an order carries on the exchange, made only from what the journal already holds (hedge, leg, purpose, step),
 * so a restarted process asks about the same order instead of placing a second one.
 *
 * @param step - counts the orders of this leg from 0; 4 digits of base 36
 */
export function orderLinkId(hedgeId: string, leg: LegName, purpose: OrderPurpose, step: number): OrderLinkId {
  if (!HEDGE_ID.test(hedgeId)) throw new Error(`hedge id: expected 10 letters or digits, found ${hedgeId}`)
  if (!Number.isInteger(step) || step < 0 || step >= 36 ** 4)
    throw new Error(`order step: out of range, found ${step}`)
  const tail = step.toString(36).toUpperCase().padStart(4, '0')
  return `${hedgeId}-${leg === 'spot' ? 'S' : 'P'}${PURPOSE_LETTER[purpose]}${tail}` as OrderLinkId
}

/** The hedge and leg an order id belongs to; undefined for an id that is not ours (a person trading by hand). */
export function ownerOfOrder(id: string): { hedgeId: string; leg: LegName } | undefined {
  const match = /^([0-9A-Za-z]{10})-([SP])[EXRB][0-9A-Z]{4}$/.exec(id)
  return match?.[1] ? { hedgeId: match[1], leg: match[2] === 'S' ? 'spot' : 'perp' } : undefined
}
