/** Orders inside the limits: a burst of entries never stands in an exit's way, and what is held back never left. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import { type OrderPurpose, type OrderRequest, orderLinkId } from '../../src/domain/legs/order.ts'
import { ADDRESS, placingEndpoint, QUOTA_RULES } from '../../src/domain/risk/quota.ts'
import { orderQty, price } from '../../src/domain/units.ts'
import { createBybitExchange } from '../../src/exchange/bybit/venue.ts'
import { WireFailure } from '../../src/exchange/bybit/wire/wire.ts'
import { governed } from '../../src/exchange/governed.ts'
import { reply, SERVER_MS, scriptedWire } from '../support/exchange/scripted-wire.ts'

let steps = 0
const order = (purpose: OrderPurpose, market: OrderRequest['market'] = 'linear'): OrderRequest => ({
  orderLinkId: orderLinkId('governed01', 'perp', purpose, steps++),
  market,
  symbol: market === 'spread' ? 'BTCUSDT_BTC/USDT' : 'BTCUSDT',
  side: 'Sell',
  qty: orderQty('1'),
  limitPrice: price('1'),
  timeInForce: 'IOC',
  reduceOnly: false,
})

function governing(script: Parameters<typeof scriptedWire>[0] = {}) {
  const clock = new VirtualClock(SERVER_MS)
  const wire = scriptedWire({ post: () => reply({ orderId: 'o' }), ...script })
  const inner = createBybitExchange(wire, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: () => {},
  })
  const exchange = governed(inner, QUOTA_RULES, clock)
  const placing = (count: number, purpose: OrderPurpose, market?: OrderRequest['market']) =>
    Promise.all(Array.from({ length: count }, () => exchange.placeOrder(order(purpose, market))))
  return { clock, wire, exchange, placing }
}
const accepted = (answers: { kind: string }[]) => answers.filter(({ kind }) => kind === 'accepted').length

describe('a governed exchange', () => {
  test('holds entries back at the kept share, as a certain rejection of which nothing left', async () => {
    const { placing, wire } = governing()
    const answers = await placing(9, 'enter')
    expect(accepted(answers)).toBe(7)
    expect(answers.at(-1)).toEqual({
      kind: 'rejected',
      reason: 'rate-limited',
      detail: expect.stringMatching(/^not sent: 3 of 10 requests left on \/v5\/order\/create linear/),
    })
    expect(wire.asked).toHaveLength(7)
  })

  test.each(['exit', 'repair', 'rebalance'] as const)(
    'lets orders that %s use what entries may not',
    async purpose => {
      const { placing } = governing()
      await placing(9, 'enter')
      expect(accepted(await placing(4, purpose))).toBe(3)
    },
  )

  test('takes an order’s own word for what it is', async () => {
    const { placing, exchange } = governing()
    await placing(9, 'enter')
    expect(await exchange.placeOrder({ ...order('exit'), intent: 'enter' })).toMatchObject({
      reason: 'rate-limited',
    })
    expect(await exchange.placeOrder({ ...order('enter'), intent: 'reduce' })).toMatchObject({
      kind: 'accepted',
    })
    expect(await exchange.placeOrder({ ...order('enter'), reduceOnly: true })).toMatchObject({
      kind: 'accepted',
    })
  })

  test('lets entries go on once the second is over, and counts each market for itself', async () => {
    const { placing, clock } = governing()
    await placing(9, 'enter')
    expect(accepted(await placing(20, 'enter', 'spot'))).toBe(14)
    expect(accepted(await placing(20, 'enter', 'spread'))).toBe(14)
    clock.advanceTo(SERVER_MS + 1_000)
    expect(accepted(await placing(9, 'enter'))).toBe(7)
  })

  test('believes the answers’ headers over its own count', async () => {
    const limit = { limit: 10, left: 3, resetAtMs: SERVER_MS }
    const { placing } = governing({ trade: () => ({ ...reply({ orderId: 'o' }), limit }) })
    expect(accepted(await placing(1, 'enter'))).toBe(1)
    expect(accepted(await placing(1, 'enter'))).toBe(0)
    expect(accepted(await placing(1, 'exit'))).toBe(1)
  })

  test('backs off after too many visits', async () => {
    const { placing, clock, wire } = governing({ trade: () => reply({}, 10006, 'Too many visits!') })
    expect(await placing(1, 'exit')).toMatchObject([
      { reason: 'rate-limited', detail: '10006 Too many visits!' },
    ])
    expect(await placing(1, 'exit')).toMatchObject([{ detail: expect.stringMatching(/^not sent/) }])
    expect(wire.asked).toHaveLength(1)
    clock.advanceTo(SERVER_MS + 1_000)
    await placing(1, 'exit')
    expect(wire.asked).toHaveLength(2)
  })

  test('enters nothing while this address is blocked; exits over the socket go on, those over REST do not', async () => {
    const { placing, exchange } = governing({ get: () => Promise.reject(new WireFailure('HTTP 403')) })
    await expect(exchange.wallet()).rejects.toMatchObject({ kind: 'unreachable' })
    expect(accepted(await placing(1, 'enter'))).toBe(0)
    expect(accepted(await placing(1, 'exit'))).toBe(1)
    expect(accepted(await placing(1, 'exit', 'spread'))).toBe(0)
  })

  test('counts reads against the address, whoever asks them', async () => {
    const { exchange } = governing({ get: () => reply({ timeNano: `${SERVER_MS}000000` }) })
    for (let n = 0; n < 20; n++) await exchange.serverTimeMs()
    expect(exchange.quotaUse()).toContainEqual({
      endpoint: ADDRESS,
      limit: 600,
      left: 580,
      leftToEnter: 400,
      blockedUntilMs: 0,
    })
  })

  test('shows each endpoint’s use as numbers', async () => {
    const { placing, exchange } = governing()
    await placing(9, 'enter')
    expect(exchange.quotaUse()).toContainEqual({
      endpoint: placingEndpoint('linear'),
      limit: 10,
      left: 3,
      leftToEnter: 0,
      blockedUntilMs: 0,
    })
  })
})
