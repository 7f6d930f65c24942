/** Orders as Bybit prints them, their way from open to closed, and the record of each execution. */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import {
  type AccountState,
  dec,
  type ExecutionState,
  indexText,
  leavesOf,
  markText,
  nextNumber,
  nextSeq,
  type OrderState,
  type SimExchange,
} from '../exchange-state.ts'
import { gridText } from '../kit/grid.ts'
import { uuid } from '../kit/random.ts'

const CLOSED_KEPT = 5000

/** Whether it may still fill. */
export const isOpen = (order: OrderState): boolean =>
  order.status === 'New' || order.status === 'PartiallyFilled'

/** Moves a closed order from the open list to the history. */
export function fileOrder(account: AccountState, order: OrderState): void {
  const at = account.open.indexOf(order)
  if (isOpen(order)) {
    if (at < 0) account.open.push(order)
    return
  }
  if (at >= 0) account.open.splice(at, 1)
  account.closed.push(order)
  if (account.closed.length > CLOSED_KEPT) account.closed.shift()
}

/** By orderId first, then by orderLinkId, as Bybit looks. */
export function findOrder(
  orders: readonly OrderState[],
  orderId: string,
  orderLinkId: string,
): OrderState | undefined {
  return orderId
    ? orders.find(order => order.orderId === orderId)
    : orders.findLast(order => order.orderLinkId !== '' && order.orderLinkId === orderLinkId)
}

/** Ends an order that is not filled. Spot has a word for "cancelled with fills", linear has not. */
export function endOrder(
  exchange: SimExchange,
  order: OrderState,
  cancelType: string,
  rejectReason: string,
): void {
  const partly = dec(order.cumQty).gt(0)
  order.status = partly && order.market === 'spot' ? 'PartiallyFilledCanceled' : 'Cancelled'
  order.cancelType = cancelType
  order.rejectReason = rejectReason
  order.updatedAtMs = exchange.state.nowMs
}

const feeSum = (order: OrderState) =>
  Object.values(order.fees)
    .reduce((sum, fee) => sum.plus(fee), new Decimal(0))
    .toFixed()

function sharedJson(exchange: SimExchange, order: OrderState): JsonObject {
  const found = exchange.universe.find(order.market, order.symbol)
  const qtyText = (value: Decimal) => (found ? gridText(found.instrument.qty, value) : value.toFixed())
  const byValue = order.marketUnit === 'quoteCoin'
  const leaves = isOpen(order) ? leavesOf(order) : new Decimal(0)
  const filled = dec(order.cumQty)
  return {
    orderId: order.orderId,
    orderLinkId: order.orderLinkId,
    blockTradeId: '',
    symbol: order.symbol,
    price: order.market === 'spot' && order.orderType === 'Market' ? '0' : order.price,
    qty: byValue ? order.qty : qtyText(dec(order.qty)),
    side: order.side,
    isLeverage: order.market === 'spot' ? (order.isLeverage ? '1' : '0') : '',
    positionIdx: 0,
    orderStatus: order.status,
    cancelType: order.cancelType,
    rejectReason: order.rejectReason,
    avgPrice: filled.isZero() ? '0' : dec(order.cumValue).div(filled).toDecimalPlaces(12).toFixed(),
    leavesQty: byValue ? '0' : qtyText(leaves),
    leavesValue: byValue ? '0' : leaves.times(order.price).toFixed(),
    cumExecQty: qtyText(filled),
    cumExecValue: order.cumValue,
    cumExecFee: feeSum(order),
    timeInForce: order.orderType === 'Market' ? 'IOC' : order.timeInForce,
    orderType: order.orderType,
    stopOrderType: '',
    orderIv: '',
    triggerPrice: '',
    takeProfit: '',
    stopLoss: '',
    tpTriggerBy: '',
    slTriggerBy: '',
    triggerDirection: 0,
    triggerBy: '',
    lastPriceOnCreated: order.lastPriceOnCreated,
    reduceOnly: order.reduceOnly,
    closeOnTrigger: false,
    smpType: 'None',
    smpGroup: 0,
    smpOrderId: '',
    tpslMode: '',
    tpLimitPrice: '',
    slLimitPrice: '',
    placeType: '',
    createdTime: String(order.createdAtMs),
    updatedTime: String(order.updatedAtMs),
    cumFeeDetail: { ...order.fees },
    rpiTakerAccess: false,
    rpiMatchedQty: '0',
  }
}

/** An order as REST prints it. */
export const orderRestJson = (exchange: SimExchange, order: OrderState): JsonObject => ({
  ...sharedJson(exchange, order),
  slippageToleranceType: 'UNKNOWN',
  slippageTolerance: '',
  extraFees: '',
  marketUnit: order.marketUnit,
  createType: order.createType ?? 'CreateByUser',
})

/** An order as the private stream prints it. */
export const orderPushJson = (exchange: SimExchange, order: OrderState): JsonObject => ({
  category: order.market,
  ...sharedJson(exchange, order),
  closedPnl: order.closedPnl,
  feeCurrency: Object.keys(order.fees)[0] ?? '',
  marketUnit: order.marketUnit,
  createType: order.createType ?? 'CreateByUser',
})

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

/** Writes one execution down: a trade, or a funding payment. `execFee` is positive when paid, unlike the log's `funding`. */
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
