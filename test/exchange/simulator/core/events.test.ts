import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import {
  afterSettlement,
  CALM_SETTLEMENTS,
  switchIfDue,
  usualInterval,
} from '../../../../src/exchange/simulator/market/funding.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, START_MS, sum, UID } from '../../../support/exchange/simulator-core.ts'

const MINUTE = 60_000
const universe = builtInUniverse(['SOLUSDT', 'ETHUSDT'])
const open = () => openDesk({ universe })
const advance = (desk: Desk, ms: number) => desk.core.advance(desk.core.nowMs() + ms)
const short = (desk: Desk, qty = '10') =>
  desk.create({ category: 'linear', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty })
const resting = (desk: Desk, symbol = 'SOLUSDT') =>
  desk.create({
    category: 'linear',
    symbol,
    side: 'Buy',
    orderType: 'Limit',
    qty: '1',
    price: new Decimal(desk.touch('linear', symbol).bid).times('0.97').toFixed(2),
  })
const instrument = (desk: Desk, more: JsonObject = {}) =>
  desk.list('/v5/market/instruments-info', { category: 'linear', symbol: 'SOLUSDT', ...more })[0]

/** All that accounts and house hold of USDT. */
function everything(desk: Desk): string {
  const { accounts, house } = desk.core.save().state as unknown as {
    accounts: Record<string, { coins: Record<string, { wallet: string }> }>
    house: Record<string, string>
  }
  return sum([...Object.values(accounts).map(account => account.coins.USDT?.wallet), house.USDT]).toFixed()
}

describe('the funding interval', () => {
  const cap = { cap: 0.005, usualMs: 8 * HOUR }

  test('becomes hourly four minutes after a settlement at the cap, on either side', () => {
    for (const rate of [0.005, -0.005]) {
      const state = usualInterval(8 * HOUR)
      afterSettlement(state, rate, { ...cap, nowMs: 8 * HOUR })
      expect(switchIfDue(state, 8 * HOUR, 8 * HOUR + 3 * MINUTE)).toBe(false)
      expect(switchIfDue(state, 8 * HOUR, 8 * HOUR + 4 * MINUTE)).toBe(true)
      expect(state.intervalMs).toBe(HOUR)
    }
  })

  test('stays where a rate is within the cap', () => {
    const state = usualInterval(8 * HOUR)
    afterSettlement(state, 0.00499, { ...cap, nowMs: 8 * HOUR })
    expect(switchIfDue(state, 8 * HOUR, 9 * HOUR)).toBe(false)
  })

  test('comes back after a day of calm, at a time when no announced payment moves away', () => {
    const state = { intervalMs: HOUR, calm: 0 }
    for (let hour = 0; hour < CALM_SETTLEMENTS; hour++)
      afterSettlement(state, 0.0001, { ...cap, nowMs: hour * HOUR })
    expect(switchIfDue(state, 8 * HOUR, 4 * HOUR)).toBe(false)
    expect(switchIfDue(state, 8 * HOUR, 7 * HOUR)).toBe(true)
    expect(state.intervalMs).toBe(8 * HOUR)
  })

  test('is told by instruments-info, tickers and settlements alike', () => {
    const desk = open()
    const settlesAtMs = Math.ceil(START_MS / (8 * HOUR)) * 8 * HOUR
    desk.core.schedule({
      kind: 'premium',
      symbol: 'SOLUSDT',
      atMs: desk.core.nowMs() + MINUTE,
      premium: -0.02,
      untilMs: settlesAtMs + 3 * HOUR,
    })
    expect(instrument(desk)).toMatchObject({ fundingInterval: 480 })
    short(desk)
    desk.core.advance(settlesAtMs + 10 * MINUTE)
    expect(instrument(desk)).toMatchObject({ fundingInterval: 60 })
    expect(desk.one('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })).toMatchObject({
      fundingIntervalHour: '1',
      nextFundingTime: String(settlesAtMs + HOUR),
    })
    desk.core.advance(settlesAtMs + 2 * HOUR + MINUTE)
    const paid = desk.log({ type: 'SETTLEMENT' })
    expect(paid.map(row => Number(row.transactionTime) - settlesAtMs).reverse()).toEqual([0, HOUR, 2 * HOUR])
    expect(paid[2]).toMatchObject({ feeRate: '0.005' })
  })
})

describe('a delisting', () => {
  const soon = (desk: Desk) => desk.core.nowMs() + 2 * HOUR

  test('is announced ahead, by an announcement and by deliveryTime', () => {
    const desk = open()
    const atMs = soon(desk)
    expect(instrument(desk)).toMatchObject({ deliveryTime: '0', status: 'Trading' })
    desk.core.schedule({ kind: 'delisting', symbol: 'SOLUSDT', atMs })
    expect(instrument(desk)).toMatchObject({ deliveryTime: String(atMs), status: 'Trading' })
    const [news] = desk.list('/v5/announcements/index', { locale: 'en-US', type: 'delistings' })
    expect(news?.title).toContain('SOLUSDT')
  })

  test('allows only reducing in the last half hour', () => {
    const desk = open()
    const atMs = soon(desk)
    desk.core.schedule({ kind: 'delisting', symbol: 'SOLUSDT', atMs })
    expect(short(desk)).toMatchObject({ retCode: 0 })
    desk.core.advance(atMs - 20 * MINUTE)
    expect(short(desk)).toMatchObject({ retCode: 110042 })
    const reducing = { category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' }
    expect(desk.create({ ...reducing, reduceOnly: true })).toMatchObject({ retCode: 0 })
  })

  test('cancels orders, settles at the average index of the last half hour, and leaves no order behind', () => {
    const desk = open()
    const atMs = soon(desk)
    short(desk)
    resting(desk)
    resting(desk, 'ETHUSDT')
    desk.core.schedule({ kind: 'delisting', symbol: 'SOLUSDT', atMs })
    const orders = () => desk.list('/v5/order/history', { category: 'linear', symbol: 'SOLUSDT' }).length
    desk.core.advance(atMs - 1000)
    const before = orders()
    desk.core.advance(atMs)
    const [cancelled] = desk.list('/v5/order/history', { category: 'linear', symbol: 'SOLUSDT' })
    expect(cancelled).toMatchObject({ orderStatus: 'Cancelled', cancelType: 'CancelBySettle' })
    expect(orders()).toBe(before + 1)
    const candles = desk.list('/v5/market/index-price-kline', {
      symbol: 'SOLUSDT',
      interval: '1',
      start: String(atMs - 30 * MINUTE),
      end: String(atMs - 1),
    }) as unknown as string[][]
    expect(candles).toHaveLength(30)
    const average = sum(candles.map(candle => candle[4])).div(30)
    const [fill] = desk.fills('linear', { execType: 'Delivery' })
    expect(fill).toMatchObject({ createType: 'CreateBySettle', side: 'Buy', execQty: '10', execFee: '0' })
    expect(new Decimal(fill?.execPrice ?? 0).minus(average).abs().lt('0.001')).toBe(true)
    const [row] = desk.log({ type: 'DELIVERY' })
    expect(row).toMatchObject({ side: 'Buy', size: '0', fee: '0', tradeId: fill?.execId })
    expect(desk.list('/v5/order/realtime', { category: 'linear', symbol: 'ETHUSDT' })).toHaveLength(1)
    expect(everything(desk)).toBe('100000')
  })

  test('goes from Trading over Delivering to Closed, and is then gone', () => {
    const desk = open()
    const atMs = soon(desk)
    desk.core.schedule({ kind: 'delisting', symbol: 'SOLUSDT', atMs })
    desk.core.advance(atMs)
    expect(instrument(desk)).toMatchObject({ status: 'Delivering' })
    expect(short(desk)).toMatchObject({ retCode: 110074 })
    desk.core.advance(atMs + 2 * MINUTE)
    expect(instrument(desk)).toBeUndefined()
    expect(instrument(desk, { status: 'Closed' })).toMatchObject({ status: 'Closed' })
    expect(desk.list('/v5/market/tickers', { category: 'linear', symbol: 'SOLUSDT' })).toHaveLength(0)
    expect(desk.list('/v5/market/tickers', { category: 'spot', symbol: 'SOLUSDT' })).toHaveLength(1)
  })

  test('happens also after a restart', () => {
    const desk = open()
    const atMs = soon(desk)
    short(desk)
    desk.core.schedule({ kind: 'delisting', symbol: 'SOLUSDT', atMs })
    const core = createSimulatedBybit({ seed: 7, startAtMs: START_MS, universe, saved: desk.core.save() })
    for (const one of [core, desk.core]) one.advance(atMs + HOUR)
    expect(JSON.stringify(core.save())).toBe(JSON.stringify(desk.core.save()))
    expect(desk.position('SOLUSDT').side).toBe('')
  })
})

test('a new symbol trades from its launch on and not before', () => {
  const desk = open()
  desk.core.schedule({ kind: 'listing', market: 'linear', symbol: 'SOLUSDT', atMs: desk.core.nowMs() + HOUR })
  expect(instrument(desk)).toBeUndefined()
  expect(short(desk)).toMatchObject({ retCode: 110074 })
  expect(desk.list('/v5/announcements/index', { type: 'new_crypto' })).toHaveLength(1)
  advance(desk, HOUR)
  expect(instrument(desk)).toMatchObject({ status: 'Trading' })
  expect(short(desk)).toMatchObject({ retCode: 0 })
})

describe('auto-deleveraging', () => {
  const alert = (desk: Desk) => desk.list('/v5/market/adlAlert', { symbol: 'SOLUSDT' })[0]

  test('is preceded by an alert below the trigger and by the cancelling of orders', () => {
    const desk = open()
    const atMs = desk.core.nowMs() + HOUR
    short(desk)
    resting(desk)
    desk.core.schedule({ kind: 'adl', symbol: 'SOLUSDT', atMs })
    expect(Number(alert(desk)?.pnlRatio)).toBe(0)
    desk.core.advance(atMs - 10_000)
    expect(Number(alert(desk)?.pnlRatio)).toBeLessThan(Number(alert(desk)?.insurancePnlRatio))
    desk.core.takePushes()
    desk.core.advance(atMs)
    const orders = desk.list('/v5/order/history', { category: 'linear', symbol: 'SOLUSDT' })
    expect(orders[0]).toMatchObject({ cancelType: 'CancelByPrepareAdl' })
    const topics = desk.core.takePushes().map(push => push.topic)
    expect(topics.indexOf('order')).toBeLessThan(topics.indexOf('execution'))
  })

  test('takes the asked share of a position without a fee, as an AdlTrade and an ADL row', () => {
    const desk = open()
    const atMs = desk.core.nowMs() + HOUR
    short(desk)
    desk.core.schedule({ kind: 'adl', symbol: 'SOLUSDT', atMs, share: '0.333' })
    desk.core.advance(atMs)
    const [fill] = desk.fills('linear', { execType: 'AdlTrade' })
    expect(fill).toMatchObject({
      side: 'Buy',
      execQty: '3.4',
      execFee: '0',
      createType: 'CreateByAdl_PassThrough',
      orderLinkId: '',
    })
    const [row] = desk.log({ type: 'ADL' })
    expect(row).toMatchObject({ qty: '3.4', size: '-6.6', fee: '0', tradeId: fill?.execId })
    expect(desk.position('SOLUSDT')).toMatchObject({ size: '6.6', positionStatus: 'Adl' })
    advance(desk, 2 * MINUTE)
    expect(desk.position('SOLUSDT').positionStatus).toBe('Normal')
    expect(everything(desk)).toBe('100000')
  })

  test('ranks a position from 1 to 5, an empty one 0, and a delta-neutral account lower', () => {
    const desk = open()
    expect(desk.position('SOLUSDT')).toMatchObject({ adlRankIndicator: 0 })
    short(desk)
    const rank = Number(desk.position('SOLUSDT').adlRankIndicator)
    expect(rank).toBeGreaterThanOrEqual(1)
    expect(rank).toBeLessThanOrEqual(5)
    desk.request('POST', '/v5/account/set-delta-mode', { deltaEnable: '1' })
    expect(Number(desk.position('SOLUSDT').adlRankIndicator)).toBe(Math.max(1, rank - 2))
  })
})

test('a liquidation cancels everything first and leaves the maintenance margin to insurance', () => {
  const wif = builtInUniverse(['WIFUSDT'])
  const desk = openDesk({ universe: wif, accounts: [{ uid: UID, balances: { USDT: '1000' } }] })
  const pool = () => desk.list('/v5/market/insurance', { coin: 'USDT' })[0]?.balance ?? '0'
  const before = pool()
  desk.request('POST', '/v5/position/set-leverage', {
    category: 'linear',
    symbol: 'WIFUSDT',
    buyLeverage: '50',
    sellLeverage: '50',
  })
  desk.create({ category: 'linear', symbol: 'WIFUSDT', side: 'Buy', orderType: 'Market', qty: '100000' })
  // The long pays the cap hourly, which ends it soon.
  const nowMs = desk.core.nowMs()
  const untilMs = nowMs + 48 * HOUR
  desk.core.schedule({ kind: 'premium', symbol: 'WIFUSDT', atMs: nowMs + 1000, premium: 0.03, untilMs })
  for (let hours = 0; hours < 48 && desk.position('WIFUSDT').side !== ''; hours++) advance(desk, HOUR)
  const [bust] = desk.fills('linear', { execType: 'BustTrade' })
  expect(bust).toMatchObject({ side: 'Sell', createType: 'CreateByTakeOver_PassThrough' })
  expect(Number(bust?.execPrice)).toBeLessThan(Number(bust?.markPrice))
  const [row] = desk.log({ type: 'LIQUIDATION', startTime: bust?.execTime ?? '' })
  expect(row).toMatchObject({ side: 'Sell', size: '0', tradeId: bust?.execId })
  const left = new Decimal(bust?.markPrice ?? 0).minus(bust?.execPrice ?? 0).times(bust?.execQty ?? 0)
  expect(new Decimal(pool()).minus(before).minus(left).abs().lt('10')).toBe(true)
  expect(everything(desk)).toBe('1000')
})

test('what cannot happen is refused in words', () => {
  const desk = open()
  const { core } = desk
  expect(() => core.schedule({ kind: 'delisting', symbol: 'NOPE', atMs: core.nowMs() + 1 })).toThrow(
    /symbol invalid/,
  )
  expect(() => core.schedule({ kind: 'restart', atMs: 1 })).toThrow(/past/)
  expect(
    desk.request('POST', '/simulator/schedule', { kind: 'party', atMs: core.nowMs() + 1 }, ''),
  ).toMatchObject({
    retCode: 10001,
  })
  expect(
    desk.request('POST', '/simulator/schedule', { kind: 'restart', atMs: core.nowMs() + 1 }),
  ).toMatchObject({
    retCode: 10017,
  })
})
