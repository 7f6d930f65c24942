/**
 * A process of durable actors on a virtual clock and the memory journal. What was durable outlives it: `crash` lets go of
 * everything at once, and another process on the same `stored` is the restart.
 */
import { setImmediate } from 'node:timers/promises'
import type { EffectCall } from '../../../actors/runtime/outbox.ts'
import type { Kind } from '../../../actors/runtime/running.ts'
import { createRuntime } from '../../../actors/runtime/runtime.ts'
import { heldChildren } from '../../../actors/supervisor.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import {
  createMemoryJournal,
  emptyMemory,
  type MemoryJournalOptions,
  type MemoryStored,
} from '../../../src/store/journal/memory-journal.ts'
import type { TransitionRecord } from '../../../src/store/schema/records.ts'

export const START_MS = Date.UTC(2026, 0, 5, 3)

/** One call of an effect's handler. */
export type Carried = EffectCall & { type: string; params: JsonObject }

export type ProcessOptions = Pick<MemoryJournalOptions, 'at' | 'epoch'> & {
  kinds: Readonly<Record<string, Kind>>
  stored?: MemoryStored
  clock?: VirtualClock
}

export type OneProcess = ReturnType<typeof startProcess>

let commits = 0

export function startProcess({ kinds, stored = emptyMemory(), clock, ...options }: ProcessOptions) {
  const time = clock ?? new VirtualClock(START_MS)
  const journal = createMemoryJournal({ stored, clock: time, ...options })
  const faults: { actorId: string; during: string; error: unknown }[] = []
  const fatals: unknown[] = []
  const records: TransitionRecord[] = []
  const runtime = createRuntime({
    clock: time,
    journal,
    kinds,
    commitId: () => `commit-${++commits}`,
    fatal: error => fatals.push(error),
    fault: fault => faults.push(fault),
    committed: record => records.push(record),
  })
  return {
    clock: time,
    stored,
    journal,
    runtime,
    faults,
    fatals,
    /** Durable so far in this process. */
    records,
    boot: () => runtime.boot((row, rows) => heldChildren(rows).has(row.actorId)),
    /** Until nothing more happens without the clock: all here is promises, so one turn of the event loop is enough. */
    settle: () => setImmediate(),
    /** Moves time timer by timer, letting each come to rest. */
    async pass(ms: number): Promise<void> {
      const untilMs = time.nowMs() + ms
      do await setImmediate()
      while (time.step(untilMs))
      time.advanceTo(untilMs)
      await setImmediate()
    },
    /** The process is gone: nothing it had in hand happens any more. */
    crash: () => runtime.close(),
    state: (actorId: string) => runtime.get(actorId)?.cell?.state,
    context: (actorId: string) => runtime.get(actorId)?.actor.getSnapshot().context as JsonObject | undefined,
  }
}
