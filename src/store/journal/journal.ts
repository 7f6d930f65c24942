/**
 * The journal on PostgreSQL: group commit without a timer. Whatever queued while the previous batch was on its way goes
 * with the next, so one record alone waits for nothing and a thousand share one flush of the disk.
 * Nothing resolves before it is durable; a lost answer is looked up by commit id before the same is tried again.
 */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Pool } from 'pg'
import { type Clock, systemClock } from '../../clock/clock.ts'
import { canonicalJson } from '../../domain/json.ts'
import { FencedError, type Journal, type Poison } from '../schema/records.ts'
import { createQueue } from './queue.ts'
import { journalReader } from './reader.ts'
import type { JournalWork } from './statement.ts'
import { insistOn, type Lane, openLane, type WriterPorts, writeBatch } from './writer.ts'

type JournalOptions = {
  account: string
  /** The lease's epoch: every batch is refused once it moved. */
  epoch: bigint
  maxBatch?: number
  maxInFlight?: number
  /** Told once, of the first `FencedError` or `JournalRefused`: nothing more may be decided. */
  onFatal?: (error: Error) => void
  /** Measures how long records wait; the machine's own by default. */
  clock?: Clock
}

/** Takes up to `maxInFlight` connections of `pool` for itself. */
export function createJournal(pool: Pool, options: JournalOptions): Journal {
  const { account, epoch, clock = systemClock() } = options
  const pump = createPump(pool, options)
  const insist = <Result>(ask: () => Promise<Result>) => insistOn(pump.ports, ask)

  const enqueue = (work: JournalWork): Promise<void> => {
    const fenced = pump.ports.fenced()
    if (fenced) return Promise.reject(fenced)
    if (pump.ports.closing()) return Promise.reject(new Error('journal: closed'))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    pump.add({ ...work, queuedAtMs: clock.nowMs(), settled: promise, resolve, reject })
    return promise
  }

  return {
    append: record => enqueue({ record, acks: record.acks }),
    acknowledge: async effectIds => {
      if (effectIds.length > 0) await enqueue({ record: undefined, acks: effectIds })
    },
    quarantine: poison => insist(() => keepPoison(pool, account, epoch, poison)),
    ...journalReader(pool, account, insist),
    health() {
      const [oldest] = pump.pending
      return {
        pending: pump.pending.size,
        oldestPendingMs: oldest ? Math.max(0, clock.nowMs() - oldest.queuedAtMs) : 0,
      }
    },
    async drained() {
      await Promise.all([...pump.pending].map(({ settled }) => settled))
    },
    close: () => pump.close(),
  }
}

/** The server works on one batch per connection: a crowd is spread over the idle ones, a few are not. */
const share = (waiting: number, lanes: number): number =>
  waiting < SPREAD_MIN ? Infinity : Math.ceil(waiting / lanes)
const SPREAD_MIN = 40

/** Moves what is queued to the lanes, a batch each, as lanes come free. */
function createPump(pool: Pool, options: JournalOptions) {
  const { account, epoch, maxBatch = 500, maxInFlight = 2 } = options
  const queue = createQueue()
  const idle: Lane[] = Array.from({ length: maxInFlight }, () => openLane(pool))
  let fatal: Error | undefined
  let fenced: FencedError | undefined
  let closing = false
  let scheduled = false

  const ports: WriterPorts = {
    account,
    epoch,
    settle(entries, failure) {
      for (const entry of entries) {
        queue.settle(entry)
        if (failure) entry.reject(failure)
        else entry.resolve()
      }
    },
    fenced: () => fenced,
    fatal(error) {
      if (error instanceof FencedError) fenced ??= error
      if (!fatal) options.onFatal?.(error)
      fatal ??= error
    },
    closing: () => closing,
  }

  const run = () => {
    scheduled = false
    while (idle.length > 0 && queue.ready() > 0) {
      const batch = queue.take(Math.min(maxBatch, share(queue.pending.size, idle.length)))
      const lane = batch.length > 0 ? idle.pop() : undefined
      if (!lane) return
      void writeBatch(ports, lane, batch).then(() => {
        idle.push(lane)
        queue.release(batch)
        schedule()
      })
    }
  }

  // After the present turn's events: all that one wake-up decides goes in one batch.
  const schedule = () => {
    if (scheduled) return
    scheduled = true
    setImmediate(run)
  }

  return {
    ports,
    pending: queue.pending,
    add(entry: Parameters<typeof queue.add>[0]): void {
      queue.add(entry)
      schedule()
    },
    async close(): Promise<void> {
      closing = true
      while (queue.pending.size > 0)
        await Promise.allSettled([...queue.pending].map(({ settled }) => settled))
      while (idle.length < maxInFlight) await pause(1)
      for (const lane of idle) lane.release()
    },
  }
}

async function keepPoison(pool: Pool, account: string, epoch: bigint, poison: Poison): Promise<void> {
  const { actorId, event, error, atMs } = poison
  const id = createHash('sha256').update(canonicalJson(poison)).digest('hex')
  await pool.query(
    `with fence as materialized (select epoch from lease where account = $1 for share),
      kept as (
        insert into poison (account, poison_id, actor_id, event, error, at_ms)
        values ($1, $3, $4, $5::json, $6, $7) on conflict do nothing
      )
      select journal_expect((select epoch from fence), $2, 0, 0)`,
    // Text columns hold no zero byte; an error's text may.
    [account, String(epoch), id, actorId, JSON.stringify(event), error.replaceAll('\0', '\\0'), atMs],
  )
}
