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

/** The part of them that can be this hedge's: never more spot than it knows of, nothing on the other side. */
export function ownLegs(
  shown: { spotBase: BaseQty; perpBase: BaseQty },
  knownSpotBase: BaseQty,
): { spotBase: BaseQty; perpBase: BaseQty } {
  return {
    spotBase: baseQty(Decimal.max(0, Decimal.min(shown.spotBase, knownSpotBase))),
    perpBase: baseQty(Decimal.max(0, shown.perpBase)),
  }
}
