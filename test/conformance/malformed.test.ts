/** Bad input gets Bybit's own answers and never ends, stops or bends the exchange: 10,000 requests nobody should send. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '../../src/domain/json.ts'
import { createSimulatedBybit } from '../../src/exchange/simulator/create.ts'

const GETS = [
  'market/time market/tickers market/orderbook market/kline market/mark-price-kline market/index-price-kline',
  'market/premium-index-price-kline market/recent-trade market/funding/history market/instruments-info market/open-interest',
  'market/risk-limit market/price-limit order/realtime order/history execution/list position/list position/closed-pnl',
  'account/wallet-balance account/info account/fee-rate account/transaction-log account/collateral-info account/borrow-history',
  'spot-margin-trade/data spot-margin-trade/state spot-margin-trade/collateral spread/instrument spread/orderbook nowhere',
].flatMap(line => line.split(' ').map(path => `/v5/${path}`))
const POSTS = [
  'order/create order/amend order/cancel order/cancel-all order/create-batch order/amend-batch order/cancel-batch',
  'order/pre-check position/set-leverage position/switch-mode account/borrow account/repay account/set-margin-mode',
  'spot-margin-trade/switch-mode spread/order/create spread/order/amend spread/order/cancel market/time',
].flatMap(line => line.split(' ').map(path => `/v5/${path}`))
const OPS = ['create', 'amend', 'cancel', 'create-batch', 'amend-batch', 'cancel-batch', '', '__proto__']
const KEYS = [
  'category symbol side orderType qty price timeInForce orderLinkId orderId reduceOnly positionIdx isLeverage marketUnit',
  'triggerPrice slippageTolerance slippageToleranceType limit cursor startTime endTime interval baseCoin settleCoin coin',
  'accountType buyLeverage sellLeverage mode request openOnly orderFilter execType type amount currency takeProfit stopLoss',
  '__proto__ constructor toString',
].flatMap(line => line.split(' '))

const word = fc.constantFrom(
  ...[
    'linear',
    'spot',
    'inverse',
    'BTCUSDT',
    'ETHUSDT',
    'SHIB1000USDT',
    'Buy',
    'Sell',
    'Limit',
    'Market',
    'GTC',
    'PostOnly',
  ],
  ...[
    '0',
    '-1',
    '0.001',
    '1',
    '1e400',
    '1e-400',
    '-0',
    'NaN',
    'Infinity',
    '9'.repeat(400),
    `0.${'0'.repeat(400)}1`,
    '0x10',
  ],
  ...[
    '',
    ' ',
    '\u0000',
    '%',
    '%zz',
    '🦀',
    'a'.repeat(500),
    'true',
    'null',
    '1735689600000',
    '../..',
    "';--",
    'Percent',
  ],
)
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(0, -0, 1, 1e21, -1e308, Number.MAX_SAFE_INTEGER, 2 ** 53),
)
const scalar: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: word },
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  // JSON has neither NaN nor infinities.
  number.map(value => (Number.isFinite(value) ? value : null)),
)
const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom(...KEYS), scalar, { maxKeys: 4 }),
  fc.array(fc.dictionary(fc.constantFrom(...KEYS), scalar, { maxKeys: 8 }), { maxLength: 25 }),
)
/** A good order with some of it spoilt reaches further than noise does. */
const GOOD: JsonObject = {
  category: 'linear',
  symbol: 'BTCUSDT',
  side: 'Buy',
  orderType: 'Limit',
  qty: '0.001',
  price: '9000',
}
const params: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.boolean(), fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 7 }))
  .map(([good, spoilt]) => ({ ...(good ? GOOD : {}), ...spoilt }))
const route = fc.oneof(
  fc.constantFrom(...GETS).map(path => ({ via: 'rest' as const, method: 'GET' as const, path })),
  fc.constantFrom(...POSTS).map(path => ({ via: 'rest' as const, method: 'POST' as const, path })),
  fc
    .constantFrom(...OPS)
    .map(op => ({ via: 'trade' as const, method: 'POST' as const, path: `order.${op}` })),
)

const START_AT_MS = Date.UTC(2026, 0, 5, 9)
const UID = '1'

test('the core answers 10,000 bad requests in its envelope, and its markets and the account go on', () => {
  const core = createSimulatedBybit({
    seed: 1,
    startAtMs: START_AT_MS,
    accounts: [{ uid: UID, balances: { USDT: '100000' } }],
  })
  let atMs = START_AT_MS
  fc.assert(
    fc.property(route, params, fc.constantFrom(UID, UID, ''), (asked, spoilt, uid) => {
      const reply = core.request({ ...asked, params: spoilt, uid })
      expect(typeof reply.retCode).toBe('number')
      expect(typeof reply.retMsg).toBe('string')
      expect(reply.time).toBe(core.nowMs())
      expect(JSON.parse(JSON.stringify(reply))).toMatchObject({ retCode: reply.retCode })
      atMs += 50
      core.advance(atMs)
      core.takePushes()
    }),
    { numRuns: 10_000, seed: 1, endOnFailure: true },
  )
  const { result } = core.request({
    via: 'rest',
    method: 'GET',
    path: '/v5/account/wallet-balance',
    params: { accountType: 'UNIFIED' },
    uid: UID,
  })
  expect(JSON.stringify(result)).not.toMatch(/NaN|Infinity|undefined/)
  const order = { ...GOOD, orderType: 'Market', price: '' }
  expect(
    core.request({ via: 'trade', method: 'POST', path: 'order.create', params: order, uid: UID }),
  ).toMatchObject({
    retCode: 0,
  })
  expect(() => JSON.stringify(core.save())).not.toThrow()
}, 60_000)
