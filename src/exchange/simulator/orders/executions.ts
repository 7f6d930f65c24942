/** The record of one execution: a trade, or a funding payment. `execFee` is positive when paid, unlike the log's `funding`. */
import type { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import {
  type AccountState,
  type ExecutionState,
  indexText,
  markText,
  nextNumber,
  nextSeq,
  type OrderState,
  type SimExchange,
} from '../exchange-state.ts'
import { uuid } from '../kit/random.ts'

const EXEC_PURPOSE = 2
const ORDER_PURPOSE = 1

/** Linear orders are named by UUID, spot orders by a long number, as on Bybit. */
export function newOrderId(exchange: SimExchange, spot: boolean): string {
  const number = nextNumber(exchange)
  return spot
    ? String(2_100_000_000_000_000_000n + BigInt(number))
    : uuid(exchange.seed, number, ORDER_PURPOSE)
}

type ExecutionFacts = {
  order: Pick<
    OrderState,
    'market' | 'symbol' | 'side' | 'orderId' | 'orderLinkId' | 'price' | 'qty' | 'isLeverage' | 'marketUnit'
  > & { orderType: string }
  execType: string
  createType: string
  qty: string
  price: string
  value: Decimal
  fee: Decimal
  feeCoin: string
  feeRate: string
  leaves: string
  maker: boolean
  closed: string
  profit: string
}

export function recordExecution(
  exchange: SimExchange,
  account: AccountState,
  facts: ExecutionFacts,
): ExecutionState {
  const { order } = facts
  const listing = exchange.universe.find(order.market, order.symbol)?.listing
  const linear = order.market === 'linear'
  const number = nextNumber(exchange)
  const seq = nextSeq(exchange)
  const execId = uuid(exchange.seed, number, EXEC_PURPOSE)
  const json: JsonObject = {
    category: order.market,
    symbol: order.symbol,
    orderType: order.orderType,
    underlyingPrice: '',
    orderLinkId: order.orderLinkId,
    side: order.side,
    indexPrice: linear && listing ? indexText(exchange, listing) : '',
    orderId: order.orderId,
    stopOrderType: 'UNKNOWN',
    leavesQty: facts.leaves,
    execTime: String(exchange.state.nowMs),
    feeCurrency: facts.feeCoin,
    isMaker: facts.maker,
    execFee: facts.fee.toFixed(),
    feeRate: facts.feeRate,
    execId,
    tradeIv: '',
    blockTradeId: '',
    markPrice: linear && listing ? markText(exchange, listing) : '',
    execPrice: facts.price,
    markIv: '',
    orderQty: order.qty,
    orderPrice: order.price,
    execValue: facts.value.toFixed(),
    execType: facts.execType,
    execQty: facts.qty,
    closedSize: facts.closed,
    extraFees: '',
    seq,
    isLeverage: order.isLeverage ? '1' : '0',
    marketUnit: order.marketUnit,
    execPnl: facts.profit,
    createType: facts.createType,
  }
  const execution = { number, market: order.market, execId, seq, atMs: exchange.state.nowMs, json }
  account.executions.push(execution)
  return execution
}

/** REST prints these without the stream's own fields. */
export function executionRestJson({ json }: ExecutionState): JsonObject {
  const { category: _category, isLeverage: _leverage, marketUnit: _unit, execPnl: _profit, ...rest } = json
  return rest
}
