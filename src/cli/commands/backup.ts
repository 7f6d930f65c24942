/**
 * `backup` and `restore`: the whole database as one file, and back. A running engine is not disturbed by a backup; a restore needs
 * an empty database, and compares what it wrote with what was kept.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { systemClock } from '../../clock/clock.ts'
import { type Config, readConfig } from '../../config/config.ts'
import { prepareDataDir } from '../../run/start/data-folder.ts'
import { BackupRefused, type BackupReport, backup, restore } from '../../store/backup.ts'
import {
  type BareDatabase,
  type DatabaseAddress,
  DatabaseUnavailable,
  openBareDatabase,
  openDatabase,
  silentStoreLog,
} from '../../store/database.ts'
import { CliFailure } from '../kit/failure.ts'
import { dim, print, printJson, table } from '../kit/output.ts'
import { withOwnServer } from '../kit/own-database.ts'

export type BackupOptions = { config?: string; to?: string; verify?: boolean; json?: boolean }
export type RestoreOptions = { config?: string; json?: boolean }

/** `backup`: the whole database as one file; with `verify` it is read back too. Throws `CliFailure`. */
export async function backUp({ config: file, to, verify, json }: BackupOptions): Promise<void> {
  const config = readConfig(file)
  const nowMs = systemClock().nowMs()
  const path = resolve(
    to ?? `hedgerow-${new Date(nowMs).toISOString().slice(0, 19).replaceAll(':', '')}.backup`,
  )
  if (existsSync(path)) throw new CliFailure(`${path} exists: name another file with --to`)
  const report = await withDatabase(config, ({ client }) => refusedInWords(() => backup(client, path, nowMs)))
  if (verify) await restoredElsewhere(path)
  if (json) return printJson({ file: path, bytes: statSync(path).size, verified: verify === true, ...report })
  printTables(report)
  print(
    `wrote ${path}, ${Math.ceil(statSync(path).size / 1024)} KiB${verify ? '; restored a copy and compared every row' : ''}`,
  )
}

/** `restore`: a backup into an empty database, brought up to this version. Throws `CliFailure`. */
export async function bringBack(file: string, { config: configFile, json }: RestoreOptions): Promise<void> {
  const config = readConfig(configFile)
  const path = resolve(file)
  if (!existsSync(path)) throw new CliFailure(`expected a backup at ${path}, found no file`)
  const report = await withDatabase(config, async (database, address) => {
    const restored = await refusedInWords(() => restore(database.client, path, database.migrateTo))
    // One of an older version is brought up to this one at once.
    const opened = await openDatabase({ ...address, log: silentStoreLog })
    await opened.close()
    return restored
  })
  if (json) return printJson({ file: path, ...report })
  printTables(report)
  print(`restored the backup of ${new Date(report.takenAtMs).toISOString()} and compared every row`)
}

const printTables = ({ tables }: BackupReport) => {
  const rows = tables
    .filter(({ rows }) => rows > 0)
    .map(each => ({ table: each.table, rows: String(each.rows) }))
  print(rows.length > 0 ? table(rows, { table: 'TABLE', rows: 'ROWS' }) : dim('no rows'))
}

async function withDatabase<Result>(
  config: Config,
  use: (database: BareDatabase, address: DatabaseAddress) => Promise<Result>,
): Promise<Result> {
  if (config.databaseUrl) return atAddress({ url: config.databaseUrl }, use)
  prepareDataDir(config.dataDir)
  return atEmbedded(config.dataDir, use)
}

async function atEmbedded<Result>(
  dataDir: string,
  use: (database: BareDatabase, address: DatabaseAddress) => Promise<Result>,
): Promise<Result> {
  return withOwnServer(dataDir, address => atAddress(address, use))
}

async function atAddress<Result>(
  address: DatabaseAddress,
  use: (database: BareDatabase, address: DatabaseAddress) => Promise<Result>,
): Promise<Result> {
  const database = await openBareDatabase({ ...address, log: silentStoreLog, bootPatienceMs: 5_000 }).catch(
    error => {
      throw error instanceof DatabaseUnavailable ? new CliFailure(error.message) : error
    },
  )
  try {
    return await use(database, address)
  } finally {
    await database.close()
  }
}

/** Into a server of its own that is thrown away. */
async function restoredElsewhere(path: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-verify-'))
  try {
    await atEmbedded(folder, ({ client, migrateTo }) =>
      refusedInWords(() => restore(client, path, migrateTo)),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function refusedInWords<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof BackupRefused) throw new CliFailure(error.message)
    throw error
  }
}
