/**
 * A rule over years of many symbols at once: decided at each settlement, from what was settled until then, earned from the next
 * one on. What is wanted competes for the room there is, the best on its capital first; a hedge makes room for a better one when
 * that pays for the way. Where prices were recorded, stops are looked at every hour.
 */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules } from '../../domain/rules.ts'
import { type BookLimits, openBook, type ScreenBook, type ScreenTrade } from './book.ts'
import type { ScreenCosts } from './costs.ts'
import { deskOf } from './desk.ts'
import type { ScreenJudge } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'
import { stopWatch } from './stops.ts'

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
  /** Settlements at which a symbol that was not held was wanted and did not fit. */
  noRoom: number
}

const DAY_MS = 24 * HOUR_MS
const at = (of: Float64Array | Int32Array, place: number): number => of[place] ?? 0

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
    ? stopWatch({ matrix, book, verdicts, costs, rules, leave: desk.leave })
    : undefined
  let untilMs = fromMs
  for (let instant = 0; instant < instants.length; instant++) {
    const atMs = at(instants, instant)
    if (atMs >= toMs) break
    const [first, end] = [at(starts, instant), at(starts, instant + 1)]
    judge.hear(first, end)
    if (atMs < fromMs && judge.knowsStops) continue
    stops?.watch(untilMs, atMs)
    days.mark(atMs)
    untilMs = atMs
    desk.settle(first, end, atMs)
    stops?.settled(first, end, atMs)
  }
  const endAtMs = Math.min(toMs - 1, lastAtMs)
  while (book.count() > 0) book.leave(at(book.columns.list, 0), endAtMs, 'end')
  const { trades } = book
  return { name: judge.name, fromMs, toMs: endAtMs, trades, equity: days.end(endAtMs), noRoom: desk.noRoom() }
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
