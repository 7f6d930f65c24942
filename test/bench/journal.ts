/**
 * What the journal costs beside the least that could do the same: durable transitions per second against a raw
 * group-commit loop (journal insert and snapshot compare-and-swap through unnest) on the same server in the same run.
 * `node test/bench/journal.ts` prints the rows. Ratios count; absolute figures belong to the machine.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool, PoolClient } from 'pg'
import { type Database, openDatabase, silentStoreLog } from '../../src/store/database.ts'
import { startEmbedded } from '../../src/store/embedded/embedded.ts'
import { createJournal } from '../../src/store/journal/journal.ts'
import { bigintArray, jsonArray, textArray } from '../../src/store/journal/statement.ts'
import { takeLease } from '../../src/store/lease.ts'
import type { TransitionRecord } from '../../src/store/schema/records.ts'
import { median } from './rounds.ts'

export type JournalBenchRow = {
  actors: number
  writer: 'raw' | 'journal' | 'journal with effects'
  perSecond: number
  /** Of `perSecond` to the raw loop's with as many actors. */
  ratio: number
  p50Ms: number
  p99Ms: number
}

export type Append = (actor: number, seq: number) => Promise<void>
type Writer = { name: JournalBenchRow['writer']; append: Append; close(): Promise<void> }

const EVENT = {
  type: 'order.filled',
  atMs: 1_700_000_000_000,
  orderLinkId: 'A1B2000001-SE0001',
  qty: '0.51',
  price: '97123.4',
}
const SNAPSHOT = JSON.stringify({
  context: Object.fromEntries(
    Array.from({ length: 24 }, (_, index) => [`field${index}`, `value ${index} of the actor`]),
  ),
  status: 'active',
  value: { entering: { work: 'first', spot: 'working', perp: 'quiet' } },
})

/** Interleaves the writers round by round, so that a noisy moment of the machine hits all of them; medians are reported. */
export async function benchJournal({
  actorCounts = [1, 100, 1000],
  rounds = 5,
  roundMs = 1000,
} = {}): Promise<JournalBenchRow[]> {
  return onFreshServer(async database => {
    const rows: JournalBenchRow[] = []
    for (const actors of actorCounts) rows.push(...(await compare(database, actors, rounds, roundMs)))
    return rows
  })
}

/** Runs `work` on an embedded server of its own, and takes it down again. */
export async function onFreshServer<Result>(work: (database: Database) => Promise<Result>): Promise<Result> {
  const dataDir = mkdtempSync(join(tmpdir(), 'hedgerow-bench-'))
  chmodSync(dataDir, 0o755)
  const server = await startEmbedded({ dataDir, log: silentStoreLog })
  const database = await openDatabase({ ...server, log: silentStoreLog })
  try {
    return await work(database)
  } finally {
    await database.close()
    await server.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function compare(
  database: Database,
  actors: number,
  rounds: number,
  roundMs: number,
): Promise<JournalBenchRow[]> {
  const lease = await takeLease(database.client, {
    account: `bench${actors}`,
    holder: 'bench',
    lost: () => undefined,
  })
  if (lease.kind !== 'held') throw new Error(`bench: the lease is held by ${lease.holder}`)
  const { account, epoch } = lease.lease
  const writers: Writer[] = [
    await rawWriter(database.pool, actors),
    journalWriter(database.pool, { account, epoch }, false),
    journalWriter(database.pool, { account, epoch }, true),
  ]
  const seqs = writers.map(() => new Array<number>(actors).fill(0))
  const results: Measured[][] = writers.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [index, writer] of writers.entries()) {
      const measured = await closedLoop(writer.append, seqs[index] ?? [], roundMs)
      // The first round warms plans and code.
      if (round > 0) results[index]?.push(measured)
    }
  }
  for (const writer of writers) await writer.close()
  await lease.lease.release()
  const raw = median(results[0]?.map(({ perSecond }) => perSecond) ?? [])
  return writers.map(({ name }, index) => {
    const measured = results[index] ?? []
    const perSecond = median(measured.map(row => row.perSecond))
    return {
      actors,
      writer: name,
      perSecond: Math.round(perSecond),
      ratio: Number((perSecond / raw).toFixed(2)),
      p50Ms: median(measured.map(row => row.p50Ms)),
      p99Ms: median(measured.map(row => row.p99Ms)),
    }
  })
}

/** Every actor writes its next step as soon as the one before is durable. */
export async function closedLoop(append: Append, seqs: number[], roundMs: number): Promise<Measured> {
  const waits: number[] = []
  const startMs = performance.now()
  const run = async (actor: number) => {
    while (performance.now() - startMs < roundMs) {
      const askedMs = performance.now()
      const seq = seqs[actor] ?? 0
      seqs[actor] = seq + 1
      await append(actor, seq)
      waits.push(performance.now() - askedMs)
    }
  }
  await Promise.all(seqs.map((_, actor) => run(actor)))
  return measured(waits, performance.now() - startMs)
}

export type Measured = { perSecond: number; p50Ms: number; p99Ms: number }

export function measured(waits: number[], tookMs: number): Measured {
  waits.sort((a, b) => a - b)
  const at = (fraction: number) => Number((waits[Math.floor(waits.length * fraction)] ?? 0).toFixed(2))
  return { perSecond: (waits.length * 1000) / tookMs, p50Ms: at(0.5), p99Ms: at(0.99) }
}

function journalWriter(pool: Pool, fence: { account: string; epoch: bigint }, effects: boolean): Writer {
  const journal = createJournal(pool, fence)
  const prefix = effects ? 'e' : 'j'
  return {
    name: effects ? 'journal with effects' : 'journal',
    append: (actor, seq) => journal.append(record(`${prefix}${actor}`, seq, effects)),
    close: () => journal.close(),
  }
}

function record(actorId: string, seq: number, effects: boolean): TransitionRecord {
  return {
    actorId,
    kind: 'hedge',
    parentId: 'engine',
    seq,
    version: 1,
    commitId: `${actorId}/${seq}`,
    event: EVENT,
    from: 'entering.work',
    to: 'entering.work',
    snapshot: SNAPSHOT,
    timers: [],
    effects: effects
      ? [{ id: `${actorId}#${seq}.0`, type: 'placeOrder', params: { leg: 'spot', qty: '0.51' } }]
      : [],
    acks: effects && seq > 0 ? [`${actorId}#${seq - 1}.0`] : [],
    status: 'active',
    atMs: EVENT.atMs + seq,
  }
}

const RAW_STATEMENT = `
  with moved as (
    insert into actor as a (account, actor_id, kind, parent_id, seq, version, state, snapshot, timers, status, since_ms)
    select $1, r.actor_id, 'hedge', 'engine', r.seq, 1, 'entering.work', r.snapshot, '[]', 'active', r.at_ms
    from unnest($2::text[], $3::bigint[], $4::text[], $5::bigint[]) as r(actor_id, seq, snapshot, at_ms)
    on conflict (account, actor_id) do update set seq = excluded.seq, snapshot = excluded.snapshot
      where a.seq = excluded.seq - 1
    returning 1),
  written as (
    insert into transition
      (account, epoch, actor_id, seq, version, commit_id, event, from_state, to_state, effects, acks, at_ms)
    select $1, 1, r.actor_id, r.seq, 1, r.commit_id, r.event, 'entering.work', 'entering.work', '[]', '[]', r.at_ms
    from unnest($2::text[], $3::bigint[], $6::text[], $7::json[], $5::bigint[]) as r(actor_id, seq, commit_id, event, at_ms))
  select count(*)::int as moved from moved`

type RawRow = { actor: string; seq: number; resolve(): void }

/** The least that stores the same rows as durably: no fence, no outbox, no order of actors, no retry, nothing checked. */
export async function rawWriter(pool: Pool, actors: number): Promise<Writer> {
  const lanes: PoolClient[] = [await pool.connect(), await pool.connect()]
  let queue: RawRow[] = []
  const flush = async (lane: PoolClient) => {
    const batch = queue.slice(0, 500)
    queue = queue.slice(500)
    const { rows } = await lane.query<{ moved: number }>({
      name: 'raw',
      text: RAW_STATEMENT,
      values: [
        `raw${actors}`,
        textArray(batch.map(({ actor }) => actor)),
        bigintArray(batch.map(({ seq }) => seq)),
        textArray(batch.map(() => SNAPSHOT)),
        bigintArray(batch.map(({ seq }) => EVENT.atMs + seq)),
        textArray(batch.map(({ actor, seq }) => `${actor}/${seq}`)),
        jsonArray(batch.map(() => JSON.stringify(EVENT))),
      ],
    })
    if (rows[0]?.moved !== batch.length)
      throw new Error(`bench: expected ${batch.length} rows, found ${rows[0]?.moved}`)
    for (const { resolve } of batch) resolve()
    lanes.push(lane)
    if (queue.length > 0) schedule()
  }
  let scheduled = false
  const schedule = () => {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      while (queue.length > 0) {
        const lane = lanes.pop()
        if (!lane) return
        void flush(lane)
      }
    })
  }
  return {
    name: 'raw',
    append: (actor, seq) =>
      new Promise(resolve => {
        queue.push({ actor: `r${actor}`, seq, resolve })
        schedule()
      }),
    async close() {
      for (const lane of lanes) lane.release()
    },
  }
}

if (import.meta.main) console.table(await benchJournal())
