/** Carries out `backtest --shadow`: reads what this engine's database recorded, and changes nothing in it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { shadowRecords } from '../../backtest/shadow/records.ts'
import { type ShadowReport, shadowOf } from '../../backtest/shadow/shadow.ts'
import { systemClock } from '../../clock/clock.ts'
import { type Config, readConfig } from '../../config/config.ts'
import {
  type Database,
  type DatabaseAddress,
  DatabaseTooNew,
  DatabaseTooOld,
  DatabaseUnavailable,
  openForReading,
  silentStoreLog,
} from '../../store/database.ts'
import { CliFailure } from '../kit/failure.ts'
import { withOwnServer } from '../kit/own-database.ts'
import { putOut } from '../kit/recorded.ts'
import { shadowText } from '../text/shadow.ts'

type ShadowOptions = {
  config?: string
  account?: string
  from?: number
  to?: number
  json?: boolean
  out?: string
}

/** @returns the exit code: 1 when a difference is unexplained. @throws CliFailure where nothing can be read */
export async function shadow(options: ShadowOptions): Promise<number> {
  const config = readConfig(options.config)
  const report = await withRecords(config, database => shadowed(database, config, options))
  putOut(options, shadowText(report), report)
  return report.unexplained > 0 ? 1 : 0
}

async function shadowed(
  database: Database,
  config: Config,
  { account: named, from, to }: ShadowOptions,
): Promise<ShadowReport> {
  const account = await accountOf(database, config, named)
  const span = { account, fromMs: from ?? 0, toMs: to ?? systemClock().nowMs() }
  const { rows } = await database.pool.query<{ first: string | null; last: string | null }>(
    `select min(at_ms)::text as first, max(at_ms)::text as last from decision where account = $1`,
    [account],
  )
  const [first, last] = [Number(rows[0]?.first ?? span.toMs), Number(rows[0]?.last ?? span.toMs)]
  // A simulated exchange may be ahead of the wall clock.
  const toMs = to ?? Math.max(last + 1, span.toMs)
  return shadowOf(await shadowRecords(database, { account, fromMs: from ?? first, toMs }), config.rules)
}

async function accountOf({ pool }: Database, { mode }: Config, named: string | undefined): Promise<string> {
  const { rows } = await pool.query<{ account: string }>(
    `select distinct account from actor order by account`,
  )
  const all = rows.map(({ account }) => account)
  const found = named === undefined ? all.filter(each => each.startsWith(`${mode}-`)) : [named]
  const [only, ...more] = found
  if (only === undefined || !all.includes(only))
    throw new CliFailure(
      `expected records of ${named ?? `mode ${mode}`}, found those of ${all.join(', ') || 'nobody'}`,
    )
  if (more.length > 0) throw new CliFailure(`--account: expected one of ${found.join(', ')}, found none`)
  return only
}

async function withRecords<Result>(
  { databaseUrl, dataDir }: Config,
  use: (database: Database) => Promise<Result>,
): Promise<Result> {
  if (databaseUrl) return atAddress({ url: databaseUrl }, use)
  if (!existsSync(join(dataDir, 'postgres')))
    throw new CliFailure(`expected the records of an engine in ${dataDir}, found no database`)
  return withOwnServer(dataDir, address => atAddress(address, use))
}

const TOLD = [DatabaseUnavailable, DatabaseTooNew, DatabaseTooOld]

async function atAddress<Result>(
  address: DatabaseAddress,
  use: (database: Database) => Promise<Result>,
): Promise<Result> {
  const database = await openForReading({ ...address, log: silentStoreLog, bootPatienceMs: 5_000 }).catch(
    error => {
      throw TOLD.some(kind => error instanceof kind) ? new CliFailure((error as Error).message) : error
    },
  )
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}
