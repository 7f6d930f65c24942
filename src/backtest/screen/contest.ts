/** Who gets the room there is: the best on its capital first, then whoever is so much better that a hedge had better make room. */
import type { ScreenBook } from './book.ts'
import type { Leaving, ScreenJudge } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'
import type { Queue } from './queue.ts'

const at = (of: Float64Array | Int32Array, place: number): number => of[place] ?? 0

type Contest = {
  matrix: FundingMatrix
  judge: ScreenJudge
  book: ScreenBook
  queue: Queue
  leave: (symbol: number, atMs: number, because: Leaving) => void
}

/** @param of - `queue` holds those that want in at the instant that is run */
export function contestOf({ matrix: { symbol, symbols }, judge, book, queue, leave }: Contest) {
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
      enter(place, room, atMs)
      filled = true
    }
    return filled
  }
  /** Of the hedges of this instant, the one that gains most by making room for another symbol; −1 for none. */
  const mostToGain = (first: number, end: number, next: number, atMs: number) => {
    let [leaving, most] = [-1, 0]
    for (let event = first; event < end; event++) {
      const place = at(symbol, event)
      if (!(at(sinceMs, place) < atMs) || !book.prices.isThere(place, atMs)) continue
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
      leave(leaving, atMs, 'better-elsewhere')
      if (!fill(atMs)) return
    }
  }
  return {
    run(first: number, end: number, atMs: number): void {
      fill(atMs)
      makeRoom(first, end, atMs)
    },
  }
}
