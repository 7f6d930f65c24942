/**
 * A rule over years of many symbols at once: decided at each settlement, from what was settled until then, earned from the next
 * one on. What is wanted competes for the room there is, the best on its capital first; a hedge makes room for a better one when
 * that pays for the way. Where prices were recorded, stops are looked at every hour.
 */

import { stopReason } from '../../domain/exit/judge-exit.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules } from '../../domain/rules.ts'
import { type BookLimits, openBook, type ScreenBook, type ScreenTrade } from './book.ts'
import type { ScreenCosts } from './costs.ts'
import { deskOf } from './desk.ts'
import type { ScreenJudge, Verdicts } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'
import { basisAt, firstReaching, type PriceMatrix } from './prices.ts'

// Stops by basis and by loss over hourly prices, decided by the live rule. A hedge is looked at closely only where its basis has
// come as far as a stop: before that no rule can say anything else.

const BPS = 10_000
const at = (of: Float64Array, place: number): number => of[place] ?? 0
const wholeAt = (of: Int32Array, place: number): number => of[place] ?? 0

type StopWatch = {
  /** After the settlements of an instant were judged and carried out. */
  settled(first: number, end: number, atMs: number): void
  /** Looks at every hour after `fromMs` up to and with `toMs`. */
  watch(fromMs: number, toMs: number): void
}

type Watched = {
  matrix: FundingMatrix
  book: ScreenBook
  verdicts: Verdicts
  costs: ScreenCosts
  rules: Rules
  /** Works out what a symbol that is held expects, as of its last settlement. */
  expect: (symbol: number) => void
  leave: (symbol: number, atMs: number, because: 'basis-stop' | 'loss-stop') => void
}

/** Nothing is watched at first. */
function stopWatch({ matrix, book, verdicts, costs, rules, expect, leave }: Watched): StopWatch {
  const { prices, symbols, symbol, interval, intervals } = matrix
  const { sinceMs, notional, coins, basisIn, funding, list } = book.columns
  const { basisStopMs, basisStopBps, hedgeLossBpsMax, settlementGuardMs } = rules.strategy
  /** Perpetual less spot from which a stop can be; since when one was seen; and when the next settlement is. */
  const armed = new Float64Array(symbols.length).fill(Number.POSITIVE_INFINITY)
  const stopSinceMs = new Float64Array(symbols.length).fill(Number.NaN)
  const nextAtMs = new Float64Array(symbols.length)

  const feesOf = (place: number) => 2 * at(notional, place) * costs.feesOneWay
  function arm(place: number): void {
    const size = at(notional, place)
    const byBasis = (basisStopBps / BPS) * size
    const byLoss = (hedgeLossBpsMax / BPS) * size + at(funding, place) - feesOf(place)
    const loss = hedgeLossBpsMax > 0 ? Math.min(byBasis, byLoss) : byBasis
    armed[place] = at(basisIn, place) + (loss / at(coins, place)) * NEARLY
  }

  function look(place: number, lost: number, atMs: number): void {
    const size = at(notional, place)
    const total = at(funding, place) - lost - feesOf(place)
    expect(place)
    const standing = {
      basisLossBps: (lost / size) * BPS,
      totalBps: (total / size) * BPS,
      staying: at(verdicts.staying, place),
    }
    const stop = stopReason(standing, rules)
    const since = at(stopSinceMs, place)
    stopSinceMs[place] = stop ? (Number.isNaN(since) ? atMs : since) : Number.NaN
    if (!stop || atMs - at(stopSinceMs, place) < basisStopMs) return
    if (at(verdicts.nextGain, place) > 0 && at(nextAtMs, place) - atMs <= settlementGuardMs) return
    stopSinceMs[place] = Number.NaN
    leave(place, atMs, stop.because)
  }

  return {
    settled(first, end, atMs) {
      if (!prices) return
      for (let event = first; event < end; event++) {
        const place = wholeAt(symbol, event)
        if (Number.isNaN(at(sinceMs, place)) || !book.prices.isKnown(place)) continue
        // What was entered at this very instant has no expectation of its own yet: it is looked at from the next one on.
        if (at(sinceMs, place) === atMs) armed[place] = Number.POSITIVE_INFINITY
        else arm(place)
        nextAtMs[place] = atMs + at(intervals, wholeAt(interval, event)) * HOUR_MS
      }
    },
    watch(fromMs, toMs) {
      if (!prices || book.count() === 0) return
      const hourOf = (atMs: number) => Math.floor((atMs - prices.fromMs) / HOUR_MS)
      const [first, last] = [Math.max(0, hourOf(fromMs) + 1), Math.min(prices.hours - 1, hourOf(toMs))]
      for (let held = book.count() - 1; held >= 0; held--) follow(wholeAt(list, held), first, last, prices)
    },
  }

  /** One hedge over these hours, both with; until it is left. */
  function follow(place: number, first: number, last: number, of: PriceMatrix) {
    const level = at(armed, place)
    for (let hour = first; hour <= last; hour++) {
      const reached = firstReaching(of, place, level, hour, last)
      if (reached > hour) stopSinceMs[place] = Number.NaN
      if (reached > last) return
      hour = reached
      const basis = basisAt(of, place, hour)
      look(place, at(coins, place) * (basis - at(basisIn, place)), of.fromMs + hour * HOUR_MS)
      if (Number.isNaN(at(sinceMs, place))) return
    }
  }
}

/** A hair below the stop itself, so that rounding never hides one. */
const NEARLY = 1 - 1e-9

type ScreenOf = {
  matrix: FundingMatrix
  judge: ScreenJudge
  costs: ScreenCosts
  limits: BookLimits
  rules: Rules
  /** What is before only teaches. */
  fromMs?: number
  /** What is from here on is not looked at. */
  toMs?: number
}

export type Screened = {
  name: string
  fromMs: number
  toMs: number
  /** In the order in which they ended. */
  trades: ScreenTrade[]
  /** Equity at the start, at the end of each day, and at the end. */
  equity: Float64Array
}

const DAY_MS = 24 * HOUR_MS

/** @returns every trade, those open at the end closed at full cost */
export function screen(of: ScreenOf): Screened {
  const { matrix, judge, costs, limits, rules } = of
  const { instants, starts } = matrix
  const lastAtMs = at(instants, instants.length - 1)
  const fromMs = Math.max(of.fromMs ?? Number.NEGATIVE_INFINITY, at(instants, 0))
  const toMs = Math.min(of.toMs ?? Number.POSITIVE_INFINITY, lastAtMs + 1)
  const book = openBook(matrix, costs, limits)
  const days = dayMarks(book, fromMs, toMs)
  const desk = deskOf({ matrix, judge, rules, book, fromMs })
  const { verdicts } = judge
  const stops = judge.knowsStops
    ? stopWatch({ matrix, book, verdicts, costs, rules, expect: judge.expect, leave: desk.leave })
    : undefined
  let untilMs = fromMs
  for (let instant = 0; instant < instants.length; instant++) {
    const atMs = at(instants, instant)
    if (atMs >= toMs) break
    const [first, end] = [wholeAt(starts, instant), wholeAt(starts, instant + 1)]
    // Before it is heard: stops look at what was expected until then.
    if (atMs >= fromMs) stops?.watch(untilMs, atMs)
    judge.hear(first, end)
    if (atMs < fromMs && judge.knowsStops) continue
    days.mark(atMs)
    untilMs = atMs
    desk.settle(first, end, atMs)
    stops?.settled(first, end, atMs)
  }
  const endAtMs = Math.min(toMs - 1, lastAtMs)
  while (book.count() > 0) book.leave(wholeAt(book.columns.list, 0), endAtMs, 'end')
  const { trades } = book
  return { name: judge.name, fromMs, toMs: endAtMs, trades, equity: days.end(endAtMs) }
}

function dayMarks(book: ScreenBook, fromMs: number, toMs: number) {
  const values: number[] = [book.equity(fromMs)]
  let next = fromMs + DAY_MS
  return {
    mark(atMs: number) {
      for (; next <= atMs && next < toMs; next += DAY_MS) values.push(book.equity(next))
    },
    end(atMs: number) {
      for (; next < atMs; next += DAY_MS) values.push(book.equity(next))
      values.push(book.equity(atMs))
      return Float64Array.from(values)
    },
  }
}
