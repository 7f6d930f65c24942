/**
 * The one live store of the page: what the stream last told. Frames are state, not history, so applying one is a plain
 * assignment; all frames of one animation frame are applied together, and readers hear of it once.
 */
import type { ActorSummary, EngineSummary } from '../../api/engine-view.ts'

export type ActorRow = ActorSummary & { since: string }

export type StateFrame = { reset: boolean; rows: ActorRow[]; removed: string[] }

/** `lost`: trying again. `paused`: the tab is hidden. `signed-out`: the engine does not know us. */
export type Line = 'connecting' | 'live' | 'lost' | 'paused' | 'signed-out'

export type Live = {
  line: Line
  engine: EngineSummary | null
  /** When `engine` was heard, on the page's own clock: engine time goes on from there. */
  heardAtMs: number
  actors: ReadonlyMap<string, ActorRow>
}

export type Change = (live: Live) => Live

const EMPTY: Live = { line: 'connecting', engine: null, heardAtMs: 0, actors: new Map() }

export function createLiveStore(onFrame: (run: () => void) => void = requestAnimationFrame) {
  let live = EMPTY
  let waiting: Change[] = []
  const readers = new Set<() => void>()

  const apply = () => {
    const changes = waiting
    waiting = []
    live = changes.reduce((state, change) => change(state), live)
    for (const hear of readers) hear()
  }

  return {
    get: () => live,
    /** Applied with the next animation frame. */
    change(change: Change): void {
      waiting.push(change)
      if (waiting.length === 1) onFrame(apply)
    },
    subscribe(hear: () => void): () => void {
      readers.add(hear)
      return () => readers.delete(hear)
    },
  }
}

export type LiveStore = ReturnType<typeof createLiveStore>

/** The rows a frame carries over those that were there. */
export const withFrame =
  ({ reset, rows, removed }: StateFrame): Change =>
  live => {
    const actors = new Map(reset ? [] : live.actors)
    for (const row of rows) actors.set(row.id, row)
    for (const id of removed) actors.delete(id)
    return { ...live, actors }
  }

export const withEngine =
  (engine: EngineSummary, heardAtMs: number): Change =>
  live => ({ ...live, engine, heardAtMs })

export const withLine =
  (line: Line): Change =>
  live => ({ ...live, line })
