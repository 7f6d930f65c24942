import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { HOUR, ioc, openDesk, START_MS, UID } from '../../../support/exchange/simulator-core.ts'
import { often } from '../../../support/properties.ts'

const PATHS = [
  ...[
    'time',
    'instruments-info',
    'tickers',
    'orderbook',
    'recent-trade',
    'funding/history',
    'risk-limit',
    'price-limit',
    'open-interest',
  ],
  ...['kline', 'mark-price-kline', 'index-price-kline', 'premium-index-price-kline'],
].map(name => `/v5/market/${name}`)
const SIGNED = [
  ...[
    'create',
    'amend',
    'cancel',
    'cancel-all',
    'create-batch',
    'amend-batch',
    'cancel-batch',
    'realtime',
    'history',
    'pre-check',
  ].map(name => `/v5/order/${name}`),
  ...['list', 'set-leverage', 'switch-mode', 'closed-pnl'].map(name => `/v5/position/${name}`),
  ...[
    'wallet-balance',
    'info',
    'fee-rate',
    'transaction-log',
    'collateral-info',
    'withdrawal',
    'borrow-history',
    'set-delta-mode',
  ].map(name => `/v5/account/${name}`),
  ...['data', 'collateral', 'state', 'switch-mode', 'set-leverage'].map(
    name => `/v5/spot-margin-trade/${name}`,
  ),
  '/v5/execution/list',
  '/v5/user/query-api',
  '/v5/asset/coin/query-info',
]
const NAMES = [
  'category',
  'symbol',
  'side',
  'orderType',
  'qty',
  'price',
  'timeInForce',
  'orderLinkId',
  'orderId',
  'limit',
  'cursor',
  'interval',
  'startTime',
  'endTime',
  'start',
  'end',
  'coin',
  'currency',
  'coinName',
  'accountType',
  'reduceOnly',
  'marketUnit',
  'request',
  'buyLeverage',
  'sellLeverage',
  'leverage',
  'settleCoin',
  'slippageTolerance',
  'slippageToleranceType',
  'isLeverage',
  'baseCoin',
  'status',
]
const value = fc.oneof(
  fc.constantFrom<Json>(
    'linear',
    'spot',
    'SOLUSDT',
    'BTCUSDT',
    'Buy',
    'Sell',
    'Limit',
    'Market',
    'GTC',
    'IOC',
    'PostOnly',
    'USDT',
    'UNIFIED',
  ),
  fc.constantFrom<Json>(
    '0',
    '1',
    '5',
    '77',
    '0.1',
    '1e9',
    '-1',
    '',
    'NaN',
    '99999999999999999999999999',
    '__proto__',
    'constructor',
    '60',
    'D',
    'quoteCoin',
    'Percent',
    '1%3A1',
  ),
  fc.constantFrom<Json>(null, true, 1, 0.1, -3, [], {}, [{ symbol: 'SOLUSDT' }, null, 'x']),
)

test('no request, however odd, makes the core throw or answer out of shape, and the books stay balanced', () => {
  const desk = openDesk()
  fc.assert(
    fc.property(
      fc.constantFrom(...PATHS, ...SIGNED, 'order.create', '/v5/none', 'constructor'),
      fc.constantFrom('GET' as const, 'POST' as const),
      fc.constantFrom('rest' as const, 'trade' as const),
      fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 12 }),
      (path, method, via, params) => {
        const reply = desk.core.request({ via, method, path, params, uid: UID })
        expect(Number.isInteger(reply.retCode)).toBe(true)
        expect(typeof reply.retMsg).toBe('string')
        expect(typeof reply.result).toBe('object')
        JSON.stringify(reply)
      },
    ),
    often(3000),
  )
  expect(Number(desk.coin('USDT').walletBalance)).toBeGreaterThan(0)
})

test('what needs an account is refused without one, and unknown paths are named', () => {
  const core = createSimulatedBybit({ seed: 1, startAtMs: START_MS })
  const ask = (path: string) => core.request({ via: 'rest', method: 'GET', path, params: {}, uid: '' })
  expect(ask('/v5/account/info').retCode).toBe(10003)
  expect(ask('/v5/market/time')).toMatchObject({
    retCode: 0,
    result: { timeSecond: String(START_MS / 1000) },
  })
  expect(ask('/v5/nowhere')).toMatchObject({ retCode: 10017, retMsg: expect.stringContaining('/v5/nowhere') })
})

describe('pages', () => {
  const rows = (desk: ReturnType<typeof openDesk>, cursor: string): JsonObject =>
    desk.get('/v5/account/transaction-log', { limit: '7', ...(cursor && { cursor }) })

  test('of the log give every row once, newest first, though new rows come between', () => {
    const desk = openDesk()
    const buy = () =>
      desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' })
    for (let at = 0; at < 30; at++) buy()
    const seen: string[] = []
    for (let cursor = ''; ; buy()) {
      const result = rows(desk, cursor)
      seen.push(...(result.list as JsonObject[]).map(row => String(row.id)))
      cursor = String(result.nextPageCursor)
      if (!cursor) break
    }
    expect(seen).toHaveLength(31)
    expect(new Set(seen).size).toBe(31)
  })

  test('go on from a cursor whether the client decoded it or not', () => {
    const desk = openDesk()
    for (let at = 0; at < 12; at++)
      desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' })
    const cursor = String(rows(desk, '').nextPageCursor)
    expect(cursor).toContain('%3A')
    expect(rows(desk, decodeURIComponent(cursor)).list).toEqual(rows(desk, cursor).list)
  })

  test('hold at most 50 rows of the log, and a window of more than 7 days is refused', () => {
    const desk = openDesk()
    for (let at = 0; at < 60; at++)
      desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' })
    expect(desk.list('/v5/account/transaction-log', { limit: '100' })).toHaveLength(50)
    const startTime = String(START_MS - 8 * 24 * HOUR)
    expect(
      desk.request('GET', '/v5/account/transaction-log', { startTime, endTime: String(START_MS) }).retCode,
    ).toBe(10001)
  })
})

describe('order history', () => {
  test('forgets an unfilled cancelled order after a day, and keeps a filled one', () => {
    const desk = openDesk()
    const { ask, bid } = desk.touch('linear', 'SOLUSDT')
    const dead = desk.placed(ioc('linear', 'SOLUSDT', 'Buy', '1', '70', { orderLinkId: 'dead' }))
    desk.placed({
      category: 'linear',
      symbol: 'SOLUSDT',
      side: 'Buy',
      orderType: 'Market',
      qty: '1',
      orderLinkId: 'done',
    })
    expect(Number(ask)).toBeGreaterThan(Number(bid))
    expect(dead.orderStatus).toBe('Cancelled')
    const ids = () => desk.list('/v5/order/history', { category: 'linear' }).map(row => row.orderLinkId)
    expect(ids()).toEqual(['done', 'dead'])
    desk.core.advance(START_MS + 25 * HOUR)
    expect(ids()).toEqual(['done'])
  })
})

test('money from outside is a row of its own and a push', () => {
  const desk = openDesk()
  desk.core.takePushes()
  desk.core.deposit('3003', 'USDT', '250.5')
  const reply = desk.request('GET', '/v5/account/transaction-log', {}, '3003')
  expect(reply).toMatchObject({
    result: { list: [{ type: 'TRANSFER_IN', change: '250.5', cashBalance: '250.5', currency: 'USDT' }] },
  })
  expect(desk.core.takePushes()).toMatchObject([{ topic: 'wallet', uid: '3003' }])
})
