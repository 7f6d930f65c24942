/**
 * Native spreads: a perpetual and its spot market traded as one. The price of one is the perpetual's less the spot's; buying
 * it buys the perpetual and sells the spot. Bybit lists them for BTC, ETH and SOL.
 */
import { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import {
  type AccountState,
  instrumentOf,
  lifeOf,
  type SimExchange,
  syntheticBookOf,
} from '../exchange-state.ts'
import { type Grid, gridOf } from '../kit/grid.ts'
import type { Listing } from '../universe/universe.ts'
import type { SpreadOrder } from './state.ts'

const COINS = ['BTC', 'ETH', 'SOL']
/** Decimals of a spread's price. */
const SCALE = 4
const TICK = '0.0001'

export type Spread = {
  readonly symbol: string
  readonly listing: Listing
  readonly price: Grid
  readonly qty: Grid
  readonly maxQty: Decimal
}

/** A spread order where it is worked. */
export type SpreadPlace = { exchange: SimExchange; account: AccountState; order: SpreadOrder; spread: Spread }

/** The spread of a coin: in lots that both legs can trade. */
function spreadOf(listing: Listing): Spread {
  const { perp, spot } = listing
  const step = Decimal.max(perp.qty.step, spot.qty.step)
  return {
    symbol: `${perp.symbol}_${spot.baseCoin}/${spot.quoteCoin}`,
    listing,
    price: gridOf(TICK, true),
    qty: gridOf(step.toFixed(), true),
    maxQty: Decimal.min(perp.maxMarketQty, spot.maxMarketQty),
  }
}

const known = new WeakMap<SimExchange, readonly Spread[]>()

/** The combinations there are: of coins that both markets list. */
export function spreads(exchange: SimExchange): readonly Spread[] {
  const made =
    known.get(exchange) ??
    exchange.universe
      .listed('linear')
      .filter(
        ({ listing, instrument }) =>
          listing.lists.spot && instrument.quoteCoin === 'USDT' && COINS.includes(instrument.baseCoin),
      )
      .map(({ listing }) => spreadOf(listing))
  known.set(exchange, made)
  return made
}

/** A listed spread by its symbol. */
export const findSpread = (exchange: SimExchange, symbol: string): Spread | undefined =>
  spreads(exchange).find(spread => spread.symbol === symbol)

/** A combination trades while both of its legs do. */
export const isTrading = (exchange: SimExchange, { listing }: Spread): boolean =>
  lifeOf(exchange, 'linear', listing.perp.symbol).status === 'Trading' &&
  lifeOf(exchange, 'spot', listing.spot.symbol).status === 'Trading'

/** One row of `/v5/spread/instrument`. */
export function spreadJson(exchange: SimExchange, spread: Spread): JsonObject {
  const { perp, spot } = spread.listing
  const { deliveryAtMs } = lifeOf(exchange, 'linear', perp.symbol)
  return {
    symbol: spread.symbol,
    contractType: 'FundingRateArb',
    status: isTrading(exchange, spread) ? 'Trading' : 'Settling',
    baseCoin: spot.baseCoin,
    quoteCoin: spot.quoteCoin,
    settleCoin: perp.quoteCoin,
    tickSize: TICK,
    minPrice: '-1999.9998',
    maxPrice: '1999.9998',
    lotSize: spread.qty.step.toFixed(),
    minSize: spread.qty.step.toFixed(),
    maxSize: spread.maxQty.toFixed(),
    launchTime: '1743675300000',
    deliveryTime: String(deliveryAtMs ?? 0),
    legs: [
      { symbol: perp.symbol, contractType: 'LinearPerpetual' },
      { symbol: spot.symbol, contractType: 'Spot' },
    ],
  }
}

export type SpreadQuote = { price: Decimal; perp: Decimal; spot: Decimal; qty: Decimal }

/** What buying (or selling) gets at once: the touch of both books, in the quantity that both have. */
export function spreadQuote(
  exchange: SimExchange,
  { listing, qty }: Spread,
  side: 'Buy' | 'Sell',
): SpreadQuote | undefined {
  const buys = side === 'Buy'
  const legs = (['linear', 'spot'] as const).map(market => {
    const instrument = instrumentOf(listing, market)
    const best = syntheticBookOf(exchange, market, listing).best(
      (market === 'linear') === buys ? 'asks' : 'bids',
    )
    return best && { price: instrument.price.step.times(best[0]), qty: instrument.qty.step.times(best[1]) }
  })
  const [perp, spot] = legs
  if (!perp || !spot) return undefined
  const both = Decimal.min(perp.qty, spot.qty).divToInt(qty.step).times(qty.step)
  const price = perp.price.minus(spot.price).toDecimalPlaces(SCALE)
  return both.gt(0) ? { price, perp: perp.price, spot: spot.price, qty: both } : undefined
}
