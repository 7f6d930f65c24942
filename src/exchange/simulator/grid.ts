/**
 * Grids of prices and quantities. The synthetic book counts in whole ticks and whole lots, so that its prices are exact;
 * this is the way from counts to Bybit's text and back. The perpetual market pads decimals ("77.300"), spot trims them.
 */
import { Decimal } from 'decimal.js'
import '../../domain/units.ts'

export type Grid = {
  readonly step: Decimal
  readonly stepFloat: number
  readonly decimals: number
  readonly trims: boolean
  /** The step as an integer count of 10^-decimals. */
  readonly units: number
  /** Texts made lately: books say the same prices and sizes again and again. */
  readonly texts: Map<number, string>
}

const TEXTS_KEPT = 10_000

/** The grid of a step as Bybit writes it; the text's own decimals are kept ("0.10" pads to two). */
export function gridOf(stepText: string, trims: boolean): Grid {
  const decimals = stepText.includes('.') ? stepText.length - stepText.indexOf('.') - 1 : 0
  const step = new Decimal(stepText)
  const units = step.times(new Decimal(10).pow(decimals)).toNumber()
  return { step, stepFloat: step.toNumber(), decimals, trims, units, texts: new Map() }
}

/** A count of steps as text. */
export function textOf(grid: Grid, count: number): string {
  const known = grid.texts.get(count)
  if (known !== undefined) return known
  const made = makeText(grid, count)
  if (grid.texts.size >= TEXTS_KEPT) grid.texts.clear()
  grid.texts.set(count, made)
  return made
}

function makeText(grid: Grid, count: number): string {
  const scaled = count * grid.units
  if (!Number.isSafeInteger(scaled))
    return grid.step.times(count).toFixed(grid.trims ? undefined : grid.decimals)
  if (grid.decimals === 0) return String(scaled)
  const digits = String(Math.abs(scaled)).padStart(grid.decimals + 1, '0')
  const cut = digits.length - grid.decimals
  const text = `${scaled < 0 ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`
  return grid.trims ? trimmed(text) : text
}

/** Without trailing zeros: klines print prices so on both markets. */
export const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)

/** A decimal on or off the grid as Bybit would print it on this instrument. */
export const gridText = (grid: Grid, value: Decimal): string =>
  grid.trims ? value.toFixed() : value.toFixed(Math.max(grid.decimals, 0))

export const onGrid = (grid: Grid, value: Decimal): boolean => value.mod(grid.step).isZero()
/** Whole steps in `value`, towards zero. */
export const countOf = (grid: Grid, value: Decimal): number => value.divToInt(grid.step).toNumber()
export const floorTo = (grid: Grid, value: Decimal): Decimal => value.divToInt(grid.step).times(grid.step)
export const ceilTo = (grid: Grid, value: Decimal): Decimal => value.div(grid.step).ceil().times(grid.step)
