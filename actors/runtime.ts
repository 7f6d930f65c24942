/**
 * Runs durable actors: births and restores them, stamps and delivers events, commits their steps, and only then lets the
 * effects out. Plain actors (feeds and the like) run here too, unjournaled, under the same supervisors.
 *
 * Every event carries `atMs`: charts have no clock, so folding the journal gives the same snapshots again.
 */
import { type AnyActorLogic, type AnyActorRef, type AnyStateMachine, createActor } from 'xstate'
import type { Clock } from '../src/clock.ts'
import type { JsonObject } from '../src/domain/json.ts'
import type { ActorRow, Effect, Journal, TransitionRecord } from '../src/store/records.ts'
import { type Cell, durable, reviveSnapshot, type Step } from './durable.ts'
import { type Answer, createOutbox, type EffectHandler, KEPT } from './outbox.ts'
import { createTimers } from './timers.ts'

export type DurableKind = {
  machine: AnyStateMachine
  effects: Readonly<Record<string, EffectHandler>>
  /** Brings the stored snapshot of an older chart forward. */
  migrate?: (snapshot: string, fromVersion: number) => string
}
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

export type RuntimePorts = {
  clock: Clock
  journal: Journal
  kinds: Readonly<Record<string, Kind>>
  commitId: () => string
  /** The journal refused or was fenced: nothing more may be decided. */
  fatal(error: unknown): void
  fault(what: { actorId: string; during: string; error: unknown }): void
  /** A step became durable. */
  committed?(record: TransitionRecord): void
  /** The root has nobody above it. */
  orphaned?(actorId: string, error: unknown): void
}

export type Runtime = ReturnType<typeof createRuntime>

export function createRuntime(ports: RuntimePorts) {
  const { clock, journal } = ports
  const running = new Map<string, Running>()
  const failed = new Set<string>()
  const moves = new Set<(actorId: string) => void>()
  const acksOf = new WeakMap<object, readonly string[]>()
  let closed = false

  const timers = createTimers(clock, (actorId, timer) =>
    deliver(actorId, timer.event as Answer, [], timer.dueAtMs),
  )
  const outbox = createOutbox({
    clock,
    journal,
    handlerOf: (actorId, type) => builtIn[type] ?? durableKind(kindOf(actorId))?.effects[type],
    hears: id => (running.has(id) ? 'now' : failed.has(id) ? 'later' : 'never'),
    answer: (actorId, event, effectId) => deliver(actorId, event, [effectId]),
    fault: (effect, actorId, error) => ports.fault({ actorId, during: effect.type, error }),
  })

  const kindNames = new Map<string, string>()
  const kindOf = (actorId: string) => kindNames.get(actorId) ?? ''
  const durableKind = (kind: string): DurableKind | undefined => {
    const found = ports.kinds[kind]
    return found && 'machine' in found ? found : undefined
  }

  const commit = (self: Running, cell: Cell, step: Step, acks: readonly string[]) => {
    const record: TransitionRecord = {
      ...step,
      actorId: self.id,
      kind: self.kind,
      parentId: self.parentId,
      seq: cell.seq,
      version: self.version,
      commitId: ports.commitId(),
      effects: withEnding(self, cell, step),
      acks: [...acks],
      atMs: step.event.atMs,
    }
    if (step.from !== step.to) self.sinceMs = record.atMs
    timers.arm(self.id, step.timers)
    if (step.status === 'done') retire(self)
    journal.append(record).then(
      () => {
        if (closed) return
        outbox.commit(record.actorId, record.effects, record.acks)
        ports.committed?.(record)
        for (const hear of moves) hear(record.actorId)
      },
      error => ports.fatal(error),
    )
  }

  const retire = (self: Running) => {
    running.delete(self.id)
    timers.disarm(self.id)
  }

  /** Starts the XState actor of a running entry and listens for its end. */
  const launch = (self: Running) => {
    kindNames.set(self.id, self.kind)
    failed.delete(self.id)
    running.set(self.id, self)
    self.actor.subscribe({
      error: error => fail(self, error),
      complete: () => {
        if (!self.cell && running.delete(self.id)) deliver(self.parentId, { type: 'child.done', id: self.id })
      },
    })
    self.actor.start()
    // Messages that came while it was away.
    outbox.redrive((effect, actorId) => actorId === self.id || effect.params.to === self.id)
  }

  const fail = (self: Running, error: unknown) => {
    if (closed) return
    running.delete(self.id)
    failed.add(self.id)
    timers.disarm(self.id)
    const text = error instanceof Error ? error.message : String(error)
    if (self.cell) {
      const event = (current?.actorId === self.id ? current.event : { type: 'unknown' }) as JsonObject
      void journal.quarantine({ actorId: self.id, event, error: text, atMs: clock.nowMs() })
    }
    ports.fault({ actorId: self.id, during: 'transition', error })
    if (self.parentId) deliver(self.parentId, { type: 'child.failed', id: self.id, error: text })
    else ports.orphaned?.(self.id, error)
  }

  const hooksOf = (self: Running, cell: Cell) => ({
    decided: (step: Step, cause: object) =>
      commit(self, cell, step, acksOf.get(cause) ?? birthAcks.get(self.id) ?? []),
    ignored: (cause: object) => {
      const acks = acksOf.get(cause)
      if (acks?.length) outbox.acknowledge(acks)
    },
  })
  const birthAcks = new Map<string, readonly string[]>()

  /** Gives birth to an actor, once: an id that lives already is left alone. Its first record carries `acks`. */
  const spawn = (
    id: string,
    kind: string,
    parentId: string,
    input: JsonObject,
    acks: readonly string[] = [],
  ) => {
    const spec = ports.kinds[kind]
    if (!spec) throw new Error(`spawn ${id}: expected a known kind of actor, found ${kind}`)
    if (running.has(id)) return outbox.acknowledge(acks)
    const atMs = clock.nowMs()
    if ('plain' in spec) {
      outbox.acknowledge(acks)
      const self: Running = {
        id,
        kind,
        parentId,
        version: 0,
        cell: undefined,
        sinceMs: atMs,
        actor: createActor(spec.plain(input), { id }),
      }
      return launch(self)
    }
    const cell: Cell = { actorId: id, seq: -1, timers: [], text: '', state: '' }
    const self = { id, kind, parentId, version: versionOf(spec.machine), cell, sinceMs: atMs } as Running
    birthAcks.set(id, acks)
    self.actor = createActor(durable(spec.machine, cell, hooksOf(self, cell)), { id, input: { input, atMs } })
    birthAcks.delete(id)
    launch(self)
  }

  /** Takes up a stored actor. A row that its chart cannot read fails to the supervisor, untouched. */
  const restore = (row: ActorRow) => {
    const spec = durableKind(row.kind)
    const cell: Cell = {
      actorId: row.actorId,
      seq: row.seq,
      timers: row.timers,
      text: row.snapshot,
      state: row.state,
    }
    const self = {
      id: row.actorId,
      kind: row.kind,
      parentId: row.parentId,
      cell,
      sinceMs: row.sinceMs,
    } as Running
    kindNames.set(self.id, self.kind)
    try {
      if (!spec) throw new Error(`expected a known kind of actor, found ${row.kind}`)
      self.version = versionOf(spec.machine)
      const text = row.version === self.version ? row.snapshot : migrated(spec, row)
      const logic = durable(spec.machine, cell, hooksOf(self, cell))
      self.actor = createActor(logic, { id: self.id, snapshot: reviveSnapshot(text), input: undefined })
      const snapshot = self.actor.getSnapshot()
      if (snapshot.status === 'error') throw snapshot.error
    } catch (error) {
      return fail(self, error)
    }
    launch(self)
    timers.arm(self.id, row.timers)
  }

  let current: { actorId: string; event: object } | undefined

  /** Sends an event to an actor. False when nobody of that name is running. */
  const deliver = (actorId: string, event: Answer, acks: readonly string[] = [], dueAtMs = 0): boolean => {
    const self = running.get(actorId)
    if (!self || closed) return false
    const stamped = { ...event, atMs: Math.max(clock.nowMs(), dueAtMs) }
    if (acks.length) acksOf.set(stamped, acks)
    const outer = current
    current = { actorId, event: stamped }
    self.actor.send(stamped)
    current = outer
    return true
  }

  const builtIn: Record<string, EffectHandler> = {
    async spawn(params, call) {
      const { id, kind, input } = params as { id: string; kind: string; input: JsonObject }
      if (await journal.loadActor(id)) return undefined
      spawn(id, kind, call.actorId, input, [call.id])
      return KEPT
    },
    async send(params, call) {
      const { to, event } = params as { to: string; event: Answer }
      if (deliver(to, event, [call.id])) return KEPT
      const row = await journal.loadActor(to)
      // Not born yet, or away: the message waits for it. Only an ended actor never hears.
      if (!row || row.status === 'active') return KEPT
      ports.fault({
        actorId: call.actorId,
        during: 'send',
        error: new Error(`${to} has ended: ${event.type}`),
      })
      return undefined
    },
  }

  return {
    spawn,
    restore,
    deliver,
    /** Takes up all stored actors that `isHeld` does not hold back, then drives what was left pending. */
    async boot(isHeld: (row: ActorRow, rows: readonly ActorRow[]) => boolean): Promise<number> {
      const [rows, pending] = [await journal.loadActors(), await journal.loadPending()]
      for (const { actorId } of pending) {
        if (!kindNames.has(actorId)) kindNames.set(actorId, (await journal.loadActor(actorId))?.kind ?? '')
      }
      for (const row of rows) {
        if (!isHeld(row, rows)) restore(row)
        else {
          kindNames.set(row.actorId, row.kind)
          failed.add(row.actorId)
        }
      }
      outbox.load(pending)
      outbox.redrive()
      return rows.length
    },
    /** Brings a failed actor back from its last good row. */
    async restart(actorId: string): Promise<void> {
      await journal.drained()
      const row = await journal.loadActor(actorId)
      if (!row) throw new Error(`restart ${actorId}: expected a stored row, found none`)
      if (!running.has(actorId)) restore(row)
    },
    get: (actorId: string): Running | undefined => running.get(actorId),
    all: (): IterableIterator<Running> => running.values(),
    pendingEffects: () => outbox.pending(),
    onMove(hear: (actorId: string) => void): () => void {
      moves.add(hear)
      return () => moves.delete(hear)
    },
    /** Lets go of every actor; rows and pending effects stay as they are. */
    close(): void {
      closed = true
      outbox.close()
      for (const { id, actor } of running.values()) {
        timers.disarm(id)
        actor.stop()
      }
      running.clear()
    },
  }
}

const versionOf = (machine: AnyStateMachine) => Number(machine.version ?? 1)

function migrated(spec: DurableKind, row: ActorRow): string {
  if (!spec.migrate) {
    throw new Error(`row of chart version ${row.version}: expected ${versionOf(spec.machine)} or a migration`)
  }
  return spec.migrate(row.snapshot, row.version)
}

/** An ending is told to the parent through the outbox, so that it is told again after a crash. */
function withEnding(self: Running, cell: Cell, step: Step): Effect[] {
  if (step.status !== 'done' || !self.parentId) return step.effects
  const id = `${self.id}#${cell.seq}.${step.effects.length}`
  return [
    ...step.effects,
    { id, type: 'send', params: { to: self.parentId, event: { type: 'child.done', id: self.id } } },
  ]
}
