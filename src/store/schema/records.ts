/**
 * What the journal keeps, and the port the durable actors write it through.
 * One `TransitionRecord` is one atomic commit of one actor's step; many records share a database transaction (group commit).
 */

import type { JsonObject } from '../../domain/json.ts'

export type JournaledEvent = { type: string; atMs: number } & JsonObject

/** An effect or a message decided by a transition: dispatched only when its record is durable, pending until acknowledged. */
export type Effect = {
  /** `<actorId>#<seq>.<index>`: a function of committed facts. */
  id: string
  /** A named action; `send` is a message to another durable actor (`params: {to, event}`). */
  type: string
  params: JsonObject
}

export type Timer = { id: string; event: JsonObject; dueAtMs: number }

export type TransitionRecord = {
  actorId: string
  kind: string
  /** Who is told when it ends or fails; '' for the root. */
  parentId: string
  /** 0 is the birth of the actor; then +1 each, without gaps. */
  seq: number
  /** The chart's version. */
  version: number
  commitId: string
  event: JournaledEvent
  from: string
  to: string
  /** The whole persisted snapshot after the step, as canonical JSON text. */
  snapshot: string
  timers: Timer[]
  effects: Effect[]
  /** Effects (of any actor) that this step acknowledges. */
  acks: string[]
  status: 'active' | 'done' | 'error'
  atMs: number
}

/** The stored last state of one actor. */
export type ActorRow = {
  actorId: string
  kind: string
  parentId: string
  seq: number
  version: number
  state: string
  snapshot: string
  timers: Timer[]
  status: 'active' | 'done' | 'error'
  sinceMs: number
}

export type PendingEffect = Effect & { actorId: string; seq: number }

export type StoredTransition = {
  actorId: string
  seq: number
  version: number
  event: JournaledEvent
  from: string
  to: string
  effects: Effect[]
  acks: string[]
  atMs: number
}

export type Poison = { actorId: string; event: JsonObject; error: string; atMs: number }

/** Another process holds the account now. The only answer is to stop. */
export class FencedError extends Error {
  override name = 'FencedError'
}
/** The database refused what can never be accepted (a gap, a conflict with what is stored): a broken invariant. */
export class JournalRefused extends Error {
  override name = 'JournalRefused'
}

type JournalHealth = {
  /** How long the oldest record has waited to be durable; 0 when none waits. Wall milliseconds. */
  oldestPendingMs: number
  pending: number
}

export type Journal = {
  /**
   * Queues a record and resolves when it is durable. Records of one actor become durable in the order given.
   * Rejects with `FencedError` or `JournalRefused`; everything else (a lost connection) is tried again inside.
   */
  append(record: TransitionRecord): Promise<void>
  /** Acknowledges effects that call for no transition. */
  acknowledge(effectIds: readonly string[]): Promise<void>
  /** Keeps an event that made a chart throw. */
  quarantine(poison: Poison): Promise<void>
  /** Actors that are not done, oldest first. */
  loadActors(): Promise<ActorRow[]>
  loadActor(actorId: string): Promise<ActorRow | undefined>
  /** Effects not yet acknowledged, of finished actors too, in the order they were decided. */
  loadPending(): Promise<PendingEffect[]>
  /** One actor's steps in order, from `fromSeq`, at most `limit`. */
  transitions(actorId: string, fromSeq: number, limit: number): Promise<StoredTransition[]>
  health(): JournalHealth
  /** Resolves when everything appended so far is durable. */
  drained(): Promise<void>
  close(): Promise<void>
}
