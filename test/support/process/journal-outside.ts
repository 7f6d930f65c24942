/** The stored journal read by a connection of the test's own, with plain SQL. */
import { Client } from 'pg'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Embedded } from '../../../src/store/embedded/embedded.ts'
import type { ActorRow } from '../../../src/store/schema/records.ts'

export type StoredHedge = { id: string; state: string; status: ActorRow['status']; context: HedgeContext }

export async function openJournal({ socketDir, user, database }: Embedded) {
  const client = new Client({ host: socketDir, user, database })
  await client.connect()
  return {
    /** Is there a schema yet? */
    async isMade(): Promise<boolean> {
      const { rows } = await client.query<{ made: boolean }>(
        `select to_regclass('transition') is not null as made`,
      )
      return rows[0]?.made === true
    },
    /** How often each order id was decided on, of the given ones or of all. */
    async intents(orderLinkIds?: readonly string[]): Promise<Map<string, number>> {
      const { rows } = await client.query<{ id: string; times: number }>(
        `select effect->'params'->'order'->>'orderLinkId' as id, count(*)::int as times
          from transition, json_array_elements(effects::json) as effect
          where effect->>'type' = 'placeOrder' and ($1::text[] is null or
            effect->'params'->'order'->>'orderLinkId' = any($1))
          group by 1`,
        [orderLinkIds ?? null],
      )
      return new Map(rows.map(({ id, times }) => [id, times]))
    },
    async hedges(): Promise<StoredHedge[]> {
      const { rows } = await client.query<{
        actor_id: string
        state: string
        status: ActorRow['status']
        snapshot: string
      }>(`select actor_id, state, status, snapshot from actor where kind = 'hedge' order by ordinal`)
      return rows.map(({ actor_id: id, state, status, snapshot }) => ({
        id,
        state,
        status,
        context: (JSON.parse(snapshot) as { context: HedgeContext }).context,
      }))
    },
    async count(table: 'transition' | 'poison' | 'funding_payment' | 'posting'): Promise<number> {
      const { rows } = await client.query<{ rows: number }>(`select count(*)::int as rows from ${table}`)
      return rows[0]?.rows ?? 0
    },
    async actorIds(): Promise<string[]> {
      const { rows } = await client.query<{ actor_id: string }>('select actor_id from actor order by ordinal')
      return rows.map(row => row.actor_id)
    },
    close: () => client.end(),
  }
}
