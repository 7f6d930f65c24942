/**
 * What the inspector knows of the running engine. Frames wait for the next animation frame and are applied together, so
 * that five thousand events a second are at most sixty changes a second of the page.
 */
import type {
  Focus,
  FocusedEvent,
  FocusedTimer,
  InspectionFrame,
  InspectionRow,
  LogLine,
} from '../../api/inspection-view.ts'
import type { JsonObject } from '../../domain/json.ts'

const LOG_MAX = 400

export type Told = { nowMs: number; speed: number }
export type RowsFrame = InspectionFrame & Told
export type FocusFrame = Focus & Told

export type FocusState = {
  id: string
  row: InspectionRow | null
  context: JsonObject | undefined
  before: JsonObject | undefined
  legal: FocusedEvent[]
  timers: FocusedTimer[]
  log: readonly LogLine[]
  dropped: number
  visits: Record<string, number>
  /** Edges of the newest steps, and a number that differs each time so that the flash starts again. */
  taken: { edges: readonly string[]; n: number }
}

export type Feed = {
  rows: ReadonlyMap<string, InspectionRow>
  /** Changes when actors come or go, not when they move. */
  shape: number
  focus: FocusState | undefined
  told: Told & { heardAtMs: number }
  line: 'connecting' | 'live' | 'lost' | 'paused'
}

export const NOTHING: Feed = {
  rows: new Map(),
  shape: 0,
  focus: undefined,
  told: { nowMs: 0, speed: 1, heardAtMs: 0 },
  line: 'connecting',
}

export function withRows(feed: Feed, frame: RowsFrame): Feed {
  const rows = new Map(frame.reset ? [] : feed.rows)
  let isShaped = frame.reset || frame.removed.length > 0
  for (const row of frame.rows) {
    const before = rows.get(row.id)
    isShaped ||= !before || before.parentId !== row.parentId
    rows.set(row.id, row)
  }
  for (const [id, version, heard, moves, last, atMs] of frame.ticks) {
    const before = rows.get(id)
    if (before) rows.set(id, { ...before, version, heard, moves, last, atMs })
  }
  for (const id of frame.removed) rows.delete(id)
  return { ...feed, rows, shape: feed.shape + (isShaped ? 1 : 0) }
}

export function withFocus(feed: Feed, id: string, frame: FocusFrame): Feed {
  const before = feed.focus?.id === id ? feed.focus : undefined
  const isFirst = !before
  const log = [...(before?.log ?? []), ...frame.log].slice(-LOG_MAX)
  const newest = frame.log.filter(line => line.edges.length > 0)
  const edges = isFirst ? (newest.at(-1)?.edges ?? []) : newest.slice(-3).flatMap(line => line.edges)
  const n = newest.at(-1)?.n ?? 0
  const taken = edges.length > 0 ? { edges, n } : (before?.taken ?? { edges: [], n: 0 })
  return {
    ...feed,
    focus: {
      id,
      row: frame.row,
      context: frame.context ?? before?.context,
      before: frame.context ? before?.context : before?.before,
      legal: frame.legal,
      timers: frame.timers,
      log,
      dropped: (before?.dropped ?? 0) + frame.dropped,
      visits: frame.visits,
      taken,
    },
  }
}

export const toldAt = ({ nowMs, speed }: Told) => ({ nowMs, speed, heardAtMs: performance.now() })

/** The engine's time now: as it was told, carried on at the engine's speed while the line is live. */
export const nowMsOf = ({ told, line }: Feed): number =>
  told.nowMs + (line === 'live' ? (performance.now() - told.heardAtMs) * told.speed : 0)
