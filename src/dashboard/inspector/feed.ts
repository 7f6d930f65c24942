/** The inspector's one stream: open while the tab is looked at, taken up again where it was, also after a restart. */
import { useEffect, useState, useSyncExternalStore } from 'react'
import type {
  Focus,
  FocusedEvent,
  FocusedTimer,
  InspectionFrame,
  InspectionRow,
  LogLine,
} from '../../api/inspection-view.ts'
import type { JsonObject } from '../../domain/json.ts'

// What the inspector knows of the running engine. Frames wait for the next animation frame and are applied together, so
// that five thousand events a second are at most sixty changes a second of the page.

const LOG_MAX = 400

type Told = { nowMs: number; speed: number }
type RowsFrame = InspectionFrame & Told
type FocusFrame = Focus & Told

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

type Feed = {
  rows: ReadonlyMap<string, InspectionRow>
  /** Changes when actors come or go, not when they move. */
  shape: number
  focus: FocusState | undefined
  told: Told & { heardAtMs: number }
  line: 'connecting' | 'live' | 'lost' | 'paused'
}

const NOTHING: Feed = {
  rows: new Map(),
  shape: 0,
  focus: undefined,
  told: { nowMs: 0, speed: 1, heardAtMs: 0 },
  line: 'connecting',
}

function withRows(feed: Feed, frame: RowsFrame): Feed {
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

function withFocus(feed: Feed, id: string, frame: FocusFrame): Feed {
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

const toldAt = ({ nowMs, speed }: Told) => ({ nowMs, speed, heardAtMs: performance.now() })

/** The engine's time now: as it was told, carried on at the engine's speed while the line is live. */
const nowMsOf = ({ told, line }: Feed): number =>
  told.nowMs + (line === 'live' ? (performance.now() - told.heardAtMs) * told.speed : 0)

const AGAIN_MS = 700
/** The engine beats every 5 s: longer silence is a lost line. */
const SILENT_MS_MAX = 12_000

let feed = NOTHING
const listeners = new Set<() => void>()
let queue: ((feed: Feed) => Feed)[] = []

const apply = () => {
  const changes = queue
  queue = []
  feed = changes.reduce((state, change) => change(state), feed)
  for (const hear of listeners) hear()
}

const change = (step: (feed: Feed) => Feed) => {
  if (queue.push(step) === 1) requestAnimationFrame(apply)
}

const subscribe = (hear: () => void) => {
  listeners.add(hear)
  return () => listeners.delete(hear)
}

/** A part of the feed. `pick` must give the same thing for the same feed: no fresh objects. */
export const useFeed = <Part>(pick: (feed: Feed) => Part): Part =>
  useSyncExternalStore(subscribe, () => pick(feed))

export const readFeed = (): Feed => feed

/** The engine's time, looked at every so often. */
export function useNowMs(everyMs: number): number {
  const [, setTurn] = useState(0)
  useEffect(() => {
    const timer = setInterval(() => setTurn(turn => turn + 1), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMsOf(feed)
}

let cursor: string | undefined

/** Follows the list of actors and the one in focus for as long as the page is open. */
export function useInspection(focus: string | undefined): void {
  useEffect(() => {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined

    const line = (to: Feed['line']) => change(state => ({ ...state, line: to }))
    const drop = () => {
      clearTimeout(timer)
      source?.close()
      source = undefined
    }
    const lost = () => {
      drop()
      line('lost')
      timer = setTimeout(dial, AGAIN_MS)
    }
    const heard = () => {
      clearTimeout(timer)
      timer = setTimeout(lost, SILENT_MS_MAX)
    }
    const dial = () => {
      drop()
      if (document.hidden) return line('paused')
      const query = new URLSearchParams({
        ...(cursor ? { since: cursor } : {}),
        ...(focus ? { focus } : {}),
      })
      const opened = new EventSource(`/api/inspection?${query}`)
      source = opened
      opened.onopen = () => {
        heard()
        line('live')
      }
      opened.onerror = lost
      opened.addEventListener('beat', heard)
      opened.addEventListener('rows', event => {
        heard()
        cursor = event.lastEventId
        const frame = JSON.parse(event.data) as RowsFrame
        const told = toldAt(frame)
        change(state => ({ ...withRows(state, frame), told }))
      })
      opened.addEventListener('focus', event => {
        heard()
        const frame = JSON.parse(event.data) as FocusFrame
        const told = toldAt(frame)
        if (focus) change(state => ({ ...withFocus(state, focus, frame), told }))
      })
    }
    if (focus) change(state => (state.focus?.id === focus ? { ...state, focus: undefined } : state))
    dial()
    document.addEventListener('visibilitychange', dial)
    return () => {
      document.removeEventListener('visibilitychange', dial)
      drop()
    }
  }, [focus])
}
