/** Trades of one hedge as the exchange tells them: fills, and the rows of its log that move the wallets. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { openPosition } from '../../../src/domain/books/hedge-profit.ts'
import type { TransactionKind, TransactionRow } from '../../../src/domain/books/transaction.ts'
import type { Side } from '../../../src/domain/instrument.ts'
import type { DecidedMids } from '../../../src/domain/legs/hedge-order.ts'
import type { Fill } from '../../../src/domain/legs/order.ts'
import { amount, orderQty, price } from '../../../src/domain/units.ts'

export const HEDGE_ID = 'HEDGE00001'

export const rowOf = (over: Partial<TransactionRow>): TransactionRow => {
  const blank: TransactionRow = {
    id: 'row',
    kind: 'trade',
    venueKind: 'TRADE',
    coin: 'USDT',
    market: 'linear',
    symbol: 'XRPUSDT',
    side: 'none',
    orderLinkId: '',
    tradeId: '',
    qty: amount('0'),
    price: amount('0'),
    funding: amount('0'),
    fee: amount('0'),
    cashFlow: amount('0'),
    change: amount('0'),
    balanceAfter: amount('0'),
    atMs: 0,
  }
  const row = { ...blank, ...over }
  return { ...row, change: amount(Decimal.sum(row.cashFlow, row.funding).minus(row.fee)) }
}

export const fillOf = (over: Partial<Fill>): Fill => ({
  execId: 'exec',
  orderLinkId: `${HEDGE_ID}-SE0000`,
  orderId: 'order',
  market: 'spot',
  symbol: 'XRPUSDT',
  side: 'Buy',
  cause: 'trade',
  qty: orderQty('100'),
  price: price('2.5'),
  fee: amount('0'),
  feeCoin: 'USDT',
  maker: false,
  filledAtMs: 0,
  ...over,
})

/** One fill to come. `route`: by an order of its own, by a native spread, or by the exchange itself (perpetual only). */
export type Trade = {
  market: Fill['market']
  side: Side
  qty: string
  price: string
  feeRate: string
  mids: DecidedMids | null
  route: 'own' | 'spread' | 'forced'
}

type Played = { fills: Fill[]; rows: TransactionRow[]; mids: Record<string, DecidedMids> }

/** What Bybit makes of it: a spot buyer's fee is taken in the coin; the perpetual pays its profit at its average cost. */
export function playTrades(trades: readonly Trade[]): Played {
  const played: Played = { fills: [], rows: [], mids: {} }
  trades.forEach((trade, n) => {
    const fill = fillAt(trade, n)
    const before = openPosition(played.fills.filter(({ market }) => market === 'linear'))
    played.fills.push(fill)
    if (trade.mids && fill.orderLinkId !== '') played.mids[fill.orderLinkId] = trade.mids
    played.rows.push(...(trade.market === 'spot' ? spotRows(trade, fill) : perpRows(trade, fill, before)))
  })
  return played
}

const isForced = ({ route, market }: Trade) => route === 'forced' && market === 'linear'

function fillAt(trade: Trade, n: number): Fill {
  const { market, side, qty, price: at, feeRate, route } = trade
  const letter = route === 'spread' ? 'C' : market === 'spot' ? 'S' : 'P'
  const name = `${HEDGE_ID}-${letter}E${n.toString(36).toUpperCase().padStart(4, '0')}`
  const inCoin = market === 'spot' && side === 'Buy'
  return fillOf({
    execId: `exec-${n}`,
    orderLinkId: isForced(trade) ? '' : name,
    market,
    side,
    cause: isForced(trade) ? 'adl' : 'trade',
    qty: orderQty(qty),
    price: price(at),
    fee: amount(new Decimal(qty).times(inCoin ? 1 : at).times(feeRate)),
    feeCoin: inCoin ? 'XRP' : 'USDT',
    filledAtMs: n * 1000,
  })
}

/** The legs of a spread name no order of ours in the log. */
const common = (trade: Trade, fill: Fill): Partial<TransactionRow> => ({
  market: fill.market,
  side: fill.side,
  orderLinkId: trade.route === 'spread' ? '' : fill.orderLinkId,
  tradeId: fill.execId,
  qty: amount(fill.qty),
  price: amount(fill.price),
  atMs: fill.filledAtMs,
  ...(isForced(trade) && { kind: 'adl' as const, venueKind: 'ADL' }),
})

const signed = ({ side, qty }: Fill) => new Decimal(qty).times(side === 'Buy' ? 1 : -1)

function spotRows(trade: Trade, fill: Fill): TransactionRow[] {
  const of = (coin: string, cashFlow: Decimal) =>
    rowOf({
      ...common(trade, fill),
      id: `${fill.execId}/${coin}`,
      coin,
      cashFlow: amount(cashFlow),
      fee: amount(fill.feeCoin === coin ? fill.fee : '0'),
    })
  return [of('XRP', signed(fill)), of('USDT', signed(fill).times(fill.price).neg())]
}

function perpRows(trade: Trade, fill: Fill, before: ReturnType<typeof openPosition>): TransactionRow[] {
  const moved = signed(fill)
  const shrinks = before.qty.times(moved).lt(0)
  const closed = shrinks ? Decimal.min(before.qty.abs(), moved.abs()).times(before.qty.s) : new Decimal(0)
  const profit = closed.times(new Decimal(fill.price).minus(before.cost)).toDecimalPlaces(18)
  return [
    rowOf({ ...common(trade, fill), id: `${fill.execId}/USDT`, cashFlow: amount(profit), fee: fill.fee }),
  ]
}

const tick = (min: number, max: number, places: number) =>
  fc.integer({ min, max }).map(digits => new Decimal(digits).div(10 ** places).toFixed())
const anyMids = fc
  .record({ spot: tick(20000, 30000, 4), perp: tick(20000, 30000, 4) })
  .map(({ spot, perp }): DecidedMids => ({ spot: price(spot), perp: price(perp) }))

export const anyTrade: fc.Arbitrary<Trade> = fc.record({
  market: fc.constantFrom('spot' as const, 'linear' as const),
  side: fc.constantFrom('Buy' as const, 'Sell' as const),
  qty: tick(1, 100_000, 2),
  price: tick(20000, 30000, 4),
  feeRate: tick(-10, 100, 5),
  mids: fc.option(anyMids, { freq: 4 }),
  route: fc.constantFrom('own' as const, 'spread' as const, 'forced' as const),
})

/** What the exchange pays and takes besides. */
export const anyExtra: fc.Arbitrary<TransactionRow> = fc
  .record({
    kind: fc.constantFrom<TransactionKind>('settlement', 'interest', 'conversion', 'liquidation'),
    value: tick(-100_000, 100_000, 6),
    fee: tick(0, 1000, 6),
    id: fc.uuid(),
    atMs: fc.integer({ min: 0, max: 100_000 }),
  })
  .map(({ kind, value, fee, id, atMs }) => {
    if (kind === 'settlement') return rowOf({ id, kind, funding: amount(value), atMs })
    if (kind === 'interest')
      return rowOf({ id, kind, coin: 'XRP', symbol: '', cashFlow: amount(value), atMs })
    return rowOf({ id, kind, cashFlow: amount(value), fee: amount(fee), atMs })
  })
