/**
 * Effects between their commit and their acknowledgement. An effect is driven only when the record that decided it is
 * durable; its answer is an event whose own commit acknowledges it. Until then it is pending, across restarts too.
 */
import type { Clock, Stopwatch, TimerHandle } from '../../src/clock/clock.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { Effect, Journal, PendingEffect } from '../../src/store/schema/records.ts'

export type EffectCall = {
  id: string
  actorId: string
  /** True when it may already have been carried out once: ask before doing it again. */
  redriven: boolean
  /** Since the commit of its record began. Infinite for one of an earlier process. */
  ageMs: Stopwatch
}
export type Answer = { type: string } & JsonObject
/** Carries out one effect. An answer is delivered to the actor that decided it; nothing means done without a reply. */
export type EffectHandler = (params: JsonObject, call: EffectCall) => Promise<Answer | undefined>

/** A handler's way to say: acknowledged by another actor's commit, or to stay pending until that actor is there. */
export const KEPT: Answer = { type: 'effect.kept' }

type Entry = {
  effect: Effect
  actorId: string
  ageMs: Stopwatch
  driving: boolean
  /** An actor has heard of it and its commit is under way: driving it again would be heard twice. */
  handed: boolean
  /** It was to be driven again while it was being driven. */
  again: boolean
  faults: number
  retry: TimerHandle | undefined
}

type OutboxPorts = {
  clock: Clock
  journal: Journal
  /** The handler of an effect of this actor; undefined when the actor's kind has none by that name. */
  handlerOf(actorId: string, type: string): EffectHandler | undefined
  /** Is the actor there to hear the answer? A failed one hears it after its restart. */
  hears(actorId: string): 'now' | 'later' | 'never'
  answer(actorId: string, event: Answer, effectId: string): void
  fault(effect: Effect, actorId: string, error: unknown): void
  /** The journal refused an acknowledgement: nothing more may leave. */
  lost(error: unknown): void
}

/** First pause before a thrown effect is driven again; doubles up to the last. */
const REDRIVE_FIRST_MS = 500
const REDRIVE_LAST_MS = 30_000

const entryOf = (effect: Effect, actorId: string, ageMs: Stopwatch): Entry => ({
  effect,
  actorId,
  ageMs,
  driving: false,
  handed: false,
  again: false,
  faults: 0,
  retry: undefined,
})

/** Effects that are durable and not acknowledged yet. A handler that throws is driven again, after a pause that doubles. */
export function createOutbox(ports: OutboxPorts) {
  const entries = new Map<string, Entry>()
  const { drive, acknowledge, close } = createDriver(ports, entries)
  const mark = (ids: readonly string[], handed: boolean) => {
    for (const id of ids) {
      const entry = entries.get(id)
      if (entry) entry.handed = handed
    }
  }

  return {
    /** Effects of a record that just became durable. */
    commit(actorId: string, effects: readonly Effect[], acks: readonly string[], ageMs: Stopwatch): void {
      for (const id of acks) entries.delete(id)
      const added = effects.map(effect => entryOf(effect, actorId, ageMs))
      for (const entry of added) entries.set(entry.effect.id, entry)
      for (const entry of added) void drive(entry, false)
    },
    /** Takes up what an earlier process left pending. */
    load(pending: readonly PendingEffect[]): void {
      for (const { actorId, seq: _seq, ...effect } of pending)
        entries.set(
          effect.id,
          entryOf(effect, actorId, () => Number.POSITIVE_INFINITY),
        )
    },
    /** Drives again all that wait; of one actor, or those that `only` picks. */
    redrive(only: (effect: Effect, actorId: string) => boolean = () => true): void {
      for (const entry of [...entries.values()]) {
        if (only(entry.effect, entry.actorId)) void drive(entry, true)
      }
    },
    /** An actor hears an event that acknowledges these: they are not driven while its commit is under way. */
    hand: (ids: readonly string[]): void => mark(ids, true),
    /** The actor that heard of these threw: they are pending as before. */
    takeBack: (ids: readonly string[]): void => mark(ids, false),
    acknowledge,
    pending: (): number => entries.size,
    close,
  }
}

/** Drives effects, one at a time each, and settles them by their answers. */
function createDriver(ports: OutboxPorts, entries: Map<string, Entry>) {
  let closed = false

  const drive = async (entry: Entry, redriven: boolean): Promise<void> => {
    const { effect, actorId, ageMs } = entry
    if (closed || entry.handed || !entries.has(effect.id)) return
    if (entry.driving) {
      entry.again = true
      return
    }
    const handler = ports.handlerOf(actorId, effect.type)
    if (!handler) return ports.fault(effect, actorId, new Error(`no handler for effect ${effect.type}`))
    entry.driving = true
    entry.again = false
    if (entry.retry) ports.clock.clearTimeout(entry.retry)
    try {
      const answer = await handler(effect.params, { id: effect.id, actorId, redriven, ageMs })
      entry.driving = false
      if (!closed) settle(entry, answer)
    } catch (error) {
      entry.driving = false
      if (closed) return
      ports.fault(effect, actorId, error)
      const pauseMs = Math.min(REDRIVE_LAST_MS, REDRIVE_FIRST_MS * 2 ** entry.faults++)
      entry.retry = ports.clock.setTimeout(() => void drive(entry, true), pauseMs)
    }
  }

  const settle = (entry: Entry, answer: Answer | undefined) => {
    if (entry.handed || !entries.has(entry.effect.id)) return
    // Whoever it waits for came while it was being driven.
    if (answer === KEPT) return void (entry.again && drive(entry, true))
    const hears = answer ? ports.hears(entry.actorId) : 'never'
    if (answer && hears === 'now') ports.answer(entry.actorId, answer, entry.effect.id)
    else if (hears === 'never') acknowledge([entry.effect.id])
  }

  const acknowledge = (ids: readonly string[]) => {
    if (ids.length === 0) return
    for (const id of ids) entries.delete(id)
    ports.journal.acknowledge(ids).catch(ports.lost)
  }

  const close = () => {
    closed = true
  }

  return { drive, acknowledge, close }
}
