/** A simulated account with something of everything, and what the simulator answered and pushed on the way. */
import { Decimal } from 'decimal.js'
import type { Json, JsonObject } from '../../../src/domain/json.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, START_MS, times } from '../../support/exchange/simulator-core.ts'

const MINUTE = 60_000
const BTC = 'BTCUSDT'
const POOR = '1002'

export type Scene = {
  desk: Desk
  /** By name: what was answered to a request made once. */
  replies: Map<string, Json[]>
  /** By topic, in order. */
  pushes: Map<string, JsonObject[]>
}

const SPOT = { category: 'spot', symbol: BTC }
const LINEAR = { category: 'linear', symbol: BTC }
const TOPICS = [
  'tickers',
  'orderbook.1',
  'orderbook.50',
  'orderbook.200',
  'publicTrade',
  'kline.1',
  'kline.5',
  'priceLimit',
]

function keep({ desk, replies }: Scene, name: string, path: string, params: JsonObject): JsonObject {
  const reply = desk.request('POST', path, params)
  replies.set(name, [...(replies.get(name) ?? []), reply as unknown as Json])
  return (reply.result ?? {}) as JsonObject
}

function take(scene: Scene): void {
  for (const { channel, topic, message } of scene.desk.core.takePushes()) {
    const name = channel === 'private' ? topic : `${channel} ${topic}`
    scene.pushes.set(name, [...(scene.pushes.get(name) ?? []), message])
  }
}

function advance(scene: Scene, toMs: number): void {
  scene.desk.core.advance(toMs)
  take(scene)
}

function listen(scene: Scene): void {
  const { core } = scene.desk
  const heard = new Set<string>()
  const subscribe = (channel: 'public-spot' | 'public-linear' | 'public-status', topic: string) => {
    heard.add(topic)
    const name = `${channel} ${topic}`
    for (const message of core.subscribe(channel, topic) ?? [])
      scene.pushes.set(name, [...(scene.pushes.get(name) ?? []), message])
  }
  for (const kind of TOPICS)
    for (const channel of ['public-spot', 'public-linear'] as const) subscribe(channel, `${kind}.${BTC}`)
  for (const topic of ['insurance.USDT', 'adlAlert.USDT', 'allLiquidation.ETHUSDT'])
    subscribe('public-linear', topic)
  subscribe('public-status', 'system.status')
  core.want(topic => heard.has(topic))
}

/** Orders of either market: filled, resting, changed, cancelled, refused, in batches. */
function trade(scene: Scene): void {
  const { desk } = scene
  for (const at of [SPOT, LINEAR]) {
    const { ask } = desk.touch(at.category, BTC)
    const high = times(ask, 1.002, 1)
    const low = times(ask, 0.996, 1)
    const order = (more: JsonObject) => ({
      ...at,
      side: 'Buy',
      orderType: 'Limit',
      qty: '0.02',
      price: low,
      ...more,
    })
    const create = (more: JsonObject) => keep(scene, 'order/create', '/v5/order/create', order(more))
    create({ price: high, orderLinkId: `filled-${at.category}`, qty: '0.4' })
    create({ price: high, timeInForce: 'PostOnly' })
    const resting = create({ orderLinkId: `resting-${at.category}` })
    keep(scene, 'order/amend', '/v5/order/amend', { ...at, orderId: String(resting.orderId), qty: '0.03' })
    keep(scene, 'order/cancel', '/v5/order/cancel', { ...at, orderId: String(resting.orderId) })
    const nameless = [create({}), create({})].map(({ orderId }) => ({
      symbol: BTC,
      orderId: String(orderId),
      qty: '0.03',
    }))
    keep(scene, 'order/amend-batch', '/v5/order/amend-batch', { category: at.category, request: nameless })
    create({ orderLinkId: `open-${at.category}` })
    const request = [1, 2].map(n => order({ orderLinkId: `batch-${at.category}-${n}` }))
    const batch = { category: at.category }
    keep(scene, 'order/create-batch', '/v5/order/create-batch', { ...batch, request })
    const named = [1, 2].map(n => ({ symbol: BTC, orderLinkId: `batch-${at.category}-${n}`, qty: '0.03' }))
    keep(scene, 'order/amend-batch', '/v5/order/amend-batch', { ...batch, request: named })
    keep(scene, 'order/cancel-batch', '/v5/order/cancel-batch', { ...batch, request: named })
    keep(scene, 'order/cancel-all', '/v5/order/cancel-all', at)
    create({ orderLinkId: `still-open-${at.category}` })
    create({ orderType: 'Market', side: 'Sell', price: '', qty: '0.02' })
    desk.core.schedule({
      kind: 'reject',
      market: at.category as 'spot',
      symbol: BTC,
      atMs: desk.core.nowMs(),
      count: 1,
    })
    advance(scene, desk.core.nowMs() + 2000)
    create({ orderLinkId: `rejected-${at.category}` })
  }
}

/** Positions that are reduced, settled, deleveraged, delivered and liquidated. */
function force(scene: Scene): void {
  const { core } = scene.desk
  const atMs = core.nowMs() + HOUR
  const sell = (symbol: string, qty: string, uid?: string) =>
    scene.desk.request(
      'POST',
      '/v5/order/create',
      { category: 'linear', symbol, side: 'Sell', orderType: 'Market', qty },
      uid,
    )
  sell('SOLUSDT', '10')
  sell('XRPUSDT', '1000')
  core.deposit(POOR, 'USDT', '1000')
  scene.desk.request(
    'POST',
    '/v5/position/set-leverage',
    { category: 'linear', symbol: 'ETHUSDT', buyLeverage: '50', sellLeverage: '50' },
    POOR,
  )
  sell('ETHUSDT', '10', POOR)
  core.schedule({
    kind: 'premium',
    symbol: 'ETHUSDT',
    atMs: core.nowMs() + MINUTE,
    premium: 0.08,
    untilMs: atMs,
  })
  core.schedule({ kind: 'adl', symbol: 'SOLUSDT', atMs, share: '0.5' })
  core.schedule({ kind: 'delisting', symbol: 'XRPUSDT', atMs })
  core.schedule({ kind: 'restart', atMs: atMs - MINUTE })
  core.schedule({ kind: 'restart', atMs: atMs + 24 * HOUR })
  advance(scene, atMs + 10_000)
}

/** Debt of spot margin and what is done about it. */
function owe(scene: Scene): void {
  const { desk } = scene
  const name = (path: string) => path.replace('/v5/', '')
  const post = (path: string, params: JsonObject) => keep(scene, name(path), path, params)
  post('/v5/spot-margin-trade/switch-mode', { spotMarginMode: '1' })
  post('/v5/spot-margin-trade/set-leverage', { leverage: '5' })
  post('/v5/spot-margin-trade/set-auto-repay-mode', { currency: 'SOL', autoRepayMode: '0' })
  post('/v5/account/borrow', { coin: 'SOL', amount: '5' })
  desk.create({
    category: 'spot',
    symbol: 'SOLUSDT',
    side: 'Sell',
    orderType: 'Market',
    qty: '4',
    isLeverage: 1,
  })
  advance(scene, Math.ceil(desk.core.nowMs() / HOUR) * HOUR + 10 * MINUTE)
  post('/v5/account/no-convert-repay', { coin: 'SOL', amount: '0.1' })
  post('/v5/account/repay', { coin: 'SOL', amount: '0.5' })
  post('/v5/account/quick-repayment', { coin: 'SOL' })
  post('/v5/account/set-collateral-switch', { coin: 'ETH', collateralSwitch: 'OFF' })
  post('/v5/account/set-collateral-switch-batch', { request: [{ coin: 'ETH', collateralSwitch: 'ON' }] })
}

function settings(scene: Scene): void {
  const post = (path: string, params: JsonObject) => keep(scene, path.replace('/v5/', ''), path, params)
  post('/v5/position/set-leverage', { ...LINEAR, buyLeverage: '5', sellLeverage: '5' })
  post('/v5/account/set-limit-px-action', { category: 'linear', modifyEnable: true })
  post('/v5/account/set-delta-mode', { deltaEnable: '1' })
  // With a debt the mode is refused, and the reply says why.
  scene.desk.request('POST', '/v5/account/borrow', { coin: 'SOL', amount: '1' })
  post('/v5/account/set-margin-mode', { setMarginMode: 'ISOLATED_MARGIN' })
  post('/v5/account/set-hedging-mode', { setHedgingMode: 'OFF' })
  post('/v5/position/switch-mode', { ...LINEAR, mode: 0 })
  post('/v5/position/confirm-pending-mmr', LINEAR)
  const price = new Decimal(scene.desk.touch('linear', BTC).bid).toFixed()
  post('/v5/order/pre-check', {
    ...LINEAR,
    side: 'Buy',
    orderType: 'Limit',
    qty: '0.01',
    price,
    orderLinkId: 'asked',
  })
}

/** Hours later, orders that are open. */
function restAgain({ desk }: Scene): void {
  for (const at of [SPOT, LINEAR]) {
    const price = times(desk.touch(at.category, BTC).bid, 0.995, 1)
    desk.create({
      ...at,
      side: 'Buy',
      orderType: 'Limit',
      qty: '0.01',
      price,
      orderLinkId: `late-${at.category}`,
    })
  }
}

/** The scene, built once: eight hours of simulated time from twenty past eight. */
export function makeScene(): Scene {
  const universe = builtInUniverse([BTC, 'ETHUSDT', 'SOLUSDT', 'XRPUSDT'])
  const scene: Scene = { desk: openDesk({ universe }), replies: new Map(), pushes: new Map() }
  listen(scene)
  settings(scene)
  trade(scene)
  force(scene)
  owe(scene)
  advance(scene, START_MS - (START_MS % HOUR) + 8 * HOUR + 10_000)
  restAgain(scene)
  take(scene)
  return scene
}
