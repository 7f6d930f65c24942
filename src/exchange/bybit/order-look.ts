/** The one look that settles what became of an order: what is open, what was executed, what is closed. Throws what a read throws. */
import { Decimal } from 'decimal.js'
import type { Market } from '../../domain/instrument.ts'
import type { Fill, OrderLookup, OrderReport } from '../../domain/legs/order.ts'
import { orderQty } from '../../domain/units.ts'
import { type Row, rowOf, rowsAt } from './translate/fields.ts'
import { fill, orderReport } from './translate/orders.ts'
import { legFills, spreadReport } from './translate/spreads.ts'
import { ask, pages } from './venue-reads.ts'
import type { Params, Wire } from './wire/wire.ts'

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

export const lookOnMarket = (wire: Wire, market: Market, name: Name): Promise<OrderLookup> =>
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
export const lookOnSpreads = (wire: Wire, name: Name): Promise<OrderLookup> =>
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
  const first = await ask(wire, paths.realtime, isMarket ? { ...params, openOnly: 0 } : params)
  let row = rowNamed(first.result, name)
  let fills = await readFills(wire, place)
  if (!row) {
    const history = await ask(wire, paths.history, { ...params, limit: 50 })
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
