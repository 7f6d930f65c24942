/** The journal while its database misbehaves: nothing acknowledged may be missing, nothing may be twice, nothing skipped. */
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { type Database, openDatabase, silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { createJournal } from '../../../src/store/journal/journal.ts'
import type { Journal } from '../../../src/store/schema/records.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../../support/store/test-database.ts'
import { testEffect, testRecord } from '../../support/store/test-records.ts'

const ACTORS = Array.from({ length: 25 }, (_, index) => `actor:${index}`)

/** Every actor writes step after step until told to stop; counts what was acknowledged. Each step acknowledges the one before. */
function load(journal: Journal) {
  const acked = new Map<string, number>()
  let stopped = false
  let total = 0
  const watchers = new Set<() => void>()
  const run = async (actorId: string, index: number) => {
    for (let seq = 0; !stopped; seq++) {
      const acks = seq > 0 ? [`${actorId}#${seq - 1}.0`] : []
      // Out of step with the others, so that two batches are on their way at once.
      for (let turns = index % 3; turns > 0; turns--) await new Promise(setImmediate)
      await journal.append(testRecord(actorId, seq, { effects: [testEffect(actorId, seq)], acks }))
      acked.set(actorId, seq)
      total++
      for (const look of watchers) look()
    }
  }
  const ended = Promise.all(ACTORS.map(run))
  return {
    acked,
    /** Resolves when this many more steps are durable than now. */
    more: (count: number): Promise<void> => {
      const goal = total + count
      return Promise.race([
        ended.then(() => undefined),
        new Promise<void>(resolve => {
          const look = () => {
            if (total < goal) return
            watchers.delete(look)
            resolve()
          }
          watchers.add(look)
        }),
      ])
    },
    async stop(): Promise<void> {
      stopped = true
      await ended
    },
  }
}

/** Reads the tables themselves: every acknowledged step once, rows and outbox as the last step left them. */
async function expectWhole(database: Database, acked: ReadonlyMap<string, number>): Promise<void> {
  const { rows } = await database.pool.query(
    `select t.actor_id, count(*)::int as steps, max(t.seq)::int as newest, min(a.seq)::int as row_at,
        (select string_agg(e.effect_id, ',') from effect e where e.actor_id = t.actor_id) as pending
      from transition t join actor a using (account, actor_id) where t.account = $1 group by t.actor_id`,
    [ACCOUNT],
  )
  const found = new Map(rows.map(row => [row.actor_id as string, row]))
  for (const [actorId, newest] of acked)
    expect(found.get(actorId), actorId).toEqual({
      actor_id: actorId,
      steps: newest + 1,
      newest,
      row_at: newest,
      pending: `${actorId}#${newest}.0`,
    })
  expect(found.size).toBe(acked.size)
}

describe('the journal, its database in trouble,', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase()
  })
  afterAll(() => database.close())

  test('loses, doubles and skips nothing while its connections are cut again and again', async () => {
    const lease = await takeTestLease(database)
    const journal = createJournal(database.pool, { account: ACCOUNT, epoch: lease.epoch })
    const killer = database.client()
    await killer.connect()
    const work = load(journal)
    let cut = 0
    while (cut < 40) {
      await work.more(20)
      const { rowCount } = await killer.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query ~ 'with fence' and pid <> pg_backend_pid()`,
      )
      cut += rowCount ?? 0
    }
    await work.stop()
    await killer.end()
    await expectWhole(database, work.acked)
    await journal.close()
    await lease.release()
  })

  test('takes a commit whose answer was lost for what it is: durable, once', async () => {
    const lease = await takeTestLease(database)
    const journal = createJournal(deafPool(database), { account: ACCOUNT, epoch: lease.epoch })
    const lost = Array.from({ length: 30 }, (_, seq) => journal.append(testRecord('deaf', seq)))
    await Promise.all(lost)
    const { rows } = await database.pool.query(
      `select seq::int from transition where actor_id = 'deaf' order by transition.seq`,
    )
    expect(rows.map(({ seq }) => seq)).toEqual(lost.map((_, seq) => seq))
    await journal.close()
    await lease.release()
  })
})

/** The database's pool, losing the answer of every first commit of a connection after the commit was made. */
function deafPool({ pool }: Database): Database['pool'] {
  return Object.create(pool, {
    connect: {
      value: async () => {
        const client = await pool.connect()
        const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>
        return Object.create(client, {
          query: {
            value: async (...args: unknown[]) => {
              const answer = await query(...args)
              const { name } = args[0] as { name?: string }
              if (name === 'hedgerow-journal') throw new Error('Connection terminated unexpectedly')
              return answer
            },
          },
          release: { value: (destroy: boolean) => client.release(destroy) },
        })
      },
    },
  })
}

test('a killed server loses nothing that was acknowledged, and the journal goes on with the next', async () => {
  const { folder, remove } = freshFolder()
  const server = await startEmbedded({ dataDir: folder, log: silentStoreLog })
  const database = await openDatabase({ ...server, log: silentStoreLog })
  const lease = await takeTestLease(database)
  const journal = createJournal(database.pool, { account: ACCOUNT, epoch: lease.epoch })
  const work = load(journal)
  await work.more(500)
  await killWhole(server.pid, server.socketDir)
  const again = await startEmbedded({ dataDir: folder, log: silentStoreLog })
  expect(again.reused).toBe(false)
  await work.more(500)
  await vi.waitFor(() => expect(lease.held()).toBe(true), { timeout: 30_000 })
  await work.stop()
  await expectWhole(database, work.acked)
  await journal.close()
  await database.close()
  await again.stop()
  remove()
})

/** Kills the server as a power cut would end it: no process of it gets to clean up. */
async function killWhole(pid: number, socketDir: string): Promise<void> {
  process.kill(pid, 'SIGKILL')
  const refused = async () => {
    const client = new Client({ host: socketDir, user: 'hedgerow', database: 'postgres' })
    client.on('error', () => undefined)
    return client.connect().then(
      () => client.end().then(() => false),
      (error: { code?: string }) => error.code === 'ECONNREFUSED',
    )
  }
  while (!(await refused())) await new Promise(setImmediate)
}
