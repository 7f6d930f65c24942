/**
 * What durability costs at the actor: transitions per second through the real runtime (chart, wrapper, outbox, journal, and
 * the acknowledgement of the effect before) beside the raw group-commit loop on the same server, round by round.
 * `node test/bench/actors.ts` prints the rows.
 */
import { assign, setup } from 'xstate'
import { createRuntime, type Runtime } from '../../actors/runtime/runtime.ts'
import { systemClock } from '../../src/clock/clock.ts'
import type { Database } from '../../src/store/database.ts'
import { createJournal } from '../../src/store/journal/journal.ts'
import { takeLease } from '../../src/store/lease.ts'
import { closedLoop, type Measured, measured, median, onFreshServer, rawWriter } from './journal.ts'

export type ActorBenchRow = {
  actors: number
  rawPerSecond: number
  perSecond: number
  ratio: number
  rawP50Ms: number
  rawP99Ms: number
  p50Ms: number
  p99Ms: number
  p99Ratio: number
  /** Of this process for each step, which a busy machine spoils least. */
  rawCpuUs: number
  cpuUs: number
}

/** As large as a hedge's context: about a kilobyte of text. */
const FIELDS = Object.fromEntries(
  Array.from({ length: 24 }, (_, index) => [`field${index}`, `value ${index} of the actor`]),
)

/** Each effect answers with the event that calls for the next one: one transition, one effect, one acknowledgement a turn. */
const turner = setup({
  types: { context: {} as { turns: number }, events: {} as { type: 'go' | 'done'; atMs: number } },
  actions: {
    count: assign(({ context }) => ({ turns: context.turns + 1 })),
    turn: (_, _params: { leg: string; qty: string }) => {},
  },
}).createMachine({
  id: 'turner',
  version: '1',
  context: { turns: 0, ...FIELDS },
  initial: 'idle',
  states: {
    idle: { on: { go: 'turning' } },
    turning: {
      entry: ['count', { type: 'turn', params: { leg: 'spot', qty: '0.51' } }],
      on: { done: { target: 'turning', reenter: true }, go: { target: 'turning', reenter: true } },
    },
  },
})

export async function benchActors({ actorCounts = [1, 100, 1000], rounds = 4, roundMs = 1500 } = {}) {
  return onFreshServer(async database => {
    const rows: ActorBenchRow[] = []
    for (const actors of actorCounts) rows.push(await compare(database, actors, rounds, roundMs))
    return rows
  })
}

async function compare(database: Database, actors: number, rounds: number, roundMs: number) {
  const account = `actors${actors}`
  const answer = await takeLease(database.client, { account, holder: 'bench', lost: () => undefined })
  if (answer.kind !== 'held') throw new Error(`bench: the lease is held by ${answer.holder}`)
  const raw = await rawWriter(database.pool, actors)
  const journal = createJournal(database.pool, { account, epoch: answer.lease.epoch })
  const bench = actorBench(journal, actors)
  const seqs = new Array<number>(actors).fill(0)
  const found: Found = { raw: [], actors: [] }
  for (let round = 0; round <= rounds; round++) {
    const floor = await withCpu(() => closedLoop(raw.append, seqs, roundMs))
    const ours = await withCpu(() => bench.round(roundMs))
    // The first round warms plans and code.
    if (round === 0) continue
    found.raw.push(floor)
    found.actors.push(ours)
  }
  await raw.close()
  bench.runtime.close()
  await journal.close()
  await answer.lease.release()
  return rowOf(actors, found)
}

type WithCpu = Measured & { cpuUs: number }
type Found = { raw: WithCpu[]; actors: WithCpu[] }

async function withCpu(round: () => Promise<Measured>): Promise<WithCpu> {
  const [startMs, before] = [performance.now(), process.cpuUsage()]
  const found = await round()
  const { user, system } = process.cpuUsage(before)
  const steps = (found.perSecond * (performance.now() - startMs)) / 1000
  return { ...found, cpuUs: Math.round((user + system) / steps) }
}

function rowOf(actors: number, found: Found): ActorBenchRow {
  const of = (rows: readonly WithCpu[], key: keyof WithCpu) => median(rows.map(row => row[key]))
  const [rawPerSecond, perSecond] = [of(found.raw, 'perSecond'), of(found.actors, 'perSecond')]
  const [rawP99Ms, p99Ms] = [of(found.raw, 'p99Ms'), of(found.actors, 'p99Ms')]
  return {
    actors,
    rawPerSecond: Math.round(rawPerSecond),
    perSecond: Math.round(perSecond),
    ratio: Number((perSecond / rawPerSecond).toFixed(2)),
    rawP50Ms: of(found.raw, 'p50Ms'),
    rawP99Ms,
    p50Ms: of(found.actors, 'p50Ms'),
    p99Ms,
    p99Ratio: Number((p99Ms / rawP99Ms).toFixed(2)),
    rawCpuUs: of(found.raw, 'cpuUs'),
    cpuUs: of(found.actors, 'cpuUs'),
  }
}

function actorBench(journal: ReturnType<typeof createJournal>, actors: number) {
  const ids = Array.from({ length: actors }, (_, at) => `turner:${at}`)
  const sentMs = new Map<string, number>()
  let waits: number[] = []
  let running = false
  let resting = 0
  let allRest = () => {}
  const runtime: Runtime = createRuntime({
    clock: systemClock(),
    journal,
    kinds: {
      turner: {
        machine: turner,
        effects: {
          async turn(_, { actorId }) {
            const nowMs = performance.now()
            waits.push(nowMs - (sentMs.get(actorId) ?? nowMs))
            if (running) {
              sentMs.set(actorId, performance.now())
              return { type: 'done' }
            }
            if (++resting === actors) allRest()
            return undefined
          },
        },
      },
    },
    commitId: (() => {
      let count = 0
      return () => `${actors}/${++count}`
    })(),
    fatal: error => {
      throw error
    },
    fault: ({ error }) => {
      throw error
    },
  })
  for (const id of ids) runtime.spawn(id, 'turner', '', {})
  return {
    runtime,
    /** Every actor turns for `roundMs`, then all come to rest. */
    async round(roundMs: number): Promise<Measured> {
      await journal.drained()
      waits = []
      resting = 0
      running = true
      const rest = new Promise<void>(resolve => {
        allRest = resolve
      })
      const startMs = performance.now()
      for (const id of ids) {
        sentMs.set(id, performance.now())
        runtime.deliver(id, { type: 'go' })
      }
      setTimeout(() => {
        running = false
      }, roundMs)
      await rest
      return measured(waits, performance.now() - startMs)
    },
  }
}

if (import.meta.main) console.table(await benchActors())
