/**
 * Makes one batch durable and settles each of its entries, whatever the database does meanwhile: away, it is asked again; its
 * answer lost, the commit ids are looked up before the same is tried again; refused, the batch is halved until the guilty
 * record stands alone. Its connection (a lane) is kept for the prepared statement and given up at the first doubt: after a
 * lost answer the old session may still be at work.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg'
import { FencedError, JournalRefused } from '../schema/records.ts'
import type { Entry } from './queue.ts'
import { batchStatement, FENCED, storedStatement } from './statement.ts'

/**
 * What an error of the database means for the one who asked. The three classes call for three answers:
 * ask again, find out what happened and ask again, or give up on this request.
 */
type DatabaseFault =
  /** Nothing was done, and the same may well work later (no connection, no room, a deadlock). */
  | 'not-done'
  /** The answer was lost: the request may have been carried out. */
  | 'unknown'
  /** The database understood and refused. */
  | 'refused'

const NOT_DONE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EACCES',
])
const UNKNOWN = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT'])
/** Rolled back by the server: serialization and deadlock, lock not available, cancelled, read-only standby. */
const ROLLED_BACK = new Set(['40001', '40P01', '55P03', '57014', '25006', '25P03'])

/** pg reports its own faults by message only. */
const NEVER_CONNECTED = /timeout exceeded when trying to connect|connection timeout|cannot use a pool after/i
const CUT =
  /connection terminated|connection error|not queryable|query read timeout|client was closed|socket/i

/**
 * Whether a statement that failed did anything: `not-done` may be sent again, `unknown` must be looked up, `refused` is final.
 */
function classifyFault(error: unknown): DatabaseFault {
  const { code, message } = error as { code?: unknown; message?: unknown }
  if (typeof code === 'string') {
    if (NOT_DONE.has(code) || ROLLED_BACK.has(code)) return 'not-done'
    if (UNKNOWN.has(code)) return 'unknown'
    // 53: no room (disk, memory, connections).
    if (code.startsWith('53')) return 'not-done'
    // 08: connection; 57P: the server goes down or comes up; 58: its files fail. A commit may have come through.
    if (code.startsWith('08') || code.startsWith('57P') || code.startsWith('58')) return 'unknown'
    if (/^[0-9A-Z]{5}$/.test(code)) return 'refused'
  }
  if (typeof message === 'string') {
    if (NEVER_CONNECTED.test(message)) return 'not-done'
    if (CUT.test(message)) return 'unknown'
  }
  return 'refused'
}

/**
 * One connection of the journal, kept for its prepared statement. It is given up at the first doubt and taken anew:
 * after a lost answer the old session may still be at work, and its answer must not be taken for the next one's.
 */
export type Lane = {
  query<Row extends object>(statement: QueryConfig): Promise<QueryResult<Row>>
  release(): void
}

/** A lane of this pool; its connection is taken with the first statement. */
export function openLane(pool: Pool): Lane {
  let client: PoolClient | undefined
  const drop = () => {
    const dropped = client
    client = undefined
    dropped?.release(true)
  }
  return {
    async query(statement) {
      client ??= await taken(pool)
      try {
        return await client.query(statement)
      } catch (error) {
        if (classifyFault(error) !== 'refused') drop()
        throw error
      }
    },
    // Not fit for others: its planner was set for this one statement.
    release: drop,
  }
}

/**
 * One plan for ever: look each row up by its key. Left to its statistics, which know nothing of the arrays and lag behind
 * a growing table, the planner now and then scans whole tables, and a batch takes half a second.
 */
const PLANNER = `
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off`

async function taken(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect()
  // A cut while idle shows at the next query; an 'error' event nobody hears would end the process.
  if (client.listenerCount('error') === 0) client.on('error', () => undefined)
  try {
    await client.query(PLANNER)
    return client
  } catch (error) {
    client.release(true)
    throw error
  }
}

const RETRY_FIRST_MS = 20
const RETRY_LAST_MS = 1000

export type WriterPorts = {
  account: string
  epoch: bigint
  /** These wait no more: durable, or failed. */
  settle(entries: readonly Entry[], failure?: Error): void
  /** Gives the error that is fatal for good, if there is one: nothing is written after a fence. */
  fenced(): FencedError | undefined
  fatal(error: Error): void
  /** A closing journal does not wait for a database that is away. */
  closing(): boolean
}

/** A batch on its way. */
type Course = {
  left: readonly Entry[]
  /** An earlier try may have come through: look before trying again. */
  inDoubt: boolean
  refusal: Error | undefined
}

type Next = 'now' | 'later' | 'over'

/** Never throws: every entry is settled when it returns. */
export async function writeBatch(ports: WriterPorts, lane: Lane, batch: readonly Entry[]): Promise<void> {
  const course: Course = { left: batch, inDoubt: false, refusal: undefined }
  const backOff = createBackOff()
  while (course.left.length > 0) {
    try {
      await attempt(ports, lane, course)
    } catch (thrown) {
      const next = await meet(ports, lane, course, asError(thrown))
      if (next === 'over') return
      if (next === 'later') await backOff()
    }
  }
}

async function attempt(ports: WriterPorts, lane: Lane, course: Course): Promise<void> {
  const fenced = ports.fenced()
  if (fenced) throw fenced
  if (course.inDoubt) await resolveDoubt(ports, lane, course)
  if (course.left.length === 0) return
  await lane.query(batchStatement(ports.account, ports.epoch, course.left))
  ports.settle(course.left)
  course.left = []
}

/** Settles what is stored already. When nothing was and the batch had been refused, the refusal stands. */
async function resolveDoubt(ports: WriterPorts, lane: Lane, course: Course): Promise<void> {
  const { left, refusal } = course
  const records = left.flatMap(({ record }) => record ?? [])
  const { rows } = await lane.query<{ commit_id: string }>(storedStatement(ports.account, records))
  const stored = new Set(rows.map(row => row.commit_id))
  const isStored = ({ record }: Entry) => record !== undefined && stored.has(record.commitId)
  ports.settle(left.filter(isStored))
  course.left = left.filter(entry => !isStored(entry))
  course.inDoubt = false
  course.refusal = undefined
  if (!refusal || course.left.length < left.length) return
  course.left = []
  await divide(ports, lane, left, refusal)
}

/** What a failed attempt means for the rest of the batch. */
async function meet(ports: WriterPorts, lane: Lane, course: Course, error: Error): Promise<Next> {
  if (isFence(error)) {
    const fenced = asFenced(error)
    ports.fatal(fenced)
    ports.settle(course.left, fenced)
    return 'over'
  }
  const fault = classifyFault(error)
  if (fault === 'refused' && course.inDoubt) {
    // A look that is refused itself holds the bad record as surely as the batch does.
    await divide(ports, lane, course.left, course.refusal ?? error)
    return 'over'
  }
  if (fault === 'refused') {
    // Refused, perhaps, because an earlier try came through after all: look.
    course.refusal = error
    course.inDoubt = true
    return 'now'
  }
  course.inDoubt ||= fault === 'unknown'
  if (!ports.closing()) return 'later'
  const cause = `journal: closed before the record was durable: ${error.message}`
  ports.settle(course.left, new Error(cause, { cause: error }))
  return 'over'
}

/** One bad record must not take its neighbours along. The halves go one after the other: order within an actor holds. */
async function divide(ports: WriterPorts, lane: Lane, left: readonly Entry[], error: Error): Promise<void> {
  if (left.length > 1) {
    const middle = left.length >> 1
    await writeBatch(ports, lane, left.slice(0, middle))
    return writeBatch(ports, lane, left.slice(middle))
  }
  const record = left[0]?.record
  const what = record ? `${record.actorId} step ${record.seq} (${record.event.type})` : 'an acknowledgement'
  const refused = new JournalRefused(`journal: ${what} was refused: ${error.message}`, { cause: error })
  ports.fatal(refused)
  ports.settle(left, refused)
}

/** Pauses that double. */
function createBackOff(): () => Promise<void> {
  let pauseMs = RETRY_FIRST_MS
  return async () => {
    await pause(pauseMs)
    pauseMs = Math.min(RETRY_LAST_MS, pauseMs * 2)
  }
}

type InsistPorts = Pick<WriterPorts, 'fatal' | 'closing'>

/**
 * A statement outside the batches, harmless to repeat: tried again while the database is away. Throws what the database
 * refuses, when the journal closes, and when another writer has taken over.
 */
export async function insistOn<Result>(ports: InsistPorts, ask: () => Promise<Result>): Promise<Result> {
  const backOff = createBackOff()
  for (;;) {
    try {
      return await ask()
    } catch (thrown) {
      const error = asError(thrown)
      if (isFence(error)) {
        ports.fatal(asFenced(error))
        throw asFenced(error)
      }
      if (ports.closing() || classifyFault(error) === 'refused') throw error
      await backOff()
    }
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

const isFence = (error: Error): boolean =>
  error instanceof FencedError || (error as { code?: string }).code === FENCED

const asFenced = (error: Error): FencedError =>
  error instanceof FencedError ? error : new FencedError(`journal: ${error.message}`, { cause: error })
