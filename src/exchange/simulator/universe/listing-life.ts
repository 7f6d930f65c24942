/**
 * How symbols come and go. A delisting is announced ahead: `deliveryTime` is set, the last half hour is reduce-only, then orders
 * are cancelled and positions settle at the average index of that half hour, without an order of the account's.
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../../domain/instrument.ts'
import type { Happening } from '../events/agenda-types.ts'
import { MINUTE_MS } from '../market/funding.ts'
import { cancelOrders, forceFill } from '../orders/forced-fills.ts'
import { pushWallet } from '../pushes/private.ts'
import { dec, indexOf, type World } from '../world.ts'
import type { Listing } from './universe.ts'

/** Of the average that a delisted contract settles at. */
const AVERAGED_MS = 30 * MINUTE_MS
/** Between settling and being gone. */
const DELIVERING_MS = MINUTE_MS

const keyOf = (market: Market, symbol: string) => `${market} ${symbol}`

export function announceDelisting(
  world: World,
  { symbol, atMs, reduceOnlyAtMs = atMs - AVERAGED_MS }: Happening & { kind: 'delisting' },
): void {
  world.state.life[keyOf('linear', symbol)] = { status: 'Trading', deliveryAtMs: atMs, reduceOnlyAtMs }
  const when = `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
  world.state.announcements.push({
    title: `Delisting of ${symbol} Perpetual Contract`,
    description: `The contract settles on ${when} at the average index price of the last 30 minutes.`,
    key: 'delistings',
    tags: ['Derivatives', 'Delistings'],
    atMs: world.state.nowMs,
  })
}

export function announceListing(
  world: World,
  { market, symbol, atMs }: Happening & { kind: 'listing' },
): void {
  world.state.life[keyOf(market, symbol)] = { status: 'PreLaunch', launchAtMs: atMs }
  world.state.announcements.push({
    title: `New Listing: ${symbol} ${market === 'spot' ? 'Spot' : 'Perpetual Contract'}`,
    description: `Trading begins on ${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC.`,
    key: 'new_crypto',
    tags: market === 'spot' ? ['Spot', 'Spot Listings'] : ['Derivatives'],
    atMs: world.state.nowMs,
  })
}

export function launch(world: World, market: Market, symbol: string): void {
  const life = world.state.life[keyOf(market, symbol)]
  if (life) life.status = 'Trading'
}

/** The average of the index at each minute's end, over what is known of the last half hour. */
function deliveryPrice(world: World, listing: Listing): Decimal {
  const { nowMs } = world.state
  const minutes = world.market.candles.minutes(listing.index, 'index', nowMs - AVERAGED_MS, nowMs)
  if (minutes.length === 0) return indexOf(world, listing)
  const sum = minutes.reduce(
    (total, minute) => total.plus(minute.close.toFixed(listing.priceScale)),
    new Decimal(0),
  )
  return sum.div(minutes.length).toDecimalPlaces(listing.priceScale)
}

/** Cancels every order and settles every position of a perpetual. */
export function deliver(world: World, symbol: string): void {
  const found = world.universe.find('linear', symbol)
  const life = world.state.life[keyOf('linear', symbol)]
  if (!found || !life) return
  const price = deliveryPrice(world, found.listing)
  for (const account of Object.values(world.state.accounts)) {
    cancelOrders(
      world,
      account,
      'CancelBySettle',
      order => order.market === 'linear' && order.symbol === symbol,
    )
    const position = account.positions[symbol]
    if (!position || dec(position.size).isZero()) continue
    forceFill(world, account, position, {
      execType: 'Delivery',
      createType: 'CreateBySettle',
      type: 'DELIVERY',
      qty: dec(position.size).abs(),
      price,
      feeRate: '0',
    })
    pushWallet(world, account, [found.instrument.quoteCoin])
  }
  life.status = 'Delivering'
}

/** Delivered symbols are gone a minute later. */
export function closeDelivered(world: World): void {
  for (const life of Object.values(world.state.life))
    if (life.status === 'Delivering' && world.state.nowMs >= (life.deliveryAtMs ?? 0) + DELIVERING_MS)
      life.status = 'Closed'
}
