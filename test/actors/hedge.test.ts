/** What a hedge's effects do at the edge of the process: what leaves, what never does, and what is asked about instead. */
import { describe, expect, test } from 'vitest'
import { hedgeKind } from '../../actors/hedge.ts'
import type { EnginePorts } from '../../actors/ports.ts'
import type { EffectCall } from '../../actors/runtime/outbox.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import type { JsonObject } from '../../src/domain/json.ts'
import type { OrderRequest, Placement } from '../../src/domain/legs/order.ts'
import type { MarketView } from '../../src/domain/market/market-view.ts'
import { planOn } from '../support/domain/sample-account.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../support/domain/sample-market.ts'

const plan = planOn(XRP)
const ORDER = {
  orderLinkId: `${plan.hedgeId}-SE0000`,
  symbol: plan.spot.symbol,
  side: 'Buy',
  qty: '10',
  limitPrice: '0.5',
  reduceOnly: false,
  borrow: false,
  rests: false,
  opens: false,
}

type Desk = { placed?: Placement; view?: MarketView | null; refused?: string | null }

/** The effects of a hedge, over an exchange that only keeps what it was sent. */
function desk({ placed = { kind: 'accepted', orderId: '1' }, view = null, refused = null }: Desk = {}) {
  const sent: OrderRequest[] = []
  const ports = {
    clock: new VirtualClock(NOW_MS),
    exchange: {
      placeOrder: async (order: OrderRequest) => {
        sent.push(order)
        return placed
      },
    },
    board: { view: () => view, doubtTerms() {} },
    rules: RULES,
    telemetry: { orderEnded() {}, log: { info() {}, warn() {} } },
    alerts: { raise() {} },
    runtime: () => ({ get: () => undefined, deliver: () => false }),
    newRiskRefused: () => refused,
    assertOwner() {},
  }
  const { effects } = hedgeKind(ports as unknown as EnginePorts)
  const call = (type: string, params: unknown, how: Partial<EffectCall> = {}) =>
    effects[type]?.(params as JsonObject, {
      id: 'e',
      actorId: 'hedge:1',
      redriven: false,
      ageMs: () => 0,
      ...how,
    })
  return { sent, call }
}

describe('placing an order', () => {
  test('an order that may have left before a crash is asked about, never sent again', async () => {
    const { sent, call } = desk()
    expect(await call('placeOrder', { leg: 'spot', order: ORDER }, { redriven: true })).toMatchObject({
      type: 'order.unknown',
      orderLinkId: ORDER.orderLinkId,
    })
    expect(sent).toEqual([])
  })

  test('an order decided two seconds ago leaves; one decided longer ago, by a process that froze, never does', async () => {
    const { sent, call } = desk()
    expect(await call('placeOrder', { leg: 'spot', order: ORDER }, { ageMs: () => 2_000 })).toMatchObject({
      type: 'order.accepted',
    })
    expect(await call('placeOrder', { leg: 'spot', order: ORDER }, { ageMs: () => 2_001 })).toMatchObject({
      type: 'order.unknown',
    })
    expect(sent).toHaveLength(1)
  })

  test.each([
    { rests: false, timeInForce: 'IOC' },
    { rests: true, timeInForce: 'PostOnly' },
  ])(
    'an order that rests: $rests is sent as $timeInForce, under the name that was committed',
    async ({ rests, timeInForce }) => {
      const { sent, call } = desk()
      await call('placeOrder', { leg: 'perp', order: { ...ORDER, rests, reduceOnly: true } })
      expect(sent).toEqual([
        expect.objectContaining({
          orderLinkId: ORDER.orderLinkId,
          market: 'linear',
          reduceOnly: true,
          timeInForce,
        }),
      ])
    },
  )

  test('an outcome the exchange does not know itself stays unknown', async () => {
    const { call } = desk({ placed: { kind: 'unknown', cause: '10016 Server error' } })
    expect(await call('placeOrder', { leg: 'spot', order: ORDER })).toMatchObject({
      type: 'order.unknown',
      cause: '10016 Server error',
    })
  })
})

describe('confirming a plan', () => {
  const confirm = (of: Parameters<typeof desk>[0]) => desk(of).call('confirmPlan', { plan })

  test('a plan that still pays is confirmed', async () => {
    expect(await confirm({ view: marketOn(XRP) })).toEqual({ type: 'plan.confirmed' })
  })

  test('a carry that has gone since the plan was made opens nothing', async () => {
    expect(await confirm({ view: marketOn(XRP, '-0.0005') })).toMatchObject({ type: 'plan.refused' })
  })

  test('nothing is opened on a market that is no longer read', async () => {
    const because = `${plan.symbol} is not tracked`
    expect(await confirm({ view: null })).toEqual({ type: 'plan.refused', because })
  })

  test('nothing is opened while new risk is refused', async () => {
    expect(await confirm({ view: marketOn(XRP), refused: 'halted' })).toEqual({
      type: 'plan.refused',
      because: 'halted',
    })
  })
})
