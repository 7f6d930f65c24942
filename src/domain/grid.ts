/**
 * Grids: lot steps, price ticks, and the multiplier between contracts and base coins.
 * All exact; nothing here rounds away from what is named.
 */
import { Decimal } from 'decimal.js'
import type { Side } from './instrument.ts'
import { type BaseQty, baseQty, type OrderQty, orderQty, type Price, price } from './units.ts'

type Numeric = Decimal | string

/** The largest multiple of `step` not above `value`; towards minus infinity for negative values. */
export function floorTo(value: Numeric, step: Numeric): Decimal {
  const { exact, size, rest } = split(value, step)
  const towardsZero = exact.minus(rest)
  return rest.isNegative() && !rest.isZero() ? towardsZero.minus(size) : towardsZero
}

/** The smallest multiple of `step` not below `value`. */
export function ceilTo(value: Numeric, step: Numeric): Decimal {
  const { exact, size, rest } = split(value, step)
  const towardsZero = exact.minus(rest)
  return rest.isPositive() && !rest.isZero() ? towardsZero.plus(size) : towardsZero
}

/** Whether `value` is a whole multiple of `step`, exactly. Throws when the step is not above 0. */
export function isOnGrid(value: Numeric, step: Numeric): boolean {
  return split(value, step).rest.isZero()
}

// By remainder, which is exact: a quotient cut at the working precision could land on the wrong side of a whole number.
function split(value: Numeric, step: Numeric): { exact: Decimal; size: Decimal; rest: Decimal } {
  const exact = new Decimal(value)
  const size = new Decimal(step)
  if (!size.gt(0)) throw new Error(`step: expected a decimal above 0, found ${step.toString()}`)
  return { exact, size, rest: exact.mod(size) }
}

/** Base coins in a quantity of contracts. */
export const contractsToBase = (contracts: OrderQty, multiplier: number): BaseQty =>
  baseQty(new Decimal(contracts).times(multiplier))

/** Contracts for a quantity of base coins; multipliers are powers of ten, so this is exact. */
export const baseToContracts = (base: BaseQty, multiplier: number): OrderQty =>
  orderQty(new Decimal(base).div(multiplier))

/**
 * A price on the tick grid.
 * @param toward - 'passive' gives the trader no worse a price (a buy rounds down); 'aggressive' is surer to fill
 */
export function priceOnTick(
  wanted: Numeric,
  tickSize: Price,
  side: Side,
  toward: 'passive' | 'aggressive',
): Price {
  const down = (side === 'Buy') === (toward === 'passive')
  return price(down ? floorTo(wanted, tickSize) : ceilTo(wanted, tickSize))
}

/** A price per contract as one per base coin. */
export const perBaseCoin = (perContract: Price, multiplier: number): Price =>
  price(new Decimal(perContract).div(multiplier))
