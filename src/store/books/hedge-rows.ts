/** Hedges as their actors' own rows hold them, living and closed: there is no second copy that could differ. */
import type { Pool } from 'pg'
import type { JsonObject } from '../../domain/json.ts'
import type { DecidedMids } from '../../domain/legs/hedge-order.ts'

export type HedgeRow = { actorId: string; state: string; sinceMs: number; context: JsonObject }

type Stored = { actor_id: string; state: string; since_ms: string; snapshot: string }

/** The newest hedges first. */
export async function hedgeRows(pool: Pool, account: string, limit: number): Promise<HedgeRow[]> {
  const { rows } = await pool.query<Stored>(
    `select actor_id, state, since_ms::text, snapshot from actor
      where account = $1 and kind = 'hedge' order by ordinal desc limit $2`,
    [account, limit],
  )
  return rows.map(hedgeRow)
}

/** One hedge by its actor's id; undefined where there is none. */
export async function hedgeRowOf(
  pool: Pool,
  account: string,
  actorId: string,
): Promise<HedgeRow | undefined> {
  const { rows } = await pool.query<Stored>(
    `select actor_id, state, since_ms::text, snapshot from actor
      where account = $1 and kind = 'hedge' and actor_id = $2`,
    [account, actorId],
  )
  return rows.map(hedgeRow)[0]
}

/** Hedges whose result is not written: those that live, and those that closed a moment ago. */
export async function openHedgeRows(pool: Pool, account: string): Promise<HedgeRow[]> {
  const { rows } = await pool.query<Stored>(
    `select actor_id, state, since_ms::text, snapshot from actor
      where account = $1 and kind = 'hedge' and not exists (
        select 1 from hedge where hedge.account = actor.account and hedge_id = substr(actor_id, 7))
      order by ordinal`,
    [account],
  )
  return rows.map(hedgeRow)
}

/** The middles that each order of a hedge was decided on, by order link id, as its journal keeps them. */
export async function midsOfHedge(
  pool: Pool,
  account: string,
  hedgeId: string,
): Promise<Record<string, DecidedMids>> {
  const { rows } = await pool.query<{ id: string; mids: string }>(
    `select placed #>> '{params,order,orderLinkId}' as id, placed #>> '{params,order,decidedMids}' as mids
      from transition, json_array_elements(effects) as placed
      where account = $1 and actor_id = $2 and placed ->> 'type' = 'placeOrder'
        and placed #> '{params,order,decidedMids}' is not null`,
    [account, `hedge:${hedgeId}`],
  )
  return Object.fromEntries(rows.map(({ id, mids }) => [id, JSON.parse(mids) as DecidedMids]))
}

function hedgeRow({ actor_id, state, since_ms, snapshot }: Stored): HedgeRow {
  const { context } = JSON.parse(snapshot) as { context: JsonObject }
  return { actorId: actor_id, state, sinceMs: Number(since_ms), context }
}
