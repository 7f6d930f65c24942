/**
 * A rule over years of many symbols at once: decided at each settlement, from what was settled until then, earned from the next
 * one on. What is wanted competes for the room there is, the best on its capital first; a hedge makes room for a better one when
 * that pays for the way. Where prices were recorded, stops are looked at every hour.
 */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Rules } from '../../domain/rules.ts'
import { LEARN_MS } from '../study/score.ts'
import { type BookLimits, createBook, type ScreenBook, type ScreenTrade } from './book.ts'
import type { ScreenCosts } from './costs.ts'
import type { Leaving, ScreenJudge } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'
import { stopWatch } from './stops.ts'

export type ScreenOf = {
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
  const book = createBook(matrix, costs, limits)
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
  while (book.count() > 0) book.leave(at(book.holdings.list, 0), endAtMs, 'end')
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

type DeskOf = Pick<ScreenOf, 'matrix' | 'judge' | 'rules'> & { book: ScreenBook; fromMs: number }

/** Carries out what the judge wants, as far as there is room. */
function deskOf({ matrix, judge, rules, book, fromMs }: DeskOf) {
  const { symbol, rate, lastAtMs, symbols } = matrix
  const { coolDownMs } = rules.strategy
  const { sinceMs } = book.holdings
  const { apr, horizonHours, leave: toLeave } = judge.verdicts
  const leftAtMs = new Float64Array(symbols.length).fill(Number.NEGATIVE_INFINITY)
  const learnsUntilMs = matrix.firstAtMs.map(firstAtMs => Math.max(fromMs, firstAtMs + LEARN_MS))
  const wanted = new Int32Array(symbols.length)
  let [waiting, noRoom] = [0, 0]

  const leave = (place: number, atMs: number, because: Leaving) => {
    book.leave(place, atMs, because)
    leftAtMs[place] = atMs
  }
  function take(index: number): number {
    const place = at(wanted, index)
    wanted.copyWithin(index, index + 1, waiting--)
    return place
  }
  /** Index of the best that waits and can be traded now; −1 for none. Equal ones in the order of the symbols. */
  const best = (atMs: number): number => {
    let found = -1
    for (let index = 0; index < waiting; index++)
      if (found < 0 || at(apr, at(wanted, index)) > at(apr, at(wanted, found))) found = index
    if (found < 0 || book.prices.isThere(at(wanted, found), atMs)) return found
    take(found)
    return best(atMs)
  }
  const fill = (atMs: number) => {
    let filled = 0
    for (let index = best(atMs); index >= 0; index = best(atMs)) {
      const room = book.room()
      if (room <= 0) break
      const place = take(index)
      const next = best(atMs)
      const after = next < 0 ? -1 : at(wanted, next)
      const expects = !Number.isNaN(horizonHours[place])
      book.enter(place, room, atMs, {
        expectedApr: expects ? at(apr, place) : null,
        horizonHours: expects ? at(horizonHours, place) : null,
        before: after < 0 || !expects ? null : { symbol: symbols[after] ?? '', apr: at(apr, after) },
      })
      filled++
    }
    return filled
  }
  /** What did not fit, held against what is held: the hedge that gains most by it makes room. */
  const makeRoom = (first: number, end: number, atMs: number) => {
    for (let index = best(atMs); index >= 0; index = best(atMs)) {
      const next = at(wanted, index)
      let [leaving, most] = [-1, 0]
      for (let event = first; event < end; event++) {
        const place = at(symbol, event)
        if (!(at(sinceMs, place) < atMs) || !book.prices.isThere(place, atMs)) continue
        const gain = judge.switchGain(event, at(apr, next), at(horizonHours, next))
        if (gain > most) [leaving, most] = [place, gain]
      }
      if (leaving < 0) return
      leave(leaving, atMs, 'better-elsewhere')
      if (fill(atMs) === 0) return
    }
  }
  const look = (event: number, atMs: number) => {
    const place = at(symbol, event)
    if (!Number.isNaN(at(sinceMs, place))) {
      book.settle(place, at(rate, event), atMs)
      if (toLeave[place] === 1 && book.prices.isThere(place, atMs)) leave(place, atMs, judge.why)
    } else if (!Number.isNaN(at(apr, place)) && atMs - at(leftAtMs, place) >= coolDownMs)
      wanted[waiting++] = place
  }
  return {
    leave,
    noRoom: () => noRoom,
    settle(first: number, end: number, atMs: number) {
      judge.judge(first, end, atMs, sinceMs, learnsUntilMs)
      waiting = 0
      for (let event = first; event < end; event++) look(event, atMs)
      if (waiting > 0) {
        fill(atMs)
        makeRoom(first, end, atMs)
        noRoom += waiting
      }
      // Of some symbols nothing is recorded after this.
      for (let event = first; event < end; event++) {
        const place = at(symbol, event)
        if (at(lastAtMs, place) === atMs && !Number.isNaN(at(sinceMs, place))) leave(place, atMs, 'end')
      }
    },
  }
}
