/**
 * One writer per account. The lock is an advisory lock of a connection of its own: it goes when the process goes, and no
 * clock is trusted. The epoch is the fencing token: raised by every new owner, named by every write, so that a writer
 * that was frozen and thaws is refused by the database itself. A lock whose connection broke is in doubt: nothing may leave,
 * and it is taken again while nobody else did (the epoch says so), so that a restart of the database ends no engine.
 * Its SQL is written out: sessions and their locks are no rows.
 */
import type { Client } from 'pg'
import { type Clock, systemClock, type TimerHandle } from '../clock/clock.ts'

/** Every table that says whose its rows are. */
const TABLES = `select table_name as name from information_schema.columns
  where column_name = 'account' and table_schema = current_schema() order by 1`

/**
 * Renames an account in all of its rows, in one transaction; does nothing when `to` is known already or `from` is not.
 * @param client - a session of its own that holds the locks of both names. @throws what the database throws, with nothing changed
 */
async function renameAccount(client: Client, from: string, to: string): Promise<boolean> {
  await client.query('begin')
  try {
    const { rows } = await client.query<{ account: string }>(
      'select account from lease where account in ($1, $2)',
      [from, to],
    )
    const isDue = rows.length === 1 && rows[0]?.account === from
    if (isDue) {
      // A journal of months is more than a statement's usual time.
      await client.query('set local statement_timeout = 0')
      const { rows: tables } = await client.query<{ name: string }>(TABLES)
      for (const { name } of tables)
        await client.query(`update ${client.escapeIdentifier(name)} set account = $2 where account = $1`, [
          from,
          to,
        ])
    }
    await client.query('commit')
    return isDue
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}

export type Lease = {
  account: string
  /** Higher than that of every owner before. */
  epoch: bigint
  /** Four of [0-9A-Z], the account's own in this database: the first part of every hedge id. */
  salt: string
  /** Is the connection that holds the lock alive, as far as known? False while it is in doubt. */
  held(): boolean
  /** Gives the lock back. `lost` is not called. */
  release(): Promise<void>
}

type LeaseAnswer = { kind: 'held'; lease: Lease } | { kind: 'refused'; holder: string; sinceMs: number }

export type LeaseOptions = {
  account: string
  /** What the account was called before: its rows are brought over, once. */
  before?: string
  /** Who we are, for the one who is refused: host and process. */
  holder: string
  /** Called once when the lock is gone or cannot be told to be there: stop at once. */
  lost(cause: string): void
  /** The lock came into doubt, with the cause, or is certain again (null). */
  doubted?(cause: string | null): void
  clock?: Clock
  heartbeatEveryMs?: number
  /** How long a lock in doubt is taken again before it is lost. */
  regainWithinMs?: number
}

const HEARTBEAT_EVERY_MS = 1_000
/** An answer that takes longer is none: whoever asks for readiness hears of it within five seconds. */
const ANSWER_MS_MAX = 2_500
const REGAIN_WITHIN_MS = 30_000
const REGAIN_EVERY_MS = 250

/** A machine that lost its network or its power must not keep the lock for the two hours of the kernel's own patience. */
const LET_GO_OF_THE_DEAD = `
  set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3;
  set tcp_user_timeout = 15000; set idle_in_transaction_session_timeout = 10000`

/** Salts come from the database's own randomness: two databases that trade one account must not make the same order ids. */
const NEW_ACCOUNT = `
  insert into lease (account, epoch, holder, salt, taken_at_ms)
  select $1, 0, '', string_agg(substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', 1 + get_byte(bytes, place) % 36, 1), ''), 0
  from (select uuid_send(gen_random_uuid()) as bytes) as random, generate_series(0, 3) as place
  on conflict do nothing`

/** Asks for the account. @param connect - gives a fresh client, not from a pool and not through a transaction pooler; the
 * lease owns and ends it. @throws when the database does not answer */
export async function takeLease(connect: () => Client, options: LeaseOptions): Promise<LeaseAnswer> {
  const { account, before = account, holder, clock = systemClock() } = options
  const session = await openSession(connect)
  const { client } = session
  try {
    if (!(await lock(session, account))) return await refusal(client, account)
    if (before !== account) {
      // An engine that knows only the old name must not be at work on it.
      if (!(await lock(session, before))) return await refusal(client, before)
      await renameAccount(client, before, account)
    }
    await client.query(NEW_ACCOUNT, [account])
    const { rows } = await client.query<{ epoch: string; salt: string }>(
      'update lease set epoch = epoch + 1, holder = $2, taken_at_ms = $3 where account = $1 returning epoch::text, salt',
      [account, holder, clock.nowMs()],
    )
    const row = rows[0]
    const gone = row ? session.broken() : 'no row'
    if (!row || gone)
      throw new Error(`lease: the account ${account} slipped away while it was taken: ${gone}`)
    const epoch = BigInt(row.epoch)
    const keeper = keepLease(connect, session, epoch, { ...options, clock })
    return { kind: 'held', lease: { account, epoch, salt: row.salt, ...keeper } }
  } catch (error) {
    await session.end()
    throw error
  }
}

type Session = {
  client: Client
  /** Which session of the server it is: its process and when that began. */
  identity: { pid: number; since: string }
  /** Why the connection is no more; undefined while it lives. */
  broken(): string | undefined
  onBroken(hear: (cause: string) => void): void
  end(): Promise<void>
}

async function openSession(connect: () => Client): Promise<Session> {
  const client = connect()
  let cause: string | undefined
  let hear = (_cause: string) => {}
  const end = (why: string) => {
    if (cause !== undefined) return
    cause = why
    hear(why)
  }
  client.on('error', error => end(`the lock's connection failed: ${error.message}`))
  client.on('end', () => end(`the lock's connection ended`))
  try {
    await client.connect()
    await client.query(LET_GO_OF_THE_DEAD)
    const { rows } = await client.query<{ pid: number; since: string }>(
      'select pid, backend_start::text as since from pg_stat_activity where pid = pg_backend_pid()',
    )
    return {
      client,
      identity: rows[0] ?? { pid: 0, since: '' },
      broken: () => cause,
      onBroken: next => {
        hear = next
      },
      end: () => client.end().catch(() => undefined),
    }
  } catch (error) {
    await client.end().catch(() => undefined)
    throw error
  }
}

async function lock({ client }: Session, account: string): Promise<boolean> {
  const { rows } = await client.query<{ mine: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('hedgerow account ' || $1, 0)) as mine`,
    [account],
  )
  return rows[0]?.mine === true
}

async function refusal(client: Client, account: string): Promise<LeaseAnswer> {
  const { rows } = await client.query<{ holder: string; since: string }>(
    'select holder, taken_at_ms::text as since from lease where account = $1',
    [account],
  )
  await client.end()
  return { kind: 'refused', holder: rows[0]?.holder || 'unknown', sinceMs: Number(rows[0]?.since ?? 0) }
}

async function epochNow({ client }: Session, account: string): Promise<string | undefined> {
  const { rows } = await client.query<{ epoch: string }>('select epoch::text from lease where account = $1', [
    account,
  ])
  return rows[0]?.epoch
}

/** Takes the lock again under the same epoch. 'moved': somebody else was quicker; 'busy': the lock is still held. */
async function regain(
  connect: () => Client,
  account: string,
  epoch: bigint,
  before: Session['identity'],
): Promise<Session | 'moved' | 'busy'> {
  const session = await openSession(connect)
  try {
    const isMine = await lock(session, account)
    if ((await epochNow(session, account)) !== String(epoch)) {
      await session.end()
      return 'moved'
    }
    if (isMine) return session
    // Ours by its epoch, so it is our own broken session that still holds it.
    await session.client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and backend_start::text = $2',
      [before.pid, before.since],
    )
  } catch (error) {
    await session.end()
    throw error
  }
  await session.end()
  return 'busy'
}

type Kept = Required<Pick<LeaseOptions, 'clock'>> & LeaseOptions

/** Asks the connection from time to time whether it is still there: a dead peer alone sends no word. */
function keepLease(connect: () => Client, first: Session, epoch: bigint, options: Kept) {
  const { account, clock, heartbeatEveryMs = HEARTBEAT_EVERY_MS } = options
  const { regainWithinMs = REGAIN_WITHIN_MS, doubted = () => {} } = options
  let session = first
  let state: 'held' | 'doubted' | 'lost' | 'released' = 'held'
  let timer: TimerHandle | undefined
  const later = (run: () => void, delayMs: number) => {
    if (timer) clock.clearTimeout(timer)
    timer = clock.setTimeout(run, delayMs)
  }
  const lose = (cause: string) => {
    if (state === 'lost' || state === 'released') return
    state = 'lost'
    if (timer) clock.clearTimeout(timer)
    void session.end()
    options.lost(cause)
  }
  const doubt = (cause: string) => {
    if (state !== 'held') return
    state = 'doubted'
    doubted(cause)
    void session.end()
    const untilMs = clock.nowMs() + regainWithinMs
    const again = async () => {
      const found = await regain(connect, account, epoch, session.identity).catch(asCause)
      if (state !== 'doubted') return void (typeof found === 'object' && found.end())
      if (typeof found === 'object') return hold(found)
      if (found === 'moved') return lose(`${cause}, and another engine has taken the account since`)
      if (clock.nowMs() >= untilMs) return lose(`${cause}, and could not be taken again: ${found}`)
      later(again, REGAIN_EVERY_MS)
    }
    later(again, 0)
  }
  const beat = async () => {
    const asked = session
    const found = await within(clock, ANSWER_MS_MAX, epochNow(asked, account)).catch(asFault)
    if (state !== 'held' || asked !== session) return
    if (found instanceof Error) doubt(`the heartbeat failed: ${found.message}`)
    else if (found !== String(epoch))
      lose(`expected epoch ${epoch} in the database, found ${found ?? 'no row'}`)
    else later(beat, heartbeatEveryMs)
  }
  const hold = (next: Session) => {
    session = next
    state = 'held'
    next.onBroken(doubt)
    if (next !== first) doubted(null)
    const broken = next.broken()
    if (broken) doubt(broken)
    else later(beat, heartbeatEveryMs)
  }
  hold(first)
  return {
    held: () => state === 'held',
    async release() {
      if (state === 'lost' || state === 'released') return
      state = 'released'
      if (timer) clock.clearTimeout(timer)
      await session.end()
    },
  }
}

const asFault = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
const asCause = (error: unknown): string => asFault(error).message

/** @throws when it takes longer */
function within<Result>(clock: Clock, ms: number, asked: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>()
  const timer = clock.setTimeout(() => late.reject(new Error(`no answer within ${ms} ms`)), ms)
  return Promise.race([asked, late.promise]).finally(() => clock.clearTimeout(timer))
}
