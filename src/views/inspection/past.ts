/** An actor as it was after any of its persisted steps: the journal is folded through the chart up to there. */
import { replay } from '../../../actors/runtime/replay.ts'
import type { PastStep } from '../../api/inspection-view.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { ActorRow, Journal, StoredTransition } from '../../store/schema/records.ts'
import type { Charts } from './rows.ts'

const PAGE = 1_000
/** Folding is quick, not free: beyond this the state is told and the context is not. */
const FOLDED_MAX = 20_000

type PastPorts = { journal: Pick<Journal, 'loadActor' | 'transitions'>; charts: Charts }

/** Undefined: never stored. Null: it has no such step. */
export async function pastStep(
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
