/**
 * Grids of prices and quantities. The synthetic book counts in whole ticks and whole lots, so that its prices are exact;
 * this is the way from counts to Bybit's text and back. The perpetual market pads decimals ("77.300"), spot trims them.
 */
import { Decimal } from 'decimal.js'
import '../../../domain/units.ts'
import type { Market } from '../../../domain/instrument.ts'

export type Grid = {
  readonly step: Decimal
  readonly stepFloat: number
  readonly decimals: number
  readonly trims: boolean
  /** The step as an integer count of 10^-decimals. */
  readonly units: number
}

/** The grid of a step as Bybit writes it; the text's own decimals are kept ("0.10" pads to two). */
export function gridOf(stepText: string, trims: boolean): Grid {
  const decimals = stepText.includes('.') ? stepText.length - stepText.indexOf('.') - 1 : 0
  const step = new Decimal(stepText)
  const units = step.times(new Decimal(10).pow(decimals)).toNumber()
  return { step, stepFloat: step.toNumber(), decimals, trims, units }
}

/** A count of steps as text. Cut from the digits: making it anew costs a fifth of looking for one made before. */
export function textOf({ step, units, decimals, trims }: Grid, count: number): string {
  const scaled = count * units
  if (!Number.isSafeInteger(scaled)) return step.times(count).toFixed(trims ? undefined : decimals)
  if (decimals === 0) return String(scaled)
  const digits = String(Math.abs(scaled))
  const cut = digits.length - decimals
  const text = cut > 0 ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : `0.${'0'.repeat(-cut)}${digits}`
  const signed = scaled < 0 ? `-${text}` : text
  return trims ? withoutZeros(signed) : signed
}

const ZERO_CODE = 48
const POINT_CODE = 46

/** Of a text with a point. */
function withoutZeros(text: string): string {
  let end = text.length
  while (text.charCodeAt(end - 1) === ZERO_CODE) end--
  if (text.charCodeAt(end - 1) === POINT_CODE) end--
  return end === text.length ? text : text.slice(0, end)
}

/** Without trailing zeros: klines print prices so on both markets. */
export const trimmed = (text: string): string => (text.includes('.') ? withoutZeros(text) : text)

/** A decimal on or off the grid as Bybit would print it on this instrument. */
export const gridText = (grid: Grid, value: Decimal): string =>
  grid.trims ? value.toFixed() : value.toFixed(Math.max(grid.decimals, 0))

/** Is it a whole number of steps? */
export const onGrid = (grid: Grid, value: Decimal): boolean => value.mod(grid.step).isZero()
/** Whole steps in `value`, towards zero. */
export const countOf = (grid: Grid, value: Decimal): number => value.divToInt(grid.step).toNumber()
/** Whole steps, towards zero. */
export const floorOn = (grid: Grid, value: Decimal): Decimal => value.divToInt(grid.step).times(grid.step)
/** Whole steps, upwards. */
export const ceilOn = (grid: Grid, value: Decimal): Decimal => value.div(grid.step).ceil().times(grid.step)

// Numbers Bybit publishes: fees by VIP level, lending rates (about 5 % a year for dollars, 3 % for coins), monies in USDT.

/** Fraction of the amount owed per hour. */
export const borrowRate = (coin: string): string => (coin === 'USDT' ? '0.0000057' : '0.0000035')

/** What one unit of a money is worth in USDT; fixed, for markets that are not against USDT. */
const MONIES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    USDT: 1,
    USDC: 1,
    USDE: 1,
    USD1: 1,
    RLUSD: 1,
    XUSD: 1,
    USD: 1,
    EUR: 1.15,
    GBP: 1.33,
    AED: 0.2723,
    PLN: 0.27,
    BRL: 0.18,
    TRY: 0.024,
  }),
)

/** Undefined for what is no money: its price is its market's. */
export const usdtOf = (coin: string): number | undefined => MONIES.get(coin)

/** Shares of an order's value, as fractions. */
export type FeeTable = Record<Market, { taker: string; maker: string }>
export type VipLevel = 'No VIP' | 'VIP-1' | 'Supreme VIP'

/** Published fees of some VIP levels, as fractions of the value. They are read back through `fee-rate`. */
export const FEE_TIERS: Readonly<Record<VipLevel, FeeTable>> = {
  'No VIP': { spot: { taker: '0.001', maker: '0.001' }, linear: { taker: '0.00055', maker: '0.0002' } },
  'VIP-1': { spot: { taker: '0.0008', maker: '0.000675' }, linear: { taker: '0.0004', maker: '0.00018' } },
  'Supreme VIP': { spot: { taker: '0.00045', maker: '0.0003' }, linear: { taker: '0.0003', maker: '0' } },
}
