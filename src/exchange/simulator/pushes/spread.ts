/** Spread orders and executions as the private topics `spread.order` and `spread.execution` and as REST print them. */
import type { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import { dec, type ExecutionState, nextSeq, type OrderState, type SimExchange } from '../exchange-state.ts'
import { type BookSource, bookTopic } from '../market/public-order-books.ts'
import { orderPushJson } from '../orders/orders.ts'
import { isTrading, type Spread, type SpreadPlace, spreads } from '../spread/instruments.ts'
import { spreadLevels } from '../spread/order-books.ts'
import { spreadTicker, spreadTradeAt, touchOf } from '../spread/trades.ts'
import { push } from './private.ts'
import { books, type Speaker } from './topics.ts'

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

// `/v5/public/spread`: the book of 25 levels, tickers and public trades of native spreads.

export const SPREAD_DEPTH = 25
const CHANNEL = 'public-spread'

function bookSource(exchange: SimExchange, spread: Spread): BookSource {
  const { symbol, price, qty } = spread
  return {
    symbol,
    price,
    qty,
    early: true,
    look(depth) {
      const sides = {
        bids: spreadLevels(exchange, spread, 'bids', depth),
        asks: spreadLevels(exchange, spread, 'asks', depth),
      }
      return sides.bids.length > 0 || sides.asks.length > 0 ? sides : undefined
    },
  }
}

/** Always whole. */
function tickers(exchange: SimExchange, spread: Spread): Speaker {
  const topic = `tickers.${spread.symbol}`
  let said = ''
  const frame = (): JsonObject => ({
    topic,
    ts: exchange.state.nowMs,
    type: 'snapshot',
    data: spreadTicker(exchange, spread),
  })
  return {
    channel: CHANNEL,
    topic,
    first: () => [frame()],
    next() {
      const message = frame()
      const text = JSON.stringify(message.data)
      if (text === said) return []
      said = text
      return [message]
    },
  }
}

function trades(exchange: SimExchange, spread: Spread): Speaker {
  const topic = `publicTrade.${spread.symbol}`
  let saidUpToMs = 0
  return {
    channel: CHANNEL,
    topic,
    first() {
      saidUpToMs = exchange.market.nowMs()
      return []
    },
    next() {
      const nowMs = exchange.market.nowMs()
      const touch = touchOf(exchange, spread)
      const data: JsonObject[] = []
      for (let atMs = Math.max(saidUpToMs + 1000, nowMs - 9000); atMs <= nowMs; atMs += 1000) {
        const trade = isTrading(exchange, spread) ? spreadTradeAt(exchange, spread, atMs, touch) : undefined
        if (!trade) continue
        const { side: S, qty: v, price: p, id: i, seq } = trade
        const L = S === 'Buy' ? 'PlusTick' : 'MinusTick'
        data.push({ T: trade.atMs, s: spread.symbol, S, v, p, L, i, seq })
      }
      saidUpToMs = nowMs
      return data.length > 0 ? [{ topic, ts: exchange.state.nowMs, type: 'snapshot', data }] : []
    },
  }
}

/** The public topics of native spreads. */
export const spreadSpeakers = (exchange: SimExchange): Speaker[] =>
  spreads(exchange).flatMap(spread => [
    books(exchange, CHANNEL, bookTopic(bookSource(exchange, spread), SPREAD_DEPTH)),
    tickers(exchange, spread),
    trades(exchange, spread),
  ])
