/**
 * The arithmetic of expected funding on flat numbers, so that the same lines judge live, one perpetual at a time, and over years
 * of history, hundreds at once. Five sums of a perpetual lie one after the other from an offset on; each fades with the hours.
 * Source: carry.md e.1.
 */
import type { StrategyRules } from '../rules.ts'

/** Places of the sums: hours and rates of the slow mean, of the fast mean, and the scatter of the fast one around the slow one. */
export const SLOW_HOURS = 0
export const SLOW_RATE = 1
export const FAST_HOURS = 2
export const FAST_RATE = 3
export const SCATTER = 4
export const SUMS = 5

/** Places of what is expected: per hour now and in the long run, the allowance per hour, and the next settlement's rate. */
export const NOW = 0
export const LATER = 1
export const ALLOWANCE = 2
export const NEXT = 3
export const AHEAD = 4

export type OutlookRules = Pick<
  StrategyRules,
  'fundingFastHours' | 'fundingSlowHours' | 'fundingFadeHours' | 'fundingMarketHours' | 'fundingAllowance'
>

/** What is kept of the slow and of the fast sums after some hours: fractions. */
type Fading = { slow: number; fast: number }

/** @param hours - since the sums were heard last */
export const fadingOver = (hours: number, { fundingFastHours, fundingSlowHours }: OutlookRules): Fading => ({
  slow: Math.exp(-hours / fundingSlowHours),
  fast: Math.exp(-hours / fundingFastHours),
})

const valueIn = (of: Float64Array, at: number): number => of[at] ?? 0

/** The sums at `fromAt` of `from` with a rate over some hours more, put at `at` of `into`: both may be the same. */
export function hearRate(
  into: Float64Array,
  at: number,
  from: Float64Array,
  fromAt: number,
  rate: number,
  hours: number,
  { slow, fast }: Fading,
): void {
  const slowHours = valueIn(from, fromAt + SLOW_HOURS) * slow + hours
  const slowRate = valueIn(from, fromAt + SLOW_RATE) * slow + rate
  const fastHours = valueIn(from, fromAt + FAST_HOURS) * fast + hours
  const fastRate = valueIn(from, fromAt + FAST_RATE) * fast + rate
  const gap = fastRate / fastHours - slowRate / slowHours
  into[at + SCATTER] = valueIn(from, fromAt + SCATTER) * slow + gap * gap * hours
  into[at + SLOW_HOURS] = slowHours
  into[at + SLOW_RATE] = slowRate
  into[at + FAST_HOURS] = fastHours
  into[at + FAST_RATE] = fastRate
}

/** The running interval: its length, the part of it that is over, what that part fades, and the least and most rate of an hour. */
export type RunningInterval = {
  intervalHours: number
  elapsed: number
  fading: Fading
  least: number
  most: number
}

const heard = new Float64Array(SUMS)

/**
 * What is expected from here on, put at the start of `into`. The running interval counts as heard for as long as it runs; short
 * histories lean on the market's mean; both means stay between `least` and `most`.
 * @param rate - of the running interval, as the exchange estimates it
 * @param market - mean rate per hour of all perpetuals
 */
export function lookAhead(
  into: Float64Array,
  sums: Float64Array,
  at: number,
  rate: number,
  market: number,
  { intervalHours, elapsed, fading, least, most }: RunningInterval,
  rules: OutlookRules,
): void {
  const isRunning = elapsed > 0
  if (isRunning) hearRate(heard, 0, sums, at, rate * elapsed, elapsed * intervalHours, fading)
  const from = isRunning ? heard : sums
  const fromAt = isRunning ? 0 : at
  const slowHours = valueIn(from, fromAt + SLOW_HOURS)
  const { fundingFastHours, fundingSlowHours, fundingMarketHours, fundingAllowance } = rules
  const later = leaningOn(market, fundingMarketHours, valueIn(from, fromAt + SLOW_RATE), slowHours)
  const fastWeight = (fundingMarketHours * fundingFastHours) / fundingSlowHours
  const leant = leaningOn(
    later,
    fastWeight,
    valueIn(from, fromAt + FAST_RATE),
    valueIn(from, fromAt + FAST_HOURS),
  )
  const now = Math.min(most, Math.max(least, leant))
  const error = standardError(slowHours, valueIn(from, fromAt + SCATTER), fundingFastHours)
  into[NOW] = now
  into[LATER] = Math.min(most, Math.max(least, later))
  into[ALLOWANCE] = fundingAllowance * error
  into[NEXT] = elapsed * rate + (1 - elapsed) * now * intervalHours
}

/** A mean over known hours that counts so many hours of something else beside them. */
const leaningOn = (other: number, weight: number, rate: number, hours: number): number =>
  hours + weight > 0 ? (rate + other * weight) / (hours + weight) : other

/** Of the slow mean: rates nearer together than two fast spans say the same thing. */
function standardError(slowHours: number, scatter: number, fundingFastHours: number): number {
  if (slowHours <= 0) return 0
  return Math.sqrt(scatter / (slowHours * Math.max(1, slowHours / (2 * fundingFastHours))))
}

/** How far some settlements reach: hours after the next one, and the part of them for which the gap of both means stands. */
type Reach = { hours: number; faded: number }

/** @param settlements - at least one */
export function reachOf(settlements: number, intervalHours: number, fadeHours: number): Reach {
  const faded = (hours: number) => fadeHours * (1 - Math.exp(-hours / fadeHours))
  const hours = (settlements - 1) * intervalHours
  return { hours, faded: faded(hours + intervalHours) - faded(intervalHours) }
}

/** Sum of the rates expected at the settlements of a reach, `hours` and `faded` of it: + is paid by longs. */
export const rateOver = (next: number, now: number, later: number, hours: number, faded: number): number =>
  next + later * hours + (now - later) * faded

/**
 * May anything that is expected be above so much an hour? Every expectation is a mean of what is asked here, so a no is certain and
 * costs no division; a yes says nothing.
 * @param rate - of the running interval of `intervalHours`
 */
export function mayExceed(
  perHour: number,
  sums: Float64Array,
  at: number,
  rate: number,
  market: number,
  intervalHours: number,
  { fundingMarketHours }: OutlookRules,
): boolean {
  if (rate > perHour * intervalHours) return true
  if (valueIn(sums, at + FAST_RATE) > perHour * valueIn(sums, at + FAST_HOURS)) return true
  const slow = valueIn(sums, at + SLOW_RATE) + market * fundingMarketHours
  return slow > perHour * (valueIn(sums, at + SLOW_HOURS) + fundingMarketHours)
}
