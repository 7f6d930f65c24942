/** Spread orders and executions as the private topics `spread.order` and `spread.execution` and as REST print them. */
import type { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import { dec, type ExecutionState, nextSeq, type OrderState } from '../exchange-state.ts'
import { orderPushJson } from '../orders/orders.ts'
import type { SpreadPlace } from '../spread/instruments.ts'
import { push } from './private.ts'

/** Legs of an order that rests long may lie behind others that closed meanwhile; they were told when they filled. */
const LEGS_LOOKED_AT = 200

type ParentOrder = { execId: string; price: Decimal; qty: Decimal; legs: readonly ExecutionState[] }

/** One row of `/v5/spread/execution/list`. */
export function spreadExecutionJson(
  { exchange, order }: SpreadPlace,
  { execId, price, qty, legs }: ParentOrder,
): JsonObject {
  return {
    symbol: order.symbol,
    orderLinkId: order.orderLinkId,
    side: order.side,
    orderId: order.orderId,
    execPrice: price.toFixed(),
    legs: legs.map(({ json }): JsonObject => {
      const { symbol, side, execPrice, execTime, execValue, execType, category, execQty, execId } = json
      return {
        symbol,
        side,
        execPrice,
        execTime,
        execValue,
        execType,
        category,
        execQty,
        ...feeOf(json),
        execId,
      } as JsonObject
    }),
    execTime: String(exchange.state.nowMs),
    execType: 'Trade',
    execQty: qty.toFixed(),
    execId,
  }
}

/** A leg's fee with its coin, which may be a third one. Bybit: `execFee` is deprecated for the spot leg, `execFeeV2` counts. */
const feeOf = ({ category, execFee, feeCurrency }: JsonObject): JsonObject => ({
  execFee: execFee ?? '',
  ...(category === 'spot' && { execFeeV2: execFee ?? '' }),
  feeCoin: feeCurrency ?? '',
})

/** The combination's message, then one for each leg. */
export function pushSpreadExecution(place: SpreadPlace, spreadOrder: ParentOrder & { maker: boolean }): void {
  const { exchange, account, order } = place
  const base = { orderPrice: order.price, orderQty: order.qty, orderType: order.orderType }
  push(exchange, account, 'spread.execution', [
    {
      category: 'combination',
      symbol: order.symbol,
      closedSize: '',
      execFee: '',
      execId: spreadOrder.execId,
      parentExecId: '',
      execPrice: spreadOrder.price.toFixed(),
      execQty: spreadOrder.qty.toFixed(),
      execType: 'Trade',
      execValue: '',
      feeRate: '',
      markPrice: '',
      leavesQty: dec(order.qty).minus(order.cumQty).toFixed(),
      orderId: order.orderId,
      orderLinkId: order.orderLinkId,
      ...base,
      side: order.side,
      execTime: String(exchange.state.nowMs),
      isLeverage: '',
      isMaker: spreadOrder.maker,
      seq: nextSeq(exchange),
      createType: 'CreateByUser',
      execPnl: '',
    },
  ])
  for (const { json, seq } of spreadOrder.legs) {
    const { symbol, closedSize, execId, parentExecId, execPrice, execQty, execType, execValue } = json
    const { feeRate, markPrice, side, execTime, isLeverage, createType, execPnl, category } = json
    push(exchange, account, 'spread.execution', [
      {
        category: category === 'linear' ? 'future_leg' : 'spot_leg',
        ...({ symbol, closedSize, execId, parentExecId, execPrice, execQty } as JsonObject),
        ...feeOf(json),
        ...({
          execType,
          execValue,
          feeRate,
          markPrice,
          leavesQty: '0',
          orderId: '',
          orderLinkId: '',
        } as JsonObject),
        ...({ orderPrice: execPrice, orderQty: execQty, orderType: 'Limit', side, execTime } as JsonObject),
        ...({ isLeverage, isMaker: spreadOrder.maker, seq, createType, execPnl } as JsonObject),
      },
    ])
  }
}

/** One leg of it as it is now; a leg exists as far as it is filled. */
function legJson({ exchange, order }: SpreadPlace, leg: OrderState): JsonObject {
  const row = orderPushJson(exchange, leg)
  const { symbol, side, orderStatus, cancelType, rejectReason, timeInForce, price, qty, avgPrice } = row
  const { cumExecQty, cumExecValue, cumExecFee, orderType, createdTime, updatedTime, closedPnl } = row
  const linear = leg.market === 'linear'
  return {
    category: linear ? 'future_leg' : 'spot_leg',
    ...({ symbol, parentOrderId: order.orderId, orderId: leg.orderId, orderLinkId: '', side } as JsonObject),
    ...({ orderStatus, cancelType, rejectReason, timeInForce, price, qty, avgPrice } as JsonObject),
    leavesQty: '0',
    leavesValue: '0',
    ...({ cumExecQty, cumExecValue, cumExecFee, orderType } as JsonObject),
    isLeverage: linear ? '' : leg.isLeverage ? '1' : '0',
    ...({ createdTime, updatedTime } as JsonObject),
    feeCurrency: linear ? '' : (row.feeCurrency ?? ''),
    createType: 'CreateByFutureSpread',
    closedPnl: closedPnl ?? '0',
  }
}

/** The combination as it is now, and its legs where it has filled. */
export function pushSpreadOrder(place: SpreadPlace): void {
  const { exchange, account, order } = place
  const ids = [order.leg1OrderId, order.leg2OrderId]
  const legs = account.closed.slice(-LEGS_LOOKED_AT).filter(({ orderId }) => ids.includes(orderId))
  push(exchange, account, 'spread.order', [
    {
      category: 'combination',
      symbol: order.symbol,
      parentOrderId: '',
      orderId: order.orderId,
      orderLinkId: order.orderLinkId,
      side: order.side,
      orderStatus: order.status,
      cancelType: order.cancelType,
      rejectReason: order.rejectReason,
      timeInForce: order.timeInForce,
      price: order.price,
      qty: order.qty,
      avgPrice: '',
      leavesQty: order.status === 'Cancelled' ? '0' : dec(order.qty).minus(order.cumQty).toFixed(),
      leavesValue: '',
      cumExecQty: order.cumQty,
      cumExecValue: '',
      cumExecFee: '',
      orderType: order.orderType,
      isLeverage: '',
      createdTime: String(order.createdAtMs),
      updatedTime: String(order.updatedAtMs),
      feeCurrency: '',
      createType: 'CreateByUser',
      closedPnl: '',
    },
    ...legs.map(leg => legJson(place, leg)),
  ])
}
