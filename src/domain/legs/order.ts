/**
 * Orders: what is asked, what is known after asking, what happened. And the name an order carries on the exchange.
 */
import type { LegName, Market, Side } from '../instrument.ts'
import type { Amount, OrderQty, Price } from '../units.ts'

declare const orderLink: unique symbol
/** Bybit: at most 36 of [A-Za-z0-9_-], always unique. A function of committed facts only. */
export type OrderLinkId = string & { readonly [orderLink]: true }

/** Where an order may be placed: an instrument of its own, or both legs at once (Bybit's native spread orders). */
export type OrderMarket = Market | 'spread'
/** What an order works on. `spreadOrder`: one native spread order, both legs or none. */
export type OrderLeg = LegName | 'spreadOrder'

/** New risk, or less of it: a share of the exchange's limits is kept for the second. */
type OrderIntent = 'enter' | 'reduce'

export type OrderRequest = {
  orderLinkId: OrderLinkId
  market: OrderMarket
  symbol: string
  side: Side
  qty: OrderQty
  /** Every order is a limit with this worst acceptable price; IOC by default. */
  limitPrice: Price
  timeInForce: 'IOC' | 'GTC' | 'PostOnly'
  /** Perpetual only; spot ignores it. */
  reduceOnly: boolean
  /** Spot only: what the wallet lacks is borrowed (Bybit: isLeverage 1). */
  borrow?: boolean
  /** Whether it adds risk or takes it away; where it is not said, `intentOf` reads it from the order. */
  intent?: OrderIntent
}

/** What is known after asking. `unknown` is not a failure: the order may be live. */
export type Placement =
  | { kind: 'accepted'; orderId: string }
  | { kind: 'rejected'; reason: RejectReason; detail: string }
  | { kind: 'unknown'; cause: string }

/** Why the exchange, or our own adapter, did not take an order. `refusalKindOf` says what follows from it. */
export type RejectReason =
  | 'insufficient-balance'
  | 'price-out-of-band'
  | 'below-minimum'
  | 'above-maximum'
  | 'reduce-only'
  /** This market takes no such order: not live, delisted, reduce-only, not served to this account. */
  | 'not-trading'
  | 'rate-limited'
  | 'clock'
  /** The key or the account may not: rights, expiry, address, region, ban. */
  | 'permission'
  /** A setting of the account stands in the way: margin mode, position mode, spot margin, terms not agreed to. */
  | 'account-setting'
  | 'bad-request'
  /** Certain that nothing left this process. */
  | 'not-sent'
  | 'other'

/**
 * What a refusal calls for: `permission` and `account-setting` stay until a person changes something, `risk-limit` and `market`
 * stay for this market, `transient` passes by itself, `balance`, `price` and `minimum` may pass with another order.
 */
type RefusalKind =
  | 'balance'
  | 'permission'
  | 'account-setting'
  | 'risk-limit'
  | 'market'
  | 'price'
  | 'minimum'
  | 'transient'
  | 'other'

const KIND_OF: Readonly<Record<RejectReason, RefusalKind>> = {
  'insufficient-balance': 'balance',
  'price-out-of-band': 'price',
  'below-minimum': 'minimum',
  'above-maximum': 'risk-limit',
  'reduce-only': 'other',
  'not-trading': 'market',
  'rate-limited': 'transient',
  clock: 'transient',
  permission: 'permission',
  'account-setting': 'account-setting',
  'bad-request': 'other',
  'not-sent': 'transient',
  other: 'other',
}

/** The kind of a refusal, by its reason. */
export const refusalKindOf = (reason: RejectReason): RefusalKind => KIND_OF[reason]

export type OrderStatus = 'open' | 'filled' | 'cancelled' | 'rejected'

/** The exchange's word on one order. `filledQty` may be above 0 for any closed status (Bybit: cancelled orders carry fills). */
export type OrderReport = {
  orderLinkId: string
  orderId: string
  market: OrderMarket
  symbol: string
  side: Side
  qty: OrderQty
  filledQty: OrderQty
  status: OrderStatus
  rejectReason: string
  updatedAtMs: number
}

/**
 * One execution. Quantity truth is the sum of these by `execId`. A spread order's are those of its legs, under its name and its
 * order id; the transaction log names the legs' own orders and no link id, so its rows are matched by `tradeId`, which is `execId`.
 */
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
const LEG_LETTER: Record<OrderLeg, string> = { spot: 'S', perp: 'P', spreadOrder: 'C' }
const LEG_OF: Readonly<Record<string, OrderLeg>> = { S: 'spot', P: 'perp', C: 'spreadOrder' }
const PURPOSE_OF: Readonly<Record<string, OrderPurpose>> = {
  E: 'enter',
  X: 'exit',
  R: 'repair',
  B: 'rebalance',
}
const HEDGE_ID = /^[0-9A-Za-z]{10}$/

/**
 * The name an order carries on the exchange, made only from what the journal already holds (hedge, leg, purpose, step),
 * so a restarted process asks about the same order instead of placing a second one.
 *
 * @param step - counts the orders of this leg from 0; 4 digits of base 36
 * @throws Error for a hedge id or a step that does not fit
 */
export function orderLinkId(
  hedgeId: string,
  leg: OrderLeg,
  purpose: OrderPurpose,
  step: number,
): OrderLinkId {
  if (!HEDGE_ID.test(hedgeId)) throw new Error(`hedge id: expected 10 letters or digits, found ${hedgeId}`)
  if (!Number.isInteger(step) || step < 0 || step >= 36 ** 4)
    throw new Error(`order step: out of range, found ${step}`)
  const tail = step.toString(36).toUpperCase().padStart(4, '0')
  return `${hedgeId}-${LEG_LETTER[leg]}${PURPOSE_LETTER[purpose]}${tail}` as OrderLinkId
}

/** The hedge and leg an order id belongs to; undefined for an id that is not ours (a person trading by hand). */
export function ownerOfOrder(id: string): { hedgeId: string; leg: OrderLeg } | undefined {
  const match = /^([0-9A-Za-z]{10})-([SPC])[EXRB][0-9A-Z]{4}$/.exec(id)
  const leg = LEG_OF[match?.[2] ?? '']
  return match?.[1] && leg ? { hedgeId: match[1], leg } : undefined
}

/** What an order is for, by its name; undefined for an id that is not ours. */
export function orderPurposeOf(id: string): OrderPurpose | undefined {
  const match = /^[0-9A-Za-z]{10}-[SPC]([EXRB])[0-9A-Z]{4}$/.exec(id)
  return PURPOSE_OF[match?.[1] ?? '']
}

/**
 * Does an order add risk? As it says itself; else reduce-only orders, and those named exit, repair or rebalance, do not. A name
 * that is not ours is taken for an entry: the share kept for exits is not spent on what nobody can explain.
 */
export function intentOf(
  order: Pick<OrderRequest, 'orderLinkId' | 'reduceOnly'> & { intent?: OrderIntent | undefined },
): OrderIntent {
  if (order.intent) return order.intent
  if (order.reduceOnly) return 'reduce'
  return (orderPurposeOf(order.orderLinkId) ?? 'enter') === 'enter' ? 'enter' : 'reduce'
}

/** `account`: no order can pass. `symbol`: none of this kind in this symbol. `money`: there is not enough of it now. */
export type RefusalScope = 'account' | 'symbol' | 'money'

const SCOPES: Partial<Record<RefusalKind, RefusalScope>> = {
  permission: 'account',
  'account-setting': 'account',
  'risk-limit': 'symbol',
  balance: 'money',
}

/** Null: it may go away by itself. An order that the exchange does not understand is refused again as often as it is sent. */
export const refusalScope = (reason: RejectReason): RefusalScope | null =>
  reason === 'bad-request' ? 'symbol' : (SCOPES[refusalKindOf(reason)] ?? null)

const REMEDIES: Partial<Record<RejectReason, string>> = {
  permission:
    'give the API key the right to trade spot and contracts, and this address the right to use it, or set another key; then resume',
  'account-setting':
    'set the account to unified trading, cross margin and one-way positions, and check what its region allows; then resume',
  'above-maximum':
    'lower the leverage, raise the risk limit of this symbol, or make hedges smaller; then release the symbol',
  'bad-request': 'the exchange rejects the order as invalid: read its message, then release the symbol',
}

/** In words, for the person who has to change something. @param detail - the exchange's own code and words */
export const refusalText = (reason: RejectReason, detail: string): string =>
  `the exchange refuses orders (${detail})${REMEDIES[reason] ? `: ${REMEDIES[reason]}` : ''}`
