/** Carries out what the judge of a screen wants, as far as there is room. */
import type { Rules } from '../../domain/rules.ts'
import { LEARN_MS } from '../study/score.ts'
import type { ScreenBook } from './book.ts'
import { contestOf } from './contest.ts'
import type { Leaving, ScreenJudge } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'
import { queueOf } from './queue.ts'

const at = (of: Float64Array | Int32Array, place: number): number => of[place] ?? 0

type DeskOf = { matrix: FundingMatrix; judge: ScreenJudge; rules: Rules; book: ScreenBook; fromMs: number }

/** @param of - `fromMs`: before it nothing is entered */
export function deskOf({ matrix, judge, rules, book, fromMs }: DeskOf) {
  const { symbol, rate, lastAtMs, symbols } = matrix
  const { coolDownMs } = rules.strategy
  const { sinceMs } = book.columns
  const { apr, leave: toLeave } = judge.verdicts
  const ends = new Set(lastAtMs)
  const leftAtMs = new Float64Array(symbols.length).fill(Number.NEGATIVE_INFINITY)
  const learnsUntilMs = matrix.firstAtMs.map(firstAtMs => Math.max(fromMs, firstAtMs + LEARN_MS))
  const queue = queueOf(apr, book.prices.isThere)
  let noRoom = 0

  const leave = (place: number, atMs: number, because: Leaving) => {
    book.leave(place, atMs, because)
    leftAtMs[place] = atMs
  }
  const contest = contestOf({ matrix, judge, book, queue, leave })
  const look = (event: number, atMs: number) => {
    const place = at(symbol, event)
    if (!Number.isNaN(at(sinceMs, place))) {
      book.settle(place, at(rate, event), atMs)
      if (toLeave[place] === 1 && book.prices.isThere(place, atMs)) leave(place, atMs, judge.why)
    } else if (!Number.isNaN(at(apr, place)) && atMs - at(leftAtMs, place) >= coolDownMs) queue.add(place)
  }
  return {
    leave,
    noRoom: () => noRoom,
    settle(first: number, end: number, atMs: number) {
      judge.judge(first, end, atMs, sinceMs, learnsUntilMs)
      queue.clear()
      for (let event = first; event < end; event++) look(event, atMs)
      if (queue.length() > 0) {
        contest.run(first, end, atMs)
        noRoom += queue.length()
      }
      // Of some symbols nothing is recorded after this.
      if (!ends.has(atMs)) return
      for (let event = first; event < end; event++) {
        const place = at(symbol, event)
        if (at(lastAtMs, place) === atMs && !Number.isNaN(at(sinceMs, place))) leave(place, atMs, 'end')
      }
    },
  }
}
