/**
 * What Bybit refuses before an order exists, with its codes. A refused order leaves no trace; texts follow the real ones
 * where they are known.
 */
import { Decimal } from 'decimal.js'
import { accountNumbers, leverageOf, lockedOf } from '../account/accounts.ts'
import { inventoryOf } from '../account/borrowing.ts'
import { closedBy, sizeOf } from '../account/positions.ts'
import {
  type AccountState,
  collateralRatioOf,
  dec,
  heldOf,
  leavesOf,
  lifeOf,
  minValueOf,
  type OrderState,
  riskShareOf,
  type SimExchange,
  syntheticBookOf,
} from '../exchange-state.ts'
import { onGrid } from '../kit/grid.ts'
import { type ApiRefusal, refusalOf } from '../kit/params.ts'
import { priceBand, riskTiers, tierOf } from '../universe/limits.ts'
import type { Instrument, Listing } from '../universe/universe.ts'

const OPEN_ORDERS_MAX = 500

/** Whether the symbol takes this order at this stage of its life. */
export function checkLife(exchange: SimExchange, order: OrderState): ApiRefusal | undefined {
  const { status, reduceOnlyAtMs } = lifeOf(exchange, order.market, order.symbol)
  if (status !== 'Trading')
    return order.market === 'spot'
      ? refusalOf(170121, 'Invalid symbol.')
      : refusalOf(110074, 'This contract is not live')
  return reduceOnlyAtMs !== undefined && exchange.state.nowMs >= reduceOnlyAtMs && !order.reduceOnly
    ? refusalOf(110042, 'Reduce-only rule: the contract is in pre-delivery status')
    : undefined
}

/** Whether somebody has seen to it that such orders are refused. */
export function checkRefusals(
  { state }: SimExchange,
  order: Pick<OrderState, 'market' | 'symbol' | 'reduceOnly'>,
): ApiRefusal | undefined {
  const rule = state.refusals.find(
    ({ market = order.market, symbol = order.symbol, untilMs, opening }) =>
      market === order.market &&
      symbol === order.symbol &&
      (untilMs === undefined || state.nowMs < untilMs) &&
      !(opening && order.reduceOnly),
  )
  return rule && refusalOf(rule.retCode, rule.retMsg ?? REFUSED.get(rule.retCode) ?? 'Refused')
}

const REFUSED: ReadonlyMap<number, string> = new Map([
  [10001, 'Request parameter error.'],
  [10005, 'Permission denied, please check your API key permissions.'],
  [
    10024,
    'The product or service you are seeking to access is not available to you due to regulatory restrictions.',
  ],
  [110007, 'ab not enough for new order'],
  [110090, 'Order placement failed as your position may exceed the max.'],
  [170131, 'Insufficient balance.'],
])

/** The price an order's value is judged by: its limit, or for market orders what the best level asks. */
function judgedPrice(
  exchange: SimExchange,
  listing: Listing,
  instrument: Instrument,
  order: OrderState,
): Decimal {
  if (order.orderType === 'Limit') return dec(order.price)
  const best = syntheticBookOf(exchange, order.market, listing).best(order.side === 'Buy' ? 'asks' : 'bids')
  return best ? instrument.price.step.times(best[0]) : dec(order.price)
}

/** Refuses a client's order id that was used before. */
export function checkDuplicate(account: AccountState, order: OrderState): ApiRefusal | undefined {
  if (!order.orderLinkId || !Object.hasOwn(account.links, order.orderLinkId)) return undefined
  return order.market === 'spot'
    ? refusalOf(170141, 'Duplicate clientOrderId.')
    : refusalOf(110072, 'OrderLinkedID is duplicate')
}

/** Decimals, quantity and price band of a spot order. */
function checkSpotForm(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  order: OrderState,
): ApiRefusal | undefined {
  const { spot } = listing
  const qty = dec(order.qty)
  const market = order.orderType === 'Market'
  const step = order.marketUnit === 'quoteCoin' ? spot.quotePrecision : spot.qty.step
  if (!qty.mod(step).isZero())
    return market
      ? refusalOf(170148, 'Market order amount decimal too long.')
      : refusalOf(170137, 'Order quantity has too many decimals.')
  if (market) return undefined
  const price = dec(order.price)
  if (!onGrid(spot.price, price)) return refusalOf(170134, 'Order price has too many decimals.')
  const band = priceBand(exchange, listing, 'spot')
  if (account.lpaSpot) return undefined
  if (order.side === 'Buy' && price.gt(band.buyMax))
    return refusalOf(170193, `Buy order price cannot be higher than ${band.buyMax.toFixed()}.`)
  if (order.side === 'Sell' && price.lt(band.sellMin))
    return refusalOf(170194, `Sell order price cannot be lower than ${band.sellMin.toFixed()}.`)
  return undefined
}

function checkSpotSize(
  exchange: SimExchange,
  listing: Listing,
  order: OrderState,
  value: Decimal,
): ApiRefusal | undefined {
  const { spot } = listing
  const qty = dec(order.qty)
  if (order.marketUnit !== 'quoteCoin') {
    const resting = order.timeInForce === 'PostOnly' ? spot.postOnlyMaxQty : spot.maxQty
    if (qty.lt(spot.minQty)) return refusalOf(170136, 'Order quantity is below the lower limit.')
    if (qty.gt(order.orderType === 'Market' ? spot.maxMarketQty : resting))
      return refusalOf(170135, 'Order quantity exceeded upper limit.')
  }
  if (value.lt(minValueOf(exchange, spot))) return refusalOf(170140, 'Order value exceeded lower limit.')
  return value.gt(spot.maxValue) ? refusalOf(170124, 'Order amount too large.') : undefined
}

/** Refuses a spot order that the instrument, the price band or the balance does not allow. */
export function checkSpot(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  order: OrderState,
): ApiRefusal | undefined {
  const byValue = order.marketUnit === 'quoteCoin'
  const value = byValue
    ? dec(order.qty)
    : judgedPrice(exchange, listing, listing.spot, order).times(order.qty)
  const refused =
    checkSpotForm(exchange, account, listing, order) ?? checkSpotSize(exchange, listing, order, value)
  if (refused) return refused
  if (account.open.filter(other => other.market === 'spot').length >= OPEN_ORDERS_MAX)
    return refusalOf(170810, 'Cannot exceed maximum of 500 conditional, TP/SL and active orders.')
  return checkSpotFunds(exchange, account, listing, order, value)
}

function checkSpotFunds(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  order: OrderState,
  value: Decimal,
): ApiRefusal | undefined {
  const coin = order.side === 'Buy' ? listing.spot.quoteCoin : listing.spot.baseCoin
  const leaves = leavesOf(order)
  const needed =
    order.side === 'Sell' ? leaves : order.orderType === 'Limit' ? leaves.times(order.price) : value
  const free = dec(heldOf(account, coin).wallet).minus(lockedOf(exchange, account, coin))
  const numbers = accountNumbers(exchange, account)
  if (free.gte(needed)) {
    // Bought coins count for less than the money they cost: what is left must still carry the positions.
    const lost =
      order.side === 'Buy'
        ? value.times(new Decimal(1).minus(collateralRatioOf(exchange, listing.spot.baseCoin)))
        : new Decimal(0)
    return numbers.margin.minus(lost).lt(numbers.initial)
      ? refusalOf(170131, 'Insufficient balance.')
      : undefined
  }
  if (!order.isLeverage) return refusalOf(170131, 'Insufficient balance.')
  const inventory = inventoryOf(exchange, coin)
  if (listing.spot.json.marginTrading === 'none' || (inventory.isZero() && order.side === 'Sell'))
    return refusalOf(170344, 'Symbol is not supported on Margin Trading.')
  if (needed.minus(Decimal.max(free, 0)).gt(inventory))
    return refusalOf(170207, 'The loan amount of the platform is not enough.')
  if (account.marginMode === 'ISOLATED_MARGIN')
    return refusalOf(182021, 'Spot margin is not possible in isolated margin mode')
  if (!account.spotMargin) return refusalOf(176038, 'Spot margin trading is not enabled.')
  const borrowed = value.times(needed.minus(Decimal.max(free, 0)).div(needed))
  return borrowed.div(account.spotLeverage).gt(numbers.available)
    ? refusalOf(170033, 'Insufficient margin balance.')
    : undefined
}

/** Refuses an order of a perpetual that the instrument, the price band, the position or the margin does not allow. */
export function checkLinear(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  order: OrderState,
): ApiRefusal | undefined {
  const { perp } = listing
  const qty = dec(order.qty)
  if (!onGrid(perp.qty, qty)) return refusalOf(10001, 'Qty invalid')
  if (order.orderType === 'Limit' && !onGrid(perp.price, dec(order.price)))
    return refusalOf(10001, 'params error: price invalid')
  if (qty.lt(perp.minQty))
    return refusalOf(10001, 'The number of contracts exceeds minimum limit allowed: too small')
  const limit = order.orderType === 'Market' ? perp.maxMarketQty : perp.maxQty
  if (qty.gt(limit) && !order.reduceOnly)
    return refusalOf(10001, 'The number of contracts exceeds maximum limit allowed: too large')
  const size = sizeOf(account, order.symbol)
  if (order.reduceOnly && closedBy(size, order.side, qty).isZero())
    return refusalOf(110017, 'current position is zero, cannot fix reduce-only order qty')
  const price = judgedPrice(exchange, listing, perp, order)
  const least = minValueOf(exchange, perp)
  if (!order.reduceOnly && qty.times(price).lt(least))
    return refusalOf(110094, `Order does not meet minimum order value ${least.toFixed()}USDT`)
  const resting = account.open.filter(other => other.market === 'linear' && other.symbol === order.symbol)
  if (resting.length >= OPEN_ORDERS_MAX)
    return refusalOf(110020, 'You are not allowed to have more than 500 active orders')
  return order.reduceOnly ? undefined : checkMargin(exchange, account, listing, order, size, price)
}

/** Opening needs initial margin and both fees out of the available balance; reducing needs nothing. */
function checkMargin(
  exchange: SimExchange,
  account: AccountState,
  listing: Listing,
  order: OrderState,
  size: Decimal,
  price: Decimal,
): ApiRefusal | undefined {
  const qty = dec(order.qty)
  const opens = qty.minus(closedBy(size, order.side, qty))
  const value = opens.times(price)
  const needed = value
    .div(leverageOf(account, order.symbol))
    .plus(value.times(exchange.fees.linear.taker).times(2))
  if (needed.gt(accountNumbers(exchange, account).available))
    return refusalOf(110007, 'ab not enough for new order')
  const cut = riskShareOf(exchange, order.symbol)
  const tiers = riskTiers(listing, cut)
  const after = size.abs().plus(opens).times(price)
  const allowed = tiers.filter(({ maxLeverage }) => maxLeverage.gte(leverageOf(account, order.symbol))).at(-1)
  if (opens.gt(0) && after.gt(allowed?.limit ?? 0))
    return refusalOf(
      110090,
      `Order placement failed as your position may exceed the max. Please adjust your leverage to ${tierOf(listing, after, cut).maxLeverage.toFixed()} or below to increase the max. position limit`,
    )
  return undefined
}
