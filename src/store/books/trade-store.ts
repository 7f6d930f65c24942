/** Orders and fills as the exchange reported them, under the hedges they belong to. Hearing a fact again changes nothing. */
import { type Fill, type OrderReport, ownerOfOrder } from '../../domain/legs/order.ts'
import type { Database } from '../database.ts'
import { FillTable, OrderTable } from '../schema/trade.ts'
import { type AccountScope, reading, withoutAccount, writing } from './account-scope.ts'
import { matchOwners } from './row-owners.ts'

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
