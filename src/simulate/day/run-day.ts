/** Plays a planned day: happenings and touches at their instants, then calm, and the wait for rest. */
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { SymbolContext } from '../../../machines/symbol.ts'
import type { Rules } from '../../domain/rules.ts'
import { type DayReport, judgeDay } from '../judge/judge.ts'
import { isStranded, legsApart } from '../judge/rules.ts'
import type { Touch } from '../plan/events.ts'
import { type DayOptions, type DayPlan, dayPlan } from '../plan/plan.ts'
import { type Day, openDay } from './day.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
/** Once faults stop, everything comes to rest within this. */
const REST_MS_MAX = 15 * MINUTE_MS
/** A person looks after what failed so long after it did. */
const PERSON_COMES_MS = 15 * MINUTE_MS

type Due = { atMs: number; run: () => void }

/**
 * Runs the day of a seed and judges it.
 *
 * @param usual - rules of an empty configuration
 * @param look - is given the day before anything happens in it, to look on
 */
export async function runDay(
  seed: number,
  usual: Rules,
  options: DayOptions = {},
  look: (day: Day) => void = () => {},
): Promise<DayReport> {
  return runPlan(dayPlan(seed, usual, options), look)
}

/** Runs one planned day and judges it. */
async function runPlan(plan: DayPlan, look: (day: Day) => void = () => {}): Promise<DayReport> {
  const day = openDay(plan)
  look(day)
  try {
    return await playDay(plan, day)
  } finally {
    day.close()
  }
}

async function playDay(plan: DayPlan, day: Day): Promise<DayReport> {
  const { clock, faults, core } = day
  faults.begin(plan.startAtMs)
  const refused: string[] = []
  const calls: string[] = []
  const dues: Due[] = [
    ...plan.happenings.map(({ atMs, happening }) => ({
      atMs,
      run: () => {
        day.wake()
        day.meets(happening.kind)
        try {
          core.schedule(happening)
          if (happening.kind === 'transfer') day.witness.gave(happening.coin, happening.amount)
        } catch (error) {
          refused.push(`${happening.kind}: ${String(error)}`)
        }
      },
    })),
    ...plan.touches.flatMap(touch => touched(day, touch)),
  ].sort((a, b) => a.atMs - b.atMs)
  let callAtMs = plan.startAtMs
  for (const due of dues) {
    while (callAtMs < due.atMs) {
      await day.advance(callAtMs)
      helpFailed(day, calls)
      callAtMs += PERSON_COMES_MS
    }
    await day.advance(due.atMs)
    due.run()
  }
  while (callAtMs < plan.calmAtMs) {
    await day.advance(callAtMs)
    helpFailed(day, calls)
    callAtMs += PERSON_COMES_MS
  }
  await day.advance(plan.calmAtMs)
  const struck = faults.report().faults
  day.calm()
  // A person may have kept the engine halted for longer than the day was planned.
  const restMs = await rest(day, clock.nowMs())
  const engine = day.engine()
  engine?.runtime.deliver('engine', {
    type: plan.seed % 2 === 0 ? 'engine.halt' : 'engine.flatten',
    by: 'simulate',
    because: 'the day ends',
  })
  await day.advance(clock.nowMs() + 5 * SECOND_MS)
  await rest(day, clock.nowMs())
  await day.advance(clock.nowMs() + 2 * MINUTE_MS)
  day.witness.close(clock.nowMs())
  return judgeDay({ plan, day, restMs, calls, refused, struck })
}

/** Milliseconds until every hedge is hedged or gone, its legs level and no order open; undefined when that did not come. */
async function rest(day: Day, fromMs: number): Promise<number | undefined> {
  const { clock } = day
  while (!isAtRest(day)) {
    if (clock.nowMs() - fromMs >= REST_MS_MAX) return undefined
    day.wake()
    await day.advance(clock.nowMs() + SECOND_MS)
  }
  return clock.nowMs() - fromMs
}

function isAtRest(day: Day): boolean {
  const engine = day.engine()
  if (!engine) return false
  const all = [...engine.runtime.all()]
  const state = all.find(({ kind }) => kind === 'engine')?.cell?.state ?? ''
  if (!/^(trading|halted)/.test(state)) return false
  const hedges = all.filter(({ kind }) => kind === 'hedge')
  const isResting = ({ cell, actor }: (typeof hedges)[number]) =>
    /^hedged\.watching/.test(cell?.state ?? '') ||
    isStranded((actor.getSnapshot().context as HedgeContext).plan, day.witness)
  if (!hedges.every(isResting)) return false
  return day.witness.openOrders() === 0 && legsApart(day.witness).length === 0
}

/** A person has seen the alarm: what failed is tried again once, then let go. */
function helpFailed(day: Day, calls: string[]): void {
  const runtime = day.engine()?.runtime
  if (!runtime) return
  for (const { kind, id, actor, cell } of [...runtime.all()]) {
    if (kind === 'hedge' && cell?.state.startsWith('failed')) {
      const { failure } = actor.getSnapshot().context as HedgeContext
      calls.push(`${id}: ${failure}`)
      runtime.deliver(id, { type: 'hedge.unwind', because: 'a person', atMs: day.clock.nowMs() })
    }
    if (kind === 'symbol' && cell?.state === 'failed.quarantined') {
      const { because } = actor.getSnapshot().context as SymbolContext
      calls.push(`${id}: quarantined ${because}`)
    }
  }
}

function touched(day: Day, touch: Touch): Due[] {
  const { atMs } = touch
  const deliver = (id: string, event: { type: string; because: string }) =>
    day.engine()?.runtime.deliver(id, { ...event, by: 'a person', atMs: day.clock.nowMs() })
  const because = 'a person'
  switch (touch.kind) {
    case 'unwind':
      return [
        {
          atMs,
          run() {
            for (const id of livingHedges(day)) deliver(id, { type: 'hedge.unwind', because })
          },
        },
      ]
    case 'halt':
      return [
        { atMs, run: () => deliver('engine', { type: 'engine.halt', because }) },
        { atMs: atMs + touch.forMs, run: () => deliver('engine', { type: 'engine.resume', because }) },
      ]
    case 'trade':
      return [{ atMs, run: () => day.witness.trade(touch.symbol, touch.side, touch.lots) }]
    case 'cut':
      return [
        {
          atMs,
          run: () => {
            day.wake()
            day.cut()
          },
        },
        { atMs: atMs + touch.forMs, run: () => day.mend() },
      ]
    case 'kill':
      return [{ atMs, run: () => day.arm(touch) }]
  }
}

const livingHedges = (day: Day): string[] =>
  [...(day.engine()?.runtime.all() ?? [])].filter(({ kind }) => kind === 'hedge').map(({ id }) => id)
