/** What the limits of the account are held against: its equity over time, what was paid in and out, and the fees of a day. */
import type { Pool } from 'pg'
import type { Amount, Usdt } from '../../domain/units.ts'

type EquityAt = { atMs: number; equityUsdt: Usdt }
type Transfer = { id: string; coin: string; amount: Amount; atMs: number }

type Point = { at_ms: string; equity: Usdt }

/** The history that risk is judged by, of one account, in USDT. */
export function createRiskReads(pool: Pool, account: string) {
  return {
    /** The first equity kept from this instant on. */
    async equityFrom(sinceMs: number): Promise<EquityAt | undefined> {
      const { rows } = await pool.query<Point>(
        `select at_ms::text, trim_scale(equity_usdt)::text as equity from equity
          where account = $1 and at_ms >= $2 order by at_ms limit 1`,
        [account, sinceMs],
      )
      return rows.map(({ at_ms, equity }) => ({ atMs: Number(at_ms), equityUsdt: equity }))[0]
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
