/**
 * What waits to become durable, and in which order. One actor's works leave in the order they came and never in two
 * batches at once; an acknowledgement never leaves before the effect it names. Everything else may overtake.
 */
import type { JournalWork } from './statement.ts'

export type Entry = JournalWork & {
  queuedAtMs: number
  settled: Promise<void>
  resolve(): void
  reject(error: Error): void
}

/** Acknowledgements alone belong to no actor; they go in one line of their own. */
const NO_ACTOR = ''

/** Effects appended and not yet durable, by the work that decides them. */
type YoungEffects = Map<string, Entry>

const lineOf = ({ record }: Entry) => record?.actorId ?? NO_ACTOR

/** May it go with `batch`? Every effect it acknowledges must be durable or in the same batch. */
const mayGo = (entry: Entry, batch: ReadonlySet<Entry>, young: YoungEffects) =>
  young.size === 0 ||
  entry.acks.every(id => {
    const decidedBy = young.get(id)
    return !decidedBy || decidedBy === entry || batch.has(decidedBy)
  })

/** Work on its way to the database: in order within an actor, together across actors, never before what it acknowledges. */
export function createQueue() {
  const pending = new Set<Entry>()
  const lines = new Map<string, Entry[]>()
  /** Actors with something to send and nothing in flight. */
  const ready = new Set<string>()
  const inFlight = new Set<string>()
  /** Actors whose next work acknowledges an effect that is not durable yet. */
  const waiting = new Set<string>()
  const young: YoungEffects = new Map()

  const takeLine = (actorId: string, batch: Set<Entry>, max: number) => {
    const line = lines.get(actorId) ?? []
    let taken = 0
    for (const entry of line) {
      if (batch.size >= max) break
      if (!mayGo(entry, batch, young)) {
        waiting.add(actorId)
        break
      }
      batch.add(entry)
      taken++
    }
    if (taken === line.length) lines.delete(actorId)
    else lines.set(actorId, line.slice(taken))
    if (taken > 0) inFlight.add(actorId)
  }

  return {
    pending: pending as ReadonlySet<Entry>,
    add(entry: Entry): void {
      pending.add(entry)
      for (const { id } of entry.record?.effects ?? []) young.set(id, entry)
      const actorId = lineOf(entry)
      const line = lines.get(actorId)
      if (line) line.push(entry)
      else lines.set(actorId, [entry])
      if (!inFlight.has(actorId) && !waiting.has(actorId)) ready.add(actorId)
    },
    /** The next batch, longest waiting actors first; empty when nothing may go now. */
    take(max: number): Entry[] {
      const batch = new Set<Entry>()
      for (const actorId of ready) {
        if (batch.size >= max) break
        ready.delete(actorId)
        takeLine(actorId, batch, max)
      }
      return [...batch]
    },
    /** How many actors have something to take. */
    ready: (): number => ready.size,
    /** A work is durable or refused: it waits no more. */
    settle(entry: Entry): void {
      pending.delete(entry)
      for (const { id } of entry.record?.effects ?? []) if (young.get(id) === entry) young.delete(id)
    },
    /** A batch is over: its actors may go again. */
    release(batch: readonly Entry[]): void {
      for (const entry of batch) inFlight.delete(lineOf(entry))
      for (const entry of batch) if (lines.has(lineOf(entry))) ready.add(lineOf(entry))
      for (const actorId of waiting) if (!inFlight.has(actorId)) ready.add(actorId)
      waiting.clear()
    },
  }
}
