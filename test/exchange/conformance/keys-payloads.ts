/** What the simulator says, by name: a REST path with parameters, a reply that the scene kept, a push. */
import type { Json, JsonObject } from '../../../src/domain/json.ts'
import type { Scene } from './keys-scene.ts'

const SPOT = { category: 'spot', symbol: 'BTCUSDT' }
const LINEAR = { category: 'linear', symbol: 'BTCUSDT' }
const KLINE = { ...LINEAR, interval: '60' }

/** Names are the path, and a word where one path is asked in several ways; what has none is told with the others. */
const READS: Readonly<Record<string, JsonObject>> = {
  'account/borrow-history': { limit: '2' },
  'account/collateral-info': {},
  'account/fee-rate linear': LINEAR,
  'account/fee-rate spot': SPOT,
  'account/info': {},
  'account/instruments-info linear': { category: 'linear' },
  'account/instruments-info spot': { category: 'spot' },
  'account/pay-info': { coin: 'SOL' },
  'account/query-dcp-info': {},
  'account/smp-group': {},
  'account/trade-info-for-analysis': { symbol: 'BTCUSDT' },
  'account/transaction-log': { limit: '20' },
  'account/user-setting-config': {},
  'account/wallet-balance': { accountType: 'UNIFIED' },
  'account/withdrawal': { coinName: 'BTC,SOL,USDT' },
  'announcements/index': { locale: 'en-US' },
  'asset/coin/query-info': { coin: 'BTC' },
  'asset/delivery-record': { category: 'linear' },
  'execution/list linear': { category: 'linear', limit: '7' },
  'market/account-ratio': { ...LINEAR, period: '1h', limit: '2' },
  'market/adlAlert': { symbol: 'BTCUSDT' },
  'market/delivery-price': { category: 'linear' },
  'market/fee-group-info': { productType: 'contract' },
  'market/funding/history': LINEAR,
  'market/index-price-components': { indexName: 'BTCUSDT' },
  'market/index-price-kline': KLINE,
  'market/instruments-info linear': { category: 'linear' },
  'market/instruments-info spot': { category: 'spot' },
  'market/insurance': {},
  'market/kline': KLINE,
  'market/mark-price-kline': KLINE,
  'market/open-interest': { ...LINEAR, intervalTime: '1h', limit: '5' },
  'market/orderbook': SPOT,
  'market/premium-index-price-kline': KLINE,
  'market/price-limit': LINEAR,
  'market/recent-trade linear': LINEAR,
  'market/recent-trade spot': SPOT,
  'market/risk-limit': { category: 'linear' },
  'market/rpi_orderbook': { ...LINEAR, limit: '5' },
  'market/tickers linear': LINEAR,
  'market/tickers spot': SPOT,
  'market/time': {},
  'order/history linear': { ...LINEAR, limit: '6' },
  'order/history spot': SPOT,
  'order/realtime linear': LINEAR,
  'order/realtime spot': SPOT,
  'order/spot-borrow-check': { ...SPOT, side: 'Buy' },
  'position/closed-pnl': { category: 'linear', limit: '2' },
  'position/list': LINEAR,
  'position/symbol-info': LINEAR,
  'position/list flat': { category: 'linear', symbol: 'ETHUSDT' },
  'spot-margin-trade/coinstate': {},
  'spot-margin-trade/collateral': {},
  'spot-margin-trade/currency-data': {},
  'spot-margin-trade/data': {},
  'spot-margin-trade/flexible-available-inventory': { currency: 'BTC' },
  'spot-margin-trade/get-auto-repay-mode': {},
  'spot-margin-trade/interest-rate-history': { currency: 'BTC' },
  'spot-margin-trade/liability': { currency: 'SOL' },
  'spot-margin-trade/max-borrowable': { currency: 'BTC' },
  'spot-margin-trade/position-tiers': {},
  'spot-margin-trade/repayment-available-amount': { currency: 'SOL' },
  'spot-margin-trade/state': {},
  'system/status': {},
}

/** Pushes: topic, and which messages of it. */
const PUSHES: Readonly<Record<string, [topic: string, fits?: (row: JsonObject) => boolean]>> = {
  'push order linear': ['order', row => row.category === 'linear'],
  'push order spot': ['order', row => row.category === 'spot'],
  'push execution linear': ['execution', row => row.category === 'linear'],
  'push execution spot': ['execution', row => row.category === 'spot'],
  'push position': ['position'],
  'push wallet': ['wallet'],
  'push allLiquidation': ['public-linear allLiquidation.ETHUSDT'],
  'push system.status': ['public-status system.status'],
  'push insurance': ['public-linear insurance.USDT'],
}

const rowsOf = (message: JsonObject): JsonObject[] =>
  (Array.isArray(message.data) ? message.data : [message.data]) as JsonObject[]

/** `public-spot kline.1 snapshot`: the public topic of bitcoin. */
function publicPush({ pushes }: Scene, name: string): Json[] | undefined {
  const [, channel, kind, type] = /^(public-\w+) (\S+) (snapshot|delta|any)$/.exec(name) ?? []
  const all = channel && pushes.get(`${channel} ${kind}.BTCUSDT`)
  return all ? all.filter(message => type === 'any' || message.type === type) : undefined
}

/** All payloads of a name; throws for a name that nothing goes by. */
export function payloadsOf(scene: Scene, name: string): Json[] {
  const asked = Object.entries(READS).filter(([read]) => read === name || read === `${name} flat`)
  if (asked.length > 0)
    return asked.map(
      ([, params]) => scene.desk.request('GET', `/v5/${name.split(' ')[0]}`, params) as unknown as Json,
    )
  const push = PUSHES[name]
  const found = push
    ? (scene.pushes.get(push[0]) ?? []).filter(message => rowsOf(message).every(push[1] ?? (() => true)))
    : (scene.replies.get(name) ?? publicPush(scene, name))
  if (!found || found.length === 0) throw new Error(`expected a payload named ${name}, found none`)
  return found
}
