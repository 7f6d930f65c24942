/**
 * Hears everything that happens to actors and keeps the little that a person may want to see of it: counters, the last
 * event, and short rings of what happened. Costs the same whether anybody looks or not: constant time per event, only
 * references kept, nothing copied and nothing turned into text.
 */
import type { AnyTransitionDefinition } from 'xstate'
import type { Observe, Observed, Running } from '../../../actors/runtime/running.ts'
import type { Clock } from '../../clock/clock.ts'
import type { Effect } from '../../store/schema/records.ts'

/** The last so many of something: pushing forgets the oldest, in constant time. */
type Ring<Item> = {
  push(item: Item): void
  /** The last `count`, oldest first. */
  last(count: number): Item[]
  readonly size: number
}

function createRing<Item>(capacity: number): Ring<Item> {
  const items: Item[] = []
  let next = 0
  return {
    push(item) {
      items[next] = item
      next = (next + 1) % capacity
    },
    last(count) {
      const ordered = items.length < capacity ? items : [...items.slice(next), ...items.slice(0, next)]
      return ordered.slice(Math.max(0, ordered.length - count))
    },
    get size() {
      return items.length
    },
  }
}

const LINES_PER_ACTOR = 200
const LINES_OF_ALL = 5_000
/** Ended actors stay in the list this long, so that a page can say what became of them. */
const ENDED_MAX = 200
const REMOVED_MAX = 2_000

export type HeardLine = {
  n: number
  atMs: number
  actorId: string
  seq: number | null
  event: object & { type: string }
  from: string
  to: string
  ignored: boolean
  taken: readonly AnyTransitionDefinition[]
  effects: readonly Effect[]
  acks: readonly string[]
}

export type Watched = {
  readonly id: string
  readonly kind: string
  readonly parentId: string
  /** Present while it runs. */
  self: Running | undefined
  status: 'running' | 'failed' | 'ended'
  state: string
  version: number
  stateVersion: number
  sinceMs: number
  error: string | null
  heard: number
  moves: number
  last: string
  atMs: number
  /** The hub's count at the last touch, and at the last change of the row beyond its counters. */
  touched: number
  changed: number
  lines: Ring<HeardLine>
  visits: Map<AnyTransitionDefinition, number>
}

export type Hub = ReturnType<typeof createHub>

/** A hub that hears from now on. */
export function createHub(clock: Clock) {
  const roll = createRoll(clock)
  const lines = createRing<HeardLine>(LINES_OF_ALL)
  const hear = createHearing(roll, lines, clock)
  const listeners = createListeners()
  return {
    observe(what: Observed): void {
      hear(what)
      listeners.passOn(what)
    },
    /** Told what the hub was told, after it; whoever throws is let go. The returned function ends it. */
    listen: listeners.add,
    actors: roll.actors as ReadonlyMap<string, Watched>,
    removed: roll.removed as ReadonlyMap<string, number>,
    /** An actor that others speak of and that never ran in this process. */
    mention: (id: string, kind: string, parentId: string) => {
      const known = roll.actors.get(id)
      if (known) return known
      const watched = roll.watch(id, kind, parentId)
      watched.status = 'failed'
      return watched
    },
    /** Its row is not what it was, though it heard nothing itself. */
    changed: (watched: Watched) => roll.touch(watched, true),
    count: roll.count,
    /** Cursors before this one may have missed a removal. */
    forgotten: roll.forgotten,
    lines: (last: number) => lines.last(last),
  }
}

type Roll = ReturnType<typeof createRoll>

/** Every actor there is or lately was, each with the count at which it last changed. */
function createRoll(clock: Clock) {
  const actors = new Map<string, Watched>()
  const removed = new Map<string, number>()
  const ended: string[] = []
  let count = 0
  let forgotten = 0

  const touch = (watched: Watched, change: boolean): number => {
    watched.touched = ++count
    if (change) watched.changed = count
    return count
  }

  const watch = (id: string, kind: string, parentId: string): Watched => {
    const known = actors.get(id)
    if (known) return known
    const fresh: Watched = {
      ...BLANK,
      id,
      kind,
      parentId,
      sinceMs: clock.nowMs(),
      lines: createRing<HeardLine>(LINES_PER_ACTOR),
      visits: new Map(),
    }
    actors.set(id, fresh)
    removed.delete(id)
    touch(fresh, true)
    return fresh
  }

  const forget = (id: string | undefined) => {
    if (id === undefined || actors.get(id)?.status !== 'ended') return
    actors.delete(id)
    removed.set(id, ++count)
    const [oldest] = removed.size > REMOVED_MAX ? removed : []
    if (!oldest) return
    removed.delete(oldest[0])
    forgotten = oldest[1]
  }

  const end = (watched: Watched, status: 'failed' | 'ended') => {
    watched.status = status
    watched.self = undefined
    touch(watched, true)
    if (status === 'ended' && ended.push(watched.id) > ENDED_MAX) forget(ended.shift())
  }

  return { actors, removed, touch, watch, end, count: () => count, forgotten: () => forgotten }
}

/** Writes down what is heard of actors. */
function createHearing(roll: Roll, lines: Ring<HeardLine>, clock: Clock): (what: Observed) => void {
  const underway = new Map<string, AnyTransitionDefinition[]>()
  const watchedOf = ({ id, kind, parentId }: Running) => roll.watch(id, kind, parentId)

  const note = (watched: Watched, line: Omit<HeardLine, 'n' | 'actorId'>) => {
    const moved = line.from !== line.to
    watched.heard++
    watched.last = line.event.type
    watched.atMs = line.atMs
    if (moved) watched.moves++
    const full = { ...line, n: roll.touch(watched, moved), actorId: watched.id }
    watched.lines.push(full)
    lines.push(full)
  }

  const taken = ({ self, record }: Observed & { kind: 'taken' }) => {
    const watched = watchedOf(self)
    const { from, to, seq, effects, acks, event, atMs } = record
    const transitions = underway.get(self.id) ?? NONE
    underway.delete(self.id)
    for (const each of transitions) watched.visits.set(each, (watched.visits.get(each) ?? 0) + 1)
    Object.assign(watched, { self, version: seq, state: to })
    if (from !== to) Object.assign(watched, { stateVersion: seq, sinceMs: atMs })
    note(watched, { atMs, seq, event, from, to, ignored: false, taken: transitions, effects, acks })
    if (record.status === 'done') roll.end(watched, 'ended')
  }

  const unmoved = ({ self, event, kind }: Observed & { kind: 'ignored' | 'heard' }) => {
    const watched = watchedOf(self)
    underway.delete(self.id)
    const still = { from: watched.state, to: watched.state, seq: null, taken: NONE, effects: [], acks: [] }
    note(watched, { ...still, atMs: clock.nowMs(), event, ignored: kind === 'ignored' })
  }

  return what => {
    if (what.kind === 'microstep') {
      const known = underway.get(what.actorId) ?? []
      underway.set(what.actorId, known)
      known.push(...what.transitions)
    } else if (what.kind === 'taken') taken(what)
    else if (what.kind === 'began') {
      begin(watchedOf(what.self), what.self)
      roll.touch(watchedOf(what.self), true)
    } else if (what.kind === 'failed') {
      underway.delete(what.self.id)
      watchedOf(what.self).error = what.error
      roll.end(watchedOf(what.self), 'failed')
    } else if (what.kind === 'ended') roll.end(watchedOf(what.self), 'ended')
    else unmoved(what)
  }
}

function begin(watched: Watched, self: Running): void {
  const { cell, sinceMs } = self
  Object.assign(watched, { self, status: 'running', error: null })
  // A restored actor: which of its steps moved the state last is in the journal, the present one is safe to expect.
  if (watched.version !== cell?.seq)
    Object.assign(watched, { version: cell?.seq ?? 0, stateVersion: cell?.seq ?? 0, sinceMs })
  watched.state = cell?.state ?? 'running'
}

/** Whoever listens beside the hub. */
function createListeners() {
  const listeners = new Set<Observe>()
  return {
    add(hear: Observe): () => void {
      listeners.add(hear)
      return () => void listeners.delete(hear)
    },
    passOn(what: Observed): void {
      let fault: unknown
      for (const hear of listeners) {
        try {
          hear(what)
        } catch (error) {
          listeners.delete(hear)
          fault = error
        }
      }
      // The runtime reports it and goes on; once, as whoever threw is let go.
      if (fault !== undefined) throw fault
    },
  }
}

const NONE: readonly AnyTransitionDefinition[] = []

const BLANK = {
  self: undefined,
  status: 'running',
  state: '',
  version: -1,
  stateVersion: 0,
  error: null,
  heard: 0,
  moves: 0,
  last: '',
  atMs: 0,
  touched: 0,
  changed: 0,
} as const
