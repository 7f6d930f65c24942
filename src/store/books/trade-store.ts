/**
 * Orders and fills as the exchange reported them, under the hedges they belong to. Hearing a fact again changes nothing. Rows
 * of the transaction log and executions find each other by the trade's id, whichever is stored first: a spread's leg row names
 * no order but its execution does; a forced execution names no order but its row was given to the hedge it hit.
 */
import type { EntityManager } from '@mikro-orm/postgresql'
import { execKey } from '../../domain/books/row-owner.ts'
import { type Fill, type OrderReport, ownerOfOrder } from '../../domain/legs/order.ts'
import type { Database } from '../database.ts'
import { FillTable, HedgeTable, OrderTable } from '../schema/trade.ts'
import { type AccountScope, reading, withoutAccount, writing } from './account-scope.ts'

/** The hedges of stored executions, by `execKey`. */
export async function ownersOfExecs(
  database: Database,
  account: string,
  execIds: readonly string[],
): Promise<Map<string, string>> {
  const found = await reading(database).find(FillTable, {
    account,
    market: { $in: ['spot', 'linear'] },
    execId: { $in: [...execIds] },
    hedgeId: { $ne: '' },
  })
  return new Map(found.map(({ market, execId, hedgeId }) => [execKey(market, execId), hedgeId]))
}

/**
 * Gives what belongs to nobody yet to the hedge that its other half names, and drops the results of the hedges that gained:
 * they are written anew.
 * @param hedgeIds - hedges that gained something besides
 */
export async function matchOwners(
  em: EntityManager,
  account: string,
  execIds: readonly string[],
  hedgeIds: readonly string[],
): Promise<void> {
  const touched = new Set(hedgeIds)
  if (execIds.length > 0) {
    const trades = JSON.stringify(execIds)
    for (const statement of [POSTINGS_BY_FILLS, FILLS_BY_POSTINGS])
      for (const { hedge_id } of await em.execute<{ hedge_id: string }[]>(
        statement,
        [account, trades],
        'all',
      ))
        touched.add(hedge_id)
  }
  touched.delete('')
  if (touched.size > 0) await em.nativeDelete(HedgeTable, { account, hedgeId: { $in: [...touched] } })
}

/** Rows changed by what other tables' rows say, in one statement: the ORM changes rows one table at a time. */
const SAME_TRADE = `f.account = t.account and f.market = t.market and f.exec_id = t.trade_id
  and p.account = t.account and p.transaction_id = t.transaction_id
  and t.account = ? and t.trade_id in (select json_array_elements_text(?::json))`

const POSTINGS_BY_FILLS = `update posting p set hedge_id = f.hedge_id from transaction_log t, fill f
  where ${SAME_TRADE} and p.hedge_id = '' and f.hedge_id <> '' returning p.hedge_id`

/** Settlements are executions too by the exchange's word, and no fills by ours. */
const FILLS_BY_POSTINGS = `update fill f set hedge_id = p.hedge_id from transaction_log t, posting p
  where ${SAME_TRADE} and f.hedge_id = '' and f.cause <> 'funding' and p.hedge_id <> '' returning f.hedge_id`

type StoredFill = Fill & { hedgeId: string }
type StoredOrder = OrderReport & { hedgeId: string }

export type TradeStore = ReturnType<typeof createTradeStore>

/** Orders and executions of one account, each once. */
export function createTradeStore(database: Database, scope: AccountScope) {
  const { account } = scope
  const ownerOf = (orderLinkId: string) => ownerOfOrder(orderLinkId)?.hedgeId ?? ''
  return {
    /** Keeps executions, each once, under their hedges; rows of the log that waited for one find it. */
    async keepFills(fills: readonly Fill[]): Promise<void> {
      if (fills.length === 0) return
      const rows = fills.map(fill => ({ account, ...fill, hedgeId: ownerOf(fill.orderLinkId) }))
      await writing(database, scope, async em => {
        const fresh = await em
          .createQueryBuilder(FillTable)
          .insert(rows)
          .onConflict()
          .ignore()
          .returning(['execId', 'hedgeId'])
          .execute<{ execId: string; hedgeId: string }[]>('all')
        const execIds = fresh.map(({ execId }) => execId)
        const hedgeIds = fresh.map(({ hedgeId }) => hedgeId)
        await matchOwners(em, account, execIds, hedgeIds)
      })
    },
    /** Keeps the newest word on each order; an older word that comes late is let go. */
    async keepOrders(reports: readonly OrderReport[]): Promise<void> {
      const newest = new Map<string, OrderReport>()
      for (const report of reports) {
        const known = newest.get(report.orderLinkId)
        if (!known || known.updatedAtMs <= report.updatedAtMs) newest.set(report.orderLinkId, report)
      }
      const rows = [...newest.values()].map(report => ({
        account,
        ...report,
        hedgeId: ownerOf(report.orderLinkId),
      }))
      if (rows.length === 0) return
      await writing(database, scope, em =>
        em
          .createQueryBuilder(OrderTable, 'o')
          .insert(rows)
          .onConflict(['account', 'orderLinkId'])
          .merge(['orderId', 'filledQty', 'status', 'rejectReason', 'updatedAtMs'])
          .where('"o"."updated_at_ms" <= excluded."updated_at_ms"')
          .execute(),
      )
    },
    async fillsOfHedge(hedgeId: string): Promise<StoredFill[]> {
      const order = { filledAtMs: 'asc', execId: 'asc' } as const
      const found = await reading(database).find(FillTable, { account, hedgeId }, { orderBy: order })
      return found.map(fill => withoutAccount({ ...fill }))
    },
    async ordersOfHedge(hedgeId: string): Promise<StoredOrder[]> {
      const order = { updatedAtMs: 'asc', orderLinkId: 'asc' } as const
      const found = await reading(database).find(OrderTable, { account, hedgeId }, { orderBy: order })
      return found.map(report => withoutAccount({ ...report }))
    },
  }
}
