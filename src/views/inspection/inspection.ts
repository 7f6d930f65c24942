/**
 * The inspector's side of a running engine: what the hub heard, as the API may ask for it, and who told whom what around one
 * actor.
 */
import type { AnyStateMachine } from 'xstate'
import type { InspectionView, Message } from '../../api/inspection-view.ts'
import type { Clock } from '../../clock/clock.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Journal } from '../../store/schema/records.ts'
import { createFocusReader } from './focus.ts'
import type { HeardLine, Hub } from './hub.ts'
import { pastStep } from './past.ts'
import { createCharts, createRows } from './rows.ts'

type InspectionParts = {
  hub: Hub
  clock: Clock
  /** Engine milliseconds to one of the machine, now. */
  pace: () => number
  journal: Pick<Journal, 'loadActor' | 'transitions'>
  machines: Readonly<Record<string, AnyStateMachine>>
}

export function createInspection({ hub, clock, pace, journal, machines }: InspectionParts): InspectionView {
  const charts = createCharts(machines)
  const rows = createRows(hub, charts)
  return {
    clock: () => ({ nowMs: clock.nowMs(), speed: pace() }),
    frame: cursor => rows.frame(cursor),
    focusReader: () => createFocusReader({ hub, charts, clock, rowOf: rows.rowOf }),
    messages: (actorId, limit) => messagesAround(hub, actorId, limit),
    chart: hash => charts.byHash(hash) as unknown as JsonObject | undefined,
    past: (actorId, seq) => pastStep({ journal, charts }, actorId, seq),
  }
}

/** Takes part beside the actors: the exchange and everything else that effects reach. */
const OUTSIDE = 'outside'
const PERSON = 'person'
const CLOCK = 'clock'

/** The last arrows of an actor and of those it speaks with, oldest first. */
function messagesAround(hub: Hub, actorId: string, limit: number): Message[] {
  const all = hub.lines(Number.POSITIVE_INFINITY).flatMap(arrowsOf)
  const partners = new Set([actorId])
  for (const { from, to } of all) {
    if (from === actorId && isActor(to)) partners.add(to)
    if (to === actorId && isActor(from)) partners.add(from)
  }
  return all
    .filter(({ from, to }) => from === actorId || to === actorId || (partners.has(from) && partners.has(to)))
    .slice(-limit)
}

const isActor = (name: string) => name !== OUTSIDE && name !== PERSON && name !== CLOCK

function arrowsOf(line: HeardLine): Message[] {
  const { n, atMs, actorId, event, effects, ignored } = line
  const heard: Message = { n, atMs, to: actorId, event: event.type, ignored, ...senderOf(line) }
  const asked = effects
    .filter(({ type }) => type !== 'send')
    .map(
      ({ type }): Message => ({
        n,
        atMs,
        from: actorId,
        to: OUTSIDE,
        event: type,
        kind: 'effect',
        ignored: false,
      }),
    )
  return [heard, ...asked]
}

function senderOf({ actorId, event, acks }: HeardLine): Pick<Message, 'from' | 'kind'> {
  const sender = acks[0]?.split('#')[0]
  if (sender !== undefined && sender !== actorId) return { from: sender, kind: 'message' }
  if (sender !== undefined) return { from: OUTSIDE, kind: 'answer' }
  if ('commandKey' in event) return { from: PERSON, kind: 'command' }
  if (event.type.startsWith('xstate.after.')) return { from: CLOCK, kind: 'timer' }
  return { from: OUTSIDE, kind: 'fact' }
}
