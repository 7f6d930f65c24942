/**
 * How much of a result is luck. The best of many tries looks good by being the best: the deflated Sharpe ratio asks how likely a
 * true ratio above 0 is after that. Source: Bailey and López de Prado, "The Deflated Sharpe Ratio", 2014.
 */
import { normal } from '../../domain/carry/holding-costs.ts'
import { randomOf } from './grid.ts'

const DAYS_A_YEAR = 365

/** Of daily changes; none of them a year's figure. */
type Moments = { count: number; mean: number; deviation: number; skew: number; kurtosis: number }

/** From one day to the next. */
export const dailyChanges = (equity: Float64Array): Float64Array =>
  equity.subarray(1).map((value, day) => value - (equity[day] ?? 0))

/** The same as fractions of what was there at the start, which is above 0. */
export const dailyReturns = (equity: Float64Array): Float64Array =>
  dailyChanges(equity).map(change => change / (equity[0] ?? 1))

/** @param values - none give a deviation of 0 */
export function momentsOf(values: Float64Array): Moments {
  const count = values.length
  const mean = count > 0 ? values.reduce((sum, value) => sum + value, 0) / count : 0
  const power = (of: number) =>
    count > 0 ? values.reduce((sum, value) => sum + (value - mean) ** of, 0) / count : 0
  const variance = power(2)
  const deviation = Math.sqrt(variance)
  return {
    count,
    mean,
    deviation,
    skew: variance > 0 ? power(3) / deviation ** 3 : 0,
    kurtosis: variance > 0 ? power(4) / variance ** 2 : 3,
  }
}

/** Mean over deviation, of one day; 0 where nothing moved. */
export const sharpeOf = ({ mean, deviation }: Moments): number => (deviation > 0 ? mean / deviation : 0)
/** A daily ratio as the ratio of a year. */
export const yearly = (dailySharpe: number): number => dailySharpe * Math.sqrt(DAYS_A_YEAR)

const EULER = 0.5772156649015329

/** The best daily Sharpe ratio that so many tries of nothing would show by luck, their ratios scattered as these are. */
export function luckiestSharpe(ratios: readonly number[]): number {
  const tries = ratios.length
  if (tries < 2) return 0
  const { deviation } = momentsOf(Float64Array.from(ratios))
  return (
    deviation *
    ((1 - EULER) * normalQuantile(1 - 1 / tries) + EULER * normalQuantile(1 - 1 / (tries * Math.E)))
  )
}

/** How likely the true ratio is above `floor`, given how long, how skewed and how fat-tailed the days are: 0 to 1. */
export function sharpeProbability(moments: Moments, floor: number): number {
  const ratio = sharpeOf(moments)
  const { count, skew, kurtosis } = moments
  if (count < 2 || moments.deviation === 0) return 0
  const spread = 1 - skew * ratio + ((kurtosis - 1) / 4) * ratio ** 2
  return spread > 0 ? normal(((ratio - floor) * Math.sqrt(count - 1)) / Math.sqrt(spread)) : 0
}

/** Where the standard normal distribution has this share below it; by halving, to 1e-12. */
export function normalQuantile(share: number): number {
  let [low, high] = [-40, 40]
  for (let step = 0; step < 90; step++) {
    const middle = (low + high) / 2
    if (normal(middle) < share) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** Carry is paid in stretches: days are drawn in blocks of this length. */
const BLOCK_DAYS = 20
const DRAWS = 1000

/** What a year of these days comes to, drawn anew in blocks: the middle nine tenths of all draws. The same for the same seed. */
export function yearlyRange(days: Float64Array, seed: number): { low: number; high: number } | null {
  if (days.length < 2 * BLOCK_DAYS) return null
  const random = randomOf(seed)
  const totals = Array.from({ length: DRAWS }, () => {
    let [sum, left] = [0, days.length]
    while (left > 0) {
      const from = Math.floor(random() * days.length)
      for (let day = 0; day < Math.min(BLOCK_DAYS, left); day++) sum += days[(from + day) % days.length] ?? 0
      left -= BLOCK_DAYS
    }
    return (sum / days.length) * DAYS_A_YEAR
  }).sort((a, b) => a - b)
  const at = (share: number) => totals[Math.floor(share * (DRAWS - 1))] ?? 0
  return { low: at(0.05), high: at(0.95) }
}

/** Largest fall from the highest value before it, a fraction of that. */
export function deepestFall(equity: Float64Array): number {
  let [peak, worst] = [Number.NEGATIVE_INFINITY, 0]
  for (const value of equity) {
    peak = Math.max(peak, value)
    if (peak > 0) worst = Math.max(worst, (peak - value) / peak)
  }
  return worst
}
