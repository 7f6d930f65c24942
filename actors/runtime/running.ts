/** A running actor as the runtime keeps it, and the kinds of actors there are. */
import type { AnyActorLogic, AnyActorRef, AnyStateMachine } from 'xstate'
import type { JsonObject } from '../../src/domain/json.ts'
import type { Cell } from './durable.ts'
import type { EffectHandler } from './outbox.ts'

/** Journaled: every step is durable before its effects leave. */
export type DurableKind = {
  machine: AnyStateMachine
  effects: Readonly<Record<string, EffectHandler>>
  /** Brings the stored snapshot of an older chart forward. */
  migrate?: (snapshot: string, fromVersion: number) => string
}
/** Not journaled: born anew with each start. */
export type PlainKind = { plain: (input: JsonObject) => AnyActorLogic }
export type Kind = DurableKind | PlainKind

export type Running = {
  id: string
  kind: string
  parentId: string
  version: number
  actor: AnyActorRef
  /** Undefined for plain actors. */
  cell: Cell | undefined
  sinceMs: number
}
