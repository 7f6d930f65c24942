/**
 * The engine's rule over flat columns, by the arithmetic of the live functions. All symbols that settle at an instant are judged
 * together: nothing is made on the way but numbers in columns.
 */
import { HOURS_A_YEAR } from '../../domain/carry/carry.ts'
import { leastAprOf } from '../../domain/entry/opportunity.ts'
import { elsewhereEarns, gainByNext, leavingGains } from '../../domain/exit/carry-exit.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import {
  AHEAD,
  fadingOver,
  hearRate,
  LATER,
  lookAhead,
  mayExceed,
  NEXT,
  NOW,
  rateOver,
  SLOW_HOURS,
  SLOW_RATE,
  SUMS,
} from '../../domain/market/funding-sums.ts'
import type { Rules } from '../../domain/rules.ts'
import type { FundingRule, Mind } from '../study/rules.ts'
import { FIRST_HOURS } from '../study/score.ts'
import type { ScreenCosts } from './costs.ts'
import { AFTER_MS, type Interval, intervalFacts, paysSoon, want } from './horizons.ts'
import type { FundingMatrix } from './matrix.ts'

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

/** Nothing wanted and nothing to be left, of so many symbols. */
const verdictsOf = (symbols: number): Verdicts => ({
  apr: new Float64Array(symbols).fill(Number.NaN),
  horizonHours: new Float64Array(symbols),
  leave: new Uint8Array(symbols),
  staying: new Float64Array(symbols),
  nextGain: new Float64Array(symbols),
})

const at = (of: Float64Array | Int32Array, place: number): number => of[place] ?? 0

/** Nothing pays more an hour than the best of its means; with a little room for the first minute of an interval. */
const HOPE = 1.001

/** @param costs - of the same rules */
export function engineJudge(matrix: FundingMatrix, rules: Rules, costs: ScreenCosts): ScreenJudge {
  const { strategy } = rules
  const { symbol, rate, span, spans, interval, switchedAtMs } = matrix
  const verdicts = verdictsOf(matrix.symbols.length)
  const { apr, horizonHours, leave, staying, nextGain } = verdicts
  const sums = new Float64Array(SUMS * matrix.symbols.length)
  const ahead = new Float64Array(AHEAD)
  const fadings = Array.from(spans, hours => fadingOver(hours, strategy))
  const intervals = Array.from(matrix.intervals, hours => intervalFacts(hours, rules, costs))
  const { hurdle, capitalPerNotional, wayBack, idlePerHour } = costs
  const leastPerHour = (leastAprOf(rules) * capitalPerNotional) / HOURS_A_YEAR
  const hopeless = (hurdle * capitalPerNotional) / HOURS_A_YEAR / HOPE
  let market = 0
  const intervalAt = (event: number): Interval => intervals[at(interval, event)] ?? noInterval()
  const hold = (place: number, { exit, nextInMs }: Interval) => {
    const expected = rateOver(at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER), exit.hours, exit.faded)
    const next = gainByNext(at(ahead, NEXT), idlePerHour, nextInMs)
    staying[place] = expected
    nextGain[place] = next
    leave[place] =
      leavingGains(idlePerHour, strategy.exitHorizonHours, expected) > wayBack && next <= 0 ? 1 : 0
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
      market = meanOf(sums)
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
        else if (paysSoon(ahead, of.exit, leastPerHour, strategy.exitHorizonHours))
          want(ahead, of.entries, hurdle, place, apr, horizonHours)
      }
    },
    switchGain(event, aprOnCapital, horizon) {
      const of = intervalAt(event)
      // It was judged as held at this instant: what its next payment brings over idle money is known.
      const more = elsewhereEarns(aprOnCapital, capitalPerNotional, 1) - idlePerHour
      if (gainByNext(at(nextGain, at(symbol, event)), more, of.nextInMs) > 0) return 0
      lookAhead(ahead, sums, SUMS * at(symbol, event), at(rate, event), market, of.running, strategy)
      const { hours, faded } = of.reach(horizon)
      const here = rateOver(at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER), hours, faded)
      return elsewhereEarns(aprOnCapital, capitalPerNotional, horizon) - here - wayBack
    },
  }
}

/** Mean rate per hour of all symbols together, in their order, as the live functions add it up. */
function meanOf(sums: Float64Array): number {
  let [hours, rates] = [0, 0]
  for (let place = 0; place < sums.length; place += SUMS) {
    hours += at(sums, place + SLOW_HOURS)
    rates += at(sums, place + SLOW_RATE)
  }
  return hours > 0 ? rates / hours : 0
}

function noInterval(): never {
  throw new Error('screen: expected a known interval, found none')
}

/** A rule of the study as a judge of a screen. It expects nothing, so what it wants is taken in the order of the symbols. */

/** @param rule - begun anew for each symbol */
export function mindJudge(matrix: FundingMatrix, rule: FundingRule): ScreenJudge {
  const minds: readonly Mind[] = matrix.symbols.map(symbol => rule.begin(symbol))
  const { symbol, rate, span, spans, interval, intervals } = matrix
  const verdicts = verdictsOf(matrix.symbols.length)
  const seenAt = (event: number, atMs: number, learning: boolean) => {
    const value = at(rate, event)
    return {
      atMs,
      rate: String(value),
      value,
      intervalMs: at(intervals, at(interval, event)) * HOUR_MS,
      hours: at(span, event) === 0 ? FIRST_HOURS : at(spans, at(span, event)),
      learning,
    }
  }
  return {
    name: rule.name,
    why: 'rule',
    knowsStops: false,
    verdicts,
    hear() {},
    judge(first, end, atMs, since, learnsUntilMs) {
      for (let event = first; event < end; event++) {
        const place = at(symbol, event)
        const sinceMs = at(since, place)
        const learning = atMs < at(learnsUntilMs, place)
        const held = Number.isNaN(sinceMs) ? null : { sinceMs }
        const wish = minds[place]?.(seenAt(event, atMs, learning), held) ?? 'nothing'
        verdicts.apr[place] = wish === 'enter' && !learning ? 0 : Number.NaN
        verdicts.horizonHours[place] = Number.NaN
        verdicts.leave[place] = wish === 'leave' ? 1 : 0
      }
    },
    switchGain: () => 0,
  }
}
