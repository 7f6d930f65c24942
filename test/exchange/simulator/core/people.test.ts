/** What people do beside the engine, as happenings: trades by hand, money moved, settings and keys changed. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { type Desk, openDesk, type Row, UID } from '../../../support/exchange/simulator-core.ts'

type Event = { kind: string } & Record<string, unknown>
/** Makes them happen within the next seconds. */
function happen(desk: Desk, ...events: Event[]): void {
  for (const event of events) desk.core.schedule({ atMs: desk.core.nowMs() + 1_000, ...event } as never)
  desk.core.advance(desk.core.nowMs() + 2_000)
}

const SHORT = { category: 'linear', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '10' }
const BUY = {
  category: 'spot',
  symbol: 'SOLUSDT',
  side: 'Buy',
  orderType: 'Market',
  marketUnit: 'baseCoin',
  qty: '10',
}
function hedged(): Desk {
  const desk = openDesk()
  desk.placed(BUY)
  desk.placed(SHORT)
  return desk
}
const held = (desk: Desk) => {
  const { side, size } = desk.position('SOLUSDT')
  return { perp: `${side} ${size}`, spot: new Decimal(desk.coin('SOL').walletBalance ?? '').toFixed(1) }
}

describe('trades by hand', () => {
  test('a part of the position is closed, and the legs stand apart', () => {
    const desk = hedged()
    happen(desk, { kind: 'hand', market: 'linear', symbol: 'SOLUSDT', share: 0.5 })
    expect(held(desk)).toEqual({ perp: 'Sell 5.0', spot: '10.0' })
    expect(desk.fills('linear')[0]).toMatchObject({ side: 'Buy', orderLinkId: '', execQty: '5.0' })
  })

  test('a share beyond the whole turns the position over', () => {
    const desk = hedged()
    happen(desk, { kind: 'hand', market: 'linear', symbol: 'SOLUSDT', share: 2 })
    expect(held(desk).perp).toBe('Buy 10.0')
  })

  test('both legs are closed', () => {
    const desk = hedged()
    const both = { kind: 'hand', symbol: 'SOLUSDT', share: 1 }
    happen(desk, { ...both, market: 'linear' }, { ...both, market: 'spot' })
    expect(held(desk)).toEqual({ perp: ' 0.0', spot: '0.0' })
  })

  test('more is sold than the hedge has, as an order of its own', () => {
    const desk = hedged()
    happen(desk, { kind: 'hand', market: 'linear', symbol: 'SOLUSDT', side: 'Sell', qty: '50' })
    expect(held(desk).perp).toBe('Sell 60.0')
  })

  test.each([
    [{ side: 'Sell' }, 'expected side and qty, or share'],
    [{ side: 'Sell', qty: '1', share: 1 }, 'expected side and qty, or share'],
    [{ share: 0 }, 'share: expected a factor above 0, found 0'],
  ])('%j says what is missing', (event, words) => {
    const desk = openDesk()
    const asked = { kind: 'hand', market: 'linear', symbol: 'SOLUSDT', ...event }
    expect(() => happen(desk, asked)).toThrow(words)
  })
})

describe('money', () => {
  test('comes in as dust of a coin and goes out as far as it is there', () => {
    const desk = openDesk()
    happen(desk, { kind: 'transfer', coin: 'SOL', amount: '0.00000012' })
    happen(desk, { kind: 'transfer', coin: 'USDT', amount: '-250000' })
    expect(desk.coin('SOL').walletBalance).toBe('0.00000012')
    expect(desk.coin('USDT').walletBalance).toBe('0')
    expect(desk.log().map(({ type, change }) => [type, change])).toEqual([
      ['TRANSFER_OUT', '-100000'],
      ['TRANSFER_IN', '0.00000012'],
      ['TRANSFER_IN', '100000'],
    ])
  })

  test('fees are paid in MNT while there is enough of it, in rows of the same trade', () => {
    const desk = openDesk({ accounts: [{ uid: UID, balances: { USDT: '100000', MNT: '5' } }] })
    happen(desk, { kind: 'account', mntFees: true })
    desk.placed(SHORT)
    const [fill] = desk.fills('linear')
    expect(fill).toMatchObject({ feeCurrency: 'MNT' })
    const rows = desk.log({ type: 'TRADE' }).filter(({ tradeId }) => tradeId === fill?.execId)
    expect(rows.map(({ currency }) => currency).sort()).toEqual(['MNT', 'USDT'])
    expect(rows.find(({ currency }) => currency === 'USDT')?.fee).toBe('0')
    expect(rows.find(({ currency }) => currency === 'MNT')?.fee).toBe(fill?.execFee)
    happen(desk, { kind: 'transfer', coin: 'MNT', amount: '-100' })
    desk.placed(BUY)
    expect(desk.fills('spot')[0]).toMatchObject({ feeCurrency: 'SOL' })
  })
})

describe('how the account is set', () => {
  const ACCOUNT_WIDE = ['accountIMRate', 'accountMMRate', 'totalMarginBalance', 'totalAvailableBalance']

  test('isolated margin has no rates and totals of the account, and lends nothing', () => {
    const desk = openDesk()
    happen(desk, { kind: 'account', marginMode: 'ISOLATED_MARGIN' })
    const wallet = desk.wallet()
    for (const name of [...ACCOUNT_WIDE, 'totalInitialMargin', 'totalMaintenanceMargin'])
      expect(wallet, name).toMatchObject({ [name]: '' })
    expect(Number(wallet.totalEquity)).toBeGreaterThan(0)
    const sell = { category: 'spot', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '1' }
    expect(desk.create({ ...sell, isLeverage: 1 })).toMatchObject({ retCode: 182021 })
    expect(desk.request('POST', '/v5/order/pre-check', SHORT)).toMatchObject({ retCode: 10001 })
    expect(desk.get('/v5/account/info')).toMatchObject({ marginMode: 'ISOLATED_MARGIN' })
  })

  test('portfolio margin keeps the rates, and its positions say no price of liquidation', () => {
    const desk = hedged()
    desk.request('POST', '/v5/account/set-margin-mode', { setMarginMode: 'PORTFOLIO_MARGIN' })
    expect(desk.get('/v5/account/info')).toMatchObject({ marginMode: 'PORTFOLIO_MARGIN' })
    expect(desk.wallet().accountMMRate).not.toBe('')
    expect(desk.position('SOLUSDT').liqPrice).toBe('')
  })

  test('a debt keeps the account from isolated margin', () => {
    const desk = openDesk()
    desk.request('POST', '/v5/account/borrow', { coin: 'SOL', amount: '1' })
    const reply = desk.request('POST', '/v5/account/set-margin-mode', { setMarginMode: 'ISOLATED_MARGIN' })
    expect(reply).toMatchObject({ retCode: 3400045 })
  })

  test('hedge mode lists both sides, and refuses orders of one-way mode', () => {
    const desk = openDesk()
    const mode = (to: string) =>
      desk.request('POST', '/v5/position/switch-mode', { category: 'linear', symbol: 'SOLUSDT', mode: to })
    expect(mode('3')).toMatchObject({ retCode: 0 })
    const rows = desk.list('/v5/position/list', { category: 'linear', symbol: 'SOLUSDT' })
    expect(rows.map(({ positionIdx }) => positionIdx)).toEqual([1, 2])
    expect(desk.create(SHORT)).toMatchObject({
      retCode: 10001,
      retMsg: 'position idx not match position mode',
    })
    expect(mode('3')).toMatchObject({ retCode: 110025 })
    mode('0')
    desk.placed(SHORT)
    expect(mode('3')).toMatchObject({ retCode: 110024 })
  })
})

describe('API keys', () => {
  const asked = (desk: Desk, key: string, path: string, params: JsonObject, address = '10.0.0.1') =>
    desk.core.request({
      via: 'rest',
      method: path.includes('create') ? 'POST' : 'GET',
      path,
      params,
      uid: UID,
      key,
      address,
    })
  const order = (desk: Desk, key: string, params: JsonObject = SHORT) =>
    asked(desk, key, '/v5/order/create', params)
  const seen = (desk: Desk, key: string) => asked(desk, key, '/v5/user/query-api', {}).result as Row

  test('two keys of one account say the same UID', () => {
    const desk = openDesk()
    expect(seen(desk, 'old')).toMatchObject({ userID: Number(UID), apiKey: 'old' })
    expect(seen(desk, 'new')).toMatchObject({ userID: Number(UID), apiKey: 'new', isMaster: true })
  })

  test('what a key may not do is refused with 10005, and shown by its permissions', () => {
    const desk = openDesk()
    happen(
      desk,
      { kind: 'key', key: 'reader', readOnly: true },
      { kind: 'key', key: 'spot', contract: false },
      { kind: 'key', key: 'contract', spot: false },
      { kind: 'key', key: 'thief', withdraw: true },
    )
    const codes = (key: string) => [order(desk, key).retCode, order(desk, key, BUY).retCode]
    expect(codes('reader')).toEqual([10005, 10005])
    expect(codes('spot')).toEqual([10005, 0])
    expect(codes('contract')).toEqual([0, 10005])
    expect(codes('thief')).toEqual([0, 0])
    const spread = { symbol: 'SOLUSDT_SOL/USDT', side: 'Sell', orderType: 'Market', qty: '1' }
    expect(asked(desk, 'contract', '/v5/spread/order/create', spread)).toMatchObject({ retCode: 10005 })
    expect(seen(desk, 'reader')).toMatchObject({ readOnly: 1 })
    expect(seen(desk, 'spot').permissions).toMatchObject({ ContractTrade: [], Spot: ['SpotTrade'] })
    expect(seen(desk, 'contract').permissions).toMatchObject({ Spot: [] })
    expect(seen(desk, 'thief').permissions).toMatchObject({ Wallet: expect.arrayContaining(['Withdraw']) })
  })

  test('a key counts its days, and opens nothing once they are over', () => {
    const desk = openDesk()
    const inThreeDays = desk.core.nowMs() + 3 * 86_400_000 + 60_000
    happen(desk, { kind: 'key', expiresAtMs: inThreeDays })
    expect(seen(desk, 'any')).toMatchObject({ deadlineDay: 3 })
    desk.core.advance(inThreeDays)
    expect(asked(desk, 'any', '/v5/account/info', {})).toMatchObject({ retCode: 33004 })
  })

  test('a key of which nothing was said never comes near its end', () => {
    const desk = openDesk()
    expect(seen(desk, 'any')).toMatchObject({ deadlineDay: 90 })
    desk.core.advance(desk.core.nowMs() + 2 * 86_400_000)
    expect(seen(desk, 'any')).toMatchObject({ deadlineDay: 90 })
    expect(asked(desk, 'any', '/v5/account/info', {})).toMatchObject({ retCode: 0 })
  })

  test('a key bound to an address lives for good and opens nothing elsewhere', () => {
    const desk = openDesk()
    happen(desk, { kind: 'key', key: 'bound', ips: ['10.0.0.1'] })
    expect(seen(desk, 'bound')).toMatchObject({ deadlineDay: -2, ips: ['10.0.0.1'] })
    expect(asked(desk, 'bound', '/v5/account/info', {}, '10.0.0.2')).toMatchObject({ retCode: 10010 })
  })

  test.each([10003, 10005, 10010, 33004])('a key is refused with %i until it is opened again', code => {
    const desk = openDesk()
    happen(desk, { kind: 'key', refusedWith: code })
    expect(asked(desk, 'any', '/v5/account/info', {})).toMatchObject({ retCode: code })
    expect(asked(desk, 'any', '/v5/market/time', {})).toMatchObject({ retCode: 0 })
    happen(desk, { kind: 'key', refusedWith: 0 })
    expect(asked(desk, 'any', '/v5/account/info', {})).toMatchObject({ retCode: 0 })
  })
})

describe('what markets do', () => {
  test.each([10001, 10005, 10024, 110090])('new perpetual orders are refused with %i for good', code => {
    const desk = hedged()
    happen(desk, { kind: 'refuse', market: 'linear', opening: true, retCode: code })
    desk.core.advance(desk.core.nowMs() + 3_600_000)
    expect(desk.create(SHORT)).toMatchObject({ retCode: code })
    expect(desk.create({ ...SHORT, side: 'Buy', reduceOnly: true })).toMatchObject({ retCode: 0 })
    expect(desk.create(BUY)).toMatchObject({ retCode: 0 })
  })

  test('a spread order is refused with its leg, and all of it ends', () => {
    const desk = openDesk()
    const untilMs = desk.core.nowMs() + 60_000
    happen(desk, { kind: 'refuse', market: 'spot', symbol: 'SOLUSDT', retCode: 170131, untilMs })
    const spread = { symbol: 'SOLUSDT_SOL/USDT', side: 'Sell', orderType: 'Market', qty: '1' }
    const create = () => desk.request('POST', '/v5/spread/order/create', spread).retCode
    expect(create()).toBe(170131)
    desk.core.advance(untilMs)
    expect(create()).toBe(0)
  })

  test('two coins of one name: the spot market trades apart, by its own index', () => {
    const desk = openDesk()
    const before = Number(desk.touch('spot', 'SOLUSDT').bid)
    happen(desk, { kind: 'apart', symbol: 'SOLUSDT', ratio: 1.5 })
    expect(Number(desk.touch('spot', 'SOLUSDT').bid) / before).toBeCloseTo(1.5, 1)
    expect(Number(desk.touch('linear', 'SOLUSDT').bid) / before).toBeCloseTo(1, 1)
    const ticker = desk.one('/v5/market/tickers', { category: 'spot', symbol: 'SOLUSDT' })
    expect(Number(ticker.usdIndexPrice) / before).toBeCloseTo(1.5, 1)
    desk.placed(BUY)
  })

  test('a spike runs the perpetual ahead for seconds, without its mark price', () => {
    const desk = openDesk()
    const mid = () => Number(desk.touch('linear', 'SOLUSDT').bid)
    const mark = () =>
      Number(desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' }).markPrice)
    const before = { mid: mid(), mark: mark() }
    const untilMs = desk.core.nowMs() + 11_000
    happen(desk, { kind: 'spike', symbol: 'SOLUSDT', premium: 0.018, untilMs })
    expect(mid() / before.mid - 1).toBeCloseTo(0.018, 2)
    expect(mark() / before.mark - 1).toBeCloseTo(0, 2)
    desk.core.advance(untilMs + 1_000)
    expect(mid() / before.mid - 1).toBeCloseTo(0, 2)
  })

  test('only the spot market is delisted: announced, then gone, and the coins stay', () => {
    const desk = hedged()
    const atMs = desk.core.nowMs() + 3_600_000
    desk.core.schedule({ kind: 'delisting', market: 'spot', symbol: 'SOLUSDT', atMs })
    const [news] = desk.list('/v5/announcements/index', { type: 'delistings' })
    expect(news).toMatchObject({ title: 'Delisting of SOLUSDT Spot Trading Pair' })
    expect(desk.create(BUY)).toMatchObject({ retCode: 0 })
    desk.core.advance(atMs + 60_000)
    expect(desk.create(BUY)).toMatchObject({ retCode: 170121 })
    expect(held(desk)).toEqual({ perp: 'Sell 10.0', spot: '20.0' })
  })

  test('all of it is kept over a restart', () => {
    const desk = openDesk()
    happen(
      desk,
      { kind: 'key', key: 'reader', readOnly: true },
      { kind: 'refuse', retCode: 10024 },
      { kind: 'apart', symbol: 'SOLUSDT', ratio: 0.1 },
    )
    const again = openDesk({ saved: desk.core.save() })
    expect(again.create(SHORT)).toMatchObject({ retCode: 10024 })
    expect(again.touch('spot', 'SOLUSDT')).toEqual(desk.touch('spot', 'SOLUSDT'))
    expect(again.core.save()).toEqual(desk.core.save())
  })
})
