/**
 * The money verbs of the port over a wire. None of them throws: an unclear outcome is a value (promise 3), and an order is never
 * sent twice under two names (promise 2). Spread orders go over REST: Bybit's trade socket does not know them.
 */
import { Decimal } from 'decimal.js'
import type { Clock } from '../../clock/clock.ts'
import type { Market } from '../../domain/instrument.ts'
import type { Fill, OrderLookup, OrderReport, OrderRequest } from '../../domain/legs/order.ts'
import { orderQty } from '../../domain/units.ts'
import type { Exchange } from '../exchange.ts'
import { askWire, pages, type Report } from './pages.ts'
import { cancelled, failureOf, placementOf, placementOfThrow } from './translate/errors.ts'
import { type Row, rowOf, rowsAt } from './translate/fields.ts'
import { fill, legFills, orderArgs, orderReport, spreadReport } from './translate/orders.ts'
import { type Envelope, type Params, type Wire, WireFailure, withDeadline } from './wire/wire.ts'

type Orders = Pick<Exchange, 'placeOrder' | 'cancelOrder' | 'findOrder' | 'orderEntryReady'>
type Settings = { clock: Clock; orderDeadlineMs: number; report: Report }

/** The verbs of orders over a wire. None throws: what did not come back is `unknown`. */
export function orderVerbs(wire: Wire, { clock, orderDeadlineMs, report }: Settings): Orders {
  const byRest = (path: string, body: Parameters<Wire['post']>[1]) =>
    withDeadline(clock, orderDeadlineMs, wire.post(path, body))

  function send(order: OrderRequest): Promise<Envelope> {
    if (!wire.tradeReady()) throw new WireFailure('order entry is down, or the key is refused', true, false)
    if (order.market !== 'spread') return wire.trade('order.create', orderArgs(order), orderDeadlineMs)
    if (wire.spreads === false) throw new WireFailure('this exchange has no spread orders', true, false)
    return byRest('/v5/spread/order/create', orderArgs(order))
  }

  return {
    orderEntryReady: () => wire.tradeReady(),
    async placeOrder(order) {
      try {
        return placementOf(await send(order), order.market)
      } catch (error) {
        return placementOfThrow(error)
      }
    },
    async cancelOrder(market, symbol, orderLinkId) {
      try {
        if (market === 'spread') return cancelled(await byRest('/v5/spread/order/cancel', { orderLinkId }))
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
        const name = { symbol, orderLinkId }
        return await (market === 'spread' ? lookOnSpreads(wire, name) : lookOnMarket(wire, market, name))
      } catch (error) {
        return { kind: 'unanswered', cause: failureOf(error, 'order look-up').message }
      }
    },
  }
}

/** The one look that settles what became of an order: what is open, what was executed, what is closed. Throws what a read throws. */
type Name = { symbol: string; orderLinkId: string }

/** Where one kind of order is looked up. */
type Place = {
  name: Name
  /** Asked of every page: the name, and the category where there is one. */
  params: Params
  paths: { realtime: string; executions: string; history: string }
  limit: number
  reportOf(row: Row): OrderReport
  fillsOf(row: Row): Fill[]
  /** How much of the order its fills prove. */
  provenQty(fills: readonly Fill[]): Decimal
}

const sum = (fills: readonly Fill[]): Decimal =>
  fills.reduce((total, { qty }) => total.plus(qty), new Decimal(0))

const lookOnMarket = (wire: Wire, market: Market, name: Name): Promise<OrderLookup> =>
  look(wire, {
    name,
    params: { category: market, ...name },
    paths: {
      realtime: '/v5/order/realtime',
      executions: '/v5/execution/list',
      history: '/v5/order/history',
    },
    limit: 100,
    reportOf: row => orderReport(row, market),
    fillsOf: row => [fill(row, market)],
    provenQty: sum,
  })

/** Realtime holds only what is open of spreads: what is closed comes from history alone. */
const lookOnSpreads = (wire: Wire, name: Name): Promise<OrderLookup> =>
  look(wire, {
    name,
    params: name,
    paths: {
      realtime: '/v5/spread/order/realtime',
      executions: '/v5/spread/execution/list',
      history: '/v5/spread/order/history',
    },
    limit: 50,
    reportOf: spreadReport,
    fillsOf: legFills,
    // Both legs or none: what both show is proven.
    provenQty: fills =>
      Decimal.min(
        sum(fills.filter(({ market }) => market === 'linear')),
        sum(fills.filter(({ market }) => market === 'spot')),
      ),
  })

/**
 * Realtime (open orders, and where Bybit keeps them the last closed ones, wiped when it restarts), then executions, then history
 * (which may lag). 'absent' needs a negative answer of all three; 'found' needs all fills the order's own total speaks of.
 */
async function look(wire: Wire, place: Place): Promise<OrderLookup> {
  const { paths, params, name } = place
  const isMarket = 'category' in params
  const first = await askWire(wire, paths.realtime, isMarket ? { ...params, openOnly: 0 } : params)
  let row = rowNamed(first.result, name)
  let fills = await readFills(wire, place)
  if (!row) {
    const history = await askWire(wire, paths.history, { ...params, limit: 50 })
    row = rowNamed(history.result, name)
    // The order may have traded between the two answers above.
    if (row) fills = await readFills(wire, place)
  }
  if (row) return agree(place, place.reportOf(row), fills)
  if (fills.length > 0)
    return { kind: 'unanswered', cause: `${fills.length} executions of an order that is not listed yet` }
  if (!(first.time > 0)) return { kind: 'unanswered', cause: 'the answer carries no exchange time' }
  return { kind: 'absent', serverAtMs: first.time }
}

const isNamed =
  ({ orderLinkId, symbol }: Name) =>
  (row: Row): boolean =>
    row.orderLinkId === orderLinkId && row.symbol === symbol

const rowNamed = (result: unknown, name: Name): Row | undefined =>
  rowsAt(rowOf(result, 'result'), 'list').find(isNamed(name))

async function readFills(wire: Wire, { paths, params, name, limit, fillsOf }: Place): Promise<Fill[]> {
  const rows = await pages(wire, paths.executions, { ...params, limit })
  const own = rows.filter(row => row.orderLinkId === name.orderLinkId).flatMap(fillsOf)
  const once = new Map(own.map(one => [`${one.market} ${one.execId}`, one]))
  // Bybit leaves rows of one millisecond unordered.
  return [...once.values()].sort((a, b) => a.filledAtMs - b.filledAtMs || (a.execId < b.execId ? -1 : 1))
}

/** Quantity truth is the sum of executions; an order that claims more than they show is not answered yet. */
function agree({ provenQty }: Place, report: OrderReport, fills: Fill[]): OrderLookup {
  const proven = provenQty(fills)
  if (proven.lt(report.filledQty))
    return { kind: 'unanswered', cause: `executions show ${proven.toFixed()} of ${report.filledQty} filled` }
  return { kind: 'found', report: { ...report, filledQty: orderQty(proven) }, fills }
}
