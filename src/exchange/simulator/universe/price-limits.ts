/**
 * The bands orders may be priced in. Perpetual: buy at most min(Mark(1+Y), max(Index, Mark(1+X))), sell mirrored. Spot: the
 * index takes the place of mark. The running premium that Bybit adds inside the band is left out: the band is never wider.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import { indexOf, instrumentOf, markOf, type SimExchange, spotRatioOf } from '../exchange-state.ts'
import { ceilTo, floorTo } from '../kit/grid.ts'
import type { Listing } from './universe.ts'

type PriceBand = { buyMax: Decimal; sellMin: Decimal }

export function priceBand(exchange: SimExchange, listing: Listing, market: Market): PriceBand {
  const instrument = instrumentOf(listing, market)
  const perContract = indexOf(exchange, listing)
  const index =
    market === 'spot'
      ? perContract.div(listing.multiplier).times(spotRatioOf(exchange, listing))
      : perContract
  const mark = market === 'spot' ? index : markOf(exchange, listing)
  const [x, y] = [instrument.ratioX, instrument.ratioY]
  const buyMax = Decimal.min(mark.times(1 + y), Decimal.max(index, mark.times(1 + x)))
  const sellMin = Decimal.max(mark.times(1 - y), Decimal.min(index, mark.times(1 - x)))
  return { buyMax: floorTo(instrument.price, buyMax), sellMin: ceilTo(instrument.price, sellMin) }
}
