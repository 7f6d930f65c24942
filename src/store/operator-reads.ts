/** What people look at and nothing rests on: sums over stored rows, and the audit from its newest command on. */
import type { Pool } from 'pg'
import type { JsonObject } from '../domain/json.ts'
import type { Amount, Usdt } from '../domain/units.ts'
import { cursorOf, keyOf } from './page-cursor.ts'

export type CommandRow = {
  idempotencyKey: string
  atMs: number
  operator: string
  source: string
  target: string
  request: JsonObject
  outcome: JsonObject
}

/** Fees that were taken in the coin itself, valued at their fills, by hedge; hedges without any are left out. */
export async function coinFees(
  pool: Pool,
  account: string,
  hedgeIds: readonly string[],
): Promise<Record<string, Usdt>> {
  const { rows } = await pool.query<{ hedge_id: string; fees: Usdt }>(
    `select hedge_id, trim_scale(sum(fee * price))::text as fees from fill
      where account = $1 and hedge_id = any($2) and fee_coin <> 'USDT' group by hedge_id`,
    [account, hedgeIds],
  )
  return Object.fromEntries(rows.map(({ hedge_id, fees }) => [hedge_id, fees]))
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

type Stored = {
  idempotency_key: string
  at_ms: string
  operator: string
  source: string
  target: string
  request: string
  outcome: string
}

/** Commands of people, the newest first. Throws `BadCursor`. */
export async function commandPage(
  pool: Pool,
  account: string,
  { cursor, limit }: { cursor: string | null; limit: number },
): Promise<{ rows: CommandRow[]; next: string | null }> {
  const [beforeMs, beforeKey] = cursor ? keyOf(cursor) : [Number.MAX_SAFE_INTEGER, '']
  const { rows } = await pool.query<Stored>(
    `select idempotency_key, at_ms::text, operator, source, target, request::text, outcome::text from command
      where account = $1 and (at_ms, idempotency_key) < ($2, $3)
      order by at_ms desc, idempotency_key desc limit $4`,
    [account, beforeMs, beforeKey, limit + 1],
  )
  const shown = rows.slice(0, limit).map(commandRow)
  const last = shown.at(-1)
  return {
    rows: shown,
    next: rows.length > limit && last ? cursorOf([last.atMs, last.idempotencyKey, 0]) : null,
  }
}

const commandRow = ({ idempotency_key, at_ms, request, outcome, ...rest }: Stored): CommandRow => ({
  idempotencyKey: idempotency_key,
  atMs: Number(at_ms),
  ...rest,
  request: JSON.parse(request) as JsonObject,
  outcome: JSON.parse(outcome) as JsonObject,
})
