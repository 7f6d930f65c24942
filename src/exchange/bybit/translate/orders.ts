/**
 * Orders and executions of V5 in our words, and ours in V5's. Bybit's side notes that matter here: a cancelled
 * derivatives order may carry fills; a spot buy's fee is taken in the base coin; execution fees are positive when paid.
 */
import { Decimal } from 'decimal.js'
import type { Market, Side, SpreadInstrument } from '../../../domain/instrument.ts'
import type { Fill, OrderMarket, OrderReport, OrderRequest, OrderStatus } from '../../../domain/legs/order.ts'
import { amount, orderQty, price } from '../../../domain/units.ts'
import type { Params } from '../wire/wire.ts'
import {
  decimalAt,
  decimalOr,
  garbled,
  instantAt,
  integerAt,
  oneOf,
  type Row,
  rowsAt,
  textAt,
  textOrNone,
} from './fields.ts'

const SIDES: readonly Side[] = ['Buy', 'Sell']

const STATUS: Readonly<Record<string, OrderStatus>> = {
  Created: 'open',
  New: 'open',
  PartiallyFilled: 'open',
  Untriggered: 'open',
  Triggered: 'open',
  Active: 'open',
  Filled: 'filled',
  Cancelled: 'cancelled',
  PartiallyFilledCanceled: 'cancelled',
  Deactivated: 'cancelled',
  Rejected: 'rejected',
}

/** The market of a row, from the row itself or from the reply it came in; undefined for inverse and options. */
export function marketOf(row: Row, around?: unknown): Market | undefined {
  const word = row.category ?? around
  return word === 'spot' || word === 'linear' ? word : undefined
}

/** One row of order/realtime, order/history or the `order` topic. An unknown status is never guessed. @throws ExchangeFailure */
export function orderReport(row: Row, market: OrderMarket): OrderReport {
  const word = textAt(row, 'orderStatus')
  const status = STATUS[word]
  if (!status) throw garbled('orderStatus', `one of ${Object.keys(STATUS).join(', ')}`, word)
  const reason = textOrNone(row, 'rejectReason')
  return {
    orderLinkId: textAt(row, 'orderLinkId'),
    orderId: textAt(row, 'orderId'),
    market,
    symbol: textAt(row, 'symbol'),
    side: oneOf(row, 'side', SIDES),
    qty: orderQty(decimalAt(row, 'qty')),
    filledQty: orderQty(decimalOr(row, 'cumExecQty', '0')),
    status,
    rejectReason: reason === 'EC_NoError' ? '' : reason,
    updatedAtMs: instantAt(row, 'updatedTime'),
  }
}

const CAUSE: Readonly<Record<string, Fill['cause']>> = {
  Trade: 'trade',
  // A leg of a spread order.
  FutureSpread: 'trade',
  AdlTrade: 'adl',
  Funding: 'funding',
  BustTrade: 'liquidation',
  Delivery: 'delivery',
}

/** Forced closes come as plain trades too; `createType` then says who created the order. */
const FORCED: readonly (readonly [word: string, cause: Fill['cause']])[] = [
  ['CreateByLiq', 'liquidation'],
  ['CreateByTakeOver', 'liquidation'],
  ['CreateByAdl', 'adl'],
  ['CreateBySettle', 'delivery'],
]

function causeOf(row: Row): Fill['cause'] {
  const cause = CAUSE[textAt(row, 'execType')] ?? 'other'
  if (cause !== 'trade') return cause
  const creator = textOrNone(row, 'createType')
  return FORCED.find(([word]) => creator.startsWith(word))?.[1] ?? 'trade'
}

/** Bybit leaves feeCurrency empty on linear rows: the settle coin. Spot: what was received, unless a rebate flips it. */
function feeCoinOf(row: Row, market: Market, fee: string): string {
  const told = textOrNone(row, 'feeCurrency')
  if (told) return told
  const symbol = textAt(row, 'symbol')
  const quote = symbol.endsWith('USDC') || symbol.endsWith('PERP') ? 'USDC' : 'USDT'
  if (market === 'linear') return quote
  const receivesBase = (row.side === 'Buy') === !fee.startsWith('-')
  return receivesBase ? symbol.slice(0, -quote.length) : quote
}

/** Taxes (GST) come beside the fee; those in the fee's coin are part of what was paid. */
function extraFees(row: Row, coin: string): Decimal {
  const extras = Array.isArray(row.extraFees) ? (row.extraFees as Row[]) : []
  return extras
    .filter(extra => extra.feeCoin === coin)
    .reduce((sum, extra) => sum.plus(decimalAt(extra, 'fee')), new Decimal(0))
}

/** One row of execution/list or the `execution` topic. Funding rows carry the position's size as quantity: not a trade. */
export function fill(row: Row, market: Market): Fill {
  const paid = decimalOr(row, 'execFee', '0')
  const cause = causeOf(row)
  const feeCoin = feeCoinOf(row, market, paid)
  return {
    execId: textAt(row, 'execId'),
    orderLinkId: textOrNone(row, 'orderLinkId'),
    orderId: textOrNone(row, 'orderId'),
    market,
    symbol: textAt(row, 'symbol'),
    side: oneOf(row, 'side', SIDES),
    cause,
    qty: orderQty(decimalAt(row, 'execQty')),
    // Only what we trade must have a price: settlements may come without.
    price: price(cause === 'trade' ? decimalAt(row, 'execPrice') : decimalOr(row, 'execPrice', '0')),
    fee: amount(new Decimal(paid).plus(extraFees(row, feeCoin))),
    feeCoin,
    maker: row.isMaker === true,
    filledAtMs: instantAt(row, 'execTime'),
  }
}

/**
 * An order as order.create (or spread/order/create) takes it: always a limit, always in the base coin. A spot order borrows only
 * where it says so (isLeverage 1): what the wallet lacks is lent. A spread order has no such word; the account's setting counts.
 */
export function orderArgs(order: OrderRequest): Params {
  const all = {
    symbol: order.symbol,
    side: order.side,
    orderType: 'Limit',
    qty: order.qty,
    price: order.limitPrice,
    timeInForce: order.timeInForce,
    orderLinkId: order.orderLinkId,
  }
  if (order.market === 'spread') return all
  const both = { category: order.market, ...all }
  return order.market === 'spot'
    ? { ...both, isLeverage: order.borrow === true ? 1 : 0 }
    : { ...both, positionIdx: 0, reduceOnly: order.reduceOnly }
}

/** A spread of a USDT perpetual and its spot market that trades now; undefined for any other kind. */
export function spreadInstrument(row: Row): SpreadInstrument | undefined {
  if (row.contractType !== 'FundingRateArb' || row.status !== 'Trading') return undefined
  if (row.quoteCoin !== 'USDT' || row.settleCoin !== 'USDT') return undefined
  const legs = rowsAt(row, 'legs')
  const leg = (contractType: string) => {
    const found = legs.find(one => one.contractType === contractType)
    if (!found) throw garbled('legs', `one of contractType ${contractType}`, legs)
    return textAt(found, 'symbol')
  }
  return {
    symbol: textAt(row, 'symbol'),
    baseCoin: textAt(row, 'baseCoin'),
    quoteCoin: textAt(row, 'quoteCoin'),
    perp: leg('LinearPerpetual'),
    spot: leg('Spot'),
    tickSize: price(decimalAt(row, 'tickSize')),
    priceMin: price(decimalAt(row, 'minPrice')),
    priceMax: price(decimalAt(row, 'maxPrice')),
    qtyStep: orderQty(decimalAt(row, 'lotSize')),
    minOrderQty: orderQty(decimalAt(row, 'minSize')),
    maxOrderQty: orderQty(decimalAt(row, 'maxSize')),
    deliveryAtMs: integerAt(row, 'deliveryTime'),
  }
}

/** One row of spread/order/realtime, spread/order/history or the `spread.order` topic: each spells two fields its own way. */
export const spreadReport = (row: Row): OrderReport =>
  orderReport(
    {
      ...row,
      updatedTime: row.updatedTime ?? row.updatedAt,
      rejectReason: row.rejectReason ?? row.cxlRejReason,
    },
    'spread',
  )

export type ParentOrder = { orderLinkId: string; orderId: string }

const MARKETS = { linear: 'linear', future_leg: 'linear', spot: 'spot', spot_leg: 'spot' } as const

/** One leg's execution, under its combination's name. Bybit: `execFee` is deprecated for the spot leg, `execFeeV2` counts. */
export function legFill(row: Row, spreadOrder: ParentOrder): Fill {
  const market = MARKETS[oneOf(row, 'category', ['linear', 'future_leg', 'spot', 'spot_leg'])]
  const newFee = market === 'spot' ? textOrNone(row, 'execFeeV2') : ''
  return fill(
    {
      ...row,
      ...spreadOrder,
      execFee: newFee || row.execFee,
      feeCurrency: textOrNone(row, 'feeCoin') || textOrNone(row, 'feeCurrency'),
    },
    market,
  )
}

/**
 * The legs of one row of spread/execution/list. Where both sides of a trade were ours Bybit lists the other order's legs too:
 * they trade the other way round.
 */
export function legFills(row: Row): Fill[] {
  const spreadOrder = { orderLinkId: textOrNone(row, 'orderLinkId'), orderId: textAt(row, 'orderId') }
  const buys = oneOf(row, 'side', ['Buy', 'Sell']) === 'Buy'
  return rowsAt(row, 'legs')
    .map(leg => legFill(leg, spreadOrder))
    .filter(({ market, side }) => (side === 'Buy') === ((market === 'linear') === buys))
}
