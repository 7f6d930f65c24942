import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { type Desk, ioc, openDesk, times, UID } from '../../../support/exchange/simulator-core.ts'

const SOL = { category: 'linear', symbol: 'SOLUSDT' } as const
const SPOT = { category: 'spot', symbol: 'SOLUSDT' } as const
const limit = (desk: Desk, category: string, side: string, factor: number) => {
  const { bid, ask } = desk.touch(category, 'SOLUSDT')
  return times(side === 'Buy' ? ask : bid, factor, 2)
}

describe('taking orders', () => {
  test.each(['spot', 'linear'])('a %s IOC through the touch fills whole, at book prices, taker', category => {
    const desk = openDesk()
    const { asks } = desk.touch(category, 'SOLUSDT')
    const price = limit(desk, category, 'Buy', 1.004)
    const order = desk.placed(ioc(category, 'SOLUSDT', 'Buy', '50', price, { orderLinkId: 'a-1' }))
    expect(order).toMatchObject({ orderStatus: 'Filled', rejectReason: 'EC_NoError', orderLinkId: 'a-1' })
    const fills = desk.fills(category)
    const offered = new Map(asks)
    for (const fill of fills) {
      const has = [...offered].find(([at]) => new Decimal(at).eq(fill.execPrice ?? 0))?.[1]
      expect(new Decimal(fill.execQty ?? 0).lte(has ?? 0)).toBe(true)
      expect(fill).toMatchObject({ isMaker: false, execType: 'Trade', orderLinkId: 'a-1' })
    }
    expect(fills.reduce((total, fill) => total.plus(fill.execQty ?? 0), new Decimal(0)).toNumber()).toBe(50)
  })

  test('what was taken is gone from the book, and comes back within a minute', () => {
    const desk = openDesk()
    const before = desk.touch('linear', 'SOLUSDT')
    const firstThree = before.asks.slice(0, 3)
    const qty = firstThree.reduce((total, [, size]) => total.plus(size), new Decimal(0)).toFixed()
    desk.placed(ioc('linear', 'SOLUSDT', 'Buy', qty, firstThree[2]?.[0] ?? '0'))
    const after = desk.touch('linear', 'SOLUSDT')
    expect(Number(after.ask)).toBeGreaterThan(Number(firstThree[2]?.[0]))
    desk.core.advance(desk.core.nowMs() + 60_000)
    const { bid, ask } = desk.touch('linear', 'SOLUSDT')
    expect(Number(ask) - Number(bid)).toBeLessThanOrEqual(0.031)
  })

  test('an IOC that reaches part of its quantity ends with its fills: Cancelled on linear, PartiallyFilledCanceled on spot', () => {
    for (const [category, status] of [
      ['linear', 'Cancelled'],
      ['spot', 'PartiallyFilledCanceled'],
    ] as const) {
      const desk = openDesk({ accounts: [{ uid: UID, balances: { USDT: '100000000' } }] })
      const [price, size] = desk.touch(category, 'SOLUSDT').asks[0] ?? ['0', '0']
      const more = new Decimal(size).plus(10).toFixed()
      const order = desk.placed(ioc(category, 'SOLUSDT', 'Buy', more, price))
      expect(order.orderStatus).toBe(status)
      expect(new Decimal(order.cumExecQty ?? 0).eq(size)).toBe(true)
      expect(Number(order.leavesQty)).toBe(0)
    }
  })

  test('an IOC short of the touch ends without a fill, acknowledged all the same', () => {
    const desk = openDesk()
    const order = desk.placed(ioc('linear', 'SOLUSDT', 'Buy', '1', limit(desk, 'linear', 'Buy', 0.995)))
    expect(order).toMatchObject({ orderStatus: 'Cancelled', rejectReason: 'EC_NoImmediateQtyToFill' })
    expect(Number(order.cumExecQty)).toBe(0)
  })

  test('a FOK larger than what is within its limit fills nothing', () => {
    const desk = openDesk()
    const [price, size] = desk.touch('linear', 'SOLUSDT').asks[0] ?? ['0', '0']
    const more = new Decimal(size).plus(0.1).toFixed()
    const order = desk.placed({ ...ioc('linear', 'SOLUSDT', 'Buy', more, price), timeInForce: 'FOK' })
    expect(order).toMatchObject({ orderStatus: 'Cancelled', rejectReason: 'EC_CancelForNoFullFill' })
    expect(desk.fills('linear')).toHaveLength(0)
    const whole = desk.placed({ ...ioc('linear', 'SOLUSDT', 'Buy', size, price), timeInForce: 'FOK' })
    expect(whole.orderStatus).toBe('Filled')
  })

  test('a PostOnly that would take is accepted, then cancelled with the reason', () => {
    const desk = openDesk()
    const price = limit(desk, 'linear', 'Buy', 1.001)
    const order = desk.placed({ ...ioc('linear', 'SOLUSDT', 'Buy', '1', price), timeInForce: 'PostOnly' })
    expect(order).toMatchObject({ orderStatus: 'Cancelled', rejectReason: 'EC_PostOnlyWillTakeLiquidity' })
  })

  test('a spot market buy spends an amount of quote by default, and base when told', () => {
    const desk = openDesk()
    const byValue = desk.placed({ ...SPOT, side: 'Buy', orderType: 'Market', qty: '1000' })
    expect(byValue.orderStatus).toBe('Filled')
    const spent = new Decimal(byValue.cumExecValue ?? 0)
    expect(spent.lte(1000) && spent.gt(999.9)).toBe(true)
    const byBase = desk.placed({
      ...SPOT,
      side: 'Buy',
      orderType: 'Market',
      qty: '2',
      marketUnit: 'baseCoin',
    })
    expect(Number(byBase.cumExecQty)).toBe(2)
  })
})

describe('resting orders', () => {
  const rest = (desk: Desk, category: string, side: string, factor: number, qty = '10') =>
    desk.placed({
      ...ioc(category, 'SOLUSDT', side, qty, limit(desk, category, side, factor)),
      timeInForce: 'GTC',
    })

  test('fill at their own price as maker when the market comes to them', () => {
    const desk = openDesk()
    const order = rest(desk, 'linear', 'Buy', 0.9985)
    expect(order.orderStatus).toBe('New')
    for (
      let hours = 0;
      hours < 48 && desk.orderOf('linear', order.orderId ?? '').orderStatus !== 'Filled';
      hours++
    )
      desk.core.advance(desk.core.nowMs() + 3_600_000)
    const [fill] = desk.fills('linear')
    expect(fill).toMatchObject({ isMaker: true, feeRate: '0.0002' })
    expect(new Decimal(fill?.execPrice ?? 0).eq(order.price ?? 1)).toBe(true)
  })

  test('are cancelled once, and then are no longer there', () => {
    for (const [category, code] of [
      ['linear', 110001],
      ['spot', 170213],
    ] as const) {
      const desk = openDesk()
      const order = rest(desk, category, 'Buy', 0.99)
      const cancel = { category, symbol: 'SOLUSDT', orderId: order.orderId ?? '' }
      expect(desk.request('POST', '/v5/order/cancel', cancel)).toMatchObject({ retCode: 0 })
      expect(desk.orderOf(category, order.orderId ?? '')).toMatchObject({
        orderStatus: 'Cancelled',
        cancelType: 'CancelByUser',
      })
      expect(desk.request('POST', '/v5/order/cancel', cancel)).toMatchObject({ retCode: code })
    }
  })

  test('hold their money while they rest, and give it back', () => {
    const desk = openDesk()
    const order = rest(desk, 'spot', 'Buy', 0.99, '100')
    expect(new Decimal(desk.coin('USDT').locked ?? 0).eq(new Decimal(order.price ?? 0).times(100))).toBe(true)
    expect(desk.request('POST', '/v5/order/cancel-all', { category: 'spot' })).toMatchObject({
      result: { list: [{ orderId: order.orderId }], success: '1' },
    })
    expect(desk.coin('USDT').locked).toBe('0')
  })

  test('are amended in price and quantity, and take if the new price crosses', () => {
    const desk = openDesk()
    const order = rest(desk, 'linear', 'Buy', 0.99)
    const price = limit(desk, 'linear', 'Buy', 1.001)
    const amend = { ...SOL, orderId: order.orderId ?? '', price, qty: '12' }
    expect(desk.request('POST', '/v5/order/amend', amend)).toMatchObject({ retCode: 0 })
    expect(desk.orderOf('linear', order.orderId ?? '')).toMatchObject({ orderStatus: 'Filled', qty: '12.0' })
  })
})

describe('refusals leave nothing behind', () => {
  const refused = (desk: Desk, body: Record<string, string | boolean>, code: number) => {
    desk.core.takePushes()
    const before = desk.core.save()
    expect(desk.create(body)).toMatchObject({ retCode: code, result: {} })
    const after = desk.core.save()
    expect(after).toEqual(before)
    expect(desk.core.takePushes()).toEqual([])
  }

  test('a client id is good once on each market', () => {
    const desk = openDesk()
    for (const [category, code] of [
      ['linear', 110072],
      ['spot', 170141],
    ] as const) {
      const order = ioc(category, 'SOLUSDT', 'Buy', '1', limit(desk, category, 'Buy', 1.002), {
        orderLinkId: `x-${category}`,
      })
      desk.placed(order)
      refused(desk, order, code)
    }
  })

  test.each([
    ['an unknown symbol', { symbol: 'NOPEUSDT' }, 10001],
    ['a bad side', { side: 'buy' }, 10001],
    ['a quantity off the grid', { qty: '1.05' }, 10001],
    ['a quantity of zero', { qty: '0' }, 10001],
    ['an exponent', { qty: '1e2' }, 10001],
    ['a quantity above the maximum', { qty: '96000.1' }, 10001],
    ['an order below 5 USDT', { symbol: 'DOGEUSDT', qty: '1', price: '0.07' }, 110094],
    ['more than the account carries', { qty: '90000' }, 110007],
    ['reduce-only without a position', { reduceOnly: true }, 110017],
    ['a hedge-mode index', { positionIdx: '1' }, 10001],
    ['a client id with a space', { orderLinkId: 'a b' }, 10001],
  ])('linear: %s', (_name, change, code) => {
    const desk = openDesk()
    const order = ioc('linear', 'SOLUSDT', 'Buy', '1', limit(desk, 'linear', 'Buy', 1))
    refused(desk, { ...order, ...change }, code)
  })

  test.each([
    ['too many decimals of quantity', { qty: '1.00001' }, 170137],
    ['too many decimals of price', { price: '76.001' }, 170134],
    ['a value below 5 USDT', { qty: '0.05' }, 170140],
    ['a quantity above the maximum', { qty: '26001' }, 170135],
    ['more than the wallet has', { qty: '2000' }, 170131],
    ['coins not owned', { side: 'Sell' }, 170131],
    ['a price above the band', { price: '90' }, 170193],
    ['a sale below the band', { side: 'Sell', price: '60' }, 170194],
  ])('spot: %s', (_name, change, code) => {
    const desk = openDesk()
    const order = ioc('spot', 'SOLUSDT', 'Buy', '1', limit(desk, 'spot', 'Buy', 1))
    refused(desk, { ...order, ...change }, code)
  })

  test('a perpetual priced out of the band is moved to its edge instead', () => {
    const desk = openDesk()
    const { buyLmt } = desk.get('/v5/market/price-limit', SOL) as { buyLmt: string }
    const order = desk.placed(ioc('linear', 'SOLUSDT', 'Buy', '1', '150'))
    expect(order).toMatchObject({ price: buyLmt, orderStatus: 'Filled' })
  })
})

describe('reduce-only', () => {
  test('never turns a position around', () => {
    const desk = openDesk()
    desk.placed(ioc('linear', 'SOLUSDT', 'Sell', '30', limit(desk, 'linear', 'Sell', 0.997)))
    const order = desk.placed(
      ioc('linear', 'SOLUSDT', 'Buy', '50', limit(desk, 'linear', 'Buy', 1.003), { reduceOnly: true }),
    )
    expect(order).toMatchObject({ qty: '30.0', orderStatus: 'Filled' })
    expect(desk.position('SOLUSDT')).toMatchObject({ side: '', size: '0.0' })
  })
})

test('the trade socket answers as REST does', () => {
  const desk = openDesk()
  const params = ioc('linear', 'SOLUSDT', 'Buy', '1', limit(desk, 'linear', 'Buy', 1.002), {
    orderLinkId: 'ws-1',
  })
  const ask = () =>
    desk.core.request({ via: 'trade', method: 'POST', path: 'order.create', params, uid: UID })
  expect(ask()).toMatchObject({ retCode: 0, result: { orderLinkId: 'ws-1' } })
  expect(ask()).toMatchObject({ retCode: 110072 })
})

test('a batch reports each order by itself', () => {
  const desk = openDesk()
  const good = {
    symbol: 'SOLUSDT',
    side: 'Buy',
    orderType: 'Limit',
    qty: '1',
    price: limit(desk, 'linear', 'Buy', 0.99),
    orderLinkId: 'b-1',
  }
  const reply = desk.request('POST', '/v5/order/create-batch', {
    category: 'linear',
    request: [good, { ...good, qty: '0.01', orderLinkId: 'b-2' }],
  })
  expect(reply).toMatchObject({
    retCode: 0,
    result: { list: [{ orderLinkId: 'b-1' }, { orderId: '', orderLinkId: 'b-2' }] },
    retExtInfo: { list: [{ code: 0, msg: 'OK' }, { code: 10001 }] },
  })
})
