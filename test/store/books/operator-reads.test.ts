import { afterAll, beforeAll, expect, test } from 'vitest'
import { journaledCommand } from '../../../src/store/books/operator-reads.ts'
import type { Database } from '../../../src/store/database.ts'
import { createJournal } from '../../../src/store/journal/journal.ts'
import type { Journal } from '../../../src/store/schema/records.ts'
import { ACCOUNT, openTestDatabase, takeTestLease } from '../../support/store/test-database.ts'
import { testRecord } from '../../support/store/test-records.ts'

let database: Database
let journal: Journal
beforeAll(async () => {
  database = await openTestDatabase()
  journal = createJournal(database.pool, { account: ACCOUNT, epoch: (await takeTestLease(database)).epoch })
})
afterAll(async () => {
  await journal.close()
  await database.close()
})

test('a row whose text PostgreSQL cannot decode hides no command before or after it', async () => {
  const command = (seq: number, because: string, commandKey: string) =>
    testRecord('engine', seq, { event: { type: 'engine.halt', atMs: 1, because, commandKey } })
  await journal.append(command(0, 'rain', 'first'))
  await journal.append(command(1, 'half \ud83d and \0', 'second'))
  await journal.append(command(2, 'one that says "commandKey":"fourth"', 'third'))
  const found = (key: string) => journaledCommand(database.pool, ACCOUNT, 'engine', key)
  expect(await found('first')).toMatchObject({ version: 0, event: { because: 'rain' } })
  expect(await found('second')).toMatchObject({ version: 1 })
  expect(await found('third')).toMatchObject({ version: 2 })
  expect(await found('fourth')).toBeUndefined()
})
