import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Database } from '../../src/store/database.ts'
import { createJournal } from '../../src/store/journal/journal.ts'
import { takeLease } from '../../src/store/lease.ts'
import { FencedError } from '../../src/store/schema/records.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../support/store/test-database.ts'
import { testRecord } from '../support/store/test-records.ts'

describe('the lease', () => {
  let database: Database
  beforeAll(async () => {
    database = await openTestDatabase()
  })
  afterAll(() => database.close())

  const cutHolder = () =>
    database.pool.query(`select pg_terminate_backend(pid) from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`)

  test('goes to one owner at a time, and names it to the others', async () => {
    const first = await takeTestLease(database, { holder: 'the first' })
    const second = await takeLease(database.client, {
      account: ACCOUNT,
      holder: 'the second',
      lost: () => undefined,
    })
    expect(second).toMatchObject({ kind: 'refused', holder: 'the first' })
    const elsewhere = await takeTestLease(database, { account: 'another account' })
    await first.release()
    const third = await takeTestLease(database)
    expect(third.epoch).toBe(first.epoch + 1n)
    await third.release()
    await elsewhere.release()
  })

  test('keeps the salt of an account for ever, and gives each its own', async () => {
    const first = await takeTestLease(database)
    await first.release()
    const again = await takeTestLease(database)
    await again.release()
    expect(first.salt).toMatch(/^[0-9A-Z]{4}$/)
    expect(again.salt).toBe(first.salt)
    const salts = new Set<string>()
    for (let index = 0; index < 8; index++) {
      const other = await takeTestLease(database, { account: `account ${index}` })
      salts.add(other.salt)
      await other.release()
    }
    expect(salts.size).toBe(8)
  })

  test('is in doubt with its connection, and taken again under the same epoch', async () => {
    const doubts: (string | null)[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const lost = vi.fn()
    const lease = await takeTestLease(database, {
      lost,
      doubted(cause) {
        doubts.push(cause)
        if (cause === null) resolve()
        else expect(lease.held()).toBe(false)
      },
    })
    expect(lease.held()).toBe(true)
    await cutHolder()
    await promise
    expect(lease.held()).toBe(true)
    expect(doubts).toEqual([expect.stringContaining('connection'), null])
    expect(lost).not.toHaveBeenCalled()
    const other = await takeLease(database.client, { account: ACCOUNT, holder: 'another', lost })
    expect(other.kind).toBe('refused')
    await lease.release()
  })

  test('is lost, and says so once, when another took it while it was in doubt', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const lost = vi.fn(resolve)
    let away = false
    const connect = () => {
      if (away) throw new Error('the network is away')
      return database.client()
    }
    const answer = await takeLease(connect, { account: ACCOUNT, holder: 'the first', lost })
    if (answer.kind !== 'held') throw new Error('expected the lease')
    away = true
    await cutHolder()
    await vi.waitFor(() => expect(answer.lease.held()).toBe(false))
    const next = await takeTestLease(database)
    away = false
    expect(await promise).toContain('another engine has taken the account')
    expect(lost).toHaveBeenCalledTimes(1)
    await next.release()
  })

  test('is lost when it cannot be taken again in time', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    let away = false
    const connect = () => {
      if (away) throw new Error('the network is away')
      return database.client()
    }
    await takeLease(connect, { account: ACCOUNT, holder: 'alone', lost: resolve, regainWithinMs: 600 })
    away = true
    await cutHolder()
    expect(await promise).toContain('the network is away')
  })

  test('is lost when the epoch moved under it', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    await takeTestLease(database, { lost: resolve, heartbeatEveryMs: 5 })
    await database.pool.query('update lease set epoch = epoch + 1 where account = $1', [ACCOUNT])
    expect(await promise).toContain('epoch')
  })

  test('is in doubt when the database takes its connection and answers nothing', async () => {
    const doubts: (string | null)[] = []
    let deaf = false
    const connect = () => {
      const client = database.client()
      const query = client.query.bind(client) as (...args: unknown[]) => unknown
      const heard = (...args: unknown[]) => (deaf ? new Promise(() => {}) : query(...args))
      return Object.assign(client, { query: heard })
    }
    const answer = await takeLease(connect, {
      ...{
        account: ACCOUNT,
        holder: 'deaf',
        lost: () => undefined,
        doubted: (cause: string | null) => doubts.push(cause),
      },
      ...{ heartbeatEveryMs: 5, regainWithinMs: 0 },
    })
    deaf = true
    await vi.waitFor(() => expect(doubts[0]).toMatch(/the heartbeat failed: no answer within \d+ ms/), 20_000)
    expect(answer.kind === 'held' && answer.lease.held()).toBe(false)
  })

  test('given back, tells nobody that it was lost', async () => {
    const lost = vi.fn()
    const lease = await takeTestLease(database, { lost })
    await lease.release()
    expect(lease.held()).toBe(false)
    expect(lost).not.toHaveBeenCalled()
  })

  test('leaves an owner that was frozen with nothing to write', async () => {
    const frozen = await takeTestLease(database)
    const journal = createJournal(database.pool, { account: ACCOUNT, epoch: frozen.epoch })
    await journal.append(testRecord('frozen', 0))
    // Another took it while this one could not look: the epoch moved.
    await frozen.release()
    const next = await takeTestLease(database)
    const successor = createJournal(database.pool, { account: ACCOUNT, epoch: next.epoch })
    await successor.append(testRecord('frozen', 1))
    await expect(journal.append(testRecord('frozen', 2))).rejects.toBeInstanceOf(FencedError)
    expect((await successor.loadActor('frozen'))?.seq).toBe(1)
    await journal.close()
    await successor.close()
    await next.release()
  })
})
