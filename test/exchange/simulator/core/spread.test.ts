import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, type Row, sum } from '../../../support/exchange/simulator-core.ts'

const universe = builtInUniverse(['BTCUSDT', 'SOLUSDT', 'WIFUSDT'])
const open = () => openDesk({ universe })
const SYMBOL = 'SOLUSDT_SOL/USDT'
const order = (side: string, more: JsonObject = {}) => ({
  symbol: SYMBOL,
  side,
  orderType: 'Market',
  qty: '10',
  ...more,
})
const create = (desk: Desk, params: JsonObject) => desk.request('POST', '/v5/spread/order/create', params)
const ticker = (desk: Desk) => desk.one('/v5/spread/tickers', { symbol: SYMBOL })

test('spreads are listed for the large coins only, as a perpetual and its spot market', () => {
  const rows = open().list('/v5/spread/instrument')
  expect(rows.map(row => row.symbol)).toEqual(['BTCUSDT_BTC/USDT', SYMBOL])
  expect(rows[1]).toMatchObject({
    contractType: 'FundingRateArb',
    status: 'Trading',
    lotSize: '0.1',
    legs: [
      { symbol: 'SOLUSDT', contractType: 'LinearPerpetual' },
      { symbol: 'SOLUSDT', contractType: 'Spot' },
    ],
  })
})

test('the quote is the difference of both books', () => {
  const desk = open()
  const [perp, spot] = [desk.touch('linear', 'SOLUSDT'), desk.touch('spot', 'SOLUSDT')]
  expect(ticker(desk)).toMatchObject({
    askPrice: new Decimal(perp.ask).minus(spot.bid).toFixed(),
    bidPrice: new Decimal(perp.bid).minus(spot.ask).toFixed(),
  })
})

describe('a fill', () => {
  test('is both legs in the same quantity: selling buys the coin and shorts the perpetual', () => {
    const desk = open()
    expect(create(desk, order('Sell', { orderLinkId: 'carry-1' }))).toMatchObject({ retCode: 0 })
    expect(desk.position('SOLUSDT')).toMatchObject({ side: 'Sell', size: '10.0' })
    const [linear, spot] = ['linear', 'spot'].map(category => desk.fills(category))
    expect(sum(linear?.map(row => row.execQty) ?? []).toFixed()).toBe('10')
    expect(sum(spot?.map(row => row.execQty) ?? []).toFixed()).toBe('10')
    expect(spot?.[0]).toMatchObject({ side: 'Buy' })
  })

  test('costs half of the usual fees, and names the combination and no client id', () => {
    const desk = open()
    create(desk, order('Sell', { orderLinkId: 'carry-1' }))
    const [spreadOrder] = desk.list('/v5/spread/execution/list', { orderLinkId: 'carry-1' })
    for (const [category, rate] of [
      ['linear', '0.000275'],
      ['spot', '0.0005'],
    ] as const)
      for (const fill of desk.fills(category))
        expect(fill).toMatchObject({
          execType: 'FutureSpread',
          createType: 'CreateByFutureSpread',
          orderLinkId: '',
          feeRate: rate,
          parentExecId: expect.any(String),
        })
    expect(new Decimal(desk.coin('SOL').walletBalance ?? 0).toFixed()).toBe('9.995')
    const legs = spreadOrder?.legs as unknown as Row[]
    expect(legs.map(leg => [leg.category, leg.side, Number(leg.execQty)])).toEqual([
      ['linear', 'Sell', Number(spreadOrder?.execQty)],
      ['spot', 'Buy', Number(spreadOrder?.execQty)],
    ])
    expect(new Decimal(legs[0]?.execPrice ?? 0).minus(legs[1]?.execPrice ?? 0).toFixed()).toBe(
      spreadOrder?.execPrice,
    )
  })

  test('is told by spread.order and spread.execution, and its legs by execution', () => {
    const desk = open()
    create(desk, order('Sell'))
    const pushes = desk.core.takePushes()
    const rows = (topic: string) =>
      pushes.filter(push => push.topic === topic).flatMap(push => push.message.data as unknown as Row[])
    const [whole, future, coin] = rows('spread.order').slice(-3)
    expect(whole).toMatchObject({ category: 'combination', orderStatus: 'Filled', parentOrderId: '' })
    for (const leg of [future, coin])
      expect(leg).toMatchObject({
        parentOrderId: whole?.orderId,
        orderLinkId: '',
        orderStatus: 'Filled',
        cumExecQty: leg === future ? '10.0' : '10',
        createType: 'CreateByFutureSpread',
      })
    expect([future, coin].map(leg => [leg?.category, leg?.side, leg?.feeCurrency])).toEqual([
      ['future_leg', 'Sell', ''],
      ['spot_leg', 'Buy', 'SOL'],
    ])
    const [spreadOrder, perp, spot] = rows('spread.execution')
    expect([spreadOrder?.category, perp?.category, spot?.category]).toEqual([
      'combination',
      'future_leg',
      'spot_leg',
    ])
    expect([perp?.parentExecId, spot?.parentExecId]).toEqual([spreadOrder?.execId, spreadOrder?.execId])
    expect([perp?.feeCoin, spot?.feeCoin, spot?.execFeeV2]).toEqual(['USDT', 'SOL', spot?.execFee])
    expect(rows('execution').every(row => row.execType === 'FutureSpread')).toBe(true)
    expect(desk.core.subscribe('private', 'spread.order')).toEqual([])
  })

  test('makes and loses nothing', () => {
    const desk = open()
    create(desk, order('Sell'))
    desk.core.advance(desk.core.nowMs() + HOUR)
    create(desk, order('Buy', { qty: '9.9' }))
    const { accounts, house } = desk.core.save().state as unknown as {
      accounts: Record<string, { coins: Record<string, { wallet: string }> }>
      house: Record<string, string>
    }
    for (const [coin, whole] of [
      ['USDT', '100000'],
      ['SOL', '0'],
    ] as const)
      expect(
        sum([...Object.values(accounts).map(account => account.coins[coin]?.wallet), house[coin]]).toFixed(),
      ).toBe(whole)
    for (const row of desk.log({ type: 'TRADE' }))
      expect(row.change).toBe(new Decimal(row.cashFlow ?? 0).minus(row.fee ?? 0).toFixed())
  })
})

describe('without one leg there is no other', () => {
  test('when the account cannot pay for the spot leg', () => {
    const desk = openDesk({ universe, accounts: [{ uid: '1001', balances: { USDT: '500' } }] })
    desk.request('POST', '/v5/spot-margin-trade/switch-mode', { spotMarginMode: '0' })
    const before = desk.core.save()
    expect(create(desk, order('Sell'))).toMatchObject({ retCode: 170131 })
    expect(desk.position('SOLUSDT').side).toBe('')
    expect(desk.core.save()).toEqual({
      ...before,
      state: { ...(before.state as JsonObject), accounts: (desk.core.save().state as JsonObject).accounts },
    })
  })

  test('when the limit is not reached: IOC and FOK end, GTC rests', () => {
    const desk = open()
    const price = new Decimal(ticker(desk).bidPrice ?? 0).plus(5).toFixed(2)
    const limit = (timeInForce: string) => {
      create(desk, order('Sell', { orderType: 'Limit', price, timeInForce }))
      return desk.one('/v5/spread/order/history')
    }
    expect(limit('IOC')).toMatchObject({ orderStatus: 'Cancelled', cxlRejReason: 'EC_NoImmediateQtyToFill' })
    expect(limit('FOK')).toMatchObject({ orderStatus: 'Cancelled', cxlRejReason: 'EC_CancelForNoFullFill' })
    create(desk, order('Sell', { orderType: 'Limit', price, orderLinkId: 'rests' }))
    expect(desk.one('/v5/spread/order/realtime')).toMatchObject({ orderStatus: 'New', leavesQty: '10' })
    expect(desk.fills('linear')).toHaveLength(0)
    expect(desk.fills('spot')).toHaveLength(0)
  })
})

test('an order can be amended into the market and cancelled', () => {
  const desk = open()
  const far = new Decimal(ticker(desk).bidPrice ?? 0).plus(5).toFixed(2)
  const near = new Decimal(ticker(desk).bidPrice ?? 0).minus(1).toFixed(2)
  const rest = (orderLinkId: string) =>
    create(desk, order('Sell', { orderType: 'Limit', price: far, orderLinkId }))
  rest('a')
  rest('b')
  expect(rest('a')).toMatchObject({ retCode: 110072 })
  const amend = { symbol: SYMBOL, orderLinkId: 'a', price: near }
  expect(desk.request('POST', '/v5/spread/order/amend', amend)).toMatchObject({ retCode: 0 })
  expect(desk.one('/v5/spread/order/history', { orderLinkId: 'a' }).orderStatus).toBe('Filled')
  expect(desk.request('POST', '/v5/spread/order/cancel', { orderLinkId: 'b' })).toMatchObject({ retCode: 0 })
  expect(desk.list('/v5/spread/order/realtime')).toHaveLength(0)
  expect(desk.request('POST', '/v5/spread/order/cancel', { orderLinkId: 'b' })).toMatchObject({
    retCode: 110001,
  })
})

test('the trade socket knows no spread order', () => {
  const desk = open()
  const reply = desk.core.request({
    via: 'trade',
    method: 'POST',
    path: 'spread.order.create',
    params: order('Sell'),
    uid: '1001',
  })
  expect(reply).toMatchObject({ retCode: 10404 })
})
