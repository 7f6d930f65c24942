/**
 * The engine's rule over flat columns, by the arithmetic of the live functions. All symbols that settle at an instant are judged
 * together: nothing is made on the way but numbers in columns.
 */
import { HORIZONS_HOURS, HOURS_A_YEAR } from '../../domain/carry/carry.ts'
import { elsewhereEarns, gainByNext, leavingGains } from '../../domain/exit/carry-exit.ts'
import { HOUR_MS, settlementsWithin } from '../../domain/market/funding.ts'
import { runningInterval } from '../../domain/market/funding-outlook.ts'
import {
  AHEAD,
  ALLOWANCE,
  fadingOver,
  hearRate,
  LATER,
  lookAhead,
  mayExceed,
  NEXT,
  NOW,
  type RunningInterval,
  rateOver,
  reachOf,
  SLOW_HOURS,
  SLOW_RATE,
  SUMS,
} from '../../domain/market/funding-sums.ts'
import type { Rules } from '../../domain/rules.ts'
import { fundingRate } from '../../domain/units.ts'
import type { ScreenCosts } from './costs.ts'
import type { FundingMatrix } from './matrix.ts'

/** Judged this long after a settlement, when its rate is known to everybody. */
export const AFTER_MS = 60_000

export type Leaving = 'carry-gone' | 'better-elsewhere' | 'basis-stop' | 'loss-stop' | 'rule' | 'end'

/** By symbol. */
export type Verdicts = {
  /** Of one that is not held: net carry on capital, a year, for which it is wanted; NaN while it is not. */
  apr: Float64Array
  horizonHours: Float64Array
  /** Of one that is held: 1 when it is to be left. */
  leave: Uint8Array
  /** And what it expects over the exit horizon and by the next settlement, fractions of notional. */
  staying: Float64Array
  nextGain: Float64Array
}

export type ScreenJudge = {
  name: string
  why: Leaving
  /** Is it left by basis and by loss too? */
  knowsStops: boolean
  /** The settlements of an instant, all before any is judged. */
  hear(first: number, end: number): void
  /**
   * Judges them, each as held or not held.
   * @param sinceMs - by symbol, since when it is held; NaN while it is not
   * @param learnsUntilMs - by symbol: before it nothing is wanted
   */
  judge(first: number, end: number, atMs: number, sinceMs: Float64Array, learnsUntilMs: Float64Array): void
  verdicts: Verdicts
  /** What leaving a symbol that was judged for one with such carry would gain after the way back; 0 or below: it stays. */
  switchGain(event: number, aprOnCapital: number, horizonHours: number): number
}

export const verdictsOf = (symbols: number): Verdicts => ({
  apr: new Float64Array(symbols).fill(Number.NaN),
  horizonHours: new Float64Array(symbols),
  leave: new Uint8Array(symbols),
  staying: new Float64Array(symbols),
  nextGain: new Float64Array(symbols),
})

const at = (of: Float64Array | Int32Array, place: number): number => of[place] ?? 0

/** Nothing pays more an hour than the best of its means; with a little room for the first minute of an interval. */
const HOPE = 1.001

export function engineJudge(matrix: FundingMatrix, rules: Rules, costs: ScreenCosts): ScreenJudge {
  const { strategy } = rules
  const { symbol, rate, span, spans, interval, switchedAtMs } = matrix
  const verdicts = verdictsOf(matrix.symbols.length)
  const { apr, horizonHours, leave, staying, nextGain } = verdicts
  const sums = new Float64Array(SUMS * matrix.symbols.length)
  const ahead = new Float64Array(AHEAD)
  const fadings = Array.from(spans, hours => fadingOver(hours, strategy))
  const intervals = Array.from(matrix.intervals, hours => intervalOf(hours, rules, costs))
  const { hurdle, capitalPerNotional, wayBack } = costs
  const hopeless = (hurdle * capitalPerNotional) / HOURS_A_YEAR / HOPE
  const exitHours = strategy.exitHorizonHours
  let market = 0

  const intervalAt = (event: number): Interval => {
    const of = intervals[at(interval, event)]
    if (!of) throw new Error('screen: expected a known interval, found none')
    return of
  }
  const hold = (place: number, { exit, nextInMs }: Interval) => {
    const expected = rateOver(at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER), exit.hours, exit.faded)
    const next = gainByNext(at(ahead, NEXT), costs.idlePerHour, nextInMs)
    staying[place] = expected
    nextGain[place] = next
    const gain = leavingGains(costs.idlePerHour, exitHours, expected)
    leave[place] = gain > wayBack && next <= 0 ? 1 : 0
  }

  const mayBeWanted = (event: number, place: number, atMs: number, { nextInMs, hours }: Interval) =>
    atMs + AFTER_MS - at(switchedAtMs, event) >= strategy.intervalQuietMs &&
    nextInMs >= strategy.settlementGuardMs &&
    mayExceed(hopeless, sums, SUMS * place, at(rate, event), market, hours, strategy)

  return {
    name: 'hedgerow',
    why: 'carry-gone',
    knowsStops: true,
    verdicts,
    hear(first, end) {
      for (let event = first; event < end; event++) {
        const which = at(span, event)
        const fading = fadings[which]
        if (which === 0 || !fading) continue
        const place = SUMS * at(symbol, event)
        hearRate(sums, place, sums, place, at(rate, event), at(spans, which), fading)
      }
      let [hours, rates] = [0, 0]
      for (let place = 0; place < sums.length; place += SUMS) {
        hours += at(sums, place + SLOW_HOURS)
        rates += at(sums, place + SLOW_RATE)
      }
      market = hours > 0 ? rates / hours : 0
    },
    judge(first, end, atMs, sinceMs, learnsUntilMs) {
      for (let event = first; event < end; event++) {
        const place = at(symbol, event)
        const of = intervalAt(event)
        const isHeld = !Number.isNaN(at(sinceMs, place))
        if (!isHeld) {
          apr[place] = Number.NaN
          if (atMs < at(learnsUntilMs, place) || !mayBeWanted(event, place, atMs, of)) continue
        }
        lookAhead(ahead, sums, SUMS * place, at(rate, event), market, of.running, strategy)
        if (isHeld) hold(place, of)
        else want(ahead, of.entries, hurdle, place, apr, horizonHours)
      }
    },
    switchGain(event, aprOnCapital, horizon) {
      const of = intervalAt(event)
      lookAhead(ahead, sums, SUMS * at(symbol, event), at(rate, event), market, of.running, strategy)
      const next = at(ahead, NEXT)
      const elsewhere = elsewhereEarns(aprOnCapital, capitalPerNotional, 1)
      if (gainByNext(next, elsewhere, of.nextInMs) > 0) return 0
      const { hours, faded } = of.reach(horizon)
      const here = rateOver(next, at(ahead, NOW), at(ahead, LATER), hours, faded)
      return elsewhereEarns(aprOnCapital, capitalPerNotional, horizon) - here - wayBack
    },
  }
}

/** Places of a horizon in `entries`. */
const HOURS = 0
const FADED = 1
const COST = 2
const HELD_HOURS = 3
const YEARLY = 4
const HORIZON = 5
const ENTRY = 6

/** The best of the horizons after the allowance, where it beats the hurdle. */
function want(
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
type Interval = {
  hours: number
  running: RunningInterval
  nextInMs: number
  entries: Float64Array
  exit: Reach
  reach(horizonHours: number): Reach
}
type Reach = ReturnType<typeof reachOf>

function intervalOf(hours: number, { strategy }: Rules, costs: ScreenCosts): Interval {
  const fundingIntervalMs = hours * HOUR_MS
  const schedule = { fundingRate: fundingRate('0'), nextFundingAtMs: fundingIntervalMs, fundingIntervalMs }
  const bounds = { min: fundingRate('-1'), max: fundingRate('1') }
  const within = (horizon: number) => Math.max(1, settlementsWithin(schedule, AFTER_MS, horizon * HOUR_MS))
  const reach = (horizon: number) => reachOf(within(horizon), hours, strategy.fundingFadeHours)
  const entries = new Float64Array(ENTRY * HORIZONS_HOURS.length)
  for (const [place, horizon] of HORIZONS_HOURS.entries()) {
    const { hours: after, faded } = reach(horizon)
    const yearly = HOURS_A_YEAR / horizon / costs.capitalPerNotional
    const cost = costs.byHorizon[place] ?? Number.NaN
    entries.set([after, faded, cost, hours * within(horizon), yearly, horizon], ENTRY * place)
  }
  return {
    hours,
    running: runningInterval(schedule, bounds, strategy, AFTER_MS),
    nextInMs: fundingIntervalMs - AFTER_MS,
    entries,
    exit: reach(strategy.exitHorizonHours),
    reach,
  }
}
