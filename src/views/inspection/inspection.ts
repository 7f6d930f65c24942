/**
 * The inspector's side of a running engine: what the hub heard, as the API may ask for it, and who told whom what around one
 * actor.
 */
import type { AnyStateMachine } from 'xstate'
import { replay } from '../../../actors/runtime/replay.ts'
import type { InspectionView, Message, PastStep } from '../../api/inspection-view.ts'
import type { Clock } from '../../clock/clock.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ActorRow, Journal, StoredTransition } from '../../store/schema/records.ts'
import { createFocusReader } from './focus.ts'
import type { HeardLine, Hub } from './hub.ts'
import { type Charts, createCharts, createRows } from './rows.ts'

// An actor as it was after any of its persisted steps: the journal is folded through the chart up to there.

const PAGE = 1_000
/** Folding is quick, not free: beyond this the state is told and the context is not. */
const FOLDED_MAX = 20_000

type PastPorts = { journal: Pick<Journal, 'loadActor' | 'transitions'>; charts: Charts }

/** Undefined: never stored. Null: it has no such step. */
async function pastStep(
  { journal, charts }: PastPorts,
  actorId: string,
  wanted: number | undefined,
): Promise<PastStep | null | undefined> {
  const row = await journal.loadActor(actorId)
  if (!row) return undefined
  const seq = wanted ?? row.seq
  if (seq > row.seq) return null
  const isFoldable = seq < FOLDED_MAX
  const steps = await stepsOf(journal, actorId, isFoldable ? 0 : seq, seq)
  const step = steps.at(-1)
  if (step?.seq !== seq) return null
  const { atMs, event, from, to, effects } = step
  return {
    id: actorId,
    kind: row.kind,
    parentId: row.parentId,
    chart: charts.hashOf(row.kind),
    status: seq === row.seq ? row.status : 'active',
    seq,
    lastSeq: row.seq,
    atMs,
    event,
    from,
    state: to,
    effects: effects.map(({ type, params }) => ({ type, params })),
    ...(isFoldable ? folded(charts, row, steps) : tooFar),
  }
}

type Folded = Pick<PastStep, 'context' | 'timers' | 'note'>

const tooFar: Folded = {
  context: null,
  timers: [],
  note: `more than ${FOLDED_MAX} steps lie before this one: its context is not computed`,
}

function folded(charts: Charts, row: ActorRow, steps: readonly StoredTransition[]): Folded {
  const machine = charts.ofKind(row.kind)?.machine
  const foreign = steps.find(({ version }) => version !== Number(machine?.version ?? 1))
  if (!machine) return { context: null, timers: [], note: `no chart of kind ${row.kind} is at hand` }
  if (foreign) {
    const note = `step ${foreign.seq} was taken by chart version ${foreign.version}, which is not at hand`
    // The newest step needs no fold: the row holds what it led to.
    return steps.at(-1)?.seq === row.seq ? { ...told(row), note } : { context: null, timers: [], note }
  }
  try {
    return { ...told(replay(machine, steps, row.parentId)), note: '' }
  } catch (error) {
    return { context: null, timers: [], note: error instanceof Error ? error.message : String(error) }
  }
}

function told({
  snapshot,
  timers,
}: Pick<ActorRow, 'snapshot' | 'timers'>): Pick<Folded, 'context' | 'timers'> {
  const { context } = JSON.parse(snapshot) as { context: JsonObject }
  return { context, timers: timers.map(({ event, dueAtMs }) => ({ event: String(event.type), dueAtMs })) }
}

async function stepsOf(
  journal: PastPorts['journal'],
  actorId: string,
  first: number,
  last: number,
): Promise<StoredTransition[]> {
  const steps: StoredTransition[] = []
  for (let from = first; from <= last; from += PAGE) {
    const page = await journal.transitions(actorId, from, Math.min(PAGE, last - from + 1))
    steps.push(...page)
    if (page.length === 0) break
  }
  return steps
}

type InspectionParts = {
  hub: Hub
  clock: Clock
  /** Engine milliseconds to one of the machine, now. */
  pace: () => number
  journal: Pick<Journal, 'loadActor' | 'transitions'>
  machines: Readonly<Record<string, AnyStateMachine>>
}

/** What the inspector reads: lists, one actor in the focus, charts, past steps and messages. */
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
