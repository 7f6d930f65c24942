/**
 * How symbols come and go. A delisting is announced ahead: `deliveryTime` is set, the last half hour is reduce-only, then orders
 * are cancelled and positions settle at the average index of that half hour, without an order of the account's.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import type { Happening } from '../events/agenda-shape.ts'
import { dec, indexOf, type SimExchange } from '../exchange-state.ts'
import { MINUTE_MS } from '../market/funding.ts'
import { cancelOrders, forceFill } from '../orders/forced-fills.ts'
import { pushWallet } from '../pushes/private.ts'
import type { Listing } from './universe.ts'

/** Of the average that a delisted contract settles at. */
const AVERAGED_MS = 30 * MINUTE_MS
/** Between settling and being gone. */
const DELIVERING_MS = MINUTE_MS

const keyOf = (market: Market, symbol: string) => `${market} ${symbol}`

/** Announces that a market ends; it becomes reduce-only and closes by itself. */
export function announceDelisting(
  exchange: SimExchange,
  { market = 'linear', symbol, atMs, reduceOnlyAtMs = atMs - AVERAGED_MS }: Happening & { kind: 'delisting' },
): void {
  const when = `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  if (market === 'spot') {
    exchange.state.announcements.push({
      title: `Delisting of ${symbol} Spot Trading Pair`,
      description: `Trading ends on ${when}; orders that are open then are cancelled.`,
      key: 'delistings',
      tags: ['Spot', 'Delistings'],
      atMs: exchange.state.nowMs,
    })
    return
  }
  exchange.state.life[keyOf('linear', symbol)] = { status: 'Trading', deliveryAtMs: atMs, reduceOnlyAtMs }
  exchange.state.announcements.push({
    title: `Delisting of ${symbol} Perpetual Contract`,
    description: `The contract settles on ${when} at the average index price of the last 30 minutes.`,
    key: 'delistings',
    tags: ['Derivatives', 'Delistings'],
    atMs: exchange.state.nowMs,
  })
}

/** Announces a market that begins later. */
export function announceListing(
  exchange: SimExchange,
  { market, symbol, atMs }: Happening & { kind: 'listing' },
): void {
  exchange.state.life[keyOf(market, symbol)] = { status: 'PreLaunch', launchAtMs: atMs }
  exchange.state.announcements.push({
    title: `New Listing: ${symbol} ${market === 'spot' ? 'Spot' : 'Perpetual Contract'}`,
    description: `Trading begins on ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    key: 'new_crypto',
    tags: market === 'spot' ? ['Spot', 'Spot Listings'] : ['Derivatives'],
    atMs: exchange.state.nowMs,
  })
}

/** A listing of which a launch was told begins to trade. */
export function launch(exchange: SimExchange, market: Market, symbol: string): void {
  const life = exchange.state.life[keyOf(market, symbol)]
  if (life) life.status = 'Trading'
}

/** The average of the index at each minute's end, over what is known of the last half hour. */
function deliveryPrice(exchange: SimExchange, listing: Listing): Decimal {
  const { nowMs } = exchange.state
  const minutes = exchange.market.candles.minutes(listing.index, 'index', nowMs - AVERAGED_MS, nowMs)
  if (minutes.length === 0) return indexOf(exchange, listing)
  const sum = minutes.reduce(
    (total, minute) => total.plus(minute.close.toFixed(listing.priceScale)),
    new Decimal(0),
  )
  return sum.div(minutes.length).toDecimalPlaces(listing.priceScale)
}

/** Cancels every order and settles every position of a perpetual. */
export function deliver(exchange: SimExchange, symbol: string): void {
  const found = exchange.universe.find('linear', symbol)
  const life = exchange.state.life[keyOf('linear', symbol)]
  if (!found || !life) return
  const price = deliveryPrice(exchange, found.listing)
  for (const account of Object.values(exchange.state.accounts)) {
    cancelOrders(
      exchange,
      account,
      'CancelBySettle',
      order => order.market === 'linear' && order.symbol === symbol,
    )
    const position = account.positions[symbol]
    if (!position || dec(position.size).isZero()) continue
    forceFill(exchange, account, position, {
      execType: 'Delivery',
      createType: 'CreateBySettle',
      type: 'DELIVERY',
      qty: dec(position.size).abs(),
      price,
      feeRate: '0',
    })
    pushWallet(exchange, account, [found.instrument.quoteCoin])
  }
  life.status = 'Delivering'
}

/** A spot market ends: orders are cancelled, the coins stay where they are. */
export function closeSpot(exchange: SimExchange, symbol: string): void {
  for (const account of Object.values(exchange.state.accounts))
    cancelOrders(
      exchange,
      account,
      'CancelBySettle',
      order => order.market === 'spot' && order.symbol === symbol,
    )
  exchange.state.life[keyOf('spot', symbol)] = { status: 'Closed' }
}

/** Delivered symbols are gone a minute later. */
export function closeDelivered(exchange: SimExchange): void {
  for (const life of Object.values(exchange.state.life))
    if (life.status === 'Delivering' && exchange.state.nowMs >= (life.deliveryAtMs ?? 0) + DELIVERING_MS)
      life.status = 'Closed'
}
