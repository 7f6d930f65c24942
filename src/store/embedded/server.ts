/**
 * Makes a database folder and runs PostgreSQL on it. No shell, no TCP port: one unix socket in a folder of our own.
 * The server is a process of its own that outlives a killed engine; the next start finds it and goes on.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Binaries } from './binaries.ts'
import { attempt, type EmbeddedHome, isAlive, isServerOf, ownFolder, serverPid } from './home.ts'

export const EMBEDDED_USER = 'hedgerow'
export const EMBEDDED_DATABASE = 'hedgerow'

const LOG_MAX_BYTES = 16 * 2 ** 20
const SETTINGS = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '50',
  shared_buffers: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] ',
}

/**
 * Runs initdb into a folder of its own and moves the finished whole into place: a start killed in between leaves no half-made
 * database, and of two starts at once one wins. Throws what initdb said when there is no database afterwards.
 */
export async function makeDatabaseFolder(home: EmbeddedHome, binaries: Binaries): Promise<void> {
  removeAbandoned(home.root)
  if (existsSync(join(home.data, 'PG_VERSION'))) return
  const half = attempt(`make a folder in ${home.root}`, () =>
    mkdtempSync(join(home.root, `init-${process.pid}-`)),
  )
  ownFolder(half, home.user)
  try {
    await initdb(half, home, binaries)
    attempt(`move the new database to ${home.data}`, () => {
      renameSync(half, home.data)
      syncFolder(home.root)
    })
  } catch (error) {
    rmSync(half, { recursive: true, force: true })
    if (!existsSync(join(home.data, 'PG_VERSION'))) throw error
  }
}

async function initdb(folder: string, home: EmbeddedHome, binaries: Binaries): Promise<void> {
  const options = ['--auth=trust', '--encoding=UTF8', '--locale=C', '--data-checksums', '--no-instructions']
  const child = spawn(binaries.initdb, ['-D', folder, `--username=${EMBEDDED_USER}`, ...options], {
    ...home.user,
    env: binaries.env,
    cwd: home.root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (said += part.toString()))
  const ended = await ending(child)
  if (ended !== 'code 0')
    throw new Error(
      `embedded PostgreSQL: initdb ended with ${ended} in ${folder}: ${said.trim().slice(-2000)}`,
    )
}

/** Starts the server; its output goes to the log file. Ready is for the caller to find out, by connecting. */
export function startPostgres(
  home: EmbeddedHome,
  binaries: Binaries,
): { process: ChildProcess; ended(): string | undefined } {
  if (existsSync(home.logFile) && statSync(home.logFile).size > LOG_MAX_BYTES)
    renameSync(home.logFile, `${home.logFile}.1`)
  const log = attempt(`open ${home.logFile}`, () => openSync(home.logFile, 'a', 0o600))
  const settings = { ...SETTINGS, unix_socket_directories: home.socketDir }
  const child = spawn(
    binaries.postgres,
    ['-D', home.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    // Detached: an interrupt typed at the engine must not reach the server before the engine's last writes.
    { ...home.user, env: binaries.env, cwd: home.root, stdio: ['ignore', log, log], detached: true },
  )
  closeSync(log)
  child.unref()
  let end: string | undefined
  ending(child).then(how => {
    end = how
  })
  return { process: child, ended: () => end }
}

type Answer = { kind: 'ready' } | { kind: 'busy'; why: string } | { kind: 'absent'; why: string }

/**
 * Asks whether a server of ours answers on the socket. `busy`: it is starting or stopping. Throws when another folder's server
 * answers, or a fault that is none of these.
 */
export async function askServer(home: EmbeddedHome): Promise<Answer> {
  const client = connection(home, 'postgres')
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string }>(
      "select current_setting('data_directory') as folder",
    )
    if (rows[0]?.folder !== home.data)
      throw new Error(
        `embedded PostgreSQL: expected the server of ${home.data}, found that of ${rows[0]?.folder}`,
      )
    return { kind: 'ready' }
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    if (code === 'ENOENT' || code === 'ECONNREFUSED') return { kind: 'absent', why: code }
    if (code?.startsWith('57') || code === '53300' || /timeout|terminated|ECONNRESET|EPIPE/.test(message))
      return { kind: 'busy', why: message }
    throw error
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Makes the engine's database when it is not there. Throws what PostgreSQL refuses. */
export async function ensureDatabase(home: EmbeddedHome): Promise<void> {
  const client = connection(home, 'postgres')
  await client.connect()
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [
      EMBEDDED_DATABASE,
    ])
    if (rowCount === 0) await client.query(`create database ${EMBEDDED_DATABASE}`)
  } catch (error) {
    // Made by another start in the same moment.
    if ((error as { code?: string }).code !== '42P04' && (error as { code?: string }).code !== '23505')
      throw error
  } finally {
    await client.end()
  }
}

/** How many other clients use the server. */
export async function otherClients(home: EmbeddedHome): Promise<number> {
  const client = connection(home, 'postgres')
  await client.connect()
  try {
    const { rows } = await client.query<{ others: number }>(
      "select count(*)::int as others from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    )
    return rows[0]?.others ?? 0
  } finally {
    await client.end()
  }
}

/**
 * Fast shutdown: open transactions roll back, everything committed is checkpointed. Waits until the folder is free. Throws
 * after half a minute.
 */
export async function stopServer(home: EmbeddedHome): Promise<void> {
  const pid = serverPid(home)
  if (pid === undefined || !isServerOf(home, pid)) return
  process.kill(pid, 'SIGINT')
  for (let waits = 0; serverPid(home) === pid; waits++) {
    if (waits > 3000) throw new Error(`embedded PostgreSQL: process ${pid} did not stop: ${logTail(home)}`)
    await pause(10)
  }
}

/** The last lines the server wrote, for error messages. */
export function logTail(home: EmbeddedHome): string {
  if (!existsSync(home.logFile)) return '(the server wrote no log)'
  return `${home.logFile} ends with:\n${readFileSync(home.logFile, 'utf8').slice(-2000).trim()}`
}

const connection = (home: EmbeddedHome, database: string): Client => {
  const client = new Client({
    host: home.socketDir,
    user: EMBEDDED_USER,
    database,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
  })
  // A cut between two queries shows at the next query; without a listener it would end the process.
  client.on('error', () => undefined)
  return client
}

function ending(child: ChildProcess): Promise<string> {
  return new Promise(resolve => {
    child.once('error', error => resolve(`"${error.message}"`))
    child.once('close', (code, signal) => resolve(signal ? `signal ${signal}` : `code ${code}`))
  })
}

/** Folders of initdb runs whose process is gone. */
function removeAbandoned(root: string): void {
  for (const name of readdirSync(root)) {
    const pid = /^init-(\d+)-/.exec(name)?.[1]
    if (pid && Number(pid) !== process.pid && !isAlive(Number(pid)))
      rmSync(join(root, name), { recursive: true, force: true })
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}
