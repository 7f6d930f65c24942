/** The simulator's JSON against Bybit's own examples and recordings: the same keys of the same JSON types. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../../../src/domain/json.ts'
import { ioc, openDesk, times } from '../../../support/exchange/simulator-core.ts'

const SHARED = join(import.meta.dirname, '../../../../../shared')
const present = existsSync(join(SHARED, 'fixtures/bybit-docs'))
if (!present) console.warn('skipped: ../shared is not beside this checkout, shapes are not compared')

const fixture = (name: string): JsonObject =>
  JSON.parse(readFileSync(join(SHARED, 'fixtures/bybit-docs', `${name}.json`), 'utf8')) as JsonObject
const recorded = (name: string): JsonObject =>
  JSON.parse(gunzipSync(readFileSync(join(SHARED, 'data/recorded', name))).toString('utf8')) as JsonObject

const typeOf = (value: Json | undefined) =>
  Array.isArray(value) ? 'list' : value === null ? 'null' : typeof value

/** Keys that the example has and we have not, or of another type; lists are compared by their first rows. */
function missing(example: Json | undefined, ours: Json | undefined, path = ''): string[] {
  if (typeOf(example) !== typeOf(ours)) return [`${path}: expected ${typeOf(example)}, found ${typeOf(ours)}`]
  if (Array.isArray(example) && Array.isArray(ours))
    return example.length && ours.length ? missing(example[0], ours[0], `${path}[]`) : []
  if (!example || typeof example !== 'object' || Array.isArray(example)) return []
  const mine = ours as JsonObject
  return Object.entries(example).flatMap(([key, value]) =>
    key in mine ? missing(value, mine[key], `${path}.${key}`) : [`${path}.${key}: missing`],
  )
}

/** What an example shows that Bybit no longer sends, or that only other products have. */
const DATED = /cumFeeDetail\.MNT|mmrSysUpdateTime|extraFees|\.rows?|isRPITrade/

function busyDesk() {
  const desk = openDesk()
  for (const category of ['linear', 'spot']) {
    const { ask } = desk.touch(category, 'BTCUSDT')
    desk.create(
      ioc(category, 'BTCUSDT', 'Buy', '0.1', times(ask, 1.003, 1), { orderLinkId: `s-${category}` }),
    )
    desk.create(ioc(category, 'BTCUSDT', 'Buy', '0.1', times(ask, 0.99, 1), { timeInForce: 'GTC' }))
  }
  return desk
}

const linear = { category: 'linear', symbol: 'BTCUSDT' }
const spot = { category: 'spot', symbol: 'BTCUSDT' }

describe.skipIf(!present)('replies have the keys and types of the documented ones', () => {
  test.each<[string, string, JsonObject]>([
    ['market_time__1', '/v5/market/time', {}],
    ['market_tickers__3', '/v5/market/tickers', spot],
    ['market_tickers__1', '/v5/market/tickers', linear],
    ['market_orderbook__1', '/v5/market/orderbook', spot],
    ['market_kline__1', '/v5/market/kline', { ...linear, interval: '60' }],
    ['market_mark-kline__1', '/v5/market/mark-price-kline', { ...linear, interval: '60' }],
    ['market_index-kline__1', '/v5/market/index-price-kline', { ...linear, interval: '60' }],
    ['market_premium-index-kline__1', '/v5/market/premium-index-price-kline', { ...linear, interval: '60' }],
    ['market_recent-trade__1', '/v5/market/recent-trade', spot],
    ['market_history-fund-rate__1', '/v5/market/funding/history', linear],
    ['market_order-price-limit__1', '/v5/market/price-limit', linear],
    ['order_open-order__1', '/v5/order/realtime', linear],
    ['order_order-list__1', '/v5/order/history', linear],
    ['order_execution__1', '/v5/execution/list', { category: 'linear' }],
    ['position_position__1', '/v5/position/list', linear],
    ['account_wallet-balance__1', '/v5/account/wallet-balance', { accountType: 'UNIFIED' }],
    ['account_account-info__1', '/v5/account/info', {}],
    ['account_fee-rate__1', '/v5/account/fee-rate', linear],
    ['account_transaction-log__1', '/v5/account/transaction-log', {}],
    ['account_collateral-info__1', '/v5/account/collateral-info', {}],
    ['spot-margin-uta_status__1', '/v5/spot-margin-trade/state', {}],
    ['account_get-user-setting-config__1', '/v5/account/user-setting-config', {}],
    ['market_open-interest__1', '/v5/market/open-interest', linear],
    ['spot-margin-uta_vip-margin__1', '/v5/spot-margin-trade/data', {}],
    ['spot-margin-uta_tier-collateral-ratio__1', '/v5/spot-margin-trade/collateral', {}],
    ['account_borrow-history__1', '/v5/account/borrow-history', {}],
    ['position_close-pnl__1', '/v5/position/closed-pnl', linear],
    ['account_unified-trans-amnt__1', '/v5/account/withdrawal', { coinName: 'BTC,SOL,XRP,ETH' }],
  ])('%s', (name, path, params) => {
    const reply = busyDesk().request('GET', path, params)
    expect(reply.retCode).toBe(0)
    const faults = missing(fixture(name).result, reply.result).filter(fault => !DATED.test(fault))
    expect(faults).toEqual([])
  })

  test.each<[string, string, JsonObject]>([
    [
      'order_create-order__1',
      '/v5/order/create',
      { ...linear, side: 'Buy', orderType: 'Market', qty: '0.01' },
    ],
    ['order_cancel-all__1', '/v5/order/cancel-all', linear],
    [
      'order_batch-cancel__1',
      '/v5/order/cancel-batch',
      { category: 'spot', request: [{ symbol: 'BTCUSDT', orderId: 'x' }] },
    ],
    ['position_leverage__1', '/v5/position/set-leverage', { ...linear, buyLeverage: '5', sellLeverage: '5' }],
  ])('%s', (name, path, params) => {
    const reply = busyDesk().request('POST', path, params)
    expect(reply.retCode).toBe(0)
    expect(missing(fixture(name).result, reply.result)).toEqual([])
    expect(missing(fixture(name).retExtInfo, reply.retExtInfo)).toEqual([])
  })

  test.each(['order', 'execution', 'position', 'wallet'])('private %s', topic => {
    const push = busyDesk()
      .core.takePushes()
      .findLast(one => one.topic === topic)
    const faults = missing(fixture(`websocket_private_${topic}__2`), push?.message).filter(
      fault => !DATED.test(fault),
    )
    expect(faults).toEqual([])
  })
})

describe.skipIf(!present)('instruments', () => {
  test.each(['linear', 'spot'])(
    '%s rows have exactly the recorded keys and types, and the recorded filters',
    category => {
      const real = recorded(`instruments-info_${category}_2026-08-09.json.gz`).result as {
        list: JsonObject[]
      }
      const desk = openDesk()
      const rows = desk.get('/v5/market/instruments-info', { category }).list as JsonObject[]
      for (const row of rows) {
        const parallelOrder = real.list.find(one => one.symbol === row.symbol)
        expect(Object.keys(row)).toEqual(Object.keys(parallelOrder ?? {}))
        expect({ ...row, fundingInterval: 0 }).toEqual({ ...parallelOrder, fundingInterval: 0 })
      }
    },
  )
})

describe.skipIf(!present)('public frames have the recorded keys in the recorded order', () => {
  const frames = () =>
    gunzipSync(readFileSync(join(SHARED, 'data/recorded/bybit_v5_public_2026-08-09_45s.jsonl.gz')))
      .toString('utf8')
      .split('\n')
      .filter(line => line.startsWith('{"t":"recv"'))
      .map(line => JSON.parse(line) as { conn: string; data: string })

  test.each([
    ['public-linear', 'BYBIT.ws.2'],
    ['public-spot', 'BYBIT.ws.3'],
  ] as const)('%s', (channel, connection) => {
    const desk = openDesk()
    const topics = ['tickers', 'orderbook.200', 'publicTrade', 'kline.1'].map(kind => `${kind}.BTCUSDT`)
    desk.core.want(topic => topics.includes(topic))
    const ours = topics.flatMap(topic => desk.core.subscribe(channel, topic) ?? [])
    for (let second = 1; second <= 10; second++) desk.core.advance(desk.core.nowMs() + 1000)
    ours.push(
      ...desk.core
        .takePushes()
        .filter(push => push.channel === channel)
        .map(push => push.message),
    )
    const theirs = frames()
      .filter(frame => frame.conn === connection)
      .map(frame => JSON.parse(frame.data) as JsonObject)
    for (const topic of topics)
      for (const type of ['snapshot', 'delta']) {
        const [real, mine] = [theirs, ours].map(list =>
          list.find(one => one.topic === topic && one.type === type),
        )
        if (real) compareFrames(`${topic} ${type}`, real, mine ?? {})
      }
  })

  /** A ticker's delta holds what changed, so only its envelope is compared. */
  function compareFrames(name: string, real: JsonObject, mine: JsonObject): void {
    expect(Object.keys(mine), name).toEqual(Object.keys(real))
    if (name.startsWith('tickers') && real.type === 'delta') return
    const [realData, myData] = [real.data, mine.data].map(
      data => (Array.isArray(data) ? data[0] : data) as JsonObject,
    )
    expect(Object.keys(myData ?? {}).sort(), name).toEqual(Object.keys(realData ?? {}).sort())
    expect(missing(realData, myData), name).toEqual([])
  }
})
