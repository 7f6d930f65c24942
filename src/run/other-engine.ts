/**
 * Promise 8 beyond one database: two databases know nothing of each other's lease, but every order at the exchange carries the
 * salt of the database that decided it. An order of our own form with another salt is another engine's on the same account.
 */
import { ownerOfOrder } from '../domain/legs/order.ts'
import type { Exchange } from '../exchange/exchange.ts'

/** Is it an order of an engine whose database has another salt? A person's orders are not. */
const isOtherEngines = (orderLinkId: string, salt: string): boolean =>
  ownerOfOrder(orderLinkId) !== undefined && !orderLinkId.startsWith(salt)

/** Exchange time: an engine that sent nothing for this long is taken for gone. */
const RECENT_MS = 600_000

/**
 * Refuses an account that another engine trades: by its open orders, and by what it traded in the last ten minutes.
 * @throws what the reads throw, and an Error that names the order
 */
export async function assertAlone(
  exchange: Pick<Exchange, 'openOrders' | 'transactions' | 'serverTimeMs'>,
  salt: string,
): Promise<void> {
  const nowMs = await exchange.serverTimeMs()
  const open = await exchange.openOrders()
  const resting = open.find(({ orderLinkId }) => isOtherEngines(orderLinkId, salt))
  if (resting)
    throw another(`its order ${resting.orderLinkId} is open: stop that engine and cancel the order`)
  const rows = await exchange.transactions(nowMs - RECENT_MS, nowMs + 1)
  const traded = rows.findLast(({ orderLinkId }) => isOtherEngines(orderLinkId, salt))
  if (!traded) return
  const agoS = Math.max(0, Math.round((nowMs - traded.atMs) / 1_000))
  throw another(`its order ${traded.orderLinkId} was filled ${agoS} s ago: stop that engine`)
}

const another = (seen: string): Error =>
  new Error(`this account is traded by another engine with another database; ${seen}`)

/**
 * An exchange on which the orders of another engine are seen but never touched: they are in no list, so that nobody cancels
 * them. @param seen - is told of each
 */
export const exclusive = (
  exchange: Exchange,
  salt: string,
  seen: (orderLinkId: string) => void,
): Exchange => {
  const isOurs = (orderLinkId: string): boolean => {
    const isOther = isOtherEngines(orderLinkId, salt)
    if (isOther) seen(orderLinkId)
    return !isOther
  }
  return {
    ...exchange,
    openOrders: async () => (await exchange.openOrders()).filter(({ orderLinkId }) => isOurs(orderLinkId)),
    watchAccount: hear =>
      exchange.watchAccount(fact => {
        if (fact.kind === 'order') isOurs(fact.report.orderLinkId)
        if (fact.kind === 'fill') isOurs(fact.fill.orderLinkId)
        hear(fact)
      }),
  }
}
