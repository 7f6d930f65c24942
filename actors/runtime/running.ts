/**
 * A running actor as the runtime keeps it, the kinds of actors there are, and what people who watch may hear of them. An
 * observer is told after the fact and can change nothing: whatever it throws is reported as a fault, and the actor goes on.
 */
import type {
  AnyActorLogic,
  AnyActorRef,
  AnyStateMachine,
  AnyTransitionDefinition,
  InspectionEvent,
} from 'xstate'
import type { JsonObject } from '../../src/domain/json.ts'
import type { TransitionRecord } from '../../src/store/schema/records.ts'
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

/**
 * What people who watch may hear of the runtime. It is told after the fact and can change nothing: whatever it throws is
 * reported as a fault, and the actor goes on.
 */
export type Observed =
  /** Born, restored or restarted. */
  | { kind: 'began'; self: Running }
  /** A step was decided; its record is on its way to the journal. */
  | { kind: 'taken'; self: Running; record: TransitionRecord }
  /** The present state has no transition for this event. */
  | { kind: 'ignored'; self: Running; event: { type: string } }
  /** A plain actor was sent an event: it keeps none. */
  | { kind: 'heard'; self: Running; event: { type: string } }
  | { kind: 'failed'; self: Running; error: string }
  /** A plain actor came to its end. */
  | { kind: 'ended'; self: Running }
  /** The transitions of the chart taken in one microstep of the step that follows. */
  | { kind: 'microstep'; actorId: string; transitions: readonly AnyTransitionDefinition[] }

export type Observe = (what: Observed) => void

type Ports = {
  observed?: Observe
  fault(what: { actorId: string; during: string; error: unknown }): void
}

/** The observer made harmless, and what an XState actor is created with so that its microsteps are heard. */
export function createObserver({ observed, fault }: Ports) {
  const tell: Observe = what => {
    try {
      observed?.(what)
    } catch (error) {
      fault({ actorId: 'actorId' in what ? what.actorId : what.self.id, during: 'observed', error })
    }
  }
  /** `_transitions` are the very objects of the chart's nodes: they name the edge, guard and all. */
  const inspect = (actorId: string) => (event: InspectionEvent) => {
    if (event.type === '@xstate.microstep')
      tell({ kind: 'microstep', actorId, transitions: event._transitions })
  }
  return { tell, named: (id: string) => (observed ? { id, inspect: inspect(id) } : { id }) }
}
