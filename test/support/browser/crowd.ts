/**
 * A crowd of actors without an exchange: the real runtime, charts like a hedge's, a journal that forgets. For what must
 * hold whatever is traded: looks, and load.
 */
import { assign, setup } from 'xstate'
import { createRuntime, type Runtime } from '../../../actors/runtime/runtime.ts'
import { CHILDREN_MAX, supervisorMachine } from '../../../machines/supervisor.ts'
import { createApi } from '../../../src/api/app.ts'
import type { Listening } from '../../../src/api/server.ts'
import { systemClock } from '../../../src/clock/clock.ts'
import type { Journal } from '../../../src/store/schema/records.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { createHub } from '../../../src/views/inspection/hub.ts'
import { createInspection } from '../../../src/views/inspection/inspection.ts'
import { smallView } from '../api/small-view.ts'

export const CROWD_TOKEN = 'token-of-the-crowd-0123456789abcdef'

const leg = {
  initial: 'quiet',
  states: {
    quiet: { on: { 'leg.ask': 'sending' } },
    sending: { entry: 'placeOrder', on: { 'leg.answer': 'quiet', 'leg.lost': 'unknown' } },
    unknown: { after: { SILENCE: 'quiet' }, on: { 'leg.answer': 'quiet' } },
  },
} as const

/** Shaped as a hedge is: nested, parallel, timed and guarded. */
export const crowdMachine = setup({
  types: { context: {} as { ticks: number; mark: string } },
  delays: { SILENCE: 20_000, DEADLINE: 600_000 },
  guards: { isEven: ({ context }) => context.ticks % 2 === 0 },
  actions: { placeOrder: () => {}, count: assign(({ context }) => ({ ticks: context.ticks + 1 })) },
}).createMachine({
  id: 'hedge',
  version: '1',
  context: { ticks: 0, mark: '100.5' },
  initial: 'entering',
  on: { 'mark.moved': { actions: 'count' } },
  states: {
    idle: { on: { 'plan.confirmed': 'entering' } },
    entering: {
      type: 'parallel',
      after: { DEADLINE: 'hedged' },
      on: { 'legs.level': 'hedged', 'hedge.unwind': 'unwinding' },
      states: { spot: leg, perp: leg },
    },
    hedged: {
      initial: 'watching',
      states: {
        watching: { on: { 'hedge.rebalance': { guard: 'isEven', target: 'rebalancing' } } },
        rebalancing: { after: { SILENCE: 'watching' } },
      },
      on: { 'hedge.unwind': 'unwinding', 'legs.fail': 'failed' },
    },
    unwinding: { after: { SILENCE: 'entering' } },
    failed: { on: { 'hedge.retry': 'entering', 'hedge.unwind': 'unwinding', 'legs.found': 'closed' } },
    closed: { type: 'final' },
  },
})

/** Remembers nothing and is always done. */
const forgetful: Journal = {
  append: async () => {},
  acknowledge: async () => {},
  quarantine: async () => {},
  loadActors: async () => [],
  loadActor: async () => undefined,
  loadPending: async () => [],
  transitions: async () => [],
  health: () => ({ oldestPendingMs: 0, pending: 0 }),
  drained: async () => {},
  close: async () => {},
}

export type Crowd = { runtime: Runtime; ids: string[]; api: Listening; close(): Promise<void> }

/** `count` actors under supervisors, served with the pages. `watched` false: nobody hears what they do. */
export async function crowd(count: number, watched = true): Promise<Crowd> {
  const clock = systemClock()
  const hub = createHub(clock)
  let commits = 0
  const runtime = createRuntime({
    clock,
    journal: forgetful,
    kinds: {
      supervisor: { machine: supervisorMachine, effects: { alert: async () => undefined } },
      hedge: { machine: crowdMachine, effects: { placeOrder: async () => undefined } },
    },
    commitId: () => `commit-${++commits}`,
    fatal: error => {
      throw error
    },
    fault: () => {},
    ...(watched ? { observed: hub.observe } : {}),
  })
  const ids = Array.from({ length: count }, (_, at) => `hedge:${String(at + 1).padStart(4, '0')}`)
  runtime.spawn('root', 'supervisor', '', { name: 'root' })
  for (let at = 0; at < count; at += CHILDREN_MAX) {
    const name = `hedges-${at / CHILDREN_MAX + 1}`
    runtime.spawn(name, 'supervisor', 'root', { name })
    for (const id of ids.slice(at, at + CHILDREN_MAX)) runtime.spawn(id, 'hedge', name, {})
  }
  const inspection = createInspection({
    hub,
    clock,
    pace: () => 1,
    journal: forgetful,
    machines: { supervisor: supervisorMachine, hedge: crowdMachine },
  })
  const api = await createApi({
    view: { ...smallView(), transitions: async () => [] },
    inspection,
    token: CROWD_TOKEN,
    host: '127.0.0.1',
    port: 0,
    telemetry: silentTelemetry(),
    clock,
  }).listen()
  return {
    runtime,
    ids,
    api,
    async close() {
      runtime.close()
      await api.close()
    },
  }
}
