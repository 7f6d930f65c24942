/** Every route on the simulated exchange: opened by it, hedged, paid once, unwound flat; on quiet days and on bad ones. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { verifyReplay } from '../../../actors/runtime/replay.ts'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { ordersOf } from '../../../machines/hedge/orders.ts'
import { ROUTES, type Route } from '../../../src/domain/instrument.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import { CHARTS, type Engine } from '../../../src/run/engine.ts'
import { virtualWorld } from '../../support/simulation/virtual-engine.ts'

/** Ten minutes before a settlement. */
const START_AT_MS = Date.UTC(2026, 0, 5, 7, 50)
const OPEN_AT_MS = START_AT_MS + 5 * 60_000
const PAID_AT_MS = START_AT_MS + 13 * 60_000
const FLAT_AT_MS = PAID_AT_MS + 8 * 60_000
const SYMBOLS = ['BTCUSDT', 'SOLUSDT']

const bad = { fromMs: 30_000, untilMs: HOUR_MS }
const BAD_DAY: FaultPlanInput = {
  seed: 7,
  faults: [
    { name: 'lost-ack', rate: 0.15, ...bad },
    { name: 'lost-request', rate: 0.1, ...bad },
    { name: 'fill-before-ack', rate: 0.3, ms: 300, ...bad },
    { name: 'server-timeout', rate: 0.1, what: 'order.create', ...bad },
    { name: 'server-timeout', rate: 0.2, what: '/v5/spread/order/create', ...bad },
    { name: 'duplicate-message', rate: 0.2, ...bad },
    { name: 'reordered-message', rate: 0.2, ...bad },
    { name: 'silent-private', fromMs: 60_000, untilMs: 100_000 },
  ],
}

type Sent = { path: string; params: Record<string, unknown> }

const hedgesOf = ({ runtime }: Engine) =>
  [...runtime.all()]
    .filter(({ kind }) => kind === 'hedge')
    .map(({ id, cell, actor }) => ({
      id,
      state: cell?.state ?? '',
      context: actor.getSnapshot().context as HedgeContext,
    }))

/** An engine that may take this one route, and what it sent. */
async function routeWorld(route: Route, wrong: FaultPlanInput = {}) {
  const world = await virtualWorld(11, START_AT_MS, {
    wrong,
    symbols: SYMBOLS,
    rules: {
      execution: { routes: [route] },
      // The running interval alone says what a market pays: there is no past of it.
      strategy: {
        entryAprMin: 0.01,
        fundingFastHours: 1,
        fundingSlowHours: 12,
        fundingMarketHours: 0,
        fundingAllowance: 0,
        reentryProbability: 1_000,
        coolDownMs: 24 * HOUR_MS,
      },
    },
  })
  const sent: Sent[] = []
  const { request } = world.core
  world.core.request = asked => {
    const { path, params } = asked
    if (/order[./]create$/.test(path)) sent.push({ path, params: params as Record<string, unknown> })
    return request(asked)
  }
  const engine = await world.start()
  const ask = (path: string, params: Record<string, string>) => {
    const { result } = request({ via: 'rest', method: 'GET', path, params, uid: 'ours' })
    return (result as { list: Record<string, string>[] }).list
  }
  return { ...world, engine, sent, hedges: () => hedgesOf(engine), ask }
}
type RouteWorld = Awaited<ReturnType<typeof routeWorld>>

const openOrders = ({ ask }: RouteWorld) => [
  ...ask('/v5/order/realtime', { category: 'linear', settleCoin: 'USDT' }),
  ...ask('/v5/order/realtime', { category: 'spot' }),
]
const positions = ({ ask }: RouteWorld) =>
  ask('/v5/position/list', { category: 'linear', settleCoin: 'USDT' }).filter(
    ({ size }) => Number(size) !== 0,
  )

const apartLots = ({ plan, spot, perp }: HedgeContext) =>
  new Decimal(spot.base).minus(perp.base).div(plan.perp.multiplier).div(plan.perp.qtyStep)

/** What this route must have been seen to send. */
function isOfRoute(route: Route, sent: readonly Sent[]): boolean {
  const [first] = sent
  const rested = (category: string) =>
    sent.some(({ params }) => params.timeInForce === 'PostOnly' && params.category === category)
  if (route === 'spread') return sent.some(({ path }) => path === '/v5/spread/order/create')
  if (route === 'maker-spot') return rested('spot') && !rested('linear')
  if (route === 'maker-perp') return rested('linear') && !rested('spot')
  return first?.params.category === (route === 'perp-first' ? 'linear' : 'spot')
}

async function unwound(world: RouteWorld) {
  world.engine.runtime.deliver('engine', {
    type: 'engine.flatten',
    by: 'a person',
    because: 'the end of the day',
  })
  await world.advance(FLAT_AT_MS)
  const booked = world.engine.bookkeeper.bookNow()
  await world.advance(FLAT_AT_MS + 5_000)
  await booked
}

async function expectTiedOut(world: RouteWorld) {
  const { engine, books, journal, sent } = world
  expect(world.hedges().map(({ id, state }) => `${id} ${state}`)).toEqual([])
  expect(positions(world)).toEqual([])
  expect(openOrders(world)).toEqual([])
  const residuals = Object.values(engine.bookkeeper.residuals())
  expect(residuals.length).toBeGreaterThan(1)
  expect(residuals.filter(residual => residual !== '0')).toEqual([])
  expect(books.postings.filter(({ kind }) => kind === 'suspense')).toEqual([])
  const names = sent.map(({ params }) => params.orderLinkId)
  expect(names).toHaveLength(new Set(names).size)
  expect(engine.faults).toEqual([])
  const kinds = Object.fromEntries(
    Object.entries(CHARTS).map(([kind, machine]) => [kind, { machine, effects: {} }]),
  )
  const { differences } = await verifyReplay(journal, kinds)
  expect(differences).toEqual([])
}

describe.each(ROUTES)('%s', route => {
  test('hedges are opened by it, hedged, paid, and unwound flat; ledger and journal tie out', async () => {
    const world = await routeWorld(route)
    await world.advance(OPEN_AT_MS)
    const opened = world.hedges()
    expect(opened.length).toBeGreaterThan(1)
    expect(opened.filter(({ state }) => state !== 'hedged.watching')).toEqual([])
    expect(opened.map(({ context }) => context.plan.route)).toEqual(opened.map(() => route))
    for (const { context } of opened) {
      const { hedgeId } = context.plan
      const own = world.sent.filter(({ params }) => String(params.orderLinkId).startsWith(hedgeId))
      expect(isOfRoute(route, own), JSON.stringify(own)).toBe(true)
      expect(apartLots(context).abs().lt(1)).toBe(true)
    }
    await world.advance(PAID_AT_MS)
    expect(world.hedges().map(({ context }) => context.settlements)).toEqual(opened.map(() => 1))
    await unwound(world)
    await expectTiedOut(world)
    world.engine.runtime.close()
    world.venue.close()
  })

  test('on a bad day no intent has two orders, nothing waits in a book, and everything ends flat', async () => {
    const world = await routeWorld(route, BAD_DAY)
    await world.advance(OPEN_AT_MS)
    const opened = world.hedges()
    expect(opened.length).toBeGreaterThan(1)
    await world.advance(PAID_AT_MS)
    expect(world.hedges().filter(({ state }) => state?.startsWith('failed'))).toEqual([])
    for (const { context } of world.hedges()) expect(apartLots(context).abs().lt(1)).toBe(true)
    expect(world.hedges().flatMap(({ context }) => ordersOf(context))).toEqual([])
    expect(world.faults.report().faults.some(({ struck }) => struck > 0)).toBe(true)
    await unwound(world)
    await expectTiedOut(world)
    world.engine.runtime.close()
    world.venue.close()
  })
})

describe('what waits in the book when the process ends', () => {
  const LIMIT_MS = START_AT_MS + 4 * 60_000

  /** Goes on until an order stands in a book, on a hedge that has more to do. */
  async function standing(route: Route, wrong: FaultPlanInput = {}) {
    const world = await routeWorld(route, wrong)
    const rests = () =>
      world.hedges().flatMap(({ context }) => ordersOf(context).filter(order => order.standing))
    while (rests().length === 0) {
      expect(world.clock.nowMs()).toBeLessThan(LIMIT_MS)
      await world.advance(world.clock.nowMs() + 100)
    }
    expect(openOrders(world).length).toBeGreaterThan(0)
    return world
  }

  /** Another process on the same journal and exchange, until everything is at rest. */
  async function taken(world: RouteWorld) {
    const engine = await world.start()
    const next: RouteWorld = { ...world, engine, hedges: () => hedgesOf(engine) }
    await world.advance(PAID_AT_MS)
    expect(next.hedges().map(({ state }) => state)).toEqual(next.hedges().map(() => 'hedged.watching'))
    expect(next.hedges().length).toBeGreaterThan(0)
    await unwound(next)
    await expectTiedOut(next)
    engine.runtime.close()
    world.venue.close()
  }

  test.each<Route>(['maker-spot', 'maker-perp'])(
    '%s: an orderly stop takes it off and waits for its end; the next start goes on',
    async route => {
      const world = await standing(route)
      let isStopped = false
      const stopping = world.engine.stop().then(() => {
        isStopped = true
      })
      const fromMs = world.clock.nowMs()
      while (!isStopped) await world.advance(world.clock.nowMs() + 50)
      await stopping
      expect(world.clock.nowMs() - fromMs).toBeLessThan(5_000)
      expect(openOrders(world)).toEqual([])
      for (const { context } of world.hedges()) {
        expect(ordersOf(context)).toEqual([])
        expect(apartLots(context).abs().lt(1)).toBe(true)
      }
      await taken(world)
    },
    60_000,
  )

  test.each<Route>(['maker-spot', 'maker-perp'])(
    '%s: after a crash it is found again, and nothing is sent under its name',
    async route => {
      const world = await standing(route)
      world.engine.runtime.close()
      await world.advance(world.clock.nowMs() + 20_000)
      await taken(world)
    },
    60_000,
  )

  test('of a hedge that fails it is taken off, though the first requests are lost', async () => {
    const lost = { name: 'lost-request', what: 'order.cancel', times: 2 } as const
    const world = await standing('maker-spot', { seed: 1, faults: [lost] })
    for (const { id } of world.hedges()) {
      world.engine.runtime.deliver(id, { type: 'hedge.unwind', because: 'a drill' })
      world.engine.runtime.deliver(id, { type: 'step.stuck', because: 'a drill' })
    }
    expect(world.hedges().map(({ state }) => state)).toContain('failed.waiting')
    await world.advance(world.clock.nowMs() + 60_000)
    expect(world.faults.report().faults.map(({ struck }) => struck)).toEqual([2])
    expect(openOrders(world)).toEqual([])
    const ofFailed = world.hedges().filter(({ state }) => state?.startsWith('failed'))
    expect(ofFailed.flatMap(({ context }) => ordersOf(context))).toEqual([])
    world.engine.runtime.close()
    world.venue.close()
  })

  test('an order of ours that no hedge claims is taken off by the next reconciliation', async () => {
    const world = await routeWorld('spot-first')
    await world.advance(OPEN_AT_MS)
    const stray = {
      category: 'linear',
      symbol: 'BTCUSDT',
      side: 'Buy',
      orderType: 'Limit',
      qty: '0.001',
      price: '30000',
    }
    // With the salt of this engine's own database: under any other it would be another engine's, which halts both.
    const orderLinkId = 'TEST00ZZZZ-PE0000'
    world.core.request({
      via: 'trade',
      method: 'POST',
      path: 'order.create',
      params: { ...stray, orderLinkId, timeInForce: 'PostOnly', positionIdx: 0, reduceOnly: false },
      uid: 'ours',
    } as Parameters<typeof world.core.request>[0])
    expect(openOrders(world).map(order => order.orderLinkId)).toEqual([orderLinkId])
    world.engine.runtime.deliver('engine', { type: 'engine.reconcile' })
    await world.advance(OPEN_AT_MS + 30_000)
    expect(openOrders(world)).toEqual([])
    world.engine.runtime.close()
    world.venue.close()
  })
})
