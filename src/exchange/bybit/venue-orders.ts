/**
 * The money verbs of the port over a wire, and the one look that settles what became of an order. None of them throws:
 * an unclear outcome is a value (promise 3), and an order is never sent twice under two names (promise 2).
 */
import { Decimal } from 'decimal.js'
import type { Market } from '../../domain/instrument.ts'
import type { Fill, OrderLookup, OrderReport } from '../../domain/order.ts'
import { orderQty } from '../../domain/units.ts'
import type { Exchange } from '../exchange.ts'
import { cancelled, failureOf, placementOf, placementOfThrow } from './errors.ts'
import { type Row, rowOf, rowsAt } from './fields.ts'
import { fill, orderArgs, orderReport } from './translate-orders.ts'
import { ask, pages, type Report } from './venue-reads.ts'
import { type Wire, WireFailure } from './wire.ts'

type Orders = Pick<Exchange, 'placeOrder' | 'cancelOrder' | 'findOrder' | 'orderEntryReady'>
type Settings = { orderDeadlineMs: number; report: Report }

export function venueOrders(wire: Wire, { orderDeadlineMs, report }: Settings): Orders {
  return {
    orderEntryReady: () => wire.tradeReady(),
    async placeOrder(order) {
      try {
        if (!wire.tradeReady()) throw new WireFailure('order entry is down', true, false)
        return placementOf(await wire.trade('order.create', orderArgs(order), orderDeadlineMs))
      } catch (error) {
        return placementOfThrow(error)
      }
    },
    async cancelOrder(market, symbol, orderLinkId) {
      try {
        const name = { category: market, symbol, orderLinkId }
        // A cancel only reduces risk and can be said twice: it may take the other road.
        const reply = wire.tradeReady()
          ? await wire.trade('order.cancel', name, orderDeadlineMs)
          : await wire.post('/v5/order/cancel', name)
        return cancelled(reply)
      } catch (error) {
        report('cancel-unknown', `${orderLinkId}: ${failureOf(error, 'cancel').message}`)
        return false
      }
    },
    async findOrder(market, symbol, orderLinkId) {
      try {
        if (market === 'spread') return { kind: 'unanswered', cause: 'spread orders are not looked up yet' }
        return await look(wire, market, { category: market, symbol, orderLinkId })
      } catch (error) {
        return { kind: 'unanswered', cause: failureOf(error, 'order look-up').message }
      }
    },
  }
}

type Name = { category: Market; symbol: string; orderLinkId: string }

/**
 * Realtime (open orders and the last closed ones, wiped when Bybit restarts), then executions, then history (which may lag).
 * 'absent' needs a negative answer of all three; 'found' needs all fills the order's own total speaks of.
 */
async function look(wire: Wire, market: Market, name: Name): Promise<OrderLookup> {
  const first = await ask(wire, '/v5/order/realtime', { ...name, openOnly: 0 })
  let row = rowNamed(first.result, name)
  const executions = await pages(wire, '/v5/execution/list', { ...name, limit: 100 })
  let fills = fillsOf(executions, market, name)
  if (!row) {
    const history = await ask(wire, '/v5/order/history', { ...name, limit: 50 })
    row = rowNamed(history.result, name)
    // The order may have traded between the two answers above.
    if (row) fills = fillsOf(await pages(wire, '/v5/execution/list', { ...name, limit: 100 }), market, name)
  }
  if (row) return agree(orderReport(row, market), fills)
  if (fills.length > 0)
    return { kind: 'unanswered', cause: `${fills.length} executions of an order that is not listed yet` }
  if (!(first.time > 0)) return { kind: 'unanswered', cause: 'the answer carries no exchange time' }
  return { kind: 'absent', serverAtMs: first.time }
}

const rowNamed = (result: unknown, { orderLinkId, symbol }: Name): Row | undefined =>
  rowsAt(rowOf(result, 'result'), 'list').find(
    row => row.orderLinkId === orderLinkId && row.symbol === symbol,
  )

function fillsOf(rows: readonly Row[], market: Market, { orderLinkId }: Name): Fill[] {
  const own = rows.filter(row => row.orderLinkId === orderLinkId).map(row => fill(row, market))
  const once = new Map(own.map(one => [one.execId, one]))
  // Bybit leaves rows of one millisecond unordered.
  return [...once.values()].sort((a, b) => a.filledAtMs - b.filledAtMs || (a.execId < b.execId ? -1 : 1))
}

/** Quantity truth is the sum of executions; an order that claims more than they show is not answered yet. */
function agree(report: OrderReport, fills: Fill[]): OrderLookup {
  const sum = fills.reduce((total, one) => total.plus(one.qty), new Decimal(0))
  if (sum.lt(report.filledQty))
    return { kind: 'unanswered', cause: `executions show ${sum.toFixed()} of ${report.filledQty} filled` }
  return { kind: 'found', report: { ...report, filledQty: orderQty(sum) }, fills }
}
