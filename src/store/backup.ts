/**
 * A backup of the whole database as one file, and the way back. It is taken inside one transaction, so that it shows one instant
 * however busy the engine is; every value travels as PostgreSQL writes it, so that no number passes through a float. What is
 * brought back is read again and compared before it counts. Its SQL is written out: it reads the catalogue, and any table there
 * is.
 *
 * Lines, gzipped: a head, then for each table a line of its columns and a line for each row, then an end with what was counted.
 */
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Client } from 'pg'
import { migrations } from './schema/orm-options.ts'

/** Rows of one table, and a print of all of them that does not depend on their order. */
export type TableCount = { table: string; rows: number; print: string }
export type BackupReport = { takenAtMs: number; migrations: string[]; tables: TableCount[] }

type Column = { name: string; type: string }
type Head = { format: 1; takenAtMs: number; migrations: string[] }

/** A file that is no backup, or not a whole one; a database that it does not fit. The message says which and what to do. */
export class BackupRefused extends Error {
  override name = 'BackupRefused'
}

const ROWS_AT_ONCE = 1_000
/** Written by the migrations themselves. */
const NOT_COPIED = 'mikro_orm_migrations'

/** Writes what `client` (connected, in nobody's transaction) shows to a new file. Throws what the database or the disk says. */
export async function backup(client: Client, file: string, nowMs: number): Promise<BackupReport> {
  const unfinished = `${file}.unfinished`
  const out = createGzip()
  const written = pipeline(out, createWriteStream(unfinished, { mode: 0o600 }))
  // Told below, whatever is awaited when it comes.
  written.catch(() => undefined)
  const write = async (value: unknown) => {
    if (!out.write(`${JSON.stringify(value)}\n`)) await new Promise(drained => out.once('drain', drained))
  }
  try {
    await client.query('begin isolation level repeatable read read only')
    await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0')
    const report: BackupReport = { takenAtMs: nowMs, migrations: await applied(client), tables: [] }
    await write({ format: 1, takenAtMs: nowMs, migrations: report.migrations } satisfies Head)
    for (const table of await tablesOf(client)) {
      const columns = await columnsOf(client, table)
      await write({ table, columns })
      report.tables.push(await eachRow(client, table, columns, write))
    }
    await client.query('commit')
    await write({ end: report.tables })
    out.end()
    await written
    await rename(unfinished, file)
    return report
  } catch (error) {
    out.destroy()
    await written.catch(() => undefined)
    await client.query('rollback').catch(() => undefined)
    await rm(unfinished, { force: true })
    throw error
  }
}

/**
 * Brings a backup into the empty database of `client` and compares it row by row.
 * @param migrateTo - brings the empty database to the tables of this migration
 * @throws BackupRefused when the file is no whole backup or of a newer version, or the database holds something already
 */
export async function restore(
  client: Client,
  file: string,
  migrateTo: (migration: string) => Promise<unknown>,
): Promise<BackupReport> {
  const lines = readLines(file)
  const head = await headOf(lines, file)
  const newest = head.migrations.at(-1)
  if (!newest) throw new BackupRefused(`${file}: expected the names of its migrations, found none`)
  await refuseFilled(client)
  await migrateTo(newest)
  await client.query('begin')
  try {
    await client.query('set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0')
    const told = await load(client, lines, file)
    const tables: TableCount[] = []
    for (const { table } of told) {
      const columns = await columnsOf(client, table)
      tables.push(await eachRow(client, table, columns, async () => {}))
    }
    const wrong = told.filter(({ print }, i) => tables[i]?.print !== print).map(({ table }) => table)
    if (wrong.length > 0)
      throw new BackupRefused(`${file}: read back otherwise than written: ${wrong.join(', ')}`)
    await client.query('commit')
    return { takenAtMs: head.takenAtMs, migrations: head.migrations, tables }
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function applied(client: Client): Promise<string[]> {
  const { rows: found } = await client.query<{ there: boolean }>(
    `select to_regclass('${NOT_COPIED}') is not null as there`,
  )
  if (!found[0]?.there) throw new BackupRefused('the database is empty: no engine has written to it yet')
  const { rows } = await client.query<{ name: string }>(`select name from ${NOT_COPIED} order by id`)
  return rows.map(({ name }) => name)
}

async function tablesOf(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> $1
      order by c.relname`,
    [NOT_COPIED],
  )
  return rows.map(({ name }) => name)
}

/** Those that hold a value of their own. */
async function columnsOf(client: Client, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type from pg_attribute a
      where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`,
    [quoted(table)],
  )
  return rows
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/** By the primary key: a step of an actor refers to the one before it, which must be there first. */
async function inOrder(client: Client, table: string): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    `select a.attname as name from pg_index i, unnest(i.indkey) with ordinality as key(attnum, place), pg_attribute a
      where i.indrelid = $1::regclass and i.indisprimary and a.attrelid = i.indrelid and a.attnum = key.attnum
      order by key.place`,
    [quoted(table)],
  )
  return rows.length > 0 ? `order by ${rows.map(({ name }) => quoted(name)).join(', ')}` : ''
}

/** Hands on every row as a list of texts, and counts them. */
async function eachRow(
  client: Client,
  table: string,
  columns: readonly Column[],
  hear: (row: unknown) => Promise<void>,
): Promise<TableCount> {
  const texts = columns.map(({ name }) => `${quoted(name)}::text`).join(', ')
  await client.query(
    `declare backed_up no scroll cursor for select json_build_array(${texts})::text as row
      from ${quoted(table)} ${await inOrder(client, table)}`,
  )
  let [rows, sum] = [0, 0n]
  for (;;) {
    const { rows: some } = await client.query<{ row: string }>(`fetch ${ROWS_AT_ONCE} from backed_up`)
    if (some.length === 0) break
    for (const { row } of some) {
      const values = JSON.parse(row) as unknown
      rows++
      sum = (sum + printOf(values)) % MODULUS
      await hear(values)
    }
  }
  await client.query('close backed_up')
  return { table, rows, print: `${rows}:${sum.toString(16)}` }
}

const MODULUS = 2n ** 256n
const printOf = (values: unknown): bigint =>
  BigInt(`0x${createHash('sha256').update(JSON.stringify(values)).digest('hex')}`)

type Lines = AsyncGenerator<string, void>

/** By line feeds alone: a text may hold other characters that end a line elsewhere. */
async function* readLines(file: string): Lines {
  const input = createReadStream(file)
  const unzipped = createGunzip()
  input.on('error', error => unzipped.destroy(error))
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of input.pipe(unzipped)) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

async function nextLine(lines: Lines, file: string): Promise<unknown> {
  try {
    const next = await lines.next()
    if (!next.done) return JSON.parse(next.value)
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error)
    throw new BackupRefused(`${file}: expected a backup of hedgerow, found: ${because}`)
  }
  throw new BackupRefused(`${file}: expected a whole backup, found its end missing`)
}

async function headOf(lines: Lines, file: string): Promise<Head> {
  const head = (await nextLine(lines, file)) as Partial<Head> | null
  if (head?.format !== 1 || !Array.isArray(head.migrations))
    throw new BackupRefused(`${file}: expected a backup of hedgerow, found another file`)
  const known = new Set(migrations.map(({ name }) => name))
  const unknown = head.migrations.filter(name => !known.has(name))
  if (unknown.length > 0)
    throw new BackupRefused(
      `${file}: taken by a newer version, which has ${unknown.join(', ')}: update first`,
    )
  return head as Head
}

async function refuseFilled(client: Client): Promise<void> {
  const { rows } = await client.query<{ there: boolean }>(`select to_regclass('lease') is not null as there`)
  if (!rows[0]?.there) return
  const { rows: accounts } = await client.query<{ account: string }>('select account from lease')
  if (accounts.length > 0)
    throw new BackupRefused(
      `the database holds ${accounts.map(({ account }) => account).join(', ')} already: a backup is restored into an empty one`,
    )
}

/** Rows that the migrations themselves made, or that nobody leased, would be mixed with those of the backup. */
async function refuseRows(client: Client, table: string): Promise<void> {
  const { rows } = await client.query<{ filled: boolean }>(
    `select exists (select from ${quoted(table)}) as filled`,
  )
  if (rows[0]?.filled)
    throw new BackupRefused(
      `the table ${table} holds rows already: a backup is restored into an empty database`,
    )
}

/** Inserts all rows. Returns what the backup counted. */
async function load(client: Client, lines: Lines, file: string): Promise<TableCount[]> {
  let table = ''
  let columns: Column[] = []
  let rows: string[] = []
  const flush = async () => {
    if (rows.length > 0) await insert(client, table, columns, rows)
    rows = []
  }
  for (;;) {
    const line = (await nextLine(lines, file)) as
      | unknown[]
      | { table: string; columns: Column[] }
      | { end: TableCount[] }
    if (Array.isArray(line)) {
      rows.push(JSON.stringify(line))
      if (rows.length >= ROWS_AT_ONCE) await flush()
      continue
    }
    await flush()
    if ('end' in line) return line.end
    table = line.table
    columns = line.columns
    await refuseRows(client, table)
  }
}

async function insert(
  client: Client,
  table: string,
  columns: readonly Column[],
  rows: readonly string[],
): Promise<void> {
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const values = columns.map(({ type }, i) => `(line.row->>${i})::${type}`).join(', ')
  await client.query(
    `insert into ${quoted(table)} (${names}) select ${values} from unnest($1::json[]) as line(row)`,
    [rows],
  )
  for (const { name } of columns) {
    const { rows: found } = await client.query<{ sequence: string | null }>(
      'select pg_get_serial_sequence($1, $2) as sequence',
      [quoted(table), name],
    )
    const sequence = found[0]?.sequence
    if (sequence)
      // It goes on after the highest number that is there.
      await client.query(`select setval($1, (select max(${quoted(name)}) from ${quoted(table)}))`, [sequence])
  }
}
