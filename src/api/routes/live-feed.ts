/**
 * What moved, for pages that watch. Frames are state, not history: a reader that falls behind or comes back gets the
 * present rows of every actor that moved since its cursor, so nothing is buffered per reader.
 */

import { randomToken } from '../access/token.ts'
import type { EngineView } from '../engine-view.ts'
import { actorRow } from '../rows/schemas.ts'

/** Actors that are gone stay in the list of moves, so that every page hears of it; this many at most. */
const MOVES_MAX = 20_000

export type Frame = {
  /** `<epoch>-<seq>`: where to go on from. */
  cursor: string
  /** The rows are all there are: forget what you had. */
  reset: boolean
  rows: ReturnType<typeof actorRow>[]
  /** Ids of actors that are no more. */
  removed: string[]
}

export type LiveFeed = {
  /** What moved since the cursor; undefined when nothing did. An unknown cursor (an earlier process) resets. */
  frame(cursor: string | undefined): Frame | undefined
  hasMoved(cursor: string | undefined): boolean
  /** Calls once at the next move. Returns how to stop waiting. */
  onceMoved(run: () => void): () => void
  stop(): void
}

export function createLiveFeed(view: EngineView): LiveFeed {
  const epoch = randomToken().slice(0, 8).replaceAll('-', '_')
  const movedAt = new Map<string, number>()
  const waiting = new Set<() => void>()
  let seq = 0
  /** Moves up to this one may have been forgotten: older cursors start anew. */
  let forgotten = 0

  const unsubscribe = view.onMove(actorId => {
    seq += 1
    // Deleted first, so that the map stays in the order of the last moves.
    movedAt.delete(actorId)
    movedAt.set(actorId, seq)
    const [oldest] = movedAt.size > MOVES_MAX ? movedAt : []
    if (oldest) {
      movedAt.delete(oldest[0])
      forgotten = oldest[1]
    }
    const runs = [...waiting]
    waiting.clear()
    for (const run of runs) run()
  })

  const seqOf = (cursor: string | undefined) => {
    const [of, text] = cursor?.split('-') ?? []
    const at = of === epoch && text && /^\d{1,15}$/.test(text) ? Number(text) : -1
    return at >= forgotten && at <= seq ? at : undefined
  }

  return {
    frame(cursor) {
      const since = seqOf(cursor)
      const next = `${epoch}-${seq}`
      if (since === seq) return undefined
      const actors = view.actors()
      if (since === undefined) return { cursor: next, reset: true, rows: actors.map(actorRow), removed: [] }
      const moved = new Set([...movedAt].flatMap(([id, at]) => (at > since ? [id] : [])))
      const rows = actors.filter(({ id }) => moved.has(id)).map(actorRow)
      for (const { id } of rows) moved.delete(id)
      return { cursor: next, reset: false, rows, removed: [...moved] }
    },
    hasMoved: cursor => seqOf(cursor) !== seq,
    onceMoved(run) {
      waiting.add(run)
      return () => waiting.delete(run)
    },
    stop: unsubscribe,
  }
}
