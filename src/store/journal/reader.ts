/** Reading what the journal wrote. JSON columns come as text and are parsed here; snapshots stay text, byte for byte, which the ORM would parse. */
import type { Pool } from 'pg'
import type { JsonObject } from '../../domain/json.ts'
import type {
  ActorRow,
  Effect,
  Journal,
  JournaledEvent,
  PendingEffect,
  StoredTransition,
  Timer,
} from '../schema/records.ts'

type Read = Pick<Journal, 'loadActors' | 'loadActor' | 'loadPending' | 'transitions'>
type Insist = <Result>(ask: () => Promise<Result>) => Promise<Result>

const ACTOR_COLUMNS = `actor_id, kind, parent_id, seq::text, version, state, snapshot, timers::text, status, since_ms::text`

type StoredActor = {
  actor_id: string
  kind: string
  parent_id: string
  seq: string
  version: number
  state: string
  snapshot: string
  timers: string
  status: ActorRow['status']
  since_ms: string
}

/** The journal's reads, of one account. `insist` repeats each while the database is away. */
export function journalReader(pool: Pool, account: string, insist: Insist): Read {
  const read = <Row extends object>(text: string, values: unknown[] = []) =>
    insist(async () => (await pool.query<Row>(text, [account, ...values])).rows)
  return {
    async loadActors() {
      const rows = await read<StoredActor>(
        `select ${ACTOR_COLUMNS} from actor where account = $1 and status <> 'done' order by ordinal`,
      )
      return rows.map(actorRow)
    },
    async loadActor(actorId) {
      const [row] = await read<StoredActor>(
        `select ${ACTOR_COLUMNS} from actor where account = $1 and actor_id = $2`,
        [actorId],
      )
      return row && actorRow(row)
    },
    async loadPending() {
      const rows = await read<{
        effect_id: string
        actor_id: string
        seq: string
        type: string
        params: string
      }>(
        `select effect_id, actor_id, seq::text, type, params::text from effect where account = $1 order by ordinal`,
      )
      return rows.map(
        (row): PendingEffect => ({
          id: row.effect_id,
          actorId: row.actor_id,
          seq: Number(row.seq),
          type: row.type,
          params: JSON.parse(row.params) as JsonObject,
        }),
      )
    },
    async transitions(actorId, fromSeq, limit) {
      const rows = await read<StoredStep>(
        `select actor_id, seq::text, version, event::text, from_state, to_state, effects::text, acks::text, at_ms::text
          from transition where account = $1 and actor_id = $2 and seq >= $3 order by transition.seq limit $4`,
        [actorId, fromSeq, limit],
      )
      return rows.map(step)
    },
  }
}

type StoredStep = {
  actor_id: string
  seq: string
  version: number
  event: string
  from_state: string
  to_state: string
  effects: string
  acks: string
  at_ms: string
}

const actorRow = (row: StoredActor): ActorRow => ({
  actorId: row.actor_id,
  kind: row.kind,
  parentId: row.parent_id,
  seq: Number(row.seq),
  version: row.version,
  state: row.state,
  snapshot: row.snapshot,
  timers: JSON.parse(row.timers) as Timer[],
  status: row.status,
  sinceMs: Number(row.since_ms),
})

const step = (row: StoredStep): StoredTransition => ({
  actorId: row.actor_id,
  seq: Number(row.seq),
  version: row.version,
  event: JSON.parse(row.event) as JournaledEvent,
  from: row.from_state,
  to: row.to_state,
  effects: JSON.parse(row.effects) as Effect[],
  acks: JSON.parse(row.acks) as string[],
  atMs: Number(row.at_ms),
})

// What the desk refused its symbols, as their journals keep it.

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
