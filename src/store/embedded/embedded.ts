/**
 * The database that `npm start` needs nobody to install: real PostgreSQL from npm, on a unix socket in the data folder.
 * Durable like any server (fsync, checksums). A server left running by a killed engine is found and used again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { StoreLog } from '../database.ts'
import { embeddedBinaries } from './binaries.ts'
import { type EmbeddedHome, embeddedHome, serverPid, takeFromStranger } from './home.ts'
import {
  askServer,
  EMBEDDED_DATABASE,
  EMBEDDED_USER,
  ensureDatabase,
  logTail,
  makeDatabaseFolder,
  otherClients,
  startPostgres,
  stopServer,
} from './server.ts'

export type Embedded = {
  /** Give these three to `openDatabase`. */
  socketDir: string
  database: string
  user: string
  /** Was a server found running? */
  reused: boolean
  /** The process id of the server, for tests and the doctor. */
  pid: number
  /** Shuts the server down, unless other clients are still connected: then it stays, and says so in the log. */
  stop(): Promise<void>
}

const START_TRIES = 1500
const TRY_EVERY_MS = 20
/** A busy machine ends a connection late, and a server must not outlive its engine for that. */
const LEAVE_TRIES = 150

/**
 * Starts, or finds again, the PostgreSQL server that belongs to `dataDir`, with an empty database made on first use.
 * Throws when the folder cannot be used, the platform has no server programs, or the server does not come up in 30 s;
 * the message says what was expected and carries the end of the server's log.
 */
export async function startEmbedded({ dataDir, log }: { dataDir: string; log: StoreLog }): Promise<Embedded> {
  forgetShell()
  const home = embeddedHome(dataDir)
  const { reused, pid } = await ready(home, log)
  log.info(reused ? 'embedded PostgreSQL was still running' : 'embedded PostgreSQL started', {
    folder: home.root,
    pid,
  })
  return {
    socketDir: home.socketDir,
    database: EMBEDDED_DATABASE,
    user: EMBEDDED_USER,
    reused,
    pid,
    stop: () => stop(home, log),
  }
}

/** The client completes what it is told from the shell's PG* variables (port, TLS, options): none of them is about this server. */
function forgetShell(): void {
  for (const name of Object.keys(process.env)) if (/^PG[A-Z_]+$/.test(name)) delete process.env[name]
}

type Started = ReturnType<typeof startPostgres>

/** A server that answers and has the database. One that was started for it without success is stopped again. */
async function ready(home: EmbeddedHome, log: StoreLog): Promise<{ reused: boolean; pid: number }> {
  const own: { server?: Started } = {}
  try {
    await comeUp(home, log, own)
    await ensureDatabase(home)
    const pid = serverPid(home)
    if (pid === undefined)
      throw new Error(`embedded PostgreSQL: the server answered and vanished: ${logTail(home)}`)
    return { reused: own.server === undefined, pid }
  } catch (error) {
    if (own.server && !own.server.ended()) own.server.process.kill('SIGINT')
    throw error
  }
}

/** Waits for a server that answers, and starts it where there is none: the last one started is left in `own`. */
async function comeUp(home: EmbeddedHome, log: StoreLog, own: { server?: Started }): Promise<void> {
  for (let tries = 0; tries < START_TRIES; tries++) {
    const answer = await askServer(home)
    if (answer.kind === 'ready') return
    if (answer.kind === 'absent') {
      const ended = own.server?.ended()
      // A folder held by another process is a server on its way up or down: wait for it.
      if (ended && serverPid(home) === undefined)
        throw new Error(`embedded PostgreSQL: the server ended with ${ended}; ${logTail(home)}`)
      if (!own.server || ended) {
        if (ended) log.warn('embedded PostgreSQL: starting again', { ended })
        own.server = await startAnew(home, log)
      }
    }
    await pause(TRY_EVERY_MS)
  }
  throw new Error(`embedded PostgreSQL: no answer within 30 s; ${logTail(home)}`)
}

async function startAnew(home: EmbeddedHome, log: StoreLog): Promise<Started> {
  const binaries = embeddedBinaries(home)
  await makeDatabaseFolder(home, binaries)
  const pid = takeFromStranger(home)
  if (pid !== undefined)
    log.warn('embedded PostgreSQL: a power cut left a lock that names another program: put aside', {
      pid,
      kept: 'postmaster.pid.left',
    })
  return startPostgres(home, binaries)
}

async function stop(home: EmbeddedHome, log: StoreLog): Promise<void> {
  if ((await askServer(home)).kind === 'ready') {
    const others = await othersLeft(home)
    if (others > 0) {
      log.warn('embedded PostgreSQL is left running: others are connected', { others })
      return
    }
  }
  await stopServer(home)
}

/** Connections that were just closed on our side take the server a moment to notice. */
async function othersLeft(home: EmbeddedHome): Promise<number> {
  for (let tries = 1; ; tries++) {
    const others = await otherClients(home)
    if (others === 0 || tries === LEAVE_TRIES) return others
    await pause(TRY_EVERY_MS)
  }
}
