/**
 * What a position's text says, read once and again only when it changed: prices change a thousand times as often, and at each
 * of them somebody asks.
 */
import type { Decimal } from 'decimal.js'
import { dec, type PositionState } from '../exchange-state.ts'

export type PositionAmounts = {
  /** Signed contracts. */
  size: Decimal
  /** Σ qty × price of what is open. */
  cost: Decimal
  /** The same in floats, for looks that may only decide not to look closer. */
  sizeFloat: number
  costFloat: number
}

const read = new WeakMap<PositionState, PositionAmounts & { sizeText: string; costText: string }>()

export function amountsOf(position: PositionState): PositionAmounts {
  const { size, cost } = position
  const last = read.get(position)
  if (last?.sizeText === size && last.costText === cost) return last
  const amounts = {
    size: dec(size),
    cost: dec(cost),
    sizeFloat: Number(size),
    costFloat: Number(cost),
    sizeText: size,
    costText: cost,
  }
  read.set(position, amounts)
  return amounts
}
