/**
 * The effects every durable chart may name: messages between actors, and the births and restarts a supervisor calls for.
 * `sendAll` never gets here: the wrapper takes it apart into one `send` for each receiver. Beside them what parents must be
 * told of their plain or failed children: a parent may be away, or throw at the news, so it is told again when it is back,
 * until a step of its own has taken note.
 */
import type { ChildSpec } from '../../machines/supervisor.ts'
import type { Clock } from '../../src/clock/clock.ts'
import type { ActorRow, Journal } from '../../src/store/schema/records.ts'
import { type Answer, type EffectCall, type EffectHandler, KEPT } from './outbox.ts'

export const BUILT_IN_EFFECTS = ['send', 'sendAll', 'spawn', 'spawnChildren', 'restartChild'] as const

type BuiltInPorts = {
  clock: Clock
  journal: Journal
  /** Hands an event to an actor; false when nobody of that name is running. */
  deliver(actorId: string, event: Answer, acks: readonly string[]): boolean
  /** Running, or failed and waiting for its supervisor. */
  isKnown(actorId: string): boolean
  /** Gives birth to a child of the acting actor. Its first record carries `acks`; so does the news of a failed birth. */
  spawn(child: ChildSpec, parentId: string, acks: readonly string[]): void
  /** Starts a child again, from its row if it has one, and tells the acting actor how it went. */
  startAgain(child: ChildSpec, row: ActorRow | undefined, call: EffectCall): Answer
  fault(what: { actorId: string; during: string; error: unknown }): void
}

/** Effects that every kind has: a message to another actor, the birth of children, the restart of one. */
export function builtInEffects(ports: BuiltInPorts): Readonly<Record<string, EffectHandler>> {
  const { clock, journal } = ports
  /** The row as it is once all that is under way is durable. */
  const settledRow = async (actorId: string) => {
    await journal.drained()
    return journal.loadActor(actorId)
  }
  const until = (dueAtMs: number) =>
    new Promise<void>(resolve => clock.setTimeout(resolve, dueAtMs - clock.nowMs()))

  const send: EffectHandler = async (params, call) => {
    const { to, event } = params as { to: string; event: Answer }
    if (ports.deliver(to, event, [call.id])) return KEPT
    const row = await settledRow(to)
    // Not born yet, or away: the message waits for it. Only an ended actor never hears.
    if (row?.status !== 'done') return KEPT
    ports.fault({
      actorId: call.actorId,
      during: 'send',
      error: new Error(`${to} has ended: ${event.type}`),
    })
    return undefined
  }

  const spawn: EffectHandler = async (params, call) => {
    const child = params as ChildSpec
    if (await settledRow(child.id)) return undefined
    ports.spawn(child, call.actorId, [call.id])
    return KEPT
  }

  const spawnChildren: EffectHandler = async (params, call) => {
    const { children } = params as { children: ChildSpec[] }
    for (const child of children) {
      if (ports.isKnown(child.id) || (await settledRow(child.id))) continue
      if (!ports.isKnown(child.id)) ports.spawn(child, call.actorId, [])
    }
    // Acknowledged only when every birth is durable; after a crash before that, those born are left alone.
    await journal.drained()
    return undefined
  }

  const restartChild: EffectHandler = async (params, call) => {
    const { dueAtMs, ...child } = params as ChildSpec & { dueAtMs: number }
    if (!Number.isFinite(dueAtMs))
      throw new Error(`restartChild.dueAtMs: expected an instant, found ${dueAtMs}`)
    await until(dueAtMs)
    return ports.startAgain(child, await settledRow(child.id), call)
  }

  return { send, spawn, spawnChildren, restartChild }
}

/**
 * What parents must be told of their plain or failed children. A parent may be away, or throw at the news: it is told
 * again when it is back, until a step of its own has taken note.
 */
type News = { parentId: string; event: Answer; acks: readonly string[] }

type NewsPorts = {
  deliver(actorId: string, event: Answer, acks: readonly string[]): boolean
  /** Takes note by committing a step; a plain actor has heard when it was told. */
  keepsJournal(actorId: string): boolean
}

/** News that parents have not taken note of yet, one for each child. */
export function createFamilyNews({ deliver, keepsJournal }: NewsPorts) {
  const unheard = new Map<string, News>()
  const announce = (childId: string) => {
    const news = unheard.get(childId)
    if (!news || !deliver(news.parentId, news.event, news.acks)) return
    if (!keepsJournal(news.parentId)) unheard.delete(childId)
  }
  return {
    tell(childId: string, news: News): void {
      unheard.set(childId, news)
      announce(childId)
    },
    /** Its parent is back. */
    tellAgain(parentId: string): void {
      for (const [childId, news] of unheard) if (news.parentId === parentId) announce(childId)
    },
    /** An actor decided on an event, or to ignore it. */
    heard(actorId: string, { type, id }: { type?: string; id?: unknown }): void {
      if (type !== 'child.failed' && type !== 'child.done') return
      if (unheard.get(String(id))?.parentId === actorId) unheard.delete(String(id))
    },
    /** The child runs again: what was to be told is past. */
    forget: (childId: string): boolean => unheard.delete(childId),
  }
}
