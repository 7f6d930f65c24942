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
  return stepsIn(value, step).floor().times(step)
}

/** The smallest multiple of `step` not below `value`. */
export function ceilTo(value: Numeric, step: Numeric): Decimal {
  return stepsIn(value, step).ceil().times(step)
}

export function isOnGrid(value: Numeric, step: Numeric): boolean {
  return new Decimal(value).mod(step).isZero()
}

// Exact: a division cut at the working precision could land on the wrong side of a whole number.
function stepsIn(value: Numeric, step: Numeric): Decimal {
  const exact = new Decimal(value)
  if (!new Decimal(step).isPositive() || new Decimal(step).isZero())
    throw new Error(`step: expected a decimal above 0, found ${step.toString()}`)
  const rest = exact.mod(step)
  const whole = exact.minus(rest).div(step).round()
  return rest.isZero() ? whole : whole.plus(rest.isNegative() ? -0.5 : 0.5)
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
