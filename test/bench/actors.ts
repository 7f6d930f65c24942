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
import { closedLoop, type Measured, measured, onFreshServer, rawWriter } from './journal.ts'
import { median, type RatioRow, rounded, shown } from './rounds.ts'

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

export async function benchActors({ actorCounts = [1, 100, 1000], rounds = 5, roundMs = 1500 } = {}) {
  return onFreshServer(async database => {
    const rows: RatioRow[] = []
    for (const actors of actorCounts) rows.push(...(await compare(database, actors, rounds, roundMs)))
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
  return rowsOf(actors, found)
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

/** The share of the floor's steps that is reached with so many actors. */
const REACH: Readonly<Record<number, number>> = { 1: 0.9, 100: 0.75, 1000: 0.7 }

function rowsOf(actors: number, found: Found): RatioRow[] {
  const rounds = found.raw.flatMap((raw, at) => (found.actors[at] ? [{ raw, ours: found.actors[at] }] : []))
  const row = (
    key: keyof WithCpu,
    what: string,
    unit: string,
    better: RatioRow['better'],
    reach?: number,
  ) => ({
    what: `${what}, ${actors} actors`,
    floor: 'a raw group commit',
    floorValue: rounded(median(rounds.map(({ raw }) => raw[key]))),
    ours: rounded(median(rounds.map(({ ours }) => ours[key]))),
    unit,
    ratio: rounded(median(rounds.map(({ raw, ours }) => ours[key] / raw[key]))),
    better,
    ...(reach !== undefined && { reach }),
  })
  return [
    row('perSecond', 'durable transitions', 'per s', 'higher', REACH[actors]),
    row('p99Ms', 'p99 of a durable transition', 'ms', 'lower', 2),
    row('cpuUs', 'processor time of a durable transition', 'µs', 'lower'),
  ]
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

if (import.meta.main) console.table((await benchActors()).map(shown))
