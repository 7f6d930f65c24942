/**
 * Orders, fills and the double-entry ledger. Keys are the exchange's own ids wherever it has one, so that hearing a fact
 * twice stores it once. Quantities are in the instrument's own unit, amounts in the coin named beside them.
 */
import { defineEntity, p } from '@mikro-orm/core'
import type { JsonObject } from '../domain/json.ts'
import { decimal, instant, json, oneOf } from './tables-columns.ts'

const MARKETS = ['spot', 'linear']
const SIDES = ['Buy', 'Sell']

/** A read model of each hedge, for lists and for joining the ledger; the actor's row is the truth while it lives. */
export const HedgeTable = defineEntity({
  name: 'HedgeTable',
  tableName: 'hedge',
  properties: {
    account: p.text().primary(),
    hedgeId: p.text().primary(),
    symbol: p.text(),
    baseCoin: p.text(),
    direction: p.text(),
    state: p.text(),
    targetQty: decimal(),
    openedAtMs: instant(),
    closedAtMs: instant().nullable(),
    detail: json<JsonObject>(),
  },
  checks: [{ name: 'hedge_direction_check', expression: oneOf('direction', ['long', 'reverse']) }],
  indexes: [{ name: 'hedge_by_opening', properties: ['account', 'openedAtMs', 'hedgeId'] }],
})

export const OrderTable = defineEntity({
  name: 'OrderTable',
  tableName: 'order',
  properties: {
    account: p.text().primary(),
    orderLinkId: p.text().primary(),
    orderId: p.text(),
    hedgeId: p.text(),
    market: p.text(),
    symbol: p.text(),
    side: p.text(),
    qty: decimal(),
    filledQty: decimal(),
    status: p.text(),
    rejectReason: p.text(),
    updatedAtMs: instant(),
  },
  checks: [
    { name: 'order_market_check', expression: oneOf('market', MARKETS) },
    { name: 'order_side_check', expression: oneOf('side', SIDES) },
    { name: 'order_status_check', expression: oneOf('status', ['open', 'filled', 'cancelled', 'rejected']) },
  ],
  indexes: [{ name: 'order_by_hedge', properties: ['account', 'hedgeId', 'updatedAtMs'] }],
})

export const FillTable = defineEntity({
  name: 'FillTable',
  tableName: 'fill',
  properties: {
    account: p.text().primary(),
    market: p.text().primary(),
    execId: p.text().primary(),
    orderLinkId: p.text(),
    orderId: p.text(),
    hedgeId: p.text(),
    symbol: p.text(),
    side: p.text(),
    cause: p.text(),
    qty: decimal(),
    price: decimal(),
    /** Positive is paid. */
    fee: decimal(),
    feeCoin: p.text(),
    maker: p.boolean(),
    filledAtMs: instant(),
  },
  checks: [
    { name: 'fill_market_check', expression: oneOf('market', MARKETS) },
    { name: 'fill_side_check', expression: oneOf('side', SIDES) },
  ],
  indexes: [
    { name: 'fill_by_hedge', properties: ['account', 'hedgeId', 'filledAtMs'] },
    { name: 'fill_by_order', properties: ['account', 'orderLinkId'] },
  ],
})

/** One settlement of one position. */
export const FundingPaymentTable = defineEntity({
  name: 'FundingPaymentTable',
  tableName: 'funding_payment',
  properties: {
    account: p.text().primary(),
    transactionId: p.text().primary(),
    hedgeId: p.text(),
    symbol: p.text(),
    coin: p.text(),
    /** Positive is received. */
    amount: decimal(),
    qty: decimal(),
    markPrice: decimal(),
    settledAtMs: instant(),
  },
  indexes: [
    { name: 'funding_payment_by_time', properties: ['account', 'settledAtMs', 'transactionId'] },
    { name: 'funding_payment_by_hedge', properties: ['account', 'hedgeId', 'settledAtMs'] },
  ],
})

/** The exchange's transaction log as it was told, row for row. */
export const TransactionTable = defineEntity({
  name: 'TransactionTable',
  tableName: 'transaction_log',
  properties: {
    account: p.text().primary(),
    transactionId: p.text().primary(),
    kind: p.text(),
    venueKind: p.text(),
    coin: p.text(),
    market: p.text(),
    symbol: p.text(),
    side: p.text(),
    orderLinkId: p.text(),
    tradeId: p.text(),
    qty: decimal(),
    price: decimal(),
    funding: decimal(),
    fee: decimal(),
    cashFlow: decimal(),
    change: decimal(),
    balanceAfter: decimal(),
    atMs: instant(),
  },
  indexes: [{ name: 'transaction_log_by_time', properties: ['account', 'atMs', 'transactionId'] }],
})

/** Double entry: the lines of one transaction sum to 0 per coin. */
export const PostingTable = defineEntity({
  name: 'PostingTable',
  tableName: 'posting',
  properties: {
    account: p.text().primary(),
    transactionId: p.text().primary(),
    line: p.integer().primary(),
    /** The ledger account, e.g. wallet, funding, fees. */
    book: p.text(),
    coin: p.text(),
    amount: decimal(),
    hedgeId: p.text(),
    atMs: instant(),
  },
  indexes: [
    { name: 'posting_by_time', properties: ['account', 'atMs', 'transactionId', 'line'] },
    { name: 'posting_by_hedge', properties: ['account', 'hedgeId'] },
    { name: 'posting_by_book', properties: ['account', 'book', 'coin'] },
  ],
})

export const tradeTables = [
  HedgeTable,
  OrderTable,
  FillTable,
  FundingPaymentTable,
  TransactionTable,
  PostingTable,
]
