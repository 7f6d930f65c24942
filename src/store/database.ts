/**
 * Opens the store: waits for the server, brings the schema up to this code, and gives the ORM, its pool for the journal's
 * raw statement, and a way to open connections of one's own (the lease needs one outside any pool).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { MikroORM } from '@mikro-orm/postgresql'
import { Client, type ClientConfig, type Pool } from 'pg'
import { migrations, ormOptions } from './schema/orm-options.ts'

/** What the store asks of a logger; winston's fits. Never handed secrets: connection texts are redacted before they get here. */
export type StoreLog = {
  info(message: string, detail?: Record<string, unknown>): unknown
  warn(message: string, detail?: Record<string, unknown>): unknown
}

export const silentStoreLog: StoreLog = { info: () => undefined, warn: () => undefined }

/** A server by URL, or the embedded one by its socket. */
export type DatabaseAddress = { url: string } | { socketDir: string; database: string; user: string }

type DatabaseOptions = DatabaseAddress & {
  log: StoreLog
  /** How long a server that does not answer is asked again before giving up. */
  bootPatienceMs?: number
  poolMax?: number
}

export type Database = {
  orm: MikroORM
  /** The ORM's own pool. The journal keeps up to two of its connections. */
  pool: Pool
  /** A fresh connection outside the pool, not yet connected. */
  client(): Client
  close(): Promise<void>
}

/** The server did not answer, or answered with a refusal of ours: the message says which and what to do. */
export class DatabaseUnavailable extends Error {
  override name = 'DatabaseUnavailable'
  /** Wrong password, no such database, no such role: asking again does not help. */
  readonly isFinal: boolean
  constructor(message: string, isFinal: boolean) {
    super(message)
    this.isFinal = isFinal
  }
}

/** The database was written by a newer version of the engine. */
export class DatabaseTooNew extends Error {
  override name = 'DatabaseTooNew'
}

/** The database was written by an older version, or by none yet: its tables are to be brought up first. */
export class DatabaseTooOld extends Error {
  override name = 'DatabaseTooOld'
}

const BOOT_PATIENCE_MS = 30_000
const RETRY_EVERY_MS = 250
/** One engine migrates at a time. */
const MIGRATION_LOCK = 0x4ed6e501

/** pg waits for ever by default; here everything ends. The server gives up before the client does. */
const TIMEOUTS = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  query_timeout: 15_000,
  // A session that died inside a transaction would keep the account's row from the next owner.
  idle_in_transaction_session_timeout: 10_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 5_000,
} satisfies ClientConfig

/** Connects (again and again for `bootPatienceMs`), refuses a database from a newer version, runs the migrations. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const settings = clientSettings(options)
  await answering(settings, options)
  const orm = await MikroORM.init({
    ...ormOptions,
    ...ormAddress(options),
    driverOptions: { ...TIMEOUTS, max: options.poolMax ?? 12, application_name: 'hedgerow' },
    colors: false,
    logger: message => options.log.info(message),
  })
  try {
    await migrate(orm, settings)
    return {
      orm,
      pool: await poolOf(orm),
      client: () => new Client(settings),
      close: () => orm.close(),
    }
  } catch (error) {
    await orm.close(true)
    throw error
  }
}

/**
 * Connects and changes nothing, whatever it is asked to: for looking at what an engine, which may be running, has written.
 * @throws DatabaseUnavailable, and DatabaseTooNew or DatabaseTooOld where its tables are not this version's
 */
export async function openForReading(options: DatabaseOptions): Promise<Database> {
  const settings = clientSettings(options)
  await answering(settings, options)
  const guard = new Client(settings)
  await guard.connect()
  try {
    await refuseNewer(guard)
    await refuseOlder(guard)
  } finally {
    await guard.end()
  }
  const orm = await MikroORM.init({
    ...ormOptions,
    ...ormAddress(options),
    driverOptions: { ...TIMEOUTS, statement_timeout: 0, query_timeout: 0, options: READ_ONLY },
    colors: false,
    logger: () => {},
  })
  return {
    orm,
    pool: await poolOf(orm),
    client: () => new Client(settings),
    close: () => orm.close(),
  }
}

function poolOf(orm: MikroORM): Promise<Pool> {
  const connection = orm.em.getConnection() as unknown as { getNativeClient(): Promise<Pool> }
  return connection.getNativeClient()
}

const READ_ONLY = '-c default_transaction_read_only=on'

async function refuseOlder(client: Client): Promise<void> {
  const { rows } = await client.query(`select to_regclass('mikro_orm_migrations') is not null as there`)
  const made = rows[0]?.there
    ? (await client.query<{ name: string }>('select name from mikro_orm_migrations')).rows
    : []
  const missing = migrations.filter(({ name }) => !made.some(each => each.name === name))
  if (missing.length > 0)
    throw new DatabaseTooOld(
      `the database is from an older version: expected ${missing.map(({ name }) => name).join(', ')}, found none; \`hedgerow migrate\` brings it up`,
    )
}

/** A database whose tables are still to be made, up to whatever migration is wanted: for a backup that comes back. */
export type BareDatabase = {
  /** Connected. */
  client: Client
  migrateTo(migration: string): Promise<unknown>
  close(): Promise<void>
}

/** Connects, and changes nothing. @throws DatabaseUnavailable */
export async function openBareDatabase(options: DatabaseOptions): Promise<BareDatabase> {
  const settings = clientSettings(options)
  await answering(settings, options)
  const client = new Client({ ...settings, query_timeout: 0 })
  await client.connect()
  const orm = await MikroORM.init({ ...ormOptions, ...ormAddress(options), colors: false, logger: () => {} })
  return {
    client,
    migrateTo: migration => orm.migrator.up({ to: migration }),
    async close() {
      await client.end()
      await orm.close()
    },
  }
}

/** A database's address for messages and logs, without its password. */
export function addressText(address: DatabaseAddress): string {
  if (!('url' in address)) return `${address.database} on the socket in ${address.socketDir}`
  try {
    const url = new URL(address.url)
    return `${url.protocol}//${url.username ? `${url.username}@` : ''}${url.host}${url.pathname}`
  } catch (error) {
    return `a URL that does not parse (${error instanceof Error ? error.name : 'unknown'})`
  }
}

function clientSettings(address: DatabaseAddress): ClientConfig {
  const where =
    'url' in address
      ? { connectionString: address.url }
      : { host: address.socketDir, user: address.user, database: address.database }
  return { ...TIMEOUTS, ...where, application_name: 'hedgerow' }
}

/** MikroORM drops `?host=` of a URL, so a socket is named apart. */
function ormAddress(address: DatabaseAddress) {
  return 'url' in address
    ? { clientUrl: address.url }
    : { host: address.socketDir, user: address.user, dbName: address.database, port: 5432 }
}

async function answering(settings: ClientConfig, options: DatabaseOptions): Promise<void> {
  const where = addressText(options)
  const tries = Math.max(1, Math.ceil((options.bootPatienceMs ?? BOOT_PATIENCE_MS) / RETRY_EVERY_MS))
  for (let attempt = 1; ; attempt++) {
    const failure = await askOnce(settings)
    if (!failure) return
    // Wrong password, no such database, no such role: waiting does not help.
    const hopeless = /^(28|3D|42)/.test(failure.code)
    if (hopeless || attempt >= tries)
      throw new DatabaseUnavailable(
        `expected PostgreSQL to answer at ${where}, found: ${failure.message}`,
        hopeless,
      )
    if (attempt === 1)
      options.log.warn('the database does not answer yet', { where, because: failure.message })
    await pause(RETRY_EVERY_MS)
  }
}

async function askOnce(settings: ClientConfig): Promise<{ code: string; message: string } | undefined> {
  const client = new Client(settings)
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return undefined
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string }
    return { code: code ?? '', message: message || code || String(error) }
  } finally {
    await client.end().catch(() => undefined)
  }
}

async function migrate(orm: MikroORM, settings: ClientConfig): Promise<void> {
  // Migrations may take long, and another engine's may have to be waited for.
  const guard = new Client({ ...settings, statement_timeout: 0, query_timeout: 0 })
  guard.on('error', () => undefined)
  await guard.connect()
  try {
    await guard.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await refuseNewer(guard)
    await orm.migrator.up()
  } finally {
    await guard.end()
  }
}

async function refuseNewer(client: Client): Promise<void> {
  const { rows: found } = await client.query(
    `select to_regclass('mikro_orm_migrations') is not null as there`,
  )
  if (!found[0]?.there) return
  const { rows } = await client.query<{ name: string }>('select name from mikro_orm_migrations order by id')
  const known = new Set(migrations.map(({ name }) => name))
  const unknown = rows.map(({ name }) => name).filter(name => !known.has(name))
  if (unknown.length > 0)
    throw new DatabaseTooNew(
      `the database is from a newer version: expected no migration after ${[...known].at(-1)}, found ${unknown.join(', ')}`,
    )
}
