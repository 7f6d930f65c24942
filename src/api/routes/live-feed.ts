/**
 * What moved, for pages that watch. Frames are state, not history: a reader that falls behind or comes back gets the
 * present rows of every actor that moved since its cursor, so nothing is buffered per reader.
 */
import type { Clock } from '../../clock/clock.ts'
import { randomToken } from '../access/sessions.ts'
import type { EngineSummary, EngineView } from '../engine-view.ts'
import type { Holding } from '../rows/rows.ts'
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

type LiveFeed = {
  /** What moved since the cursor; undefined when nothing did. An unknown cursor (an earlier process) resets. */
  frame(cursor: string | undefined): Frame | undefined
  hasMoved(cursor: string | undefined): boolean
  /** Calls once at the next move. Returns how to stop waiting. */
  onceMoved(run: () => void): () => void
  stop(): void
}

/** A feed that hears the view from now on. Cursors of another process are answered with everything. */
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

/**
 * One stream's waits, all ended by one `wake`: a listener per wait would pile up on a stream that lives for days.
 */
export type Sleeper = ReturnType<typeof sleeper>

/** One stream's waits, all ended by one `wake`: a listener for each wait would pile up on a stream that lives for days. */
export function sleeper(feed: LiveFeed, clock: Clock) {
  let end = () => {}
  const sleep = (ms: number, alsoEnds: (run: () => void) => () => void) =>
    new Promise<void>(resolve => {
      const wakened = () => {
        clock.clearTimeout(timer)
        cancel()
        end = () => {}
        resolve()
      }
      const timer = clock.setTimeout(wakened, ms)
      const cancel = alsoEnds(wakened)
      end = wakened
    })
  return {
    wake: () => end(),
    forMs: (ms: number) => sleep(ms, () => () => {}),
    untilMove: (atMostMs: number) => sleep(atMostMs, feed.onceMoved),
  }
}

/**
 * What one reader of the live feed is told next: rows of actors that moved, open hedges whose figures changed, and the
 * engine's summary. The same for every transport. All of it is state: a reader that was away gets the present.
 */
export type LiveMessage = {
  event: 'state' | 'holdings' | 'engine' | 'beat'
  /** Where to go on from, on frames that move the cursor. */
  id?: string
  data: object
}

export type LiveReader = {
  /** At least a beat. */
  next(): LiveMessage[]
  /** Is there anything to tell at once? */
  hasMoved(): boolean
}

/** Prices move all the time: hedges are valued this often, once for all readers. Wall time. */
const VALUED_EVERY_MS = 500

/** Gives readers that go on from their cursor. */
export function liveMessages(feed: LiveFeed, view: EngineView, clock: Clock) {
  let valuedAtMs = Number.NEGATIVE_INFINITY
  let valued: { row: Holding; text: string }[] = []
  const holdings = () => {
    if (clock.nowMs() - valuedAtMs >= VALUED_EVERY_MS) {
      valuedAtMs = clock.nowMs()
      valued = view.holdings().map(row => ({ row, text: JSON.stringify(row) }))
    }
    return valued
  }

  return (from: string | undefined): LiveReader => {
    let cursor = from
    let toldEngine = ''
    let toldHoldings: Map<string, string> | undefined

    const holdingsFrame = (): LiveMessage[] => {
      const now = holdings()
      const rows = now.filter(({ row, text }) => toldHoldings?.get(row.id) !== text).map(({ row }) => row)
      const present = new Map(now.map(({ row, text }) => [row.id, text]))
      const removed = [...(toldHoldings?.keys() ?? [])].filter(id => !present.has(id))
      const reset = toldHoldings === undefined
      toldHoldings = present
      if (!reset && rows.length === 0 && removed.length === 0) return []
      return [{ event: 'holdings', data: { reset, rows, removed } }]
    }

    const stateFrame = (): LiveMessage[] => {
      const frame = feed.frame(cursor)
      if (!frame) return []
      const { reset, rows, removed } = frame
      cursor = frame.cursor
      return [{ event: 'state', id: cursor, data: { reset, rows, removed } }]
    }

    const engine = (): LiveMessage[] => {
      const summary = view.summary()
      const text = engineText(summary)
      if (text === toldEngine) return []
      toldEngine = text
      return [{ event: 'engine', data: summary }]
    }

    return {
      next() {
        const told = [...stateFrame(), ...engine(), ...holdingsFrame()]
        return told.length > 0 ? told : [{ event: 'beat', data: {} }]
      },
      hasMoved: () => feed.hasMoved(cursor),
    }
  }
}

/** The summary without its clock: time alone is no news. */
const engineText = ({ nowMs: _, ...rest }: EngineSummary) => JSON.stringify(rest)
