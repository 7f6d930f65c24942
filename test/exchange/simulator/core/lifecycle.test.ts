import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, type Row } from '../../../support/exchange/simulator-core.ts'

const universe = builtInUniverse(['SOLUSDT', 'WIFUSDT'])
const open = () => openDesk({ universe })
const limit = (category: string, side: string, price: string, more = {}) => ({
  category,
  symbol: 'SOLUSDT',
  side,
  orderType: 'Limit',
  qty: '1',
  price,
  ...more,
})
const near = (desk: Desk, category: string, factor: number) =>
  new Decimal(desk.touch(category, 'SOLUSDT').bid).times(factor).toFixed(2)
const ids = (rows: readonly Row[]) => rows.map(row => row.orderId)

describe('the order history', () => {
  test.each(['linear', 'spot'])(
    'of %s forgets a cancelled order after a day and keeps a filled one',
    category => {
      const desk = open()
      const kept = desk.placed({ ...limit(category, 'Buy', near(desk, category, 1.004)), timeInForce: 'IOC' })
      const gone = desk.placed(limit(category, 'Buy', near(desk, category, 0.98)))
      desk.request('POST', '/v5/order/cancel', { category, symbol: 'SOLUSDT', orderId: gone.orderId ?? '' })
      const history = () => ids(desk.list('/v5/order/history', { category }))
      desk.core.advance(desk.core.nowMs() + 23 * HOUR)
      expect(history()).toEqual([gone.orderId, kept.orderId])
      desk.core.advance(desk.core.nowMs() + 2 * HOUR)
      expect(history()).toEqual([kept.orderId])
    },
  )
})

test('a service restart wipes closed orders from the realtime list, not open ones, and not the history', () => {
  const desk = open()
  const done = desk.placed({ ...limit('linear', 'Buy', near(desk, 'linear', 1.004)), timeInForce: 'IOC' })
  const rests = desk.placed(limit('linear', 'Buy', near(desk, 'linear', 0.98)))
  const realtime = (openOnly: string) =>
    ids(desk.list('/v5/order/realtime', { category: 'linear', symbol: 'SOLUSDT', openOnly }))
  expect(realtime('1')).toEqual([done.orderId])
  desk.core.schedule({ kind: 'restart', atMs: desk.core.nowMs() + 5000 })
  desk.core.advance(desk.core.nowMs() + 6000)
  expect(realtime('1')).toEqual([])
  expect(realtime('0')).toEqual([rests.orderId])
  const byId = { category: 'linear', orderId: done.orderId ?? '' }
  expect(desk.list('/v5/order/realtime', byId)).toHaveLength(0)
  expect(desk.list('/v5/order/history', byId)).toHaveLength(1)
})

test('the realtime list holds the last 500 closed orders', () => {
  const desk = open()
  const price = near(desk, 'linear', 0.98)
  const first = desk.placed({ ...limit('linear', 'Buy', price), timeInForce: 'IOC' })
  for (let count = 0; count < 499; count++)
    desk.create({ ...limit('linear', 'Buy', price), timeInForce: 'IOC' })
  const find = () => desk.list('/v5/order/realtime', { category: 'linear', orderId: first.orderId ?? '' })
  expect(find()).toHaveLength(1)
  desk.create({ ...limit('linear', 'Buy', price), timeInForce: 'IOC' })
  expect(find()).toHaveLength(0)
})

test('a cancel that races a fill is acknowledged, and the stream says Filled twice', () => {
  const desk = open()
  const order = desk.placed(limit('linear', 'Buy', desk.touch('linear', 'SOLUSDT').bid))
  const status = () => desk.orderOf('linear', order.orderId ?? '').orderStatus
  for (let second = 0; second < 3600 && status() !== 'Filled'; second++)
    desk.core.advance(Math.floor(desk.core.nowMs() / 1000 + 1) * 1000)
  const cancel = () =>
    desk.request('POST', '/v5/order/cancel', {
      category: 'linear',
      symbol: 'SOLUSDT',
      orderId: order.orderId ?? '',
    })
  expect(cancel()).toMatchObject({ retCode: 0 })
  const said = desk.pushes('order').filter(row => row.orderStatus === 'Filled')
  expect(said.map(row => [row.cancelType, row.rejectReason])).toEqual([
    ['UNKNOWN', 'EC_NoError'],
    ['CancelByUser', 'EC_OrigClOrdIDDoesNotExist'],
  ])
  desk.core.advance(desk.core.nowMs() + 1000)
  expect(cancel()).toMatchObject({ retCode: 110001 })
})

test('an order may be acknowledged and rejected all the same', () => {
  const desk = open()
  const atMs = desk.core.nowMs() + 1000
  desk.core.schedule({ kind: 'reject', market: 'linear', symbol: 'SOLUSDT', atMs, count: 1 })
  desk.core.advance(atMs)
  const order = limit('linear', 'Buy', near(desk, 'linear', 1.004), { timeInForce: 'IOC' })
  expect(desk.placed(order)).toMatchObject({ orderStatus: 'Rejected', cumExecQty: '0.0' })
  expect(desk.placed(order)).toMatchObject({ orderStatus: 'Filled' })
})

test('a PostOnly that would take is acknowledged and cancelled; a FOK fills whole or not at all', () => {
  const desk = open()
  const { ask, asks } = desk.touch('linear', 'SOLUSDT')
  expect(desk.placed(limit('linear', 'Buy', ask, { timeInForce: 'PostOnly' }))).toMatchObject({
    orderStatus: 'Cancelled',
    rejectReason: 'EC_PostOnlyWillTakeLiquidity',
  })
  const more = new Decimal(asks[0]?.[1] ?? 0).plus('0.1').toFixed()
  expect(desk.placed(limit('linear', 'Buy', ask, { timeInForce: 'FOK', qty: more }))).toMatchObject({
    orderStatus: 'Cancelled',
    rejectReason: 'EC_CancelForNoFullFill',
    cumExecQty: '0.0',
  })
})

describe('a slippage tolerance', () => {
  const market = { category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' }

  test('bounds the price from the best one on the other side', () => {
    const desk = open()
    const { ask } = desk.touch('linear', 'SOLUSDT')
    const order = desk.placed({ ...market, slippageToleranceType: 'TickSize', slippageTolerance: '3' })
    expect(order.price).toBe(new Decimal(ask).plus('0.03').toFixed(3))
  })

  test.each([
    ['TickSize', '0', 110109],
    ['TickSize', '1.5', 110109],
    ['TickSize', '10001', 110109],
    ['Percent', '0.001', 110109],
    ['Percent', '10.01', 110109],
    ['Percent', '0.055', 110109],
    ['Bps', '5', 110108],
  ])('of %s %s is refused with %i', (slippageToleranceType, slippageTolerance, retCode) => {
    expect(open().create({ ...market, slippageToleranceType, slippageTolerance })).toMatchObject({ retCode })
  })
})

test('conditional and TP/SL orders are refused by name, and lists of them are empty', () => {
  const desk = open()
  const order = limit('linear', 'Buy', near(desk, 'linear', 0.98))
  for (const name of ['triggerPrice', 'takeProfit', 'stopLoss'])
    expect(desk.create({ ...order, [name]: '50' }).retMsg).toContain(name)
  const asked = { category: 'linear', symbol: 'SOLUSDT', orderFilter: 'StopOrder' }
  expect(desk.list('/v5/order/realtime', asked)).toEqual([])
})

describe('public topics', () => {
  const listen = (desk: Desk, channel: 'public-linear' | 'public-spot', topic: string) => {
    desk.core.want(asked => asked === topic)
    return desk.core.subscribe(channel, topic)
  }

  test('priceLimit says the band that orders are held to', () => {
    const desk = open()
    const [message] = listen(desk, 'public-linear', 'priceLimit.SOLUSDT') ?? []
    const { buyLmt, sellLmt } = desk.get('/v5/market/price-limit', { symbol: 'SOLUSDT' })
    expect(message).toEqual({
      topic: 'priceLimit.SOLUSDT',
      data: { symbol: 'SOLUSDT', buyLmt, sellLmt },
      ts: desk.core.nowMs(),
    })
    desk.core.advance(desk.core.nowMs() + 60_000)
    expect(desk.core.takePushes().length).toBeGreaterThan(0)
  })

  test('adlAlert and insurance list every pool at first, then what has changed', () => {
    const desk = open()
    const [message] = listen(desk, 'public-linear', 'adlAlert.USDT') ?? []
    expect(message?.data).toHaveLength(2)
    const atMs = desk.core.nowMs() + 30_000
    desk.core.schedule({ kind: 'adl', symbol: 'SOLUSDT', atMs })
    desk.core.advance(atMs - 10_000)
    expect(desk.pushes('adlAlert.USDT')).toEqual([
      expect.objectContaining({ c: 'USDT', s: 'SOLUSDT', i_pr: -0.3, pr: -0.35, adl_sr: -0.25 }),
    ])
    expect(listen(desk, 'public-linear', 'insurance.USDT')?.[0]?.data).toHaveLength(2)
  })

  test('allLiquidation tells a liquidated long as Buy', () => {
    const desk = openDesk({ universe, accounts: [{ uid: '1001', balances: { USDT: '1000' } }] })
    const leverage = { category: 'linear', symbol: 'WIFUSDT', buyLeverage: '50', sellLeverage: '50' }
    desk.request('POST', '/v5/position/set-leverage', leverage)
    desk.create({ category: 'linear', symbol: 'WIFUSDT', side: 'Buy', orderType: 'Market', qty: '100000' })
    listen(desk, 'public-linear', 'allLiquidation.WIFUSDT')
    const nowMs = desk.core.nowMs()
    const [atMs, untilMs] = [nowMs + 1000, nowMs + 48 * HOUR]
    desk.core.schedule({ kind: 'premium', symbol: 'WIFUSDT', atMs, premium: 0.03, untilMs })
    for (let minute = 0; minute < 48 * 60 && desk.position('WIFUSDT').side !== ''; minute++)
      desk.core.advance(desk.core.nowMs() + 60_000)
    expect(desk.pushes('allLiquidation.WIFUSDT')).toEqual([
      expect.objectContaining({ s: 'WIFUSDT', S: 'Buy', v: '100000' }),
    ])
  })

  test('orderbook.1000 keeps a thousand levels', () => {
    const desk = open()
    const [book] = listen(desk, 'public-linear', 'orderbook.1000.SOLUSDT') ?? []
    expect(book?.data).toHaveProperty('a.length', 1000)
  })
})
