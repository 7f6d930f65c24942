/**
 * Orders, fills and the double-entry ledger. Keys are the exchange's own ids wherever it has one, so that hearing a fact
 * twice stores it once. Quantities are in the instrument's own unit, amounts in the coin named beside them.
 */
import { defineEntity, p } from '@mikro-orm/core'
import type { EarnedDay } from '../../domain/books/earned-days.ts'
import type { ExecutionQuality } from '../../domain/books/execution-quality.ts'
import type { HedgeProfit } from '../../domain/books/hedge-profit.ts'
import type { AccountKind } from '../../domain/books/ledger.ts'
import type { TransactionKind } from '../../domain/books/transaction.ts'
import type { CarryOutcome } from '../../domain/carry/carry-outcome.ts'
import type { Direction, Market, Route, Side } from '../../domain/instrument.ts'
import type { Fill, OrderMarket, OrderStatus } from '../../domain/legs/order.ts'
import type { Amount, OrderQty, Price, Usdt } from '../../domain/units.ts'
import { decimal, instant, json, wordColumn, words } from './columns.ts'

const MARKETS = ['spot', 'linear']
const ORDER_MARKETS = [...MARKETS, 'spread']
const SIDES = ['Buy', 'Sell']
const ACCOUNT_KINDS: AccountKind[] = [
  'wallet',
  'trading',
  'fees',
  'funding',
  'interest',
  'equity',
  'suspense',
]
const TRANSACTION_KINDS: TransactionKind[] = [
  'trade',
  'settlement',
  'interest',
  'transfer-in',
  'transfer-out',
  'liquidation',
  'adl',
  'delivery',
  'conversion',
  'bonus',
  'fee-refund',
  'other',
]

export type HedgeResultDetail = Pick<HedgeProfit, 'inventory' | 'measuredShare'> & {
  quality: ExecutionQuality
  carry: CarryOutcome
  /** Left out of results that were written before days were kept. */
  days?: EarnedDay[]
}

/**
 * What each closed hedge made, written once by the books, so that lists need no recomputation; a late row of the log drops it
 * to be written anew. Parts are signed: + is received, and they sum to `netUsdt`. Living hedges are read from their actors' rows.
 */
export const HedgeTable = defineEntity({
  name: 'HedgeTable',
  tableName: 'hedge',
  properties: {
    account: p.text().primary(),
    hedgeId: p.text().primary(),
    symbol: p.text(),
    direction: words<Direction>(),
    route: words<Route>(),
    openedAtMs: instant(),
    closedAtMs: instant(),
    capitalUsdt: decimal<Usdt>(),
    notionalUsdt: decimal<Usdt>(),
    fundingUsdt: decimal<Usdt>(),
    feesUsdt: decimal<Usdt>(),
    basisUsdt: decimal<Usdt>(),
    slippageUsdt: decimal<Usdt>(),
    borrowUsdt: decimal<Usdt>(),
    dustUsdt: decimal<Usdt>(),
    netUsdt: decimal<Usdt>(),
    /** Execution quality, expected beside realised carry, coins left over. */
    detail: json<HedgeResultDetail>(),
  },
  checks: [
    { name: 'hedge_direction_check', expression: wordColumn('direction', ['long-carry', 'reverse-carry']) },
  ],
  indexes: [{ name: 'hedge_by_closing', properties: ['account', 'closedAtMs', 'hedgeId'] }],
})

export const OrderTable = defineEntity({
  name: 'OrderTable',
  tableName: 'order',
  properties: {
    account: p.text().primary(),
    orderLinkId: p.text().primary(),
    orderId: p.text(),
    hedgeId: p.text(),
    market: words<OrderMarket>(),
    symbol: p.text(),
    side: words<Side>(),
    qty: decimal<OrderQty>(),
    filledQty: decimal<OrderQty>(),
    status: words<OrderStatus>(),
    rejectReason: p.text(),
    updatedAtMs: instant(),
  },
  checks: [
    { name: 'order_market_check', expression: wordColumn('market', ORDER_MARKETS) },
    { name: 'order_side_check', expression: wordColumn('side', SIDES) },
    {
      name: 'order_status_check',
      expression: wordColumn('status', ['open', 'filled', 'cancelled', 'rejected']),
    },
  ],
  indexes: [{ name: 'order_by_hedge', properties: ['account', 'hedgeId', 'updatedAtMs'] }],
})

export const FillTable = defineEntity({
  name: 'FillTable',
  tableName: 'fill',
  properties: {
    account: p.text().primary(),
    market: words<Market>().primary(),
    execId: p.text().primary(),
    orderLinkId: p.text(),
    orderId: p.text(),
    hedgeId: p.text(),
    symbol: p.text(),
    side: words<Side>(),
    cause: words<Fill['cause']>(),
    qty: decimal<OrderQty>(),
    price: decimal<Price>(),
    /** Positive is paid. */
    fee: decimal<Amount>(),
    feeCoin: p.text(),
    maker: p.boolean(),
    filledAtMs: instant(),
  },
  checks: [
    { name: 'fill_market_check', expression: wordColumn('market', MARKETS) },
    { name: 'fill_side_check', expression: wordColumn('side', SIDES) },
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
    side: words<Side | 'none'>(),
    coin: p.text(),
    /** Positive is received. */
    amount: decimal<Amount>(),
    /** The position it was paid on. */
    qty: decimal<Amount>(),
    markPrice: decimal<Amount>(),
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
    kind: words<TransactionKind>(),
    venueKind: p.text(),
    coin: p.text(),
    market: words<Market | 'none'>(),
    symbol: p.text(),
    side: words<Side | 'none'>(),
    orderLinkId: p.text(),
    tradeId: p.text(),
    qty: decimal<Amount>(),
    price: decimal<Amount>(),
    funding: decimal<Amount>(),
    fee: decimal<Amount>(),
    cashFlow: decimal<Amount>(),
    change: decimal<Amount>(),
    balanceAfter: decimal<Amount>(),
    atMs: instant(),
  },
  checks: [{ name: 'transaction_log_kind_check', expression: wordColumn('kind', TRANSACTION_KINDS) }],
  indexes: [
    { name: 'transaction_log_by_time', properties: ['account', 'atMs', 'transactionId'] },
    { name: 'transaction_log_by_trade', properties: ['account', 'tradeId'], where: `"trade_id" <> ''` },
  ],
})

/** Double entry: the lines of one transaction sum to 0 per coin. */
export const PostingTable = defineEntity({
  name: 'PostingTable',
  tableName: 'posting',
  properties: {
    account: p.text().primary(),
    transactionId: p.text().primary(),
    line: p.integer().primary(),
    /** The account in the books, `kind:COIN`. */
    book: p.text(),
    kind: words<AccountKind>(),
    coin: p.text(),
    amount: decimal<Amount>(),
    hedgeId: p.text(),
    symbol: p.text(),
    price: decimal<Amount>(),
    atMs: instant(),
  },
  checks: [{ name: 'posting_kind_check', expression: wordColumn('kind', ACCOUNT_KINDS) }],
  indexes: [
    { name: 'posting_by_time', properties: ['account', 'atMs', 'transactionId', 'line'] },
    { name: 'posting_by_hedge', properties: ['account', 'hedgeId'] },
    { name: 'posting_by_book', properties: ['account', 'book'] },
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
