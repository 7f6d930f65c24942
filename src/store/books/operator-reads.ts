/**
 * What people look at (sums over stored rows, the audit from its newest command on), and what the account's limits are held
 * against: its equity over time, what was paid in and out, and the fees of a day. Sums, groups and joins of them are SQL of
 * ours: a sum of decimals stays decimal in PostgreSQL alone. Rows as they stand are read through the ORM.
 */
import type { InferEntity } from '@mikro-orm/core'
import type { Pool } from 'pg'
import type { JsonObject } from '../../domain/json.ts'
import type { Amount, Usdt } from '../../domain/units.ts'
import type { Database } from '../database.ts'
import { CommandTable, EquityTable } from '../schema/operator.ts'
import { cursorKey, cursorOf, reading, withoutAccount } from './account-scope.ts'

export type CommandRow = Omit<InferEntity<typeof CommandTable>, 'account'>

/** A command as its target's journal has it: what was sent, and what it led to. */
export type JournaledCommand = { event: JsonObject; from: string; to: string; version: number; atMs: number }

/** The step that a command with this key made of its target; undefined when it made none. */
export async function journaledCommand(
  pool: Pool,
  account: string,
  actorId: string,
  key: string,
): Promise<JournaledCommand | undefined> {
  type Found = { event: string; from_state: string; to_state: string; seq: string; at_ms: string }
  // By its text: PostgreSQL's JSON operators fail on a row whose text they cannot decode, wherever in it that stands.
  const { rows } = await pool.query<Found>(
    `select event::text, from_state, to_state, seq::text, at_ms::text from transition
      where account = $1 and actor_id = $2 and position($3 in event::text) > 0 order by transition.seq`,
    [account, actorId, `"commandKey":${JSON.stringify(key)}`],
  )
  return rows
    .map(({ event, from_state, to_state, seq, at_ms }) => ({
      event: JSON.parse(event) as JsonObject,
      from: from_state,
      to: to_state,
      version: Number(seq),
      atMs: Number(at_ms),
    }))
    .find(({ event }) => event.commandKey === key)
}

/** What the books have of a hedge that its own executions do not tell. */
export type BookedFigures = {
  /** + is received. */
  fundingUsdt: Usdt
  settlements: number
  /** Fees that were taken in the coin itself, valued at their fills; + is paid. */
  coinFeesUsdt: Usdt
  /** Fees that were taken in a coin that was not traded, at its price of then; + is paid. Its own executions do not tell them. */
  otherFeesUsdt: Usdt
}

/** By hedge; of one that nothing was booked for, zeros. */
export async function bookedFigures(
  pool: Pool,
  account: string,
  hedgeIds: readonly string[],
): Promise<Map<string, BookedFigures>> {
  type Found = { hedge_id: string; funding: Usdt; settlements: string; fees: Usdt; others: Usdt }
  const { rows } = await pool.query<Found>(
    `select hedge_id, trim_scale(coalesce(paid.funding, 0))::text as funding,
        coalesce(paid.settlements, 0)::text as settlements, trim_scale(coalesce(taken.fees, 0))::text as fees,
        trim_scale(coalesce(others.fees, 0))::text as others
      from unnest($2::text[]) as asked(hedge_id)
      left join (select hedge_id, sum(amount) as funding, count(*) as settlements from funding_payment
        where account = $1 and hedge_id = any($2) and coin = 'USDT' group by 1) paid using (hedge_id)
      left join (select hedge_id, sum(fee * price) as fees from fill
        where account = $1 and hedge_id = any($2) and symbol = fee_coin || 'USDT' group by 1) taken using (hedge_id)
      left join (select hedge_id, sum(amount * price) as fees from posting
        where account = $1 and hedge_id = any($2) and kind = 'fees' and coin <> 'USDT' and symbol <> coin || 'USDT'
        group by 1) others using (hedge_id)`,
    [account, hedgeIds],
  )
  return new Map(
    rows.map(({ hedge_id, funding, settlements, fees, others }) => [
      hedge_id,
      { fundingUsdt: funding, settlements: Number(settlements), coinFeesUsdt: fees, otherFeesUsdt: others },
    ]),
  )
}

/** Funding by symbol in steps of `everyMs`, oldest first; each step is named by its beginning. */
export async function fundingTotals(pool: Pool, account: string, everyMs: number) {
  const { rows } = await pool.query<{ at_ms: string; symbol: string; amount: Amount }>(
    `select (settled_at_ms / $2::bigint * $2::bigint)::text as at_ms, symbol, trim_scale(sum(amount))::text as amount
      from funding_payment where account = $1 and coin = 'USDT' group by 1, 2 order by 1, 2`,
    [account, everyMs],
  )
  return rows.map(({ at_ms, symbol, amount }) => ({ atMs: Number(at_ms), symbol, amountUsdt: amount }))
}

/** Commands, the newest first. Throws `BadCursor`. */
export async function commandPage(
  database: Database,
  account: string,
  { cursor, limit }: { cursor: string | null; limit: number },
): Promise<{ rows: CommandRow[]; next: string | null }> {
  const [atMs, key] = cursor ? cursorKey(cursor) : [Number.MAX_SAFE_INTEGER, '']
  const found = await reading(database).find(
    CommandTable,
    { account, $or: [{ atMs: { $lt: atMs } }, { atMs, idempotencyKey: { $lt: key } }] },
    { orderBy: { atMs: 'desc', idempotencyKey: 'desc' }, limit: limit + 1 },
  )
  const rows = found.slice(0, limit).map(command => withoutAccount({ ...command }))
  const last = rows.at(-1)
  return { rows, next: found.length > limit && last ? cursorOf([last.atMs, last.idempotencyKey, 0]) : null }
}

/** What the limits of the account are held against: its equity over time, what was paid in and out, and the fees of a day. */
type EquityAt = { atMs: number; equityUsdt: Usdt }
type Transfer = { id: string; coin: string; amount: Amount; atMs: number }

/** The history that risk is judged by, of one account, in USDT. */
export function createRiskReads(database: Database, account: string) {
  const { pool } = database
  return {
    /** The first equity kept from this instant on. */
    async equityFrom(sinceMs: number): Promise<EquityAt | undefined> {
      const point = await reading(database).findOne(
        EquityTable,
        { account, atMs: { $gte: sinceMs } },
        { orderBy: { atMs: 'asc' } },
      )
      return point ? { atMs: point.atMs, equityUsdt: point.equityUsdt } : undefined
    },
    /** The highest equity kept from `sinceMs` on, in each span between the instants of `cutsMs` (ascending); null where none was kept. */
    async peaks(sinceMs: number, cutsMs: readonly number[]): Promise<(Usdt | null)[]> {
      const { rows } = await pool.query<{ span: number; peak: Usdt }>(
        `select coalesce(width_bucket(at_ms, $3::bigint[]), 0) as span, trim_scale(max(equity_usdt))::text as peak from equity
          where account = $1 and at_ms >= $2 group by 1`,
        [account, sinceMs, [...cutsMs]],
      )
      const bySpan = new Map(rows.map(({ span, peak }) => [span, peak]))
      return Array.from({ length: cutsMs.length + 1 }, (_, span) => bySpan.get(span) ?? null)
    },
    /** What was paid in and out from this instant on, oldest first; the opening balance of the books is neither. */
    async transfers(sinceMs: number): Promise<Transfer[]> {
      const { rows } = await pool.query<{ id: string; coin: string; amount: Amount; at_ms: string }>(
        `select transaction_id as id, coin, trim_scale(-sum(amount))::text as amount, at_ms::text from posting
          where account = $1 and at_ms >= $2 and kind = 'equity' and transaction_id not like 'opening-%'
          group by transaction_id, coin, at_ms order by at_ms, transaction_id`,
        [account, sinceMs],
      )
      return rows.map(({ at_ms, ...row }) => ({ ...row, atMs: Number(at_ms) }))
    },
    /** Fees from this instant on, positive is paid; those taken in a coin at the price of their trade. */
    async feesSince(sinceMs: number): Promise<Usdt> {
      const { rows } = await pool.query<{ fees: Usdt }>(
        `select trim_scale(coalesce(sum(case when coin = 'USDT' then amount else amount * price end), 0))::text as fees
          from posting where account = $1 and at_ms >= $2 and kind = 'fees'`,
        [account, sinceMs],
      )
      return rows[0]?.fees ?? ('0' as Usdt)
    },
  }
}
