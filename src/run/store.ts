/** Opens the store of a run: the server, the tables, the account's lease, and the journal that writes under it. */

import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import type { Config } from '../config.ts'
import { type Database, openDatabase } from '../store/database.ts'
import { type Embedded, startEmbedded } from '../store/embedded.ts'
import { createJournal } from '../store/journal.ts'
import { type Lease, takeLease } from '../store/lease.ts'
import type { Journal } from '../store/records.ts'
import type { Telemetry } from '../telemetry.ts'
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

/**
 * The folder that holds everything of an installation; only its owner may look into it. Under root the embedded server runs
 * as nobody and must be able to walk through, though not to list. @throws StartFault
 */
export function prepareDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir)
    chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700)
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    throw new StartFault(
      `HEDGEROW_DATA_DIR: expected a folder that can be written at ${dataDir}, found: ${found}`,
    )
  }
}

/** Level by level: Node's own recursive way never comes back from a place such as /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another start may have been quicker.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

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
