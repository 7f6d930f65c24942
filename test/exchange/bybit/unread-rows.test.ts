/** Lists and pushes in which one row cannot be read: it costs itself, loudly, and stops only what needs it. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { orderLinkId } from '../../../src/domain/legs/order.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { totalsOf } from '../../../src/exchange/exchange.ts'
import { list, type Script, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

function venue(script: Partial<Script>) {
  const wire = scriptedWire(script)
  const reports: string[] = []
  const exchange = createBybitExchange(wire, {
    name: 'test',
    clock: new VirtualClock(SERVER_MS),
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind} ${detail}`),
  })
  return { exchange, wire, reports }
}

const order = { orderLinkId: orderLinkId('0123456789', 'perp', 'enter', 0) }

describe('one row that cannot be read', () => {
  const coin = (name: string, walletBalance: unknown) => ({ coin: name, walletBalance, equity: '1' })
  const wallet = (coins: object[], totals: object, needed?: ReadonlySet<string>) => {
    const { exchange, reports } = venue({ get: () => list({ ...totals, coin: coins }) })
    return { read: exchange.wallet(needed), reports }
  }
  const totals = {
    totalEquity: '10',
    totalAvailableBalance: '5',
    accountIMRate: '0.1',
    accountMMRate: '0.01',
  }

  test('a balance with an exponent is a decimal', async () => {
    const { read } = wallet([coin('SHIB', '1.2E-7'), coin('BTC', '-3e2')], totals)
    expect((await read).coins.map(one => one.wallet)).toEqual(['0.00000012', '-300'])
  })

  test('a coin that nobody needs costs itself, loudly; one that is needed stops the reading', async () => {
    const coins = [coin('USDT', '100'), coin('ODD', 'many')]
    const { read, reports } = wallet(coins, totals, new Set(['USDT', 'XRP']))
    expect((await read).coins.map(one => one.coin)).toEqual(['USDT'])
    expect((await read).unread).toEqual(['ODD'])
    expect(reports).toEqual([expect.stringMatching(/unread-coin ODD.*walletBalance.*many/)])
    await expect(wallet(coins, totals, new Set(['ODD'])).read).rejects.toThrow(/ODD/)
    await expect(wallet(coins, totals).read).rejects.toThrow(/ODD/)
    await expect(wallet([{ coin: 7 }], totals, new Set()).read).rejects.toThrow(/coin/)
  })

  test('totals that come empty are unknown, never zero', async () => {
    const { read } = wallet([coin('USDT', '100')], { ...totals, accountMMRate: '', totalEquity: '' })
    const found = await read
    expect(found).toMatchObject({ equityUsdt: null, maintenanceMarginRate: null, availableUsdt: '5' })
    expect(totalsOf(found)).toBeUndefined()
  })

  const position = (symbol: string, size: string) => ({ symbol, side: 'Sell', size, positionIdx: 0 })
  test('a position of a symbol that no hedge holds is left out and reported', async () => {
    const rows = [position('XRPUSDT', '10'), position('ODDUSDT', 'ten')]
    const { exchange, reports } = venue({ get: () => list(...rows) })
    expect((await exchange.positions(new Set(['XRPUSDT']))).map(one => one.symbol)).toEqual(['XRPUSDT'])
    expect(reports).toEqual([expect.stringMatching(/unread-position ODDUSDT/)])
    await expect(exchange.positions(new Set(['ODDUSDT']))).rejects.toThrow(/ODDUSDT.*size/)
  })

  test('an order placed by hand in words that nobody knows is left out; one of ours is not', async () => {
    const row = (link: string) => ({
      orderLinkId: link,
      orderId: 'o',
      symbol: 'XRPUSDT',
      side: 'Buy',
      qty: '1',
      orderStatus: 'Dreaming',
      updatedTime: '1700000000000',
    })
    const orders = (link: string) =>
      venue({ get: (_path, { category }) => (category === 'linear' ? list(row(link)) : list()) })
    const hand = orders('by-hand')
    expect(await hand.exchange.openOrders()).toEqual([])
    expect(hand.reports).toEqual([expect.stringMatching(/unread-order by-hand.*Dreaming/)])
    await expect(orders(order.orderLinkId).exchange.openOrders()).rejects.toThrow(/Dreaming/)
  })

  test('a row of the transaction log costs itself', async () => {
    const row = (id: string, change: string) => ({
      id,
      type: 'TRADE',
      currency: 'USDT',
      change,
      cashBalance: '1',
      transactionTime: String(SERVER_MS - 1),
    })
    const { exchange, reports } = venue({ get: () => list(row('a', '1E-2'), row('b', 'lots')) })
    const rows = await exchange.transactions(SERVER_MS - 1_000, SERVER_MS)
    expect(rows.map(one => one.change)).toEqual(['0.01'])
    expect(reports).toEqual([expect.stringMatching(/unread-transaction b/)])
  })

  test('an empty list of instruments is no answer', async () => {
    await expect(venue({ get: () => list() }).exchange.instruments()).rejects.toMatchObject({
      kind: 'garbled',
    })
  })
})

describe('one row of the private stream that cannot be read', () => {
  const at = String(SERVER_MS)
  const row = (link: string, orderStatus: string) => ({
    category: 'linear',
    orderLinkId: link,
    orderId: 'o',
    symbol: 'XRPUSDT',
    side: 'Buy',
    qty: '1',
    orderStatus,
    updatedTime: at,
  })
  const hearing = () => {
    const { exchange, wire, reports } = venue({})
    const kinds: string[] = []
    exchange.watchAccount(fact => kinds.push(fact.kind === 'order' ? fact.report.orderLinkId : fact.kind))
    const push = (topic: string, ...data: object[]) =>
      wire.privateHear?.message({ topic, creationTime: SERVER_MS, data })
    return { kinds, reports, push }
  }

  test('costs itself where it is nobody’s: the others are heard, and nothing is read anew', () => {
    const { kinds, reports, push } = hearing()
    push('order', row('by-hand', 'Dreaming'), row('', 'Dreaming'), row(order.orderLinkId, 'New'))
    push('position', { category: 'linear', symbol: 'ODDUSDT', size: 'ten', side: 'Buy' })
    push('wallet', {
      coin: [
        { coin: 'ODD', walletBalance: 'many' },
        { coin: 'USDT', walletBalance: '1' },
      ],
    })
    expect(kinds).toEqual([order.orderLinkId, 'wallet'])
    // The first of each kind is shown at once, a flood by its count.
    expect(reports.map(report => report.split(' ')[0])).toEqual(['unread-row', 'unread-coin'])
  })

  test('may have been ours: the others are heard, then the account is read anew', () => {
    const { kinds, push } = hearing()
    push('order', row(order.orderLinkId, 'Dreaming'), row('by-hand', 'New'))
    expect(kinds).toEqual(['by-hand', 'down', 'up'])
    push('execution', { category: 'linear', orderLinkId: '', execType: 'BustTrade' })
    expect(kinds.slice(3)).toEqual(['down', 'up'])
  })
})
