/** What nobody should send: parameters of wrong kinds and sizes, noise, and good orders with some of it spoilt. */
import fc from 'fast-check'
import type { Json, JsonObject } from '../../../src/domain/json.ts'

export const GETS = [
  'market/time market/tickers market/orderbook market/kline market/mark-price-kline market/index-price-kline',
  'market/premium-index-price-kline market/recent-trade market/funding/history market/instruments-info market/open-interest',
  'market/risk-limit market/price-limit order/realtime order/history execution/list position/list position/closed-pnl',
  'account/wallet-balance account/info account/fee-rate account/transaction-log account/collateral-info account/borrow-history',
  'spot-margin-trade/data spot-margin-trade/state spot-margin-trade/collateral spread/instrument spread/orderbook nowhere',
  'spot-margin-trade/currency-data spot-margin-trade/position-tiers spot-margin-trade/interest-rate-history account/pay-info',
  'spot-cross-margin-trade/account order/spot-borrow-check account/trade-info-for-analysis account/instruments-info',
  'market/account-ratio position/symbol-info system/status',
].flatMap(line => line.split(' ').map(path => `/v5/${path}`))
export const POSTS = [
  'order/create order/amend order/cancel order/cancel-all order/create-batch order/amend-batch order/cancel-batch',
  'order/pre-check position/set-leverage position/switch-mode account/borrow account/repay account/set-margin-mode',
  'spot-margin-trade/switch-mode spread/order/create spread/order/amend spread/order/cancel market/time',
].flatMap(line => line.split(' ').map(path => `/v5/${path}`))
export const OPS = [
  'create',
  'amend',
  'cancel',
  'create-batch',
  'amend-batch',
  'cancel-batch',
  '',
  '__proto__',
]
const KEYS = [
  'category symbol side orderType qty price timeInForce orderLinkId orderId reduceOnly positionIdx isLeverage marketUnit',
  'triggerPrice slippageTolerance slippageToleranceType limit cursor startTime endTime interval baseCoin settleCoin coin',
  'accountType buyLeverage sellLeverage mode request openOnly orderFilter execType type amount currency takeProfit stopLoss',
  'period intervalTime id state',
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
export const value: fc.Arbitrary<Json> = fc.oneof(
  { weight: 8, arbitrary: scalar },
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom(...KEYS), scalar, { maxKeys: 4 }),
  fc.array(fc.dictionary(fc.constantFrom(...KEYS), scalar, { maxKeys: 8 }), { maxLength: 25 }),
)
/** A good order with some of it spoilt reaches further than noise does. */
export const GOOD: JsonObject = {
  category: 'linear',
  symbol: 'BTCUSDT',
  side: 'Buy',
  orderType: 'Limit',
  qty: '0.001',
  price: '9000',
}
export const params: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.boolean(), fc.dictionary(fc.constantFrom(...KEYS), value, { maxKeys: 7 }))
  .map(([good, spoilt]) => ({ ...(good ? GOOD : {}), ...spoilt }))
/** Not JSON, not an object, or no end of nesting. */
const broken = fc.constantFrom(
  '',
  '{',
  '[]',
  'null',
  '"x"',
  '1e999',
  '{"a":',
  '{"category":1e999}',
  '{"request":{"toString":1}}',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
)
export const noise = fc.oneof(broken, fc.string({ unit: 'binary-ascii', maxLength: 200 }), fc.string())
