/** Native spread orders: both legs' executions under one name, the same discipline as any other order, books with signed prices. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { spreadSide } from '../../../src/domain/instrument.ts'
import { type OrderRequest, orderLinkId } from '../../../src/domain/legs/order.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { type Envelope, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { list, reply, type Script, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

const SPREAD = 'SOLUSDT_SOL/USDT'
const LINK = orderLinkId('0123456789', 'spreadOrder', 'enter', 0)
const request: OrderRequest = {
  orderLinkId: LINK,
  market: 'spread',
  symbol: SPREAD,
  side: spreadSide('long-carry'),
  qty: orderQty('2'),
  limitPrice: price('-0.0150'),
  timeInForce: 'PostOnly',
  reduceOnly: false,
}

function venue(script: Partial<Script> = {}) {
  const wire = scriptedWire(script)
  const clock = new VirtualClock(SERVER_MS)
  const reports: string[] = []
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  return { wire, clock, exchange, reports }
}

describe('placing', () => {
  test('a long carry is opened by selling the spread, over REST, at a price that may be negative', async () => {
    const { exchange, wire } = venue({ post: () => reply({ orderId: 'o', orderLinkId: LINK }) })
    expect(await exchange.placeOrder(request)).toEqual({ kind: 'accepted', orderId: 'o' })
    expect(wire.asked).toEqual([
      {
        path: '/v5/spread/order/create',
        params: {
          symbol: SPREAD,
          side: 'Sell',
          orderType: 'Limit',
          qty: '2',
          price: '-0.015',
          timeInForce: 'PostOnly',
          orderLinkId: LINK,
        },
      },
    ])
  })

  test.each([
    ['a drop', () => Promise.reject(new WireFailure('the connection dropped')), 'unknown'],
    ['a server error', () => reply({}, 10016, 'Server error'), 'unknown'],
    ['the same id again', () => reply({}, 110072, 'OrderLinkedID is duplicate'), 'unknown'],
    ['an account without spreads', () => reply({}, 110113, 'not available in hedge mode'), 'rejected'],
    ['too small a balance', () => reply({}, 110007, 'ab not enough'), 'rejected'],
  ])('%s is a value, never thrown', async (_name, post, kind) => {
    const { exchange } = venue({ post: post as Script['post'] })
    expect(await exchange.placeOrder(request)).toMatchObject({ kind })
  })

  test('an answer that does not come leaves it unknown at its own deadline', async () => {
    const { exchange, clock } = venue({ post: () => new Promise<Envelope>(() => {}) })
    const placing = exchange.placeOrder(request)
    clock.advanceTo(SERVER_MS + 5_000)
    expect(await placing).toEqual({ kind: 'unknown', cause: 'no answer within 5000 ms' })
  })

  test.each([{ ready: false }, { spreads: false }])(
    'with %o nothing is sent, and that is certain',
    async script => {
      const { exchange, wire } = venue(script)
      expect(await exchange.placeOrder(request)).toMatchObject({
        kind: 'rejected',
        detail: expect.stringMatching(/^not sent/),
      })
      expect(wire.asked).toEqual([])
    },
  )

  test('a cancel names the order alone, also while order entry is down', async () => {
    const { exchange, wire } = venue({ ready: false, post: () => reply({}, 110001) })
    expect(await exchange.cancelOrder('spread', SPREAD, LINK)).toBe(true)
    expect(wire.asked).toEqual([{ path: '/v5/spread/order/cancel', params: { orderLinkId: LINK } }])
  })

  test('spot orders borrow only where they say so', async () => {
    const { exchange, wire } = venue()
    const spot: OrderRequest = { ...request, market: 'spot', symbol: 'SOLUSDT' }
    await exchange.placeOrder({ ...spot, borrow: true })
    await exchange.placeOrder({ ...spot, borrow: false })
    await exchange.placeOrder({ ...spot, market: 'linear', borrow: true })
    expect(wire.asked.map(({ params }) => params.isLeverage)).toEqual([1, 0, undefined])
  })
})

const leg = (category: string, side: string, execQty: string, over: object = {}) => ({
  symbol: 'SOLUSDT',
  side,
  execPrice: '124.1',
  execTime: '1700000000004',
  execValue: '248.2',
  execType: 'FutureSpread',
  category,
  execQty,
  execFee: '0.039712',
  execId: `${category}-${side}-${execQty}`,
  ...over,
})
const spreadOrder = (execId: string, execQty: string, over: object = {}) => ({
  symbol: SPREAD,
  orderLinkId: LINK,
  side: 'Sell',
  orderId: 'o1',
  execPrice: '21',
  execTime: '1700000000000',
  execType: 'Trade',
  execQty,
  execId,
  legs: [
    leg('linear', 'Sell', execQty),
    leg('spot', 'Buy', execQty, { execFee: '', execFeeV2: '0.002', feeCurrency: 'SOL' }),
  ],
  ...over,
})
const openRow = { symbol: SPREAD, orderLinkId: LINK, orderId: 'o1', side: 'Sell', qty: '2', price: '-0.015' }
const closedRow = (orderStatus: string, cumExecQty: string) => ({
  ...openRow,
  contractType: 'FundingRateArb',
  orderStatus,
  cumExecQty,
  cxlRejReason: 'EC_NoError',
  updatedAt: '1700000000009',
})

type Answers = { realtime?: Envelope; executions?: Envelope[]; history?: Envelope }
function lookUp({ realtime = list(), executions = [list()], history = list() }: Answers) {
  const queue = [...executions]
  const { exchange, wire } = venue({
    get: path => {
      if (path.endsWith('/realtime')) return realtime
      if (path.endsWith('/history')) return history
      return queue.shift() ?? executions.at(-1) ?? list()
    },
  })
  return { look: () => exchange.findOrder('spread', SPREAD, LINK), wire }
}

describe('looking one up', () => {
  test('its fills are its legs’ executions: each with its own id, market, side and fee, under the order’s name', async () => {
    const { look, wire } = lookUp({
      executions: [list(spreadOrder('c1', '2'))],
      history: list(closedRow('Filled', '2')),
    })
    expect(await look()).toEqual({
      kind: 'found',
      report: {
        orderLinkId: LINK,
        orderId: 'o1',
        market: 'spread',
        symbol: SPREAD,
        side: 'Sell',
        qty: '2',
        filledQty: '2',
        status: 'filled',
        rejectReason: '',
        updatedAtMs: 1_700_000_000_009,
      },
      fills: [
        expect.objectContaining({
          execId: 'linear-Sell-2',
          orderLinkId: LINK,
          market: 'linear',
          symbol: 'SOLUSDT',
          side: 'Sell',
          cause: 'trade',
          qty: '2',
          fee: '0.039712',
          feeCoin: 'USDT',
        }),
        expect.objectContaining({
          execId: 'spot-Buy-2',
          orderLinkId: LINK,
          market: 'spot',
          side: 'Buy',
          qty: '2',
          fee: '0.002',
          feeCoin: 'SOL',
        }),
      ],
    })
    expect(wire.asked.map(({ path }) => path)).toEqual([
      '/v5/spread/order/realtime',
      '/v5/spread/execution/list',
      '/v5/spread/order/history',
      '/v5/spread/execution/list',
    ])
    for (const { params } of wire.asked) {
      expect(params).toMatchObject({ symbol: SPREAD, orderLinkId: LINK })
      expect(params).not.toHaveProperty('category')
    }
  })

  test('one that rests and is partly filled is open, with what both legs prove', async () => {
    const { look } = lookUp({
      realtime: list({
        ...openRow,
        orderStatus: 'PartiallyFilled',
        cumExecQty: '0.5',
        updatedTime: '1700000000005',
      }),
      executions: [list(spreadOrder('c1', '0.5'))],
    })
    expect(await look()).toMatchObject({
      kind: 'found',
      report: { status: 'open', filledQty: '0.5' },
      fills: [{ qty: '0.5' }, { qty: '0.5' }],
    })
  })

  test('one leg’s executions alone are not answered yet', async () => {
    const { look } = lookUp({
      executions: [list(spreadOrder('c1', '2', { legs: [leg('linear', 'Sell', '2')] }))],
      history: list(closedRow('Filled', '2')),
    })
    expect(await look()).toEqual({ kind: 'unanswered', cause: 'executions show 0 of 2 filled' })
  })

  test('in a trade with ourselves only the legs on our order’s side are its own', async () => {
    const both = spreadOrder('c1', '2')
    const others = [leg('linear', 'Buy', '2'), leg('spot', 'Sell', '2')]
    const { look } = lookUp({
      executions: [list({ ...both, legs: [...others, ...both.legs] })],
      history: list(closedRow('Filled', '2')),
    })
    expect(await look()).toMatchObject({
      kind: 'found',
      report: { filledQty: '2' },
      fills: [
        { side: 'Sell', market: 'linear' },
        { side: 'Buy', market: 'spot' },
      ],
    })
  })

  test('a cancelled one keeps what it filled, and says why it ended', async () => {
    const row = { ...closedRow('Cancelled', '0.5'), cxlRejReason: 'EC_PerCancelRequest' }
    const { look } = lookUp({ executions: [list(spreadOrder('c1', '0.5'))], history: list(row) })
    expect(await look()).toMatchObject({
      kind: 'found',
      report: { status: 'cancelled', filledQty: '0.5', rejectReason: 'EC_PerCancelRequest' },
    })
  })

  test('absent needs all three to answer and to know nothing', async () => {
    expect(await lookUp({}).look()).toEqual({ kind: 'absent', serverAtMs: SERVER_MS })
    expect(await lookUp({ executions: [list(spreadOrder('c1', '2'))] }).look()).toMatchObject({
      kind: 'unanswered',
    })
    const refused = reply({}, 10016, 'Server error')
    for (const part of [{ realtime: refused }, { executions: [refused] }, { history: refused }])
      expect(await lookUp(part).look()).toMatchObject({
        kind: 'unanswered',
        cause: expect.stringContaining('10016'),
      })
  })

  test('somebody else’s spread order is not taken for ours', async () => {
    const other = { orderLinkId: 'other' }
    const { look } = lookUp({
      realtime: list({ ...openRow, ...other }),
      executions: [list(spreadOrder('c1', '2', other))],
    })
    expect(await look()).toMatchObject({ kind: 'absent' })
  })
})

describe('open orders', () => {
  const get = (spreads: () => Envelope) => (path: string) =>
    path === '/v5/spread/order/realtime' ? spreads() : list()

  test('hold the open spread orders, too', async () => {
    const row = { ...openRow, orderStatus: 'New', cumExecQty: '0', updatedTime: '1700000000005' }
    const { exchange } = venue({ get: get(() => list(row)) })
    expect(await exchange.openOrders()).toMatchObject([{ market: 'spread', symbol: SPREAD, status: 'open' }])
  })

  test('of an account that cannot trade spreads are the others; a failure is still a failure', async () => {
    const { exchange, reports } = venue({ get: get(() => reply({}, 110113, 'hedge mode')) })
    expect(await exchange.openOrders()).toEqual([])
    expect(reports).toEqual(['no-spreads: 110113 hedge mode'])
    const { exchange: failing } = venue({ get: get(() => reply({}, 10016, 'Server error')) })
    await expect(failing.openOrders()).rejects.toMatchObject({ refusal: { code: 10016 } })
  })

  test('are not asked for where there are no spreads', async () => {
    const { exchange, wire } = venue({ spreads: false })
    await exchange.openOrders()
    expect(await exchange.spreadInstruments()).toEqual([])
    expect(wire.asked.filter(({ path }) => path.includes('spread'))).toEqual([])
  })
})

describe('instruments', () => {
  const row = {
    symbol: SPREAD,
    contractType: 'FundingRateArb',
    status: 'Trading',
    baseCoin: 'SOL',
    quoteCoin: 'USDT',
    settleCoin: 'USDT',
    tickSize: '0.0001',
    minPrice: '-1999.9998',
    maxPrice: '1999.9998',
    lotSize: '0.1',
    minSize: '0.1',
    maxSize: '50000',
    launchTime: '1743675300000',
    deliveryTime: '0',
    legs: [
      { symbol: 'SOLUSDT', contractType: 'LinearPerpetual' },
      { symbol: 'SOLUSDT', contractType: 'Spot' },
    ],
  }

  test('are those of a USDT perpetual and its spot market that trade; one that cannot be read harms no other', async () => {
    const { exchange, reports } = venue({
      get: () =>
        list(
          row,
          { ...row, symbol: 'A', contractType: 'CarryTrade' },
          { ...row, symbol: 'B', status: 'Settling' },
          { ...row, symbol: 'C', settleCoin: 'USDC' },
          { ...row, symbol: 'D', tickSize: '' },
        ),
    })
    expect(await exchange.spreadInstruments()).toEqual([
      {
        symbol: SPREAD,
        baseCoin: 'SOL',
        quoteCoin: 'USDT',
        perp: 'SOLUSDT',
        spot: 'SOLUSDT',
        tickSize: '0.0001',
        priceMin: '-1999.9998',
        priceMax: '1999.9998',
        qtyStep: '0.1',
        minOrderQty: '0.1',
        maxOrderQty: '50000',
        deliveryAtMs: 0,
      },
    ])
    expect(reports).toEqual([expect.stringContaining('D')])
  })
})
