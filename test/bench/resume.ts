/**
 * How long a restart takes: hedges as rows in PostgreSQL, and how long until as many actors run. The hedge itself comes out
 * of an engine on a virtual clock; its row is then copied under other names.
 */

import { createRuntime } from '../../actors/runtime/runtime.ts'
import { hedgeMachine } from '../../machines/hedge/hedge.ts'
import { systemClock } from '../../src/clock/clock.ts'
import type { Database } from '../../src/store/database.ts'
import { createJournal } from '../../src/store/journal/journal.ts'
import { takeLease } from '../../src/store/lease.ts'
import type { ActorRow } from '../../src/store/schema/records.ts'
import { virtualWorld } from '../support/simulation/virtual-engine.ts'
import { onFreshServer } from './journal.ts'
import { median } from './rounds.ts'

export type ResumeBenchRow = { hedges: number; firstMs: number; medianMs: number; microsecondsEach: number }

const VIRTUAL_MS_MAX = 2 * 3_600_000

/** A hedge that is hedged, as its row. */
export async function hedgedRow(): Promise<ActorRow> {
  const world = await virtualWorld(1)
  const engine = await world.start()
  for (let passed = 0; passed < VIRTUAL_MS_MAX; passed += 10_000) {
    await world.advance(world.clock.nowMs() + 10_000)
    const self = [...engine.runtime.all()].find(
      ({ kind, cell }) => kind === 'hedge' && cell?.state.startsWith('hedged'),
    )
    const row = self && (await world.journal.loadActor(self.id))
    if (!row) continue
    await stopped(engine.stop(), () => world.advance(world.clock.nowMs() + 100))
    world.venue.close()
    return row
  }
  throw new Error('bench: expected a hedge within two virtual hours, found none')
}

async function stopped(end: Promise<void>, wait: () => Promise<void>) {
  let ended = false
  end.finally(() => {
    ended = true
  })
  while (!ended) await wait()
}

export async function benchResume({ counts = [1_000, 10_000], times = 5 } = {}): Promise<ResumeBenchRow[]> {
  const row = await hedgedRow()
  return onFreshServer(async database => {
    const rows: ResumeBenchRow[] = []
    for (const hedges of counts) rows.push(await resume(database, row, hedges, times))
    return rows
  })
}

async function resume(
  database: Database,
  row: ActorRow,
  hedges: number,
  times: number,
): Promise<ResumeBenchRow> {
  const account = `resume${hedges}`
  const answer = await takeLease(database.client, { account, holder: 'bench', lost: () => undefined })
  if (answer.kind !== 'held') throw new Error(`bench: the lease is held by ${answer.holder}`)
  await copies(database, account, row, hedges)
  const took: number[] = []
  for (let time = 0; time < times; time++) {
    const journal = createJournal(database.pool, { account, epoch: answer.lease.epoch })
    const startMs = performance.now()
    const runtime = createRuntime({
      clock: systemClock(),
      journal,
      kinds: { hedge: { machine: hedgeMachine, effects: effectsOf() } },
      commitId: () => 'never',
      fatal: error => {
        throw error
      },
      fault: ({ error }) => {
        throw error
      },
    })
    await runtime.boot(() => false)
    took.push(performance.now() - startMs)
    const running = [...runtime.all()].length
    if (running !== hedges) throw new Error(`bench: expected ${hedges} running hedges, found ${running}`)
    runtime.close()
    await journal.close()
  }
  await answer.lease.release()
  const medianMs = median(took)
  return {
    hedges,
    firstMs: Math.round(took[0] ?? 0),
    medianMs: Math.round(medianMs),
    microsecondsEach: Math.round((1000 * medianMs) / hedges),
  }
}

/** The chart names them; a hedge at rest calls for none. */
const effectsOf = () =>
  Object.fromEntries(
    [
      'confirmPlan',
      'decideStep',
      'placeOrder',
      'findOrder',
      'cancelOrder',
      'verifyLegs',
      'findLegs',
      'decideFailed',
      'alert',
    ].map(name => [name, async () => undefined]),
  )

async function copies(database: Database, account: string, row: ActorRow, count: number) {
  const own = row.actorId.slice('hedge:'.length)
  await database.pool.query(
    `insert into actor (account, actor_id, kind, parent_id, seq, version, state, snapshot, timers, status, since_ms)
      select $1, 'hedge:BENCH' || lpad(n::text, 5, '0'), 'hedge', '', $2, $3, $4,
        replace($5, $6, 'BENCH' || lpad(n::text, 5, '0')), '[]', 'active', $7
      from generate_series(1, $8) as n`,
    [account, row.seq, row.version, row.state, row.snapshot, own, row.sinceMs, count],
  )
  await database.pool.query('analyze actor')
}

if (import.meta.main) console.table(await benchResume())
