/** Opens the store of a run: the server, the tables, the account's lease, and the journal that writes under it. */

import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { type Embedded, startEmbedded } from '../store/embedded/embedded.ts'
import { createJournal } from '../store/journal/journal.ts'
import { type Lease, takeLease } from '../store/lease.ts'
import type { Journal } from '../store/schema/records.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { asStartFault, StartFault } from './fault.ts'
import { measuredJournal } from './measured.ts'

export type Store = {
  database: Database
  lease: Lease
  journal: Journal
  account: string
  close(): Promise<void>
}

type Fatal = (error: unknown) => void

/** The database alone: the configured server, or the embedded one. @throws StartFault */
export async function openServer(config: Config, telemetry: Telemetry) {
  const { log } = telemetry
  const embedded: Embedded | undefined = config.databaseUrl
    ? undefined
    : await startEmbedded({ dataDir: config.dataDir, log }).catch(asStartFault())
  const address = config.databaseUrl
    ? { url: config.databaseUrl }
    : {
        socketDir: embedded?.socketDir ?? '',
        database: embedded?.database ?? '',
        user: embedded?.user ?? '',
      }
  try {
    const database = await openDatabase({ ...address, log })
    return { database, embedded }
  } catch (error) {
    await embedded?.stop()
    return asStartFault(config.databaseUrl ? 'HEDGEROW_DATABASE_URL: ' : '')(error)
  }
}

/** One writer per account: a second engine is refused with the name of the first. @throws StartFault */
export async function openStore(
  config: Config,
  account: string,
  telemetry: Telemetry,
  fatal: Fatal,
): Promise<Store> {
  const { database, embedded } = await openServer(config, telemetry)
  const closeServer = async () => {
    await database.close()
    await embedded?.stop()
  }
  const answer = await takeLease(database.client(), {
    account,
    holder: `${hostname()} process ${process.pid}`,
    lost: cause => fatal(new Error(`the lease on account ${account} is lost: ${cause}`)),
  }).catch(async error => {
    await closeServer()
    throw error
  })
  if (answer.kind === 'refused') {
    await closeServer()
    throw new StartFault(
      `account ${account} is traded by another engine (${answer.holder}): stop it first, or give this one another account and database`,
    )
  }
  const { lease } = answer
  const journal = measuredJournal(
    createJournal(database.pool, { account, epoch: lease.epoch, onFatal: fatal }),
    telemetry,
  )
  return {
    database,
    lease,
    journal,
    account,
    async close() {
      await journal.close()
      await lease.release()
      await closeServer()
    },
  }
}
