import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../../../src/store/database.ts'
import { createJournal } from '../../../src/store/journal/journal.ts'
import type { Lease } from '../../../src/store/lease.ts'
import { FencedError, JournalRefused } from '../../../src/store/schema/records.ts'
import { journalContract } from '../../support/store/journal-contract.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../../support/store/test-database.ts'
import { testRecord } from '../../support/store/test-records.ts'

journalContract('on PostgreSQL', async () => {
  const database = await openTestDatabase()
  const lease = await takeTestLease(database)
  const options = { account: ACCOUNT, epoch: lease.epoch }
  const journal = createJournal(database.pool, options)
  return {
    journal,
    reopen: async () => createJournal(database.pool, options),
    async fence() {
      await database.pool.query('update lease set epoch = epoch + 1 where account = $1', [ACCOUNT])
    },
    async close() {
      await journal.close()
      await lease.release()
      await database.close()
    },
  }
})

describe('the journal on PostgreSQL', () => {
  let database: Database
  let lease: Lease
  beforeAll(async () => {
    database = await openTestDatabase()
    lease = await takeTestLease(database)
  })
  afterAll(async () => {
    await lease.release()
    await database.close()
  })

  test('holds the order of an actor with many small batches in flight', async () => {
    const journal = createJournal(database.pool, {
      account: ACCOUNT,
      epoch: lease.epoch,
      maxBatch: 3,
      maxInFlight: 2,
    })
    const ids = ['order:a', 'order:b', 'order:c', 'order:d', 'order:e']
    const done: string[] = []
    const work = Array.from({ length: 60 }, (_, seq) => ids.map(id => testRecord(id, seq))).flat()
    await Promise.all(
      work.map(async record => {
        await journal.append(record)
        done.push(`${record.actorId}/${record.seq}`)
      }),
    )
    for (const id of ids)
      expect(done.filter(name => name.startsWith(id))).toEqual(
        Array.from({ length: 60 }, (_, seq) => `${id}/${seq}`),
      )
    await journal.close()
  })

  test('singles out the one poisonous record of a full batch', async () => {
    const fatal: Error[] = []
    const journal = createJournal(database.pool, {
      account: ACCOUNT,
      epoch: lease.epoch,
      onFatal: error => fatal.push(error),
    })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, index) =>
        journal.append(testRecord(`poison:${index}`, 0, index === 37 ? { to: 'no text holds \0' } : {})),
      ),
    )
    const refused = outcomes.flatMap((outcome, index) => (outcome.status === 'rejected' ? [index] : []))
    expect(refused).toEqual([37])
    expect(fatal).toHaveLength(1)
    expect(fatal[0]).toBeInstanceOf(JournalRefused)
    expect(fatal[0]?.message).toContain('poison:37')
    await journal.close()
  })

  test('fences a writer whose account was taken while it waited, and tells once', async () => {
    const fatal: Error[] = []
    const journal = createJournal(database.pool, {
      account: ACCOUNT,
      epoch: lease.epoch - 1n,
      onFatal: error => fatal.push(error),
    })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => journal.append(testRecord(`stale:${index}`, 0))),
    )
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(FencedError) })
    expect(fatal).toHaveLength(1)
    await journal.close()
    const { rows } = await database.pool.query(`select 1 from transition where actor_id like 'stale:%'`)
    expect(rows).toEqual([])
  })

  test('lets nobody change, delete or skip a step', async () => {
    const journal = createJournal(database.pool, { account: ACCOUNT, epoch: lease.epoch })
    await journal.append(testRecord('immutable', 0))
    await journal.close()
    for (const statement of [
      `update transition set to_state = 'x' where actor_id = 'immutable'`,
      `delete from transition where actor_id = 'immutable'`,
      'truncate transition cascade',
    ])
      await expect(database.pool.query(statement), statement).rejects.toMatchObject({ code: 'HR003' })
    const insert = (seq: number) =>
      database.pool.query(
        `insert into transition (account, actor_id, seq, version, commit_id, epoch, event, from_state, to_state, effects, acks, at_ms)
          values ($1, 'immutable', $2, 1, 'c', 1, '{}', '', '', '[]', '[]', 1)`,
        [ACCOUNT, seq],
      )
    await expect(insert(2)).rejects.toMatchObject({ code: '23503' })
    await expect(insert(0)).rejects.toMatchObject({ code: '23505' })
    await expect(insert(1)).resolves.toMatchObject({ rowCount: 1 })
  })
})
