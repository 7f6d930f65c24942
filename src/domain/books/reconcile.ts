/**
 * What the hedges say against what the exchange shows. A leg that is not there stops everything; coins, positions and orders
 * that are nobody's are only told, because people own coins and trade by hand. Nothing is corrected here.
 */
import { Decimal } from 'decimal.js'
import { ownerOfOrder } from '../legs/order.ts'
import { ownedOf, type ShownCoin, type ShownPosition, shortContracts } from '../legs/venue-legs.ts'
import type { BaseQty, OrderQty } from '../units.ts'

/** What one hedge believes it holds. */
/** What must be readable on the exchange for these claims to be judged: cash and their coins, and their perpetuals. */
export const namesClaimed = (
  claims: readonly { baseCoin: string; perpSymbol: string }[],
): { coins: ReadonlySet<string>; symbols: ReadonlySet<string> } => ({
  coins: new Set(['USDT', ...claims.map(({ baseCoin }) => baseCoin)]),
  symbols: new Set(claims.map(({ perpSymbol }) => perpSymbol)),
})

export type Claim = {
  hedgeId: string
  baseCoin: string
  perpSymbol: string
  /** Coins held; negative is owed. */
  spotNetBase: BaseQty
  /** Contracts short; negative is long. */
  perpContracts: OrderQty
  /** Tolerances: less than one lot, at most one spot step. */
  perpQtyStep: OrderQty
  spotQtyStep: OrderQty
}

/** The exchange's own `CoinBalance`, `Position` and `OrderReport` fit. */
export type VenueHoldings = {
  coins: readonly ShownCoin[]
  positions: readonly ShownPosition[]
  openOrders: readonly { orderLinkId: string; symbol: string }[]
}

export type Difference = {
  kind: /** Less short than claimed, or on the wrong side: a leg is gone. */
    | 'missing-position'
    /** More short than claimed, or a position nobody claims. */
    | 'foreign-position'
    | 'short-spot'
    | 'foreign-spot'
    | 'foreign-order'
    /** We hold it open, the exchange does not: it has to be asked about. */
    | 'missing-order'
  /** Symbol, coin or order id. */
  subject: string
  /** Hedges that claim a part of it. */
  hedgeIds: string[]
  found: string
  expected: string
  /** `information` stops nothing. */
  weight: 'information' | 'broken'
}

/** Interest of a few hours at the dearest rates there are, as a fraction of the debt. */
const UNBOOKED_INTEREST = '0.001'

/** The cash of the account: every trade moves it, the ledger accounts for it. */
const CASH = new Set(['USDT'])

/** All differences, positions first, then coins, then orders; empty when everything agrees. */
export function reconcile(
  claims: readonly Claim[],
  openOrderIds: readonly string[],
  venue: VenueHoldings,
): Difference[] {
  return [
    ...positionDifferences(claims, venue),
    ...spotDifferences(claims, venue),
    ...orderDifferences(openOrderIds, venue),
  ]
}

function positionDifferences(claims: readonly Claim[], { positions }: VenueHoldings): Difference[] {
  const bySymbol = Map.groupBy(claims, claim => claim.perpSymbol)
  const shorts = new Map<string, Decimal>()
  for (const position of positions) {
    const { symbol } = position
    shorts.set(symbol, shortContracts(position).plus(shorts.get(symbol) ?? 0))
  }
  const differences: Difference[] = []
  for (const symbol of new Set([...bySymbol.keys(), ...shorts.keys()])) {
    const mine = bySymbol.get(symbol) ?? []
    const expected = sum(mine.map(claim => claim.perpContracts))
    const found = shorts.get(symbol) ?? new Decimal(0)
    const lot = Decimal.max(0, ...mine.map(claim => claim.perpQtyStep))
    const gap = found.minus(expected)
    if (gap.isZero() || gap.abs().lt(lot)) continue
    // Less than claimed, in the claim's own direction. What is more, or stands where nothing is claimed, is somebody else's.
    const missing = !expected.isZero() && gap.times(expected.isNegative() ? -1 : 1).isNegative()
    differences.push({
      kind: missing ? 'missing-position' : 'foreign-position',
      subject: symbol,
      hedgeIds: mine.map(claim => claim.hedgeId),
      found: contractsText(found),
      expected: contractsText(expected),
      weight: missing ? 'broken' : 'information',
    })
  }
  return differences
}

/** `0.5 contracts long`: the sign is said in words. */
const contractsText = (short: Decimal): string =>
  short.isZero()
    ? 'no contracts'
    : `${short.abs().toFixed()} contracts ${short.isNegative() ? 'long' : 'short'}`

function spotDifferences(claims: readonly Claim[], { coins }: VenueHoldings): Difference[] {
  const byCoin = Map.groupBy(claims, claim => claim.baseCoin)
  const wallets = new Map(coins.map(each => [each.coin, new Decimal(ownedOf(each))]))
  const differences: Difference[] = []
  for (const coin of new Set([...byCoin.keys(), ...wallets.keys()])) {
    if (CASH.has(coin)) continue
    const mine = byCoin.get(coin) ?? []
    const expected = sum(mine.map(claim => claim.spotNetBase))
    const found = wallets.get(coin) ?? new Decimal(0)
    const step = Decimal.max(0, ...mine.map(claim => claim.spotQtyStep))
    const gap = found.minus(expected)
    // A debt grows each hour, and its row is booked a little later.
    const unbooked = Decimal.max(0, expected.neg()).times(UNBOOKED_INTEREST)
    if (gap.abs().lte(step.plus(unbooked))) continue
    // Where no hedge claims any, what is owed is a person's debt as what is owned is his coin.
    const isClaimed = mine.length > 0
    const short = gap.isNegative()
    // A debt that is smaller than claimed was repaid by somebody: its perpetual hedges nothing any more.
    const broken = isClaimed && (short || expected.isNegative())
    differences.push({
      kind: short && isClaimed ? 'short-spot' : 'foreign-spot',
      subject: coin,
      hedgeIds: mine.map(claim => claim.hedgeId),
      found: found.toFixed(),
      expected: expected.toFixed(),
      weight: broken ? 'broken' : 'information',
    })
  }
  return differences
}

function orderDifferences(openOrderIds: readonly string[], { openOrders }: VenueHoldings): Difference[] {
  const expected = new Set(openOrderIds)
  const found = new Set(openOrders.map(order => order.orderLinkId))
  const foreign = openOrders
    .filter(order => !expected.has(order.orderLinkId))
    .map(({ orderLinkId, symbol }): Difference => {
      const owner = ownerOfOrder(orderLinkId)
      return {
        kind: 'foreign-order',
        subject: orderLinkId,
        hedgeIds: owner ? [owner.hedgeId] : [],
        found: `open on ${symbol}`,
        expected: 'not open',
        // An id of our own making that no hedge holds open is not a person's order.
        weight: owner ? 'broken' : 'information',
      }
    })
  const missing = openOrderIds
    .filter(id => !found.has(id))
    .map((id): Difference => {
      const owner = ownerOfOrder(id)
      return {
        kind: 'missing-order',
        subject: id,
        hedgeIds: owner ? [owner.hedgeId] : [],
        found: 'not open',
        expected: 'open',
        weight: 'broken',
      }
    })
  return [...foreign, ...missing]
}

const sum = (parts: readonly string[]): Decimal =>
  parts.reduce((total, part) => total.plus(part), new Decimal(0))
