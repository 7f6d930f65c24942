/**
 * Hedges as the store knows them: living and closed ones by their actors' own rows, so that there is no second copy that could
 * differ; what closed ones made by one row each, written once.
 */
import type { Pool } from 'pg'
import type { EarnedDay } from '../../domain/books/earned-days.ts'
import type { ProfitParts } from '../../domain/books/hedge-profit.ts'
import type { Direction, Route } from '../../domain/instrument.ts'
import type { Json, JsonObject } from '../../domain/json.ts'
import type { DecidedMids } from '../../domain/legs/hedge-order.ts'
import type { Usdt } from '../../domain/units.ts'
import type { Database } from '../database.ts'
import { ActorRowTable } from '../schema/journal.ts'
import { type HedgeResultDetail, HedgeTable } from '../schema/trade.ts'
import { type AccountScope, reading, withoutAccount, writing } from './account-scope.ts'

export type HedgeRow = { actorId: string; state: string; sinceMs: number; context: JsonObject }

/** Hedges' actors by the journal's own rows. A key that is part of another, and text inside a snapshot, are SQL's own to compare. */
const hedgeActors = (database: Database, account: string) =>
  reading(database)
    .createQueryBuilder(ActorRowTable, 'a')
    .select(['account', 'actorId', 'state', 'sinceMs', 'snapshot'])
    .where({ account, kind: 'hedge' })

const HAS_NO_RESULT =
  'not exists (select 1 from hedge where hedge.account = a.account and hedge_id = substr(a.actor_id, 7))'

/** The newest hedges first. */
export async function hedgeRows(database: Database, account: string, limit: number): Promise<HedgeRow[]> {
  const found = await hedgeActors(database, account).orderBy({ ordinal: 'desc' }).limit(limit).getResult()
  return found.map(hedgeRow)
}

/** Of one symbol, those that live or closed since then, oldest first. */
export async function hedgeRowsOf(
  database: Database,
  account: string,
  symbol: string,
  sinceMs: number,
): Promise<HedgeRow[]> {
  const found = await hedgeActors(database, account)
    .andWhere({ $or: [{ state: { $ne: 'closed' } }, { sinceMs: { $gte: sinceMs } }] })
    .andWhere('position(? in a.snapshot) > 0', [`"symbol":${JSON.stringify(symbol)}`])
    .orderBy({ ordinal: 'asc' })
    .getResult()
  return found.map(hedgeRow).filter(({ context: { plan } }) => isOf(plan, symbol))
}

const DECIDED_AT_MS = `(a.snapshot::json #>> '{context,plan,decidedAtMs}')::bigint`

/** Those that were planned from then on and before then, oldest first. */
export async function hedgeRowsWithin(
  database: Database,
  account: string,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): Promise<HedgeRow[]> {
  const found = await hedgeActors(database, account)
    .andWhere(`${DECIDED_AT_MS} >= ? and ${DECIDED_AT_MS} < ?`, [fromMs, toMs])
    .orderBy({ ordinal: 'asc' })
    .getResult()
  return found.map(hedgeRow)
}

const isOf = (plan: Json | undefined, symbol: string): boolean =>
  typeof plan === 'object' && plan !== null && !Array.isArray(plan) && plan.symbol === symbol

/** One hedge by its actor's id; undefined where there is none. */
export async function hedgeRowOf(
  database: Database,
  account: string,
  actorId: string,
): Promise<HedgeRow | undefined> {
  const found = await hedgeActors(database, account).andWhere({ actorId }).getResult()
  return found.map(hedgeRow)[0]
}

/** Hedges whose result is not written: those that live, and those that closed a moment ago. */
export async function openHedgeRows(database: Database, account: string): Promise<HedgeRow[]> {
  const found = await hedgeActors(database, account)
    .andWhere(HAS_NO_RESULT)
    .orderBy({ ordinal: 'asc' })
    .getResult()
  return found.map(hedgeRow)
}

/** The middles that each order of a hedge was decided on, by order link id, as its journal keeps them. */
export async function midsOfHedge(
  pool: Pool,
  account: string,
  hedgeId: string,
): Promise<Record<string, DecidedMids>> {
  // One order of a step at a time out of its list: a table made of JSON is no entity.
  const { rows } = await pool.query<{ id: string; mids: string }>(
    `select placed #>> '{params,order,orderLinkId}' as id, placed #>> '{params,order,decidedMids}' as mids
      from transition, json_array_elements(effects) as placed
      where account = $1 and actor_id = $2 and placed ->> 'type' = 'placeOrder'
        and placed #> '{params,order,decidedMids}' is not null`,
    [account, `hedge:${hedgeId}`],
  )
  return Object.fromEntries(rows.map(({ id, mids }) => [id, JSON.parse(mids) as DecidedMids]))
}

type Stored = { actorId: string; state: string; sinceMs: number; snapshot: string }

function hedgeRow({ snapshot, actorId, state, sinceMs }: Stored): HedgeRow {
  const { context } = JSON.parse(snapshot) as { context: JsonObject }
  return { actorId, state, sinceMs, context }
}

/** What closed hedges made: one row each, written once, and their sums. */
export type StoredResult = ProfitParts & {
  hedgeId: string
  symbol: string
  direction: Direction
  route: Route
  openedAtMs: number
  closedAtMs: number
  capitalUsdt: Usdt
  notionalUsdt: Usdt
  detail: HedgeResultDetail
}

/** `key`: a symbol, the first instant of a day (UTC), or '' for all. */
export type ProfitTotal = ProfitParts & { key: string; hedges: number }
export type ProfitBy = 'symbol' | 'day' | 'all'

const KEYS: Record<ProfitBy, string> = {
  symbol: 'symbol',
  day: `(closed_at_ms / 86400000 * 86400000)::text`,
  all: `''`,
}

/** Results of one account's closed hedges, in USDT, + is earned. */
export function createHedgeResults(database: Database, scope: AccountScope) {
  const { account } = scope
  const { pool } = database
  return {
    /** Closed hedges whose result is not written yet, oldest first. */
    async missing(limit: number): Promise<string[]> {
      const found = await hedgeActors(database, account)
        .andWhere({ state: 'closed' })
        .andWhere(HAS_NO_RESULT)
        .orderBy({ ordinal: 'asc' })
        .limit(limit)
        .getResult()
      return found.map(({ actorId }) => actorId.slice('hedge:'.length))
    },
    /** Writes results; one that is there stays. */
    async keep(results: readonly StoredResult[]): Promise<void> {
      if (results.length === 0) return
      await writing(database, scope, em =>
        em
          .createQueryBuilder(HedgeTable)
          .insert(results.map(result => ({ account, ...result })))
          .onConflict()
          .ignore()
          .execute(),
      )
    },
    async of(hedgeIds: readonly string[]): Promise<Map<string, StoredResult>> {
      const named = hedgeIds.length > NAMED_MAX ? {} : { hedgeId: { $in: [...hedgeIds] } }
      const found = await reading(database).find(HedgeTable, { account, ...named })
      return new Map(found.map(row => [row.hedgeId, withoutAccount({ ...row })]))
    },
    /** The newest first. */
    async newest(limit: number): Promise<StoredResult[]> {
      const order = { closedAtMs: 'desc', hedgeId: 'desc' } as const
      const found = await reading(database).find(HedgeTable, { account }, { orderBy: order, limit })
      return found.map(row => withoutAccount({ ...row }))
    },
    /** Of every closed hedge, what it realised day by day; null where that was not kept. */
    async days(): Promise<{ hedgeId: string; symbol: string; days: EarnedDay[] | null }[]> {
      // A part of a column: the rest of a result's detail is not read for it.
      const { rows } = await pool.query<{ hedge_id: string; symbol: string; days: string | null }>(
        `select hedge_id, symbol, (detail -> 'days')::text as days from hedge where account = $1`,
        [account],
      )
      return rows.map(({ hedge_id, symbol, days }) => ({
        hedgeId: hedge_id,
        symbol,
        days: days === null ? null : (JSON.parse(days) as EarnedDay[]),
      }))
    },
    totals: (by: ProfitBy): Promise<ProfitTotal[]> => totals(pool, account, by),
  }
}

/** Of more than this all are read: a statement names only so many. */
const NAMED_MAX = 1000

type StoredTotal = { key: string; hedges: string } & Record<(typeof PARTS)[number], Usdt>
const PARTS = ['funding', 'fees', 'basis', 'slippage', 'borrow', 'dust', 'net'] as const

/** Sums over closed hedges, by the day they closed where by day; ordered by key. */
async function totals(pool: Pool, account: string, by: ProfitBy): Promise<ProfitTotal[]> {
  const sums = PARTS.map(part => `trim_scale(sum(${part}_usdt))::text as ${part}`).join(', ')
  // Sums of decimals stay decimal in PostgreSQL alone.
  const { rows } = await pool.query<StoredTotal>(
    `select ${KEYS[by]} as key, count(*)::text as hedges, ${sums} from hedge
      where account = $1 group by 1 order by 1`,
    [account],
  )
  return rows.map(({ key, hedges, funding, fees, basis, slippage, borrow, dust, net }) => ({
    key,
    hedges: Number(hedges),
    fundingUsdt: funding,
    feesUsdt: fees,
    basisUsdt: basis,
    slippageUsdt: slippage,
    borrowUsdt: borrow,
    dustUsdt: dust,
    netUsdt: net,
  }))
}
