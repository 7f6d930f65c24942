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
    const second = await takeLease(database.client(), {
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

  test('is lost with its connection, says so once, and lets the next owner in', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const lost = vi.fn(resolve)
    const lease = await takeTestLease(database, { lost })
    expect(lease.held()).toBe(true)
    await cutHolder()
    expect(await promise).toContain('connection')
    expect(lease.held()).toBe(false)
    const next = await takeTestLease(database)
    expect(lost).toHaveBeenCalledTimes(1)
    await next.release()
  })

  test('is lost when the epoch moved under it', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    await takeTestLease(database, { lost: resolve, heartbeatEveryMs: 5 })
    await database.pool.query('update lease set epoch = epoch + 1 where account = $1', [ACCOUNT])
    expect(await promise).toContain('epoch')
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
    await cutHolder()
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
