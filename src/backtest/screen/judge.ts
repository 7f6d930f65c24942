/**
 * The engine's rule over flat columns, by the arithmetic of the live functions. All symbols that settle at an instant are judged
 * together: nothing is made on the way but numbers in columns.
 */
import { HORIZONS_HOURS, HOURS_A_YEAR } from '../../domain/carry/carry.ts'
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
import { AFTER_MS, above, type Interval, intervalFacts, mayStay, paysSoon, want } from './horizons.ts'
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

/** The settlements of one instant: events from `first` up to `end`. */
type Span = { first: number; end: number; atMs: number }
/** By symbol: since when it is held, NaN while it is not; before when nothing is wanted; when it was left last. */
type Holding = { sinceMs: Float64Array; learnsUntilMs: Float64Array; leftHereMs: Float64Array }

export type ScreenJudge = {
  name: string
  why: Leaving
  /** Is it left by basis and by loss too? */
  knowsStops: boolean
  /** The settlements of an instant, all before any is judged. */
  hear(first: number, end: number): void
  /** Which of those that are held are to be left. */
  held(span: Span, holding: Holding): void
  /** Which of those that are not held are wanted. What was left at this instant is not judged again. */
  free(span: Span, holding: Holding): void
  /** The one of them that is wanted most, as `free` would have it, or −1: nothing else is worked out. @param may - can that of a settlement be entered? */
  best(span: Span, holding: Holding, may: (event: number) => boolean): number
  verdicts: Verdicts
  /** Works out what a symbol that is held expects, as of its last settlement. */
  expect(symbol: number): void
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

const at = (of: Float64Array, place: number): number => of[place] ?? 0
/** Apart, so that each of both only ever sees one kind of column: that is read in half the time. */
const wholeAt = (of: Int32Array, place: number): number => of[place] ?? 0

/** @param costs - of the same rules */
export function engineJudge(matrix: FundingMatrix, rules: Rules, costs: ScreenCosts): ScreenJudge {
  const sight = sightOf(matrix, rules, costs)
  return {
    name: 'hedgerow',
    why: 'carry-gone',
    knowsStops: true,
    verdicts: sight.verdicts,
    ...hearing(sight),
    ...holdings(sight),
    ...wishes(sight),
    switchGain: switching(sight),
  }
}

/** What the engine's rule knows at an instant. */
type Sight = ReturnType<typeof sightOf>

function sightOf(matrix: FundingMatrix, rules: Rules, costs: ScreenCosts) {
  const { strategy } = rules
  const { rate, interval } = matrix
  const sums = new Float64Array(SUMS * matrix.symbols.length)
  const ahead = new Float64Array(AHEAD)
  const intervals = Array.from(matrix.intervals, hours => intervalFacts(hours, rules, costs))
  return {
    ...{ matrix, rules, costs, sums, ahead, intervals },
    verdicts: verdictsOf(matrix.symbols.length),
    /** The mean of all symbols now. */
    market: new Float64Array(1),
    intervalAt: (event: number): Interval => intervals[wholeAt(interval, event)] ?? noInterval(),
    /** Into `ahead`. */
    look: (event: number, place: number, { running }: Interval, mean: number) =>
      lookAhead(ahead, sums, SUMS * place, at(rate, event), mean, running, strategy),
  }
}

function hearing({ matrix, rules: { strategy }, sums, market }: Sight): Pick<ScreenJudge, 'hear'> {
  const { symbol, rate, span, spans } = matrix
  const fadings = Array.from(spans, hours => fadingOver(hours, strategy))
  return {
    hear(first, end) {
      for (let event = first; event < end; event++) {
        const which = wholeAt(span, event)
        const fading = fadings[which]
        if (which === 0 || !fading) continue
        const place = SUMS * wholeAt(symbol, event)
        hearRate(sums, place, sums, place, at(rate, event), at(spans, which), fading)
      }
      market[0] = meanOf(sums)
    },
  }
}

function holdings(sight: Sight): Pick<ScreenJudge, 'held' | 'expect'> {
  const { matrix, rules, costs, sums, ahead, market, intervalAt, look } = sight
  const { strategy } = rules
  const { symbol, rate } = matrix
  const { wayBack, idlePerHour } = costs
  const { leave, staying, nextGain } = sight.verdicts
  /** Of each symbol that was judged as held and not worked out: the settlement, and the market's mean then. */
  const unread = new Int32Array(matrix.symbols.length).fill(-1)
  const marketThen = new Float64Array(matrix.symbols.length)
  const work = (event: number, place: number, mean: number) => {
    const of = intervalAt(event)
    look(event, place, of, mean)
    const { hours, faded } = of.exit
    staying[place] = rateOver(at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER), hours, faded)
    nextGain[place] = gainByNext(at(ahead, NEXT), idlePerHour, of.nextInMs)
    unread[place] = -1
  }
  return {
    held({ first, end }, { sinceMs }) {
      const mean = at(market, 0)
      for (let event = first; event < end; event++) {
        const place = wholeAt(symbol, event)
        if (Number.isNaN(at(sinceMs, place))) continue
        leave[place] = 0
        unread[place] = event
        marketThen[place] = mean
        const { stays, running } = intervalAt(event)
        if (mayStay(stays, sums, SUMS * place, at(rate, event), mean, running, strategy)) continue
        work(event, place, mean)
        const gain = leavingGains(idlePerHour, strategy.exitHorizonHours, at(staying, place))
        leave[place] = gain > wayBack && at(nextGain, place) <= 0 ? 1 : 0
      }
    },
    expect(place) {
      const event = wholeAt(unread, place)
      if (event >= 0) work(event, place, at(marketThen, place))
    },
  }
}

function wishes(sight: Sight): Pick<ScreenJudge, 'free' | 'best'> {
  const { matrix, rules, costs, sums, ahead, market, intervals, intervalAt, look } = sight
  const { strategy } = rules
  const { symbol, rate, interval, switchedAtMs } = matrix
  const { apr, horizonHours } = sight.verdicts
  const { hurdle, capitalPerNotional } = costs
  const leastPerHour = (leastAprOf(rules) * capitalPerNotional) / HOURS_A_YEAR
  const mayEnter = (event: number, atMs: number, { nextInMs }: Interval) =>
    atMs + AFTER_MS - at(switchedAtMs, event) >= strategy.intervalQuietMs &&
    nextInMs >= strategy.settlementGuardMs
  const exceeds = (perHour: number, event: number, place: number, { hours }: Interval) =>
    mayExceed(perHour, sums, SUMS * place, at(rate, event), at(market, 0), hours, strategy)
  const wish = (event: number, place: number, of: Interval) => {
    look(event, place, of, at(market, 0))
    if (paysSoon(ahead, of.exit, leastPerHour, strategy.exitHorizonHours))
      want(ahead, of.entries, hurdle, place, apr, horizonHours)
  }
  const isFree = (place: number, atMs: number, { sinceMs, learnsUntilMs, leftHereMs }: Holding) =>
    Number.isNaN(at(sinceMs, place)) && leftHereMs[place] !== atMs && atMs >= at(learnsUntilMs, place)
  return {
    free({ first, end, atMs }, holding) {
      for (let event = first; event < end; event++) {
        const place = wholeAt(symbol, event)
        if (Number.isNaN(at(holding.sinceMs, place))) apr[place] = Number.NaN
        if (!isFree(place, atMs, holding)) continue
        const of = intervalAt(event)
        if (mayEnter(event, atMs, of) && exceeds(of.hopeless, event, place, of)) wish(event, place, of)
      }
    },
    best({ first, end, atMs }, holding, may) {
      let [found, most] = [-1, hurdle]
      const least = intervals.map(({ hopeless }) => hopeless)
      for (let event = first; event < end; event++) {
        const place = wholeAt(symbol, event)
        if (!isFree(place, atMs, holding)) continue
        const of = intervalAt(event)
        if (!exceeds(least[wholeAt(interval, event)] ?? 0, event, place, of)) continue
        if (!mayEnter(event, atMs, of) || !may(event)) continue
        apr[place] = Number.NaN
        wish(event, place, of)
        if (!(at(apr, place) > most)) continue
        found = place
        most = at(apr, place)
        for (const [which, each] of intervals.entries()) least[which] = each.needed(most)
      }
      return found
    },
  }
}

function switching(sight: Sight): ScreenJudge['switchGain'] {
  const { matrix, rules, costs, sums, ahead, market, intervalAt, look } = sight
  const { symbol, rate } = matrix
  const { capitalPerNotional, wayBack, idlePerHour } = costs
  return (event, aprOnCapital, horizon) => {
    const of = intervalAt(event)
    const place = wholeAt(symbol, event)
    const which = HORIZONS_HOURS.findIndex(hours => hours === horizon)
    const [reach, heldHours] = [of.reachAt[which], of.heldAt[which]]
    if (!reach || !heldHours) return 0
    const elsewhere = elsewhereEarns(aprOnCapital, capitalPerNotional, horizon)
    const needs = above((elsewhere - wayBack) / heldHours)
    const mean = at(market, 0)
    if (mayStay(needs, sums, SUMS * place, at(rate, event), mean, of.running, rules.strategy)) return 0
    look(event, place, of, mean)
    // What its next payment brings over what is earned elsewhere until then is waited for.
    const more = elsewhereEarns(aprOnCapital, capitalPerNotional, 1) - idlePerHour
    const next = gainByNext(at(ahead, NEXT), idlePerHour, of.nextInMs)
    if (gainByNext(next, more, of.nextInMs) > 0) return 0
    const here = rateOver(at(ahead, NEXT), at(ahead, NOW), at(ahead, LATER), reach.hours, reach.faded)
    return elsewhere - here - wayBack
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

// A rule of the study as a judge of a screen. It expects nothing, so what it wants is taken in the order of the symbols.

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
      intervalMs: at(intervals, wholeAt(interval, event)) * HOUR_MS,
      hours: wholeAt(span, event) === 0 ? FIRST_HOURS : at(spans, wholeAt(span, event)),
      learning,
    }
  }
  const ask = (
    event: number,
    atMs: number,
    held: { sinceMs: number } | null,
    learnsUntilMs: Float64Array,
  ) => {
    const place = wholeAt(symbol, event)
    const learning = atMs < at(learnsUntilMs, place)
    const wish = minds[place]?.(seenAt(event, atMs, learning), held) ?? 'nothing'
    verdicts.apr[place] = wish === 'enter' && !learning ? 0 : Number.NaN
    verdicts.horizonHours[place] = Number.NaN
    verdicts.leave[place] = wish === 'leave' ? 1 : 0
  }
  const free: ScreenJudge['free'] = ({ first, end, atMs }, { sinceMs, learnsUntilMs, leftHereMs }) => {
    for (let event = first; event < end; event++) {
      const place = wholeAt(symbol, event)
      if (Number.isNaN(at(sinceMs, place)) && leftHereMs[place] !== atMs)
        ask(event, atMs, null, learnsUntilMs)
    }
  }
  return {
    name: rule.name,
    why: 'rule',
    knowsStops: false,
    verdicts,
    hear() {},
    held: ({ first, end, atMs }, { sinceMs, learnsUntilMs }) => {
      for (let event = first; event < end; event++) {
        const since = at(sinceMs, wholeAt(symbol, event))
        if (!Number.isNaN(since)) ask(event, atMs, { sinceMs: since }, learnsUntilMs)
      }
    },
    free,
    // It expects nothing, so nothing ever makes room for it; but it is shown every settlement.
    best(span, holding) {
      free(span, holding)
      return -1
    },
    expect: () => {},
    switchGain: () => 0,
  }
}
