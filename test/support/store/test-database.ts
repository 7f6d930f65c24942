/** A migrated database of a test's own, on the run's one server. */
import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { inject } from 'vitest'
import { type Database, openDatabase, silentStoreLog } from '../../../src/store/database.ts'
import { type Embedded, startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { type Lease, type LeaseOptions, takeLease } from '../../../src/store/lease.ts'

export const ACCOUNT = 'main'

/** Starts the run's server, or finds it running. */
export const testServer = (): Promise<Embedded> =>
  startEmbedded({ dataDir: inject('databaseDir'), log: silentStoreLog })

/** An empty database by a name of its own. */
export async function emptyDatabase(
  server: Embedded,
): Promise<{ socketDir: string; user: string; database: string }> {
  const database = `test_${randomUUID().replaceAll('-', '')}`
  const client = new Client({ host: server.socketDir, user: server.user, database: 'postgres' })
  await client.connect()
  await client.query(`create database ${database}`)
  await client.end()
  return { socketDir: server.socketDir, user: server.user, database }
}

export async function openTestDatabase(): Promise<Database> {
  return openDatabase({ ...(await emptyDatabase(await testServer())), log: silentStoreLog })
}

/** The account's lease, which nobody else may hold. */
export async function takeTestLease(database: Database, options: Partial<LeaseOptions> = {}): Promise<Lease> {
  const answer = await takeLease(database.client, {
    account: ACCOUNT,
    holder: 'test',
    lost: () => undefined,
    ...options,
  })
  if (answer.kind !== 'held') throw new Error(`expected the lease, found it held by ${answer.holder}`)
  return answer.lease
}
