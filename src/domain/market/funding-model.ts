/**
 * Fits the reverting funding model to settled rates. Rates are first made hourly, because one symbol's interval changes.
 * An estimate for judging only; no amount is ever made from it. Source: carry.md e.1.
 */
import { Decimal } from 'decimal.js'
import { type FundingRate, fundingRate } from '../units.ts'
import { type FundingModel, HOUR_MS } from './funding.ts'

export type Settled = { rate: FundingRate; settledAtMs: number }

/** Below this many settlements nothing is fitted. */
export const SETTLED_MIN = 30
const PERSISTENCE_MIN = 0.01
const PERSISTENCE_MAX = 0.999

/**
 * Mean rate per hour and half-life of a gap to it, from consecutive settlements (oldest first). Undefined when there are
 * too few or the rate never moved. A series without memory gets the shortest half-life, one without end the longest.
 */
export function fitFundingModel(settled: readonly Settled[]): FundingModel | undefined {
  const hourly = hourlyRates(settled)
  if (hourly.length < SETTLED_MIN || hourly.every(({ rate }) => rate === hourly[0]?.rate)) return undefined
  const mean = average(hourly.map(({ rate }) => rate))
  const gaps = hourly.map(({ rate }) => rate - mean)
  const variance = average(gaps.map(gap => gap ** 2))
  const covariance = average(gaps.slice(1).map((gap, i) => gap * (gaps[i] ?? 0)))
  const persistence = Math.min(PERSISTENCE_MAX, Math.max(PERSISTENCE_MIN, covariance / variance))
  const hours = average(hourly.map(each => each.hours))
  return {
    meanRatePerHour: fundingRate(new Decimal(mean).toDecimalPlaces(18)),
    halfLifeHours: (hours * Math.LN2) / -Math.log(persistence),
  }
}

/** Each rate over the hours since the settlement before it; the first has none and only serves as a start. */
function hourlyRates(settled: readonly Settled[]): { rate: number; hours: number }[] {
  return settled.slice(1).flatMap((each, i) => {
    const hours = (each.settledAtMs - (settled[i]?.settledAtMs ?? Number.NaN)) / HOUR_MS
    return hours > 0 ? [{ rate: new Decimal(each.rate).toNumber() / hours, hours }] : []
  })
}

const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length
