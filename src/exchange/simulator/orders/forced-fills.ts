/**
 * Positions that the exchange closes by itself: takeover, auto-deleveraging, delisting. No order of the account's stands behind
 * them; each is an execution, a row of the transaction log and a position push.
 */
import type { Decimal } from 'decimal.js'
import { fillPosition, noteRealised } from '../account/positions.ts'
import { coinOf, moveMoney } from '../account/wallet.ts'
import {
  type AccountState,
  dec,
  type OrderState,
  type PositionState,
  plus,
  type SimExchange,
} from '../exchange-state.ts'
import { pushExecutions, pushPosition } from '../pushes/private.ts'
import { announce } from './matching.ts'
import { endOrder, fileOrder, newOrderId, recordExecution } from './orders.ts'

type ForcedFill = {
  execType: 'BustTrade' | 'AdlTrade' | 'Delivery'
  createType: string
  /** Of the log row. */
  type: 'LIQUIDATION' | 'ADL' | 'DELIVERY'
  qty: Decimal
  price: Decimal
  feeRate: string
}

/** Closes a part of a position at a price. The log's `side` and the execution's are those of the closing. */
export function forceFill(
  exchange: SimExchange,
  account: AccountState,
  position: PositionState,
  fill: ForcedFill,
): void {
  const found = exchange.universe.find('linear', position.symbol)
  if (!found) return
  const { qty, price, feeRate } = fill
  const money = found.instrument.quoteCoin
  const side = dec(position.size).isNegative() ? 'Buy' : 'Sell'
  const { closed, realised } = fillPosition(exchange, position, side, qty, price)
  const value = qty.times(price)
  const fee = value.times(feeRate)
  noteRealised(position, realised.minus(fee))
  const coin = coinOf(account, money)
  coin.realised = plus(coin.realised, realised.minus(fee))
  const orderId = newOrderId(exchange, false)
  const order = {
    market: 'linear' as const,
    symbol: position.symbol,
    side: side as OrderState['side'],
    orderId,
    orderLinkId: '',
    price: price.toFixed(),
    qty: qty.toFixed(),
    isLeverage: false,
    marketUnit: '' as const,
    orderType: fill.type === 'DELIVERY' ? 'UNKNOWN' : 'Market',
  }
  const execution = recordExecution(exchange, account, {
    order,
    execType: fill.execType,
    createType: fill.createType,
    qty: qty.toFixed(),
    price: price.toFixed(),
    value,
    fee,
    feeCoin: money,
    feeRate,
    leaves: '0',
    maker: false,
    closed: closed.toFixed(),
    profit: realised.toFixed(),
  })
  moveMoney(exchange, account, {
    coin: money,
    type: fill.type,
    market: 'linear',
    symbol: position.symbol,
    side,
    cashFlow: realised,
    fee,
    feeRate,
    qty: qty.toFixed(),
    size: position.size,
    price: price.toFixed(),
    orderId,
    tradeId: execution.execId,
  })
  pushExecutions(exchange, account, [execution])
  pushPosition(exchange, account, position.symbol)
}

/** Cancels the account's orders that `concerns` says yes to, and tells of each. */
export function cancelOrders(
  exchange: SimExchange,
  account: AccountState,
  cancelType: string,
  concerns: (order: OrderState) => boolean,
): void {
  for (const order of account.open.filter(concerns)) {
    endOrder(exchange, order, cancelType, 'EC_NoError')
    fileOrder(account, order)
    const found = exchange.universe.find(order.market, order.symbol)
    if (found) announce({ exchange, account, order, listing: found.listing }, [])
  }
}
