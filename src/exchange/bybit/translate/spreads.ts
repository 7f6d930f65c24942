/**
 * Native spreads of V5 in our words. What trades is the combination; what moves money is its two legs. A leg's execution has an
 * id of its own (the `tradeId` of its rows in the transaction log) and names the combination's execution as its parent, never
 * the order's link id: that is found through the parent. https://bybit-exchange.github.io/docs/v5/spread
 */
import type { SpreadInstrument } from '../../../domain/instrument.ts'
import type { Fill, OrderReport } from '../../../domain/legs/order.ts'
import { orderQty, price } from '../../../domain/units.ts'
import { decimalAt, garbled, integerAt, oneOf, type Row, rowsAt, textAt, textOrNone } from './fields.ts'
import { fill, orderReport } from './orders.ts'

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
