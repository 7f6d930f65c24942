/** What becomes of an order: every reply maps to accepted, rejected or unknown, and one look settles what is known. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { type OrderLinkId, type OrderRequest, orderLinkId } from '../../../src/domain/legs/order.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { type Envelope, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { list, reply, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

const LINK = orderLinkId('0123456789', 'perp', 'enter', 0)
const request: OrderRequest = {
  orderLinkId: LINK,
  market: 'linear',
  symbol: 'BTCUSDT',
  side: 'Sell',
  qty: orderQty('0.010'),
  limitPrice: price('64000.5'),
  timeInForce: 'IOC',
  reduceOnly: false,
}

function venue(script: Parameters<typeof scriptedWire>[0] = {}) {
  const wire = scriptedWire(script)
  const reports: string[] = []
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock: new VirtualClock(SERVER_MS),
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  return { wire, exchange, reports }
}

describe('placing', () => {
  test.each([10000, 10016, 170007, 170032, 170146, 170147, 170310, 429, 10014, 10019, 20006, 110079])(
    'retCode %i leaves the order unknown',
    async code => {
      const { exchange } = venue({ trade: () => reply({}, code, 'server timeout') })
      expect(await exchange.placeOrder(request)).toMatchObject({ kind: 'unknown' })
    },
  )

  test.each([110072, 170141])('retCode %i says that the id exists: to be asked about', async code => {
    const { exchange } = venue({ trade: () => reply({}, code, 'OrderLinkedID is duplicate') })
    expect(await exchange.placeOrder(request)).toEqual({ kind: 'unknown', cause: 'duplicate' })
  })

  test.each([
    [110007, 'insufficient-balance'],
    [170131, 'insufficient-balance'],
    [110003, 'price-out-of-band'],
    [170193, 'price-out-of-band'],
    [110094, 'below-minimum'],
    [170140, 'below-minimum'],
    [170136, 'below-minimum'],
    [110090, 'above-maximum'],
    [110017, 'reduce-only'],
    [110074, 'not-trading'],
    [30228, 'not-trading'],
    [10006, 'rate-limited'],
    [10002, 'clock'],
    [10003, 'permission'],
    [10004, 'permission'],
    [10001, 'bad-request'],
    [10005, 'permission'],
    [10024, 'permission'],
    [33004, 'permission'],
    [182021, 'account-setting'],
    [170140, 'below-minimum'],
    [987654, 'other'],
  ] as const)('retCode %i is a rejection for the reason %s', async (code, reason) => {
    const { exchange } = venue({ trade: () => reply({}, code, 'said') })
    expect(await exchange.placeOrder(request)).toEqual({ kind: 'rejected', reason, detail: `${code} said` })
  })

  test('an acceptance without an order id is unknown', async () => {
    const { exchange } = venue({ trade: () => reply({}) })
    expect(await exchange.placeOrder(request)).toMatchObject({ kind: 'unknown' })
  })

  test.each([
    ['a drop', () => Promise.reject(new WireFailure('the connection dropped'))],
    ['garbage', () => Promise.reject(new WireFailure('no envelope', false))],
    ['a defect', () => Promise.reject(new TypeError('x is undefined'))],
    ['a thrown text', () => Promise.reject('text')],
  ])('%s is unknown, never thrown', async (_name, trade) => {
    const { exchange } = venue({ trade: trade as () => Promise<Envelope> })
    expect(await exchange.placeOrder(request)).toMatchObject({ kind: 'unknown' })
  })

  test('nothing is sent while order entry is down, and that is a certain rejection', async () => {
    const { exchange, wire } = venue({ ready: false })
    expect(await exchange.placeOrder(request)).toMatchObject({ kind: 'rejected', reason: 'not-sent' })
    expect((await exchange.placeOrder(request)) as { detail: string }).toMatchObject({
      detail: expect.stringMatching(/^not sent/),
    })
    expect(wire.asked).toHaveLength(0)
  })

  test('the perpetual leg is one-way and says reduceOnly; the spot leg never borrows and never says reduceOnly', async () => {
    const { exchange, wire } = venue()
    await exchange.placeOrder({ ...request, reduceOnly: true })
    await exchange.placeOrder({ ...request, market: 'spot', side: 'Buy' })
    expect(wire.asked[0]?.params).toEqual({
      category: 'linear',
      symbol: 'BTCUSDT',
      side: 'Sell',
      orderType: 'Limit',
      qty: '0.01',
      price: '64000.5',
      timeInForce: 'IOC',
      orderLinkId: LINK,
      positionIdx: 0,
      reduceOnly: true,
    })
    expect(wire.asked[1]?.params).toMatchObject({ category: 'spot', isLeverage: 0 })
    expect(wire.asked[1]?.params).not.toHaveProperty('reduceOnly')
    expect(wire.asked[1]?.params).not.toHaveProperty('positionIdx')
  })
})

describe('cancelling', () => {
  test.each([0, 110001, 110008, 110010, 170213, 170142, 170190])(
    'retCode %i: the order is gone or going',
    async code => {
      const { exchange } = venue({ trade: () => reply({}, code) })
      expect(await exchange.cancelOrder('spot', 'BTCUSDT', LINK)).toBe(true)
    },
  )
  test.each([10006, 10016, 170147, 110079])('retCode %i: not known', async code => {
    const { exchange } = venue({ trade: () => reply({}, code) })
    expect(await exchange.cancelOrder('spot', 'BTCUSDT', LINK)).toBe(false)
  })
  test('while order entry is down a cancel takes the REST road: it only reduces risk', async () => {
    const { exchange, wire } = venue({ ready: false })
    expect(await exchange.cancelOrder('linear', 'BTCUSDT', LINK)).toBe(true)
    expect(wire.asked).toEqual([
      { path: '/v5/order/cancel', params: { category: 'linear', symbol: 'BTCUSDT', orderLinkId: LINK } },
    ])
  })
  test('a drop is not known, is told, and is not thrown', async () => {
    const { exchange, reports } = venue({ trade: () => Promise.reject(new WireFailure('dropped')) })
    expect(await exchange.cancelOrder('spot', 'BTCUSDT', LINK)).toBe(false)
    expect(reports.join()).toContain('dropped')
  })
})

const orderRow = (fields: object = {}) => ({
  orderId: 'o1',
  orderLinkId: LINK,
  symbol: 'BTCUSDT',
  side: 'Sell',
  qty: '0.010',
  cumExecQty: '0.004',
  orderStatus: 'Cancelled',
  rejectReason: 'EC_NoError',
  updatedTime: '1700000000000',
  ...fields,
})
const execRow = (execId: string, execQty: string, fields: object = {}) => ({
  execId,
  orderId: 'o1',
  orderLinkId: LINK,
  symbol: 'BTCUSDT',
  side: 'Sell',
  execType: 'Trade',
  execQty,
  execPrice: '64000.5',
  execFee: '0.01',
  feeCurrency: '',
  isMaker: false,
  execTime: '1700000000000',
  ...fields,
})

type Answers = { realtime?: Envelope; executions?: Envelope[]; history?: Envelope }
function lookUp({ realtime = list(), executions = [list()], history = list() }: Answers) {
  const queue = [...executions]
  const { exchange, wire } = venue({
    get: path => {
      if (path === '/v5/order/realtime') return realtime
      if (path === '/v5/order/history') return history
      return queue.shift() ?? executions.at(-1) ?? list()
    },
  })
  return { look: () => exchange.findOrder('linear', 'BTCUSDT', LINK as OrderLinkId), wire }
}

describe('looking an order up', () => {
  test('a cancelled perpetual order is found with the fills it carries', async () => {
    const { look } = lookUp({
      realtime: list(orderRow()),
      executions: [list(execRow('b', '0.003'), execRow('a', '0.001'), execRow('a', '0.001'))],
    })
    const found = await look()
    expect(found).toMatchObject({ kind: 'found', report: { status: 'cancelled', filledQty: '0.004' } })
    if (found.kind === 'found') expect(found.fills.map(one => one.execId)).toEqual(['a', 'b'])
  })

  test('fills of every page are carried', async () => {
    const { look, wire } = lookUp({
      realtime: list(orderRow({ cumExecQty: '0.005' })),
      executions: [
        reply({ list: [execRow('a', '0.002')], nextPageCursor: '132766%3A2' }),
        list(execRow('b', '0.003')),
      ],
    })
    expect(await look()).toMatchObject({ kind: 'found', report: { filledQty: '0.005' } })
    expect(wire.asked.map(one => one.params.cursor)).toContain('132766%3A2')
  })

  test('an order whose executions lag behind its own total is not answered yet', async () => {
    const { look } = lookUp({ realtime: list(orderRow()), executions: [list(execRow('a', '0.001'))] })
    expect(await look()).toEqual({ kind: 'unanswered', cause: 'executions show 0.001 of 0.004 filled' })
  })

  test('executions are the truth when they are ahead of the order', async () => {
    const { look } = lookUp({
      realtime: list(orderRow({ orderStatus: 'PartiallyFilled', cumExecQty: '0' })),
      executions: [list(execRow('a', '0.004'))],
    })
    expect(await look()).toMatchObject({ kind: 'found', report: { status: 'open', filledQty: '0.004' } })
  })

  test('an order known only to history is found there (realtime is wiped when Bybit restarts)', async () => {
    const { look } = lookUp({
      history: list(orderRow({ orderStatus: 'Filled', cumExecQty: '0.010' })),
      executions: [list(), list(execRow('a', '0.010'))],
    })
    expect(await look()).toMatchObject({
      kind: 'found',
      report: { status: 'filled' },
      fills: [{ execId: 'a' }],
    })
  })

  test('absent needs all three to answer and to know nothing, and says the exchange’s time', async () => {
    const { look, wire } = lookUp({})
    expect(await look()).toEqual({ kind: 'absent', serverAtMs: SERVER_MS })
    expect(wire.asked.map(one => one.path)).toEqual([
      '/v5/order/realtime',
      '/v5/execution/list',
      '/v5/order/history',
    ])
  })

  test.each(['realtime', 'executions', 'history'] as const)(
    'a failed %s is unanswered, never absent',
    async part => {
      const refused = reply({}, 10016, 'Server error')
      const { look } = lookUp(part === 'executions' ? { executions: [refused] } : { [part]: refused })
      expect(await look()).toMatchObject({ kind: 'unanswered', cause: expect.stringContaining('10016') })
    },
  )

  test('executions without a listed order are unanswered', async () => {
    const { look } = lookUp({ executions: [list(execRow('a', '0.001'))] })
    expect(await look()).toMatchObject({ kind: 'unanswered' })
  })

  test('somebody else’s order in the answer is not taken for ours', async () => {
    const { look } = lookUp({
      realtime: list(orderRow({ orderLinkId: 'other' })),
      executions: [list(execRow('a', '0.001', { orderLinkId: 'other' }))],
    })
    expect(await look()).toMatchObject({ kind: 'absent' })
  })

  test('an order status that Bybit has not documented is unanswered, never guessed', async () => {
    const { look } = lookUp({ realtime: list(orderRow({ orderStatus: 'Halted' })) })
    expect(await look()).toMatchObject({ kind: 'unanswered', cause: expect.stringContaining('Halted') })
  })
})
