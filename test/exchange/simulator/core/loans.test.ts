/** Side readings of the simulator that clients decide by: what may be borrowed or spent, what is owed, what was traded, page by page. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, type Row, sum, times } from '../../../support/exchange/simulator-core.ts'

const universe = builtInUniverse(['BTCUSDT', 'SOLUSDT'])
const open = (USDT = '10000') => openDesk({ universe, accounts: [{ uid: '1001', balances: { USDT } }] })
const row = (desk: Desk, path: string, params: JsonObject): Row => desk.get(path, params) as unknown as Row
const market = (desk: Desk, category: string, side: string, qty: string, more: JsonObject = {}) =>
  desk.create({
    category,
    symbol: 'SOLUSDT',
    side,
    orderType: 'Market',
    marketUnit: 'baseCoin',
    qty,
    ...more,
  })

describe('what a spot order may spend or sell', () => {
  const check = (desk: Desk, side: string) =>
    row(desk, '/v5/order/spot-borrow-check', { category: 'spot', symbol: 'SOLUSDT', side })

  test('is what lies free, and with margin what can be borrowed on top', () => {
    const desk = open()
    const low = times(desk.touch('spot', 'SOLUSDT').bid, 0.99, 2)
    const resting = {
      category: 'spot',
      symbol: 'SOLUSDT',
      side: 'Buy',
      orderType: 'Limit',
      qty: '10',
      price: low,
    }
    desk.create(resting)
    const free = new Decimal(10_000).minus(new Decimal(low).times(10))
    const borrowable = row(desk, '/v5/spot-margin-trade/max-borrowable', { currency: 'USDT' }).maxLoan ?? '0'
    const buy = check(desk, 'Buy')
    expect(buy).toMatchObject({ borrowCoin: 'USDT', spotMaxTradeAmount: free.toFixed(8) })
    expect(buy.maxTradeAmount).toBe(free.plus(borrowable).toFixed(8))
    expect(check(desk, 'Sell')).toMatchObject({ borrowCoin: 'SOL', spotMaxTradeQty: '0.0000' })
    expect(Number(check(desk, 'Sell').maxTradeQty)).toBeGreaterThan(0)
  })

  test('is one’s own alone where margin is off', () => {
    const desk = open()
    desk.request('POST', '/v5/spot-margin-trade/switch-mode', { spotMarginMode: '0' })
    const buy = check(desk, 'Buy')
    expect(buy.maxTradeAmount).toBe('10000.00000000')
    expect(buy.maxTradeQty).toBe(buy.spotMaxTradeQty)
    expect(check(desk, 'Sell').maxTradeQty).toBe('0.0000')
  })
})

test('what pays a debt names the debt and everything held, and is refused without one', () => {
  const desk = open()
  const ask = () => desk.request('GET', '/v5/account/pay-info', { coin: 'SOL' })
  expect(ask().retCode).not.toBe(0)
  desk.request('POST', '/v5/account/borrow', { coin: 'SOL', amount: '3' })
  expect(ask().result).toMatchObject({
    borrowInfo: { coin: 'SOL', borrowSize: '3', availableBalance: '3' },
    collateralInfo: {
      collateralList: [
        { coin: 'USDT', availableSize: '10000', availableValue: '10000', borrowSize: '0' },
        { coin: 'SOL', availableSize: '3', borrowSize: '3' },
      ],
    },
  })
})

test('the sums of spot trades are those of the executions', () => {
  const desk = open()
  market(desk, 'spot', 'Buy', '5')
  market(desk, 'spot', 'Sell', '2')
  const sums = row(desk, '/v5/account/trade-info-for-analysis', { symbol: 'SOLUSDT' })
  const fills = (side: string, field: string) =>
    sum(
      desk
        .fills('spot')
        .filter(fill => fill.side === side)
        .map(fill => fill[field]),
    ).toFixed()
  expect(sums).toMatchObject({
    sumBuyExecQty: '5',
    sumSellExecQty: '2',
    netExecQty: '3',
    sumBuyOrderQty: '5',
    sumBuyExecValue: fills('Buy', 'execValue'),
    sumSellExecValue: fills('Sell', 'execValue'),
    sumSellExecFee: fills('Sell', 'execFee'),
  })
})

describe('pages join without a gap or a row twice', () => {
  const pages = (desk: Desk, path: string, params: JsonObject, count: number): Row[] => {
    const rows: Row[] = []
    for (let [cursor, page] = ['', 0]; page < count; page++) {
      const result = desk.get(path, { ...params, ...(cursor && { cursor }) })
      rows.push(...(result.list as unknown as Row[]))
      cursor = String(result.nextPageCursor)
    }
    return rows
  }

  test.each([
    ['/v5/market/open-interest', { intervalTime: '1h' }],
    ['/v5/market/account-ratio', { period: '1h' }],
  ])('%s', (path, period) => {
    const desk = open()
    const params = { category: 'linear', symbol: 'SOLUSDT', limit: '4', ...period }
    const times = pages(desk, path, params, 3).map(({ timestamp }) => Number(timestamp))
    expect(times).toHaveLength(12)
    for (const [at, time] of times.entries()) expect(time).toBe(Number(times[0]) - at * HOUR)
    const [first] = desk.list(path, { ...params, endTime: String(times[5]) })
    expect(Number(first?.timestamp)).toBe(times[5])
  })

  test('closed profit', () => {
    const desk = open()
    for (let round = 0; round < 5; round++) {
      market(desk, 'linear', 'Buy', '1')
      market(desk, 'linear', 'Sell', '1', { reduceOnly: true })
    }
    const params = { category: 'linear', symbol: 'SOLUSDT' }
    const all = desk.list('/v5/position/closed-pnl', params).map(({ orderId }) => orderId)
    expect(new Set(all).size).toBe(5)
    const paged = pages(desk, '/v5/position/closed-pnl', { ...params, limit: '2' }, 3)
    expect(paged.map(({ orderId }) => orderId)).toEqual(all)
  })
})

test('a position that never was has no value, no profit and no time; one that was has its times', () => {
  const desk = open()
  const empty = { size: '0.0', side: '', positionValue: '', unrealisedPnl: '', liqPrice: '' }
  expect(desk.position('SOLUSDT')).toMatchObject({ ...empty, seq: -1, createdTime: '', updatedTime: '' })
  market(desk, 'linear', 'Buy', '1')
  const held = desk.position('SOLUSDT')
  expect(Number(held.openTime)).toBe(desk.core.nowMs())
  market(desk, 'linear', 'Sell', '1', { reduceOnly: true })
  expect(desk.position('SOLUSDT')).toMatchObject({ ...empty, createdTime: held.createdTime, openTime: 0 })
})
