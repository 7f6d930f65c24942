/**
 * One writer per account. The lock is an advisory lock of a connection of its own: it goes when the process goes, and no
 * clock is trusted. The epoch is the fencing token: raised by every new owner, named by every write, so that a writer
 * that was frozen and thaws is refused by the database itself.
 */
import type { Client } from 'pg'
import { type Clock, systemClock, type TimerHandle } from '../clock/clock.ts'

export type Lease = {
  account: string
  /** Higher than that of every owner before. */
  epoch: bigint
  /** Four of [0-9A-Z], the account's own in this database: the first part of every hedge id. */
  salt: string
  /** Is the connection that holds the lock alive, as far as known? */
  held(): boolean
  /** Gives the lock back. `lost` is not called. */
  release(): Promise<void>
}

export type LeaseAnswer =
  | { kind: 'held'; lease: Lease }
  | { kind: 'refused'; holder: string; sinceMs: number }

export type LeaseOptions = {
  account: string
  /** Who we are, for the one who is refused: host and process. */
  holder: string
  /** Called once when the lock is gone or cannot be told to be there: stop at once. */
  lost(cause: string): void
  clock?: Clock
  heartbeatEveryMs?: number
}

const HEARTBEAT_EVERY_MS = 2000

/** Salts come from the database's own randomness: two databases that trade one account must not make the same order ids. */
const NEW_ACCOUNT = `
  insert into lease (account, epoch, holder, salt, taken_at_ms)
  select $1, 0, '', string_agg(substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', 1 + get_byte(bytes, place) % 36, 1), ''), 0
  from (select uuid_send(gen_random_uuid()) as bytes) as random, generate_series(0, 3) as place
  on conflict do nothing`

/**
 * Asks for the account. `client` is a fresh connection, not from a pool and not through a transaction pooler;
 * the lease owns and ends it. Throws when the database does not answer.
 */
export async function takeLease(client: Client, options: LeaseOptions): Promise<LeaseAnswer> {
  const { account, holder, clock = systemClock() } = options
  let gone: string | undefined
  let onGone: ((cause: string) => void) | undefined
  const end = (cause: string) => {
    gone ??= cause
    onGone?.(cause)
  }
  client.on('error', error => end(`the lock's connection failed: ${error.message}`))
  client.on('end', () => end(`the lock's connection ended`))
  await client.connect()
  try {
    await client.query(NEW_ACCOUNT, [account])
    const locked = await client.query<{ mine: boolean }>(
      `select pg_try_advisory_lock(hashtextextended('hedgerow account ' || $1, 0)) as mine`,
      [account],
    )
    if (!locked.rows[0]?.mine) return await refusal(client, account)
    const { rows } = await client.query<{ epoch: string; salt: string }>(
      'update lease set epoch = epoch + 1, holder = $2, taken_at_ms = $3 where account = $1 returning epoch::text, salt',
      [account, holder, clock.nowMs()],
    )
    const row = rows[0]
    if (!row || gone)
      throw new Error(`lease: the account ${account} slipped away while it was taken: ${gone ?? 'no row'}`)
    const keeper = keepLease(client, BigInt(row.epoch), options, clock)
    onGone = keeper.gone
    return { kind: 'held', lease: { account, epoch: BigInt(row.epoch), salt: row.salt, ...keeper.lease } }
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

async function refusal(client: Client, account: string): Promise<LeaseAnswer> {
  const { rows } = await client.query<{ holder: string; since: string }>(
    'select holder, taken_at_ms::text as since from lease where account = $1',
    [account],
  )
  await client.end()
  return { kind: 'refused', holder: rows[0]?.holder || 'unknown', sinceMs: Number(rows[0]?.since ?? 0) }
}

/** Asks the connection from time to time whether it is still there: a dead peer alone sends no word. */
function keepLease(client: Client, epoch: bigint, options: LeaseOptions, clock: Clock) {
  const everyMs = options.heartbeatEveryMs ?? HEARTBEAT_EVERY_MS
  let state: 'held' | 'lost' | 'released' = 'held'
  let timer: TimerHandle | undefined
  const gone = (cause: string) => {
    if (state !== 'held') return
    state = 'lost'
    if (timer) clock.clearTimeout(timer)
    options.lost(cause)
    client.end().catch(() => undefined)
  }
  const beat = async () => {
    try {
      const { rows } = await client.query<{ epoch: string }>(
        'select epoch::text from lease where account = $1',
        [options.account],
      )
      if (rows[0]?.epoch !== String(epoch))
        return gone(`expected epoch ${epoch} in the database, found ${rows[0]?.epoch ?? 'no row'}`)
      if (state === 'held') timer = clock.setTimeout(beat, everyMs)
    } catch (error) {
      gone(`the heartbeat failed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  timer = clock.setTimeout(beat, everyMs)
  const lease = {
    held: () => state === 'held',
    async release() {
      if (state !== 'held') return
      state = 'released'
      if (timer) clock.clearTimeout(timer)
      await client.end()
    },
  }
  return { gone, lease }
}
