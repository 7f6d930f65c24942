/** The horizons of an entry as one row of numbers, for each length of interval: what live is worked out at each look. */
import { HORIZONS_HOURS, HOURS_A_YEAR } from '../../domain/carry/carry.ts'
import { leavingGains } from '../../domain/exit/carry-exit.ts'
import { HOUR_MS, settlementsWithin } from '../../domain/market/funding.ts'
import { runningInterval } from '../../domain/market/funding-outlook.ts'
import {
  ALLOWANCE,
  FAST_HOURS,
  FAST_RATE,
  LATER,
  NEXT,
  NOW,
  type OutlookRules,
  type RunningInterval,
  rateOver,
  reachOf,
  SLOW_HOURS,
  SLOW_RATE,
} from '../../domain/market/funding-sums.ts'
import type { Rules } from '../../domain/rules.ts'
import type { ScreenCosts } from './costs.ts'

/** Judged this long after a settlement, when its rate is known to everybody. */
export const AFTER_MS = 60_000

const at = (of: Float64Array, place: number): number => of[place] ?? 0

/** Places of a horizon in `entries`. */
const HOURS = 0
const FADED = 1
const COST = 2
const HELD_HOURS = 3
const YEARLY = 4
const HORIZON = 5
const ENTRY = 6

/** Is the exit horizon expected to bring at least what idle money does? */
export function paysSoon(
  ahead: Float64Array,
  { hours, faded }: Reach,
  idlePerHour: number,
  exitHours: number,
): boolean {
  const expected = rateOver(at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER), hours, faded)
  return leavingGains(idlePerHour, exitHours, expected) <= 0
}

/** The best of the horizons after the allowance, where it beats the hurdle. */
export function want(
  ahead: Float64Array,
  entries: Float64Array,
  hurdle: number,
  place: number,
  apr: Float64Array,
  horizonHours: Float64Array,
): void {
  const [next, now, later] = [at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER)]
  const allowance = at(ahead, ALLOWANCE)
  let [best, hours] = [hurdle, 0]
  for (let entry = 0; entry < entries.length; entry += ENTRY) {
    const expected = rateOver(next, now, later, at(entries, entry + HOURS), at(entries, entry + FADED))
    const net = expected - at(entries, entry + COST) - allowance * at(entries, entry + HELD_HOURS)
    const yearly = net * at(entries, entry + YEARLY)
    if (yearly <= best) continue
    best = yearly
    hours = at(entries, entry + HORIZON)
  }
  if (hours === 0) return
  apr[place] = best
  horizonHours[place] = hours
}

/** All that depends on the length of the running interval alone. */
export type Interval = {
  hours: number
  running: RunningInterval
  nextInMs: number
  entries: Float64Array
  exit: Reach
  /** Rate per hour that some mean must exceed for any horizon to bring more than the hurdle, or more than so much a year on capital. */
  hopeless: number
  needed(apr: number): number
  /** And above which all of them must be for staying to need no look. */
  stays: number
  /** Of each horizon: its reach, and the hours it counts. */
  reachAt: readonly Reach[]
  heldAt: readonly number[]
}
type Reach = ReturnType<typeof reachOf>

/** @param hours - length of the interval */
export function intervalFacts(hours: number, { strategy }: Rules, costs: ScreenCosts): Interval {
  const fundingIntervalMs = hours * HOUR_MS
  const schedule = { nextFundingAtMs: fundingIntervalMs, fundingIntervalMs }
  const bounds = { min: -1, max: 1 }
  const within = (horizon: number) => Math.max(1, settlementsWithin(schedule, AFTER_MS, horizon * HOUR_MS))
  const reach = (horizon: number) => reachOf(within(horizon), hours, strategy.fundingFadeHours)
  const entries = new Float64Array(ENTRY * HORIZONS_HOURS.length)
  for (const [place, horizon] of HORIZONS_HOURS.entries()) {
    const { hours: after, faded } = reach(horizon)
    const yearly = HOURS_A_YEAR / horizon / costs.capitalPerNotional
    const cost = costs.byHorizon[place] ?? Number.NaN
    entries.set([after, faded, cost, hours * within(horizon), yearly, horizon], ENTRY * place)
  }
  /** The least mean at which a horizon's net carry, its costs paid and no allowance made, comes to so much a year. */
  const needed = (apr: number) =>
    HORIZONS_HOURS.reduce((least, horizon, place) => {
      const net = (apr / HOURS_A_YEAR) * horizon * costs.capitalPerNotional
      const cost = costs.byHorizon[place] ?? Number.NaN
      return Math.min(least, below((net + cost) / (hours * within(horizon))))
    }, Number.POSITIVE_INFINITY)
  return {
    hours,
    running: runningInterval(schedule, bounds, strategy, AFTER_MS),
    nextInMs: fundingIntervalMs - AFTER_MS,
    entries,
    exit: reach(strategy.exitHorizonHours),
    hopeless: needed(costs.hurdle),
    needed,
    reachAt: HORIZONS_HOURS.map(reach),
    heldAt: HORIZONS_HOURS.map(horizon => hours * within(horizon)),
    stays: above(
      (costs.idlePerHour * strategy.exitHorizonHours - costs.wayBack) /
        (hours * within(strategy.exitHorizonHours)),
    ),
  }
}

/** Room for what rounding does to sums of some ten terms. */
const NEARLY = 1e-9
/** A rate per hour, a hair higher: what is at least so much is so much whatever was rounded. */
export const above = (perHour: number) => perHour + Math.abs(perHour) * NEARLY
/** Nothing pays more an hour than the best of its means; with a little room for the first minute of an interval. */
const HOPE = 1.001
const below = (perHour: number) => (perHour > 0 ? perHour / HOPE : perHour * HOPE)

/**
 * Is every mean at least so much an hour, and with them whatever is expected of them? Each expectation is a mean of the three that are
 * asked here, the running interval counted as heard; so a yes is certain and costs no division, and a no says nothing.
 */
export function mayStay(
  perHour: number,
  sums: Float64Array,
  place: number,
  rate: number,
  market: number,
  { intervalHours, fading }: RunningInterval,
  { fundingMarketHours }: OutlookRules,
): boolean {
  if (rate < perHour * intervalHours) return false
  if (at(sums, place + FAST_RATE) < perHour * at(sums, place + FAST_HOURS)) return false
  const slow = at(sums, place + SLOW_RATE) * fading.slow + market * fundingMarketHours
  return slow >= perHour * (at(sums, place + SLOW_HOURS) * fading.slow + fundingMarketHours)
}
