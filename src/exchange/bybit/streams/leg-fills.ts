/**
 * Joins the two halves in which a spread order's fills are pushed: the combination's execution has the order's name and no money
 * in it, its legs' executions have the money and only the combination's execution id. They come in any order.
 * https://bybit-exchange.github.io/docs/v5/spread/websocket/private/execution
 */
import type { Fill } from '../../../domain/legs/order.ts'
import { type Row, textAt, textOrNone } from '../translate/fields.ts'
import { legFill, type ParentOrder } from '../translate/spreads.ts'

/** Executions remembered: far more than any burst of both halves. */
const KEPT_MAX = 2_000

export type LegFills = {
  /** Takes one row of `spread.execution`; answers the fills that are now whole. */
  take(row: Row): Fill[]
  /** What waits is lost with the connection: the reconciliation that follows reads it. */
  forget(): void
}

export function legFillJoin(report: (kind: string, detail: string) => void): LegFills {
  const spreadOrders = new Map<string, ParentOrder>()
  const waiting = new Map<string, Row[]>()

  function bound(map: Map<string, unknown>): void {
    const [oldest] = map.keys()
    if (map.size <= KEPT_MAX || oldest === undefined) return
    if (waiting.has(oldest)) report('nameless-leg', `no combination ${oldest} for its legs`)
    map.delete(oldest)
  }

  function name(row: Row): Fill[] {
    const execId = textAt(row, 'execId')
    const spreadOrder = { orderLinkId: textOrNone(row, 'orderLinkId'), orderId: textAt(row, 'orderId') }
    spreadOrders.set(execId, spreadOrder)
    const legs = waiting.get(execId) ?? []
    waiting.delete(execId)
    bound(spreadOrders)
    return legs.map(leg => legFill(leg, spreadOrder))
  }

  function wait(row: Row): Fill[] {
    const parent = textAt(row, 'parentExecId')
    const spreadOrder = spreadOrders.get(parent)
    if (spreadOrder) return [legFill(row, spreadOrder)]
    waiting.set(parent, [...(waiting.get(parent) ?? []), row])
    bound(waiting)
    return []
  }

  return {
    take: row => (row.category === 'combination' ? name(row) : wait(row)),
    forget: () => waiting.clear(),
  }
}
