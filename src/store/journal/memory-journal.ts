/**
 * The journal's port in memory, for tests of charts and for simulated crashes: the same order, the same refusals, the
 * same acknowledgements, and a place to fail, wait or die before and after each commit. `stored` outlives the journal:
 * a second one opened on it is the restart after a crash.
 */
import { type Clock, systemClock } from '../../clock/clock.ts'
import type { JsonObject } from '../../domain/json.ts'
import {
  type ActorRow,
  FencedError,
  type Journal,
  JournalRefused,
  type PendingEffect,
  type Poison,
  type StoredTransition,
  type TransitionRecord,
} from '../schema/records.ts'

/** Everything that survives a crash. Held as JSON text, so that nothing is shared with the process that wrote it. */
export type MemoryStored = {
  /** The one writer's epoch; a journal of an older one is refused. */
  epoch: bigint
  actors: Map<string, { row: string; ordinal: number }>
  transitions: Map<string, { text: string; commitId: string }[]>
  effects: Map<string, string>
  poisons: Poison[]
}

/** Nothing stored yet, at epoch 1. */
export const emptyMemory = (): MemoryStored => ({
  epoch: 1n,
  actors: new Map(),
  transitions: new Map(),
  effects: new Map(),
  poisons: [],
})

export type CommitPoint = 'before-commit' | 'after-commit'

export type MemoryJournalOptions = {
  stored?: MemoryStored
  epoch?: bigint
  clock?: Clock
  /**
   * Called at each point of each record, in order. A promise delays; a throw at `before-commit` leaves nothing stored, at
   * `after-commit` the record is stored and its answer lost. Either way this journal is dead from then on, as a process
   * would be: open another on the same `stored`.
   */
  at?: (point: CommitPoint, record: TransitionRecord) => void | Promise<void>
}

type Job = { run: () => void; record: TransitionRecord | undefined; queuedAtMs: number }

/** A journal in memory that keeps the contract of the real one, for tests and backtests. */
export function createMemoryJournal(options: MemoryJournalOptions = {}): Journal & { stored: MemoryStored } {
  const { stored = emptyMemory(), clock = systemClock(), at } = options
  const epoch = options.epoch ?? stored.epoch
  const pending = new Set<Job>()
  let tail: Promise<void> = Promise.resolve()
  let dead: Error | undefined

  const enqueue = (record: TransitionRecord | undefined, run: () => void): Promise<void> => {
    const job = { run, record, queuedAtMs: clock.nowMs() }
    pending.add(job)
    const done = tail.then(() => perform(job)).finally(() => pending.delete(job))
    tail = done.catch(() => undefined)
    return done
  }

  const perform = async ({ run, record }: Job): Promise<void> => {
    if (dead) throw dead
    if (record && at) await alive(() => at('before-commit', record))
    if (dead) throw dead
    if (epoch !== stored.epoch)
      throw new FencedError(
        `journal: the account is held under epoch ${stored.epoch}, this writer has epoch ${epoch}`,
      )
    run()
    if (record && at) await alive(() => at('after-commit', record))
  }

  const alive = async (step: () => void | Promise<void>) => {
    try {
      await step()
    } catch (error) {
      dead = error instanceof Error ? error : new Error(String(error))
      throw dead
    }
  }

  return {
    stored,
    append: record => enqueue(record, () => commit(stored, record)),
    acknowledge: ids =>
      enqueue(undefined, () => {
        for (const id of ids) stored.effects.delete(id)
      }),
    quarantine: poison => enqueue(undefined, () => void stored.poisons.push(structuredClone(poison))),
    ...memoryReader(stored),
    health() {
      const [oldest] = pending
      return {
        pending: pending.size,
        oldestPendingMs: oldest ? Math.max(0, clock.nowMs() - oldest.queuedAtMs) : 0,
      }
    },
    drained: () => tail,
    async close() {
      await tail
      dead ??= new Error('journal: closed')
    },
  }
}

function memoryReader(
  stored: MemoryStored,
): Pick<Journal, 'loadActors' | 'loadActor' | 'loadPending' | 'transitions'> {
  return {
    async loadActors() {
      return [...stored.actors.values()]
        .sort((a, b) => a.ordinal - b.ordinal)
        .map(({ row }) => JSON.parse(row) as ActorRow)
        .filter(({ status }) => status !== 'done')
    },
    async loadActor(actorId) {
      const found = stored.actors.get(actorId)
      return found && (JSON.parse(found.row) as ActorRow)
    },
    async loadPending() {
      return [...stored.effects.values()].map(text => JSON.parse(text) as PendingEffect)
    },
    async transitions(actorId, fromSeq, limit) {
      const steps = stored.transitions.get(actorId) ?? []
      return steps.slice(fromSeq, fromSeq + limit).map(({ text }) => JSON.parse(text) as StoredTransition)
    },
  }
}

function commit(stored: MemoryStored, record: TransitionRecord): void {
  const { actorId, seq, commitId } = record
  const steps = stored.transitions.get(actorId) ?? []
  if (steps[seq]?.commitId === commitId) return
  if (seq !== steps.length)
    throw new JournalRefused(
      `journal: ${actorId} step ${seq} (${record.event.type}) was refused: expected step ${steps.length}`,
    )
  const { version, event, from, to, effects, acks, atMs } = record
  const text = JSON.stringify({ actorId, seq, version, event, from, to, effects, acks, atMs })
  steps.push({ text, commitId })
  stored.transitions.set(actorId, steps)
  storeActor(stored, record)
  for (const { id, type, params } of effects) {
    const effect: PendingEffect = { id, actorId, seq, type, params: params satisfies JsonObject }
    stored.effects.set(id, JSON.stringify(effect))
  }
  for (const id of acks) stored.effects.delete(id)
}

function storeActor(stored: MemoryStored, record: TransitionRecord): void {
  const { actorId, kind, parentId, seq, version, to: state, snapshot, timers, status } = record
  const before = stored.actors.get(actorId)
  const sinceMs = before && record.from === state ? (JSON.parse(before.row) as ActorRow).sinceMs : record.atMs
  const row: ActorRow = { actorId, kind, parentId, seq, version, state, snapshot, timers, status, sinceMs }
  stored.actors.set(actorId, { row: JSON.stringify(row), ordinal: before?.ordinal ?? stored.actors.size })
}
