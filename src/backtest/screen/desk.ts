/** Carries out what the judge of a screen wants, as far as there is room. */
import type { Rules } from '../../domain/rules.ts'
import { LEARN_MS } from '../study/score.ts'
import type { ScreenBook } from './book.ts'
import type { Leaving, ScreenJudge } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'

// Who gets the room there is: the best on its capital first, then whoever is so much better that a hedge had better make room.

// Symbols that are wanted at one instant and wait for room: the best on its capital first.

type Queue = {
  /** Begins a new instant. */
  clear(): void
  add(symbol: number): void
  length(): number
  /** The best of those that wait and can be traded now; −1 for none. Equal ones in the order in which they came. */
  best(atMs: number): number
  remove(symbol: number): void
}

/** @param apr - by symbol; @param isThere - can it be traded now? One that cannot is dropped */
function queueOf(apr: Float64Array, isThere: (symbol: number, atMs: number) => boolean): Queue {
  const waiting = new Int32Array(apr.length)
  let count = 0
  const aprAt = (index: number) => apr[waiting[index] ?? 0] ?? Number.NaN
  function drop(index: number): void {
    waiting.copyWithin(index, index + 1, count--)
  }
  return {
    clear() {
      count = 0
    },
    add(symbol) {
      waiting[count++] = symbol
    },
    length: () => count,
    best(atMs) {
      while (count > 0) {
        let found = 0
        for (let index = 1; index < count; index++) if (aprAt(index) > aprAt(found)) found = index
        const symbol = waiting[found] ?? 0
        if (isThere(symbol, atMs)) return symbol
        drop(found)
      }
      return -1
    },
    remove(symbol) {
      drop(waiting.indexOf(symbol))
    },
  }
}

const at = (of: Float64Array, place: number): number => of[place] ?? 0
const wholeAt = (of: Int32Array, place: number): number => of[place] ?? 0

type Contest = {
  matrix: FundingMatrix
  judge: ScreenJudge
  book: ScreenBook
  queue: Queue
  leave: (symbol: number, atMs: number, because: Leaving) => void
}

/** @param of - `queue` holds those that want in at the instant that is run */
function contestOf({ matrix: { symbol, symbols, there }, judge, book, queue, leave }: Contest) {
  const { apr, horizonHours } = judge.verdicts
  const { sinceMs } = book.columns
  const enter = (place: number, room: number, atMs: number) => {
    queue.remove(place)
    const after = queue.best(atMs)
    const expects = !Number.isNaN(horizonHours[place])
    book.enter(place, room, atMs, {
      expectedApr: expects ? at(apr, place) : null,
      horizonHours: expects ? at(horizonHours, place) : null,
      before: after < 0 || !expects ? null : { symbol: symbols[after] ?? '', apr: at(apr, after) },
    })
  }
  const fill = (atMs: number): boolean => {
    let filled = false
    for (let place = queue.best(atMs); place >= 0; place = queue.best(atMs)) {
      const room = book.room()
      if (room <= 0) break
      const most = book.groupRoom(place)
      if (most > 0) {
        enter(place, Math.min(room, most), atMs)
        filled = true
      } else queue.remove(place)
    }
    return filled
  }
  /** Of the hedges of this instant, the one that gains most by making room for another symbol; −1 for none. */
  const mostToGain = (first: number, end: number, next: number, atMs: number) => {
    let [leaving, most] = [-1, 0]
    for (let event = first; event < end; event++) {
      const place = wholeAt(symbol, event)
      if (!(at(sinceMs, place) < atMs) || there[event] !== 1) continue
      const gain = judge.switchGain(event, at(apr, next), at(horizonHours, next))
      if (gain > most) [leaving, most] = [place, gain]
    }
    return leaving
  }
  /** What did not fit, held against what is held. */
  const makeRoom = (first: number, end: number, atMs: number) => {
    for (let next = queue.best(atMs); next >= 0; next = queue.best(atMs)) {
      const leaving = mostToGain(first, end, next, atMs)
      if (leaving < 0) return
      if (book.groupRoom(next, leaving) === 0) {
        queue.remove(next)
        continue
      }
      leave(leaving, atMs, 'better-elsewhere')
      if (!fill(atMs)) return
    }
  }
  return {
    /** Would a hedge make room for this one? */
    wouldLeave: (first: number, end: number, next: number, atMs: number): boolean =>
      mostToGain(first, end, next, atMs) >= 0,
    run(first: number, end: number, atMs: number): void {
      fill(atMs)
      makeRoom(first, end, atMs)
    },
  }
}

type DeskOf = { matrix: FundingMatrix; judge: ScreenJudge; rules: Rules; book: ScreenBook; fromMs: number }

/** @param of - `fromMs`: before it nothing is entered */
export function deskOf({ matrix, judge, rules, book, fromMs }: DeskOf) {
  const { symbol, rate, perp, there, lastAtMs, symbols } = matrix
  const { coolDownMs } = rules.strategy
  const { sinceMs } = book.columns
  const { apr, leave: toLeave } = judge.verdicts
  const ends = new Set(lastAtMs)
  const leftAtMs = new Float64Array(symbols.length).fill(Number.NEGATIVE_INFINITY)
  const learnsUntilMs = matrix.firstAtMs.map(firstAtMs => Math.max(fromMs, firstAtMs + LEARN_MS))
  const queue = queueOf(apr, book.prices.isThere)

  const leave = (place: number, atMs: number, because: Leaving) => {
    book.leave(place, atMs, because)
    leftAtMs[place] = atMs
  }
  const contest = contestOf({ matrix, judge, book, queue, leave })
  const leftHereMs = new Float64Array(symbols.length).fill(Number.NaN)
  const holding = { sinceMs, learnsUntilMs, leftHereMs }
  const isCool = (place: number, atMs: number) => atMs - at(leftAtMs, place) >= coolDownMs
  const settleHeld = ({ first, end, atMs }: Span) => {
    for (let event = first; event < end; event++) {
      const place = wholeAt(symbol, event)
      if (Number.isNaN(at(sinceMs, place))) continue
      book.settle(place, at(rate, event), at(perp, event))
      if (toLeave[place] !== 1 || there[event] !== 1) continue
      leave(place, atMs, judge.why)
      leftHereMs[place] = atMs
    }
  }
  const competeAll = (span: Span) => {
    const { first, end, atMs } = span
    judge.free(span, holding)
    queue.clear()
    for (let event = first; event < end; event++) {
      const place = wholeAt(symbol, event)
      const isFree = Number.isNaN(at(sinceMs, place)) && leftHereMs[place] !== atMs
      if (isFree && !Number.isNaN(at(apr, place)) && isCool(place, atMs)) queue.add(place)
    }
    if (queue.length() > 0) contest.run(first, end, atMs)
  }
  return {
    leave,
    settle(first: number, end: number, atMs: number) {
      const span = { first, end, atMs }
      judge.held(span, holding)
      settleHeld(span)
      if (book.room() > 0) competeAll(span)
      else {
        // Whoever is best shows whether any hedge would make room: most often none does, and no other need be worked out.
        const next = judge.best(
          span,
          holding,
          event => there[event] === 1 && isCool(wholeAt(symbol, event), atMs),
        )
        if (next >= 0 && contest.wouldLeave(first, end, next, atMs)) competeAll(span)
      }
      // Of some symbols nothing is recorded after this.
      if (!ends.has(atMs)) return
      for (let event = first; event < end; event++) {
        const place = wholeAt(symbol, event)
        if (at(lastAtMs, place) === atMs && !Number.isNaN(at(sinceMs, place))) leave(place, atMs, 'end')
      }
    },
  }
}

type Span = { first: number; end: number; atMs: number }
