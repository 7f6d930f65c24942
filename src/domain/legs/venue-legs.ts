/**
 * The legs of a hedge as the exchange shows them: positions and coins, counted upward as the hedge counts them. Coins are
 * owned less owed: a margin sale takes what lies free before it borrows.
 */
import { Decimal } from 'decimal.js'
import type { Direction, Side } from '../instrument.ts'
import { type Amount, amount, type BaseQty, baseQty, type OrderQty } from '../units.ts'
import { signOf } from './sides.ts'

/** The exchange's own `Position` and `CoinBalance` fit. */
export type ShownPosition = { symbol: string; qty: OrderQty; side: Side | 'flat' }
export type ShownCoin = { coin: string; wallet: Amount; spotBorrowed?: Amount }

/** Coins owned (+) or owed (−): wallet less spot loans. Source: Bybit, coin equity = walletBalance − spotBorrow + … */
export const ownedOf = ({ wallet, spotBorrowed }: ShownCoin): Amount =>
  amount(new Decimal(wallet).minus(spotBorrowed ?? 0))

/** Contracts short (+) or long (−). */
export const shortContracts = ({ qty, side }: ShownPosition): Decimal =>
  side === 'flat' ? new Decimal(0) : new Decimal(qty).times(side === 'Sell' ? 1 : -1)

type Facing = { direction: Direction; baseCoin: string; perp: { symbol: string; multiplier: number } }

/** Both legs, positive where they are on this hedge's side. */
export function shownLegs(
  { direction, baseCoin, perp }: Facing,
  positions: readonly ShownPosition[],
  coins: readonly ShownCoin[],
): { spotBase: BaseQty; perpBase: BaseQty } {
  const sign = signOf(direction)
  const position = positions.find(({ symbol }) => symbol === perp.symbol)
  const short = position ? shortContracts(position) : new Decimal(0)
  const coin = coins.find(each => each.coin === baseCoin)
  return {
    spotBase: baseQty(new Decimal(coin ? ownedOf(coin) : 0).times(sign)),
    perpBase: baseQty(short.times(perp.multiplier).times(sign)),
  }
}

/** The part of them that can be this hedge's: never more than it knows of on either leg, nothing on the other side. */
export function ownLegs(
  shown: { spotBase: BaseQty; perpBase: BaseQty },
  known: { spotBase: BaseQty; perpBase: BaseQty },
): { spotBase: BaseQty; perpBase: BaseQty } {
  const within = (found: BaseQty, most: BaseQty) => baseQty(Decimal.max(0, Decimal.min(found, most)))
  return {
    spotBase: within(shown.spotBase, known.spotBase),
    perpBase: within(shown.perpBase, known.perpBase),
  }
}

type Legs = { spotBase: BaseQty; perpBase: BaseQty }

/**
 * What a hedge gives up on a finding, added to what it gave up before and less what it takes back: coins and contracts (in base
 * coins) that executions had made and the exchange does not show. `isLess`: at least one leg is smaller than it was known.
 */
export function givenUp(known: Legs, found: Legs, before: Legs): { gaveUp: Legs; isLess: boolean } {
  const spot = new Decimal(known.spotBase).minus(found.spotBase)
  const perp = new Decimal(known.perpBase).minus(found.perpBase)
  return {
    gaveUp: {
      spotBase: baseQty(Decimal.max(0, spot.plus(before.spotBase))),
      perpBase: baseQty(Decimal.max(0, perp.plus(before.perpBase))),
    },
    isLess: spot.gt(0) || perp.gt(0),
  }
}
