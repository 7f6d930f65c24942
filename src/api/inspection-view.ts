/**
 * What the inspector may ask of a running engine. Everything here is state or a bounded tail of what just happened: a page
 * that falls behind or comes back gets the present, never a queue.
 */
import type { Json, JsonObject } from '../domain/json.ts'

export type InspectedStatus = 'running' | 'restarting' | 'quarantined' | 'failed' | 'ended'

export type InspectionRow = {
  id: string
  kind: string
  /** What a hedge is of, and what a symbol is; null for the others. */
  symbol: string | null
  parentId: string
  /** Hash of its chart; null for actors that have none. */
  chart: string | null
  status: InspectedStatus
  state: string
  /** Steps so far. */
  version: number
  /** The step that last moved the state: what a command may expect. */
  stateVersion: number
  sinceMs: number
  restarts: number
  /** When it is started again, while it waits for that. */
  dueAtMs: number | null
  error: string | null
  /** Counts since this process started. */
  heard: number
  moves: number
  last: string
  atMs: number
}

/** Counters alone: [id, version, heard, moves, last event, its instant]. */
export type InspectionTick = [string, number, number, number, string, number]

export type LogLine = {
  /** Grows by one with everything any actor hears. */
  n: number
  atMs: number
  /** Null when it called for no step. */
  seq: number | null
  event: JsonObject
  from: string
  to: string
  ignored: boolean
  /** Edges of the chart that were taken, in order. */
  edges: string[]
  effects: { type: string; to: string | null; event: string | null }[]
  /** Who sent it, as far as it came through the journal. */
  by: string | null
}

export type FocusedEvent = {
  type: string
  manual: boolean
  /** Would a guard let it through now? Null where only its payload could say. */
  enabled: boolean | null
  /** The state it would lead to; null when that cannot be told. */
  to: string | null
  edges: string[]
  /** Values its `id` may have, for the events that need one. */
  ids: string[]
}

export type FocusedTimer = { event: string; dueAtMs: number; lengthMs: number | null }

export type Focus = {
  row: InspectionRow | null
  /** Only when it changed since the last frame of this stream. */
  context?: JsonObject
  legal: FocusedEvent[]
  timers: FocusedTimer[]
  log: LogLine[]
  /** Lines that came too fast to be sent. */
  dropped: number
  /** How often each edge was taken since this process started. */
  visits: Record<string, number>
}

export type InspectionFrame = {
  cursor: string
  reset: boolean
  rows: InspectionRow[]
  ticks: InspectionTick[]
  removed: string[]
}

export type Message = {
  n: number
  atMs: number
  from: string
  to: string
  event: string
  kind: 'message' | 'effect' | 'answer' | 'command' | 'timer' | 'fact'
  ignored: boolean
}

/** One actor as it was after a step, computed from the journal. */
export type PastStep = {
  id: string
  kind: string
  parentId: string
  chart: string | null
  status: 'active' | 'done' | 'error'
  seq: number
  /** Its last step so far. */
  lastSeq: number
  atMs: number
  event: JsonObject
  from: string
  state: string
  /** Null when the chart that wrote it is no longer at hand; `note` says so. */
  context: JsonObject | null
  timers: { event: string; dueAtMs: number }[]
  effects: { type: string; params: JsonObject }[]
  note: string
}

/** One page's look at one actor: knows what that page has already. */
export type FocusReader = (actorId: string) => Focus | undefined

export type InspectionView = {
  clock(): { nowMs: number; speed: number }
  /** What moved since the cursor; undefined when nothing did. */
  frame(cursor: string | undefined): InspectionFrame | undefined
  /** A reader that gives undefined while nothing happened to its actor. */
  focusReader(): FocusReader
  messages(actorId: string, limit: number): Message[]
  chart(hash: string): JsonObject | undefined
  /** `seq` undefined: the last. Undefined when nothing of that name was ever stored; null when it has no such step. */
  past(actorId: string, seq: number | undefined): Promise<PastStep | null | undefined>
}

/** Where its page is, when it is switched on. */
export const HOSTED_PAGE = '/hosted-inspector'

export type HostedSnapshot = { status: string; value?: Json; context?: Json; output?: Json }

type Of = { id: string; rootId: string }

export type HostedEvent =
  | ({ type: '@xstate.actor'; kind: string; parentId?: string; snapshot: HostedSnapshot } & Of)
  /** `sourceId`: the actor that sent it, as far as it came through the journal. */
  | ({ type: '@xstate.event'; sourceId?: string; event: JsonObject } & Of)
  | ({ type: '@xstate.snapshot'; event: JsonObject; snapshot: HostedSnapshot } & Of)

/** One page's reading: it begins with all actors that run. */
export type HostedReader = { next(): HostedEvent[]; close(): void }

export type HostedInspectorView = {
  url: string
  /** The chart of each kind of actor, as it was written. */
  definitions(): Readonly<Record<string, JsonObject>>
  open(): HostedReader
}
