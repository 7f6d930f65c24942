/**
 * Opens the store of a run: the server, the tables, whose account it is (Bybit's UID, whatever key leads to it), its lease,
 * and the journal that writes under it.
 */
import { createHash } from 'node:crypto'
import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'
import type { Exchange } from '../exchange/exchange.ts'
import {
  type Database,
  type DatabaseAddress,
  DatabaseTooNew,
  DatabaseUnavailable,
  openDatabase,
} from '../store/database.ts'
import { type Embedded, startEmbedded } from '../store/embedded/embedded.ts'
import { isAlive } from '../store/embedded/home.ts'
import { createJournal } from '../store/journal/journal.ts'
import { type Lease, takeLease } from '../store/lease.ts'
import type { Journal } from '../store/schema/records.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { measuredJournal } from './measured.ts'
import { asStartFault, StartFault } from './start/data-folder.ts'
import { notWaiting, type Waiting } from './start/waiting.ts'

/** Who the account is: Bybit's UID, whatever key leads to it. */
type AccountNames = {
  /** What the account is called in the database: its mode and its UID. */
  account: string
  /** What earlier versions called it: by a print of the key. */
  before: string
}

/**
 * Asks the exchange who the key belongs to. The same UID in the same mode is the same account, and another mode never shares
 * rows with it. Bybit's demo tells no UID: there the key is the account.
 * @throws ExchangeFailure, or an Error when the exchange does not say who the account is
 */
export async function accountNames(
  { mode, keys }: Pick<Config, 'mode' | 'keys'>,
  exchange: Pick<Exchange, 'account'>,
): Promise<AccountNames> {
  const print = keys ? createHash('sha256').update(keys.key).digest('hex').slice(0, 8) : 'built-in'
  const before = `${mode}-${print}`
  const { uid } = await exchange.account()
  if (uid !== null) return { account: `${mode}-${uid}`, before }
  if (mode === 'demo') return { account: before, before }
  throw new Error('the exchange does not say who the account is (its UID)')
}

export type Store = {
  database: Database
  lease: Lease
  journal: Journal
  account: string
  close(): Promise<void>
}

/** The database alone, not yet anybody's. */
type Server = { database: Database; close(): Promise<void> }

/** How long one try asks a database that does not answer; between tries the start says what it waits for. */
const TRY_MS = 2_000
const LOOK_EVERY_MS = 1_000

/**
 * The configured server, or the embedded one, which is started again when it dies. One that does not answer is waited for.
 * @throws StartFault for what waiting does not mend
 */
export async function openServer(
  config: Config,
  { log }: Pick<Telemetry, 'log'>,
  waiting: Waiting = notWaiting,
): Promise<Server> {
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbedded({ dataDir: config.dataDir, log }).catch(asStartFault())
  const address: DatabaseAddress = embedded ?? { url: config.databaseUrl ?? '' }
  const before = config.databaseUrl ? 'HEDGEROW_DATABASE_URL: ' : ''
  const patience = waiting === notWaiting ? {} : { bootPatienceMs: TRY_MS }
  try {
    const database = await waiting.until('the database', () =>
      openDatabase({ ...address, ...patience, log }).catch(error => {
        const isFinal =
          error instanceof DatabaseTooNew || (error instanceof DatabaseUnavailable && error.isFinal)
        return isFinal || waiting === notWaiting ? asStartFault(before)(error) : Promise.reject(error)
      }),
    )
    const leave = embedded && keepRunning(embedded, config.dataDir, log)
    const close = async () => {
      await leave?.()
      await database.close()
      await embedded?.stop()
    }
    return { database, close }
  } catch (error) {
    await embedded?.stop()
    throw error
  }
}

/** Starts the embedded server again whenever its process is gone. Gives how to stop looking. */
function keepRunning({ pid }: Embedded, dataDir: string, log: Telemetry['log']): () => Promise<void> {
  let now = pid
  let turn = Promise.resolve()
  const look = async () => {
    if (isAlive(now)) return
    log.warn('database.gone', { pid: now })
    now = await startEmbedded({ dataDir, log }).then(
      started => started.pid,
      error => {
        log.error('database.down', { error: error instanceof Error ? error.message : String(error) })
        return now
      },
    )
  }
  const timer = setInterval(() => {
    turn = turn.then(look)
  }, LOOK_EVERY_MS).unref()
  return () => {
    clearInterval(timer)
    return turn
  }
}

type StoreParts = {
  server: Server
  names: AccountNames
  telemetry: Telemetry
  /** The account is lost, or the journal refuses: nothing more may be decided. */
  fatal(error: unknown): void
  waiting?: Waiting
}

/**
 * Takes the account: one writer each. While another engine has it this one waits, as its standby; a start that does not wait
 * is refused with the name of the other. Closing it closes the server. @throws StartFault
 */
export async function openStore({
  server,
  names,
  telemetry,
  fatal,
  waiting = notWaiting,
}: StoreParts): Promise<Store> {
  const { database } = server
  const { account, before } = names
  const { log } = telemetry
  const take = async (): Promise<Lease> => {
    const answer = await takeLease(database.client, {
      account,
      before,
      holder: `${hostname()} process ${process.pid}`,
      lost: cause => fatal(new Error(`the lease on account ${account} is lost: ${cause}`)),
      doubted: cause =>
        log.warn(cause === null ? 'lease.certain' : 'lease.doubted', { account, because: cause }),
    })
    if (answer.kind === 'held') return answer.lease
    const taken = `account ${account} is traded by another engine (${answer.holder})`
    if (waiting !== notWaiting) throw new Error(`${taken}; this one is its standby`)
    throw new StartFault(`${taken}: stop it first, or give this one another account and database`)
  }
  const lease = await waiting.until('the account', take)
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
      await server.close()
    },
  }
}
