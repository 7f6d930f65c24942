/** Plays a planned day: happenings and touches at their instants, then calm, and the wait for rest. */

import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { SymbolContext } from '../../machines/symbol.ts'
import type { Rules } from '../domain/rules.ts'
import type { FaultPlan } from '../exchange/simulator/faults/plan.ts'
import { type DayWorld, dayWorld } from './day.ts'
import { type DayPlan, dayPlan } from './day-plan.ts'
import type { Touch } from './day-touches.ts'
import { type DayReport, judgeDay, legsApart } from './judge.ts'

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
 * @param faults - in place of those that the seed draws
 * @param look - is given the world before anything happens in it, to look on
 */
export async function runDay(
  seed: number,
  usual: Rules,
  faults?: FaultPlan,
  look: (world: DayWorld) => void = () => {},
): Promise<DayReport> {
  const plan = dayPlan(seed, usual, faults)
  const world = dayWorld(plan)
  look(world)
  try {
    return await playDay(plan, world)
  } finally {
    world.close()
  }
}

async function playDay(plan: DayPlan, world: DayWorld): Promise<DayReport> {
  const { clock, faults, core } = world
  faults.begin(plan.startAtMs)
  const refused: string[] = []
  const calls: string[] = []
  const dues: Due[] = [
    ...plan.happenings.map(({ atMs, happening }) => ({
      atMs,
      run: () => {
        world.wake()
        try {
          core.schedule(happening)
        } catch (error) {
          refused.push(`${happening.kind}: ${String(error)}`)
        }
      },
    })),
    ...plan.touches.flatMap(touch => touched(world, touch)),
  ].sort((a, b) => a.atMs - b.atMs)
  let callAtMs = plan.startAtMs
  for (const due of dues) {
    while (callAtMs < due.atMs) {
      await world.advance(callAtMs)
      helpFailed(world, calls)
      callAtMs += PERSON_COMES_MS
    }
    await world.advance(due.atMs)
    due.run()
  }
  while (callAtMs < plan.calmAtMs) {
    await world.advance(callAtMs)
    helpFailed(world, calls)
    callAtMs += PERSON_COMES_MS
  }
  await world.advance(plan.calmAtMs)
  const struck = faults.report().faults
  world.calm()
  // A person may have kept the engine halted for longer than the day was planned.
  const restMs = await rest(world, clock.nowMs())
  const engine = world.engine()
  engine?.runtime.deliver('engine', {
    type: plan.seed % 2 === 0 ? 'engine.halt' : 'engine.flatten',
    by: 'simulate',
    because: 'the day ends',
  })
  await world.advance(clock.nowMs() + 5 * SECOND_MS)
  await rest(world, clock.nowMs())
  await world.advance(clock.nowMs() + 2 * MINUTE_MS)
  world.witness.close(clock.nowMs())
  return judgeDay({ plan, world, restMs, calls, refused, struck })
}

/** Milliseconds until every hedge is hedged or gone, its legs level and no order open; undefined when that did not come. */
async function rest(world: DayWorld, fromMs: number): Promise<number | undefined> {
  const { clock } = world
  while (!isAtRest(world)) {
    if (clock.nowMs() - fromMs >= REST_MS_MAX) return undefined
    world.wake()
    await world.advance(clock.nowMs() + SECOND_MS)
  }
  return clock.nowMs() - fromMs
}

function isAtRest(world: DayWorld): boolean {
  const engine = world.engine()
  if (!engine) return false
  const all = [...engine.runtime.all()]
  const state = all.find(({ kind }) => kind === 'engine')?.cell?.state ?? ''
  if (!/^(trading|halted)/.test(state)) return false
  const hedges = all.filter(({ kind }) => kind === 'hedge')
  if (!hedges.every(({ cell }) => /^hedged\.watching|^failed/.test(cell?.state ?? ''))) return false
  return world.witness.openOrders() === 0 && legsApart(world).length === 0
}

/** A person has seen the alarm: what failed is tried again once, then let go. */
function helpFailed(world: DayWorld, calls: string[]): void {
  const runtime = world.engine()?.runtime
  if (!runtime) return
  for (const { kind, id, actor, cell } of [...runtime.all()]) {
    if (kind === 'hedge' && cell?.state === 'failed') {
      const { failure } = actor.getSnapshot().context as HedgeContext
      calls.push(`${id}: ${failure}`)
      runtime.deliver(id, { type: 'hedge.unwind', because: 'a person', atMs: world.clock.nowMs() })
    }
    if (kind === 'symbol' && cell?.state === 'failed.quarantined') {
      const { failure } = actor.getSnapshot().context as SymbolContext & { failure?: string | null }
      calls.push(`${id}: quarantined ${failure ?? ''}`)
    }
  }
}

function touched(world: DayWorld, touch: Touch): Due[] {
  const { atMs } = touch
  const deliver = (id: string, event: { type: string; because: string }) =>
    world.engine()?.runtime.deliver(id, { ...event, by: 'a person', atMs: world.clock.nowMs() })
  const because = 'a person'
  switch (touch.kind) {
    case 'unwind':
      return [
        {
          atMs,
          run() {
            for (const id of hedgesOf(world)) deliver(id, { type: 'hedge.unwind', because })
          },
        },
      ]
    case 'halt':
      return [
        { atMs, run: () => deliver('engine', { type: 'engine.halt', because }) },
        { atMs: atMs + touch.forMs, run: () => deliver('engine', { type: 'engine.resume', because }) },
      ]
    case 'trade':
      return [
        { atMs, run: () => world.witness.trade(touch.symbol, touch.side, touch.lots, world.clock.nowMs()) },
      ]
    case 'cut':
      return [
        {
          atMs,
          run: () => {
            world.wake()
            world.line.cut('the cable')
          },
        },
        { atMs: atMs + touch.forMs, run: () => world.line.mend() },
      ]
    case 'kill':
      return [{ atMs, run: () => world.arm(touch) }]
  }
}

const hedgesOf = (world: DayWorld): string[] =>
  [...(world.engine()?.runtime.all() ?? [])].filter(({ kind }) => kind === 'hedge').map(({ id }) => id)
