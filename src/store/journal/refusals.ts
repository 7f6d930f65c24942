/** What the desk refused its symbols, as their journals keep it. */
import type { Pool } from 'pg'

/** `because`: `reason: found …, limit …`, or words. */
export type DeskRefusal = { symbol: string; atMs: number; because: string }

/** Of a stretch, oldest first. @param span - from, and to without it */
export async function deskRefusals(
  pool: Pool,
  account: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<DeskRefusal[]> {
  const { rows } = await pool.query<{ symbol: string; at_ms: string; because: string }>(
    `select substr(actor_id, 8) as symbol, at_ms::text, event ->> 'because' as because from transition
      where account = $1 and actor_id like 'symbol:%' and event ->> 'type' = 'hedge.refused'
        and at_ms >= $2 and at_ms < $3 order by at_ms, actor_id`,
    [account, fromMs, toMs],
  )
  return rows.map(({ symbol, at_ms, because }) => ({ symbol, atMs: Number(at_ms), because }))
}
