/** What can be scheduled beside listings and deleveraging: each changes what Bybit would change, from its instant on. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import type { Happening } from '../../../../src/exchange/simulator/events/agenda-shape.ts'
import { historyMarket } from '../../../../src/exchange/simulator/history/market.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import {
  type Desk,
  HOUR,
  ioc,
  openDesk,
  type Row,
  START_MS,
  sum,
  UID,
} from '../../../support/exchange/simulator-core.ts'

const MINUTE = 60_000
const universe = builtInUniverse(['SOLUSDT', 'BTCUSDT'])
const open = (balances: Record<string, string> = { USDT: '100000' }) =>
  openDesk({ universe, accounts: [{ uid: UID, balances }] })
/** Lets one thing happen a second from now, and time pass until just after it. */
function letHappen(desk: Desk, happening: JsonObject): void {
  desk.core.schedule({ atMs: desk.core.nowMs() + 1000, ...happening } as unknown as Happening)
  desk.core.advance(desk.core.nowMs() + 1000)
}
const indexOf = (desk: Desk, symbol = 'SOLUSDT') =>
  Number(desk.one('/v5/market/tickers', { category: 'linear', symbol }).indexPrice)
const order = (category: string, side: string, qty: string, more: JsonObject = {}) => ({
  category,
  symbol: 'SOLUSDT',
  side,
  orderType: 'Market',
  qty,
  ...(category === 'spot' && { marketUnit: 'baseCoin' }),
  ...more,
})
const info = (desk: Desk, category: string) =>
  desk.one('/v5/market/instruments-info', { category, symbol: 'SOLUSDT' }) as unknown as JsonObject

test('an interval switch moves the next settlement, and what is paid follows it', () => {
  const desk = open()
  desk.create(order('linear', 'Sell', '10'))
  letHappen(desk, { kind: 'interval', symbol: 'SOLUSDT', hours: 1 })
  const nextMs = Math.ceil(START_MS / HOUR) * HOUR
  expect(info(desk, 'linear')).toMatchObject({ fundingInterval: 60 })
  expect(desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })).toMatchObject({
    fundingIntervalHour: '1',
    nextFundingTime: String(nextMs),
  })
  desk.core.advance(nextMs + 2 * HOUR + MINUTE)
  const paid = desk.log({ type: 'SETTLEMENT' }).map(row => Number(row.transactionTime))
  expect(paid.reverse()).toEqual([nextMs, nextMs + HOUR, nextMs + 2 * HOUR])
})

describe('a price shock', () => {
  test('moves index, mark and both books at once', () => {
    const desk = open()
    const [before, spot] = [indexOf(desk), Number(desk.touch('spot', 'SOLUSDT').bid)]
    letHappen(desk, { kind: 'shock', symbol: 'SOLUSDT', change: -0.3 })
    expect(indexOf(desk) / before).toBeCloseTo(0.7, 2)
    expect(Number(desk.touch('spot', 'SOLUSDT').bid) / spot).toBeCloseTo(0.7, 2)
    expect(desk.position('SOLUSDT').markPrice).toBeDefined()
  })

  test('spread over a while moves evenly and stops, and a save in the middle goes on with it', () => {
    const desk = open()
    const before = indexOf(desk)
    letHappen(desk, { kind: 'shock', symbol: 'SOLUSDT', change: 0.5, overMs: 2 * MINUTE })
    desk.core.advance(desk.core.nowMs() + MINUTE)
    expect(indexOf(desk) / before).toBeCloseTo(Math.sqrt(1.5), 1)
    const resumed = createSimulatedBybit({ seed: 7, startAtMs: START_MS, universe, saved: desk.core.save() })
    const untilMs = desk.core.nowMs() + 10 * MINUTE
    desk.core.advance(untilMs)
    resumed.advance(untilMs)
    expect(resumed.save().state).toEqual(desk.core.save().state)
    expect(resumed.save().market).toEqual(desk.core.save().market)
    expect(indexOf(desk) / before).toBeCloseTo(1.5, 1)
  })

  test('liquidates whom it ruins', () => {
    const desk = open({ USDT: '2000' })
    desk.request('POST', '/v5/position/set-leverage', {
      category: 'linear',
      symbol: 'SOLUSDT',
      buyLeverage: '20',
      sellLeverage: '20',
    })
    const bid = Number(desk.touch('linear', 'SOLUSDT').bid)
    desk.create(order('linear', 'Buy', new Decimal(20_000 / bid).toFixed(1)))
    letHappen(desk, { kind: 'shock', symbol: 'SOLUSDT', change: -0.3 })
    desk.core.advance(desk.core.nowMs() + MINUTE)
    expect(desk.fills('linear', { execType: 'BustTrade' })).not.toHaveLength(0)
    expect(desk.position('SOLUSDT').side).toBe('')
  })

  test('is refused where prices are recorded history', () => {
    const market = historyMarket({ universe, symbols: [], startAtMs: START_MS })
    const core = createSimulatedBybit({ seed: 1, startAtMs: START_MS, universe, market })
    const atMs = START_MS + 1000
    expect(() => core.schedule({ kind: 'shock', symbol: 'SOLUSDT', atMs, change: 0.1 })).toThrow(/history/)
  })
})

test('a cascade shows liquidations of one side, pulls the perpetual ahead of its index, and ends', () => {
  const desk = open()
  const topic = 'allLiquidation.SOLUSDT'
  desk.core.want(wanted => wanted === topic)
  desk.core.subscribe('public-linear', topic)
  const before = indexOf(desk)
  letHappen(desk, { kind: 'cascade', symbol: 'SOLUSDT', change: -0.2, overMs: MINUTE, premium: -0.03 })
  desk.core.takePushes()
  const told: Row[] = []
  const listen = (ms: number) => {
    told.length = 0
    for (let passed = 0; passed < ms; passed += 1000) {
      desk.core.advance(desk.core.nowMs() + 1000)
      told.push(...desk.core.takePushes().flatMap(push => push.message.data as unknown as Row[]))
    }
  }
  listen(MINUTE)
  expect(told.length).toBeGreaterThan(50)
  expect(new Set(told.map(row => row.S))).toEqual(new Set(['Buy']))
  const { indexPrice, lastPrice } = desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })
  expect(Number(lastPrice) / Number(indexPrice)).toBeLessThan(0.99)
  expect(indexOf(desk) / before).toBeCloseTo(0.8, 1)
  listen(MINUTE)
  expect(told.length).toBeLessThanOrEqual(1)
})

test('a new collateral ratio counts from its instant, in the account and in the published tiers', () => {
  const desk = open({ USDT: '1000', SOL: '10' })
  const before = Number(desk.wallet().totalMarginBalance)
  letHappen(desk, { kind: 'collateral-ratio', coin: 'SOL', ratio: '0.1' })
  const counted = 1000 + 10 * indexOf(desk) * 0.1
  expect(Number(desk.wallet().totalMarginBalance)).toBeCloseTo(counted, 3)
  expect(counted).toBeLessThan(before)
  const [row] = desk.list('/v5/spot-margin-trade/collateral', { currency: 'SOL' }) as unknown as {
    collateralRatioList: Row[]
  }[]
  expect(row?.collateralRatioList[0]).toMatchObject({ collateralRatio: '0.1' })
})

test('a recall repays what is owed and ends borrowing, and no money is made or lost', () => {
  const desk = open()
  expect(desk.create(order('spot', 'Sell', '50', { isLeverage: 1 }))).toMatchObject({ retCode: 0 })
  expect(desk.coin('SOL').spotBorrow).toBe('50')
  letHappen(desk, { kind: 'recall', coin: 'SOL' })
  expect(desk.coin('SOL')).toMatchObject({ spotBorrow: '0', walletBalance: '0' })
  expect(desk.log({ type: 'CURRENCY_BUY' })).toMatchObject([{ currency: 'SOL', change: '50' }])
  expect(info(desk, 'spot')).toMatchObject({ marginTrading: 'none' })
  expect(desk.create(order('spot', 'Sell', '1', { isLeverage: 1 }))).toMatchObject({ retCode: 170344 })
  const { accounts, house } = desk.core.save().state as unknown as {
    accounts: Record<string, { coins: Record<string, { wallet: string }> }>
    house: Record<string, string>
  }
  for (const [coin, whole] of [
    ['USDT', '100000'],
    ['SOL', '0'],
  ] as const) {
    const held = Object.values(accounts).map(account => account.coins[coin]?.wallet)
    expect(sum([...held, house[coin]]).toFixed()).toBe(whole)
  }
})

describe('maintenance', () => {
  const rest = (desk: Desk, category: string) =>
    desk.create(
      order(category, 'Buy', '1', {
        orderType: 'Limit',
        price: new Decimal(desk.touch(category, 'SOLUSDT').bid).times('0.99').toFixed(1),
        orderLinkId: `rests-${category}`,
      }),
    )
  const down = (desk: Desk, more: JsonObject = {}) =>
    letHappen(desk, { kind: 'maintenance', untilMs: desk.core.nowMs() + 10 * MINUTE, ...more })

  test('refuses to create, amend and cancel, fills nothing, and is over at its end', () => {
    const desk = open()
    expect([rest(desk, 'linear'), rest(desk, 'spot')]).toMatchObject([{ retCode: 0 }, { retCode: 0 }])
    down(desk)
    const codes = { linear: 110066, spot: 170210 }
    for (const [category, retCode] of Object.entries(codes)) {
      expect(desk.create(order(category, 'Buy', '1'))).toMatchObject({ retCode })
      const one = { category, symbol: 'SOLUSDT', orderLinkId: `rests-${category}` }
      for (const verb of ['amend', 'cancel', 'cancel-all'])
        expect(desk.request('POST', `/v5/order/${verb}`, { ...one, qty: '2' })).toMatchObject({ retCode })
    }
    const spread = { symbol: 'SOLUSDT_SOL/USDT', side: 'Buy', orderType: 'Market', qty: '1' }
    expect(desk.request('POST', '/v5/spread/order/create', spread)).toMatchObject({ retCode: 110066 })
    letHappen(desk, { kind: 'shock', symbol: 'SOLUSDT', change: -0.05 })
    desk.core.advance(desk.core.nowMs() + MINUTE)
    expect(desk.fills('linear')).toHaveLength(0)
    desk.core.advance(desk.core.nowMs() + 10 * MINUTE)
    expect(desk.fills('linear')).toHaveLength(1)
    expect(desk.create(order('linear', 'Buy', '1'))).toMatchObject({ retCode: 0 })
  })

  test('of one market leaves the other trading, and is announced ahead', () => {
    const desk = open()
    const atMs = desk.core.nowMs() + HOUR
    desk.core.schedule({
      kind: 'maintenance',
      atMs,
      untilMs: atMs + HOUR,
      markets: ['spot'],
      title: 'Upgrade',
    })
    const status = () => desk.one('/v5/system/status')
    expect(status()).toMatchObject({
      title: 'Upgrade',
      state: 'scheduled',
      product: [2],
      begin: String(atMs),
    })
    desk.core.advance(atMs)
    expect(status()).toMatchObject({ state: 'ongoing' })
    expect(desk.create(order('spot', 'Buy', '1'))).toMatchObject({ retCode: 170210 })
    expect(desk.create(order('linear', 'Sell', '1'))).toMatchObject({ retCode: 0 })
    desk.core.advance(atMs + HOUR)
    expect(status()).toMatchObject({ state: 'completed' })
    expect(desk.create(order('spot', 'Buy', '1'))).toMatchObject({ retCode: 0 })
  })
})

test('a new least order value is published and held on both markets', () => {
  const desk = open()
  for (const market of ['linear', 'spot'])
    letHappen(desk, { kind: 'min-value', market, symbol: 'SOLUSDT', minValue: '5000' })
  expect(info(desk, 'linear')).toMatchObject({ lotSizeFilter: { minNotionalValue: '5000' } })
  expect(info(desk, 'spot')).toMatchObject({ lotSizeFilter: { minOrderAmt: '5000' } })
  expect(desk.create(order('linear', 'Buy', '1'))).toMatchObject({
    retCode: 110094,
    retMsg: expect.stringContaining('5000USDT'),
  })
  expect(desk.create(order('spot', 'Buy', '1'))).toMatchObject({ retCode: 170140 })
  expect(desk.create(order('linear', 'Buy', '100'))).toMatchObject({ retCode: 0 })
})

test('a cut of the risk limits makes a larger position reduce-only and opening impossible', () => {
  const desk = open()
  const { bid } = desk.touch('linear', 'SOLUSDT')
  desk.create(ioc('linear', 'SOLUSDT', 'Sell', '100', new Decimal(bid).times('0.99').toFixed(2)))
  const limits = () => desk.list('/v5/market/risk-limit', { category: 'linear', symbol: 'SOLUSDT' })
  const before = limits()
  const maintenance = Number(desk.position('SOLUSDT').positionMM)
  letHappen(desk, { kind: 'risk-limit', symbol: 'SOLUSDT', share: '0.001' })
  expect(limits().map(row => Number(row.riskLimitValue))).toEqual(
    before.map(row => Number(row.riskLimitValue) * 0.001),
  )
  expect(desk.position('SOLUSDT')).toMatchObject({ isReduceOnly: true })
  expect(Number(desk.position('SOLUSDT').positionMM)).toBeGreaterThan(maintenance)
  expect(desk.create(order('linear', 'Sell', '1'))).toMatchObject({ retCode: 110090 })
  expect(desk.create(order('linear', 'Buy', '1', { reduceOnly: true }))).toMatchObject({ retCode: 0 })
})
