/** A person trades by hand on the account: what others hold is left alone, and what they close stays closed (promise 13). */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import { MINUTE_MS, type Running, refusal, running, SYMBOL } from '../../support/simulation/running.ts'

const isHedged = (world: Running) => () =>
  world.hedges().some(({ cell }) => cell?.state === 'hedged.watching')
const shortOf = (world: Running) => Number(world.shorts()[0] ?? 0)

async function hedged(limits: object = {}) {
  const world = await running({ limits })
  expect(await world.until(isHedged(world))).toBe(true)
  await world.advance(world.clock.nowMs() + MINUTE_MS)
  const [hedge] = world.contexts()
  return { world, own: Number(hedge?.perp.base), ordersBefore: world.orders.length }
}
/** What the engine asked for since, without what the hand did. */
const since = (world: Running, before: number) =>
  world.orders.slice(before).filter(({ params }) => String(params.orderLinkId).startsWith('TEST'))

describe.each([10_000, 500])('a hand that sells %s USDT more of a hedged perpetual', notional => {
  test('is left alone: nothing is traded for it, and it outlives the hedge', async () => {
    const { world, own, ordersBefore } = await hedged()
    const qty = (notional / 8.8).toFixed(1)
    world.order({ side: 'Sell', qty, orderLinkId: 'by-hand-1' })
    await world.advance(world.clock.nowMs() + 30 * MINUTE_MS)
    expect(since(world, ordersBefore)).toEqual([])
    expect(world.standing()).toContain(`account.foreign-position ${SYMBOL}`)
    expect(world.stateOf('engine')).toBe('trading')
    const [hedge] = world.hedges()
    world.tell(hedge?.id ?? '', 'hedge.unwind')
    expect(await world.until(() => world.hedges().length === 0, 10)).toBe(true)
    const bought = since(world, ordersBefore)
      .filter(({ params }) => params.category === 'linear')
      .reduce((sum, { params }) => sum.plus(String(params.qty)), new Decimal(0))
    expect(bought.toNumber(), 'only what was ours').toBeCloseTo(own, 6)
    expect(shortOf(world)).toBeCloseTo(Number(qty), 6)
    world.end()
  }, 120_000)
})

test('a hand that closes both legs means it: the symbol stays closed until it is released', async () => {
  const { world, own, ordersBefore } = await hedged()
  world.order({ side: 'Buy', qty: String(own), orderLinkId: 'by-hand-1' })
  world.order({ category: 'spot', side: 'Sell', qty: own.toFixed(2), orderLinkId: 'by-hand-2' })
  expect(await world.until(() => world.hedges().length === 0, 20)).toBe(true)
  await world.advance(world.clock.nowMs() + 60 * MINUTE_MS)
  expect(world.stateOf(`symbol:${SYMBOL}`)).toBe('failed.quarantined')
  expect(world.because()).toMatch(/^closed by somebody else: /)
  expect(world.hedges()).toEqual([])
  expect(
    since(world, ordersBefore).filter(({ params }) => /-[SP]E/.test(String(params.orderLinkId))),
  ).toEqual([])
  world.tell(`symbol:${SYMBOL}`, 'symbol.release')
  expect(await world.until(isHedged(world), 20)).toBe(true)
  world.end()
}, 120_000)

test('a hand that buys back part of the perpetual: the coins are cut to it, and nothing is built up again', async () => {
  const { world, own, ordersBefore } = await hedged()
  const part = Number((own / 4).toFixed(1))
  world.order({ side: 'Buy', qty: String(part), orderLinkId: 'by-hand-1' })
  await world.advance(world.clock.nowMs() + 10 * MINUTE_MS)
  const [hedge] = world.contexts()
  expect(Number(hedge?.perp.base)).toBeCloseTo(own - part, 6)
  expect(Math.abs(Number(hedge?.spot.base) - Number(hedge?.perp.base))).toBeLessThan(0.2)
  expect(shortOf(world)).toBeCloseTo(own - part, 6)
  expect(since(world, ordersBefore).map(({ params }) => [params.category, params.side])).toEqual([
    ['spot', 'Sell'],
  ])
  world.end()
}, 120_000)

test.each([
  ['answers', () => undefined],
  [
    'does not answer',
    ({ path }: { path: string }) => (/position\/list|wallet-balance/.test(path) ? refusal(10000) : undefined),
  ],
] as const)(
  'a hedge of spread orders told to leave as a hand has closed both its legs opens nothing the other way round, also where the exchange %s',
  async (_, answering) => {
    const symbol = 'SOLUSDT'
    const world = await running({ execution: { routes: ['spread'] } }, { symbols: [symbol] })
    expect(await world.until(isHedged(world))).toBe(true)
    await world.advance(world.clock.nowMs() + MINUTE_MS)
    const [hedge] = world.contexts()
    const [qty, coins] = [Number(hedge?.perp.base), Number(hedge?.spot.base)]
    world.order({ symbol, side: 'Buy', qty: String(qty), orderLinkId: 'by-hand-1' })
    world.order({
      symbol,
      category: 'spot',
      side: 'Sell',
      qty: (Math.floor(coins * 100) / 100).toFixed(2),
      orderLinkId: 'by-hand-2',
    })
    world.answering(answering)
    world.tell(`hedge:${hedge?.plan.hedgeId}`, 'hedge.unwind')
    await world.advance(world.clock.nowMs() + 2 * MINUTE_MS)
    world.answering(() => undefined)
    expect(await world.until(() => world.hedges().length === 0, 20)).toBe(true)
    expect([world.longs(), world.shorts()]).toEqual([[], []])
    expect(world.standing().filter(each => each.startsWith('account.'))).toEqual([])
    world.end()
  },
  120_000,
)

test('to be opened again is a setting', async () => {
  const { world, own } = await hedged({ handClosed: 'reopen' })
  world.order({ side: 'Buy', qty: String(own), orderLinkId: 'by-hand-1' })
  world.order({ category: 'spot', side: 'Sell', qty: own.toFixed(2), orderLinkId: 'by-hand-2' })
  expect(await world.until(() => world.hedges().length === 0, 20)).toBe(true)
  expect(await world.until(isHedged(world), 45)).toBe(true)
  world.end()
}, 120_000)

test.each([
  ['sells twice the coins of a long hedge', 'long-carry', 'Sell'],
  ['buys twice the coins a reverse hedge owes', 'reverse-carry', 'Buy'],
] as const)(
  'a hand that %s, where hedges may open again: his are not touched, and no alert outlives it',
  async (_, direction, side) => {
    const world = await running({ limits: { handClosed: 'reopen' }, strategy: { directions: [direction] } })
    expect(await world.until(isHedged(world))).toBe(true)
    await world.advance(world.clock.nowMs() + MINUTE_MS)
    const own = Number(world.contexts()[0]?.perp.base)
    const before = world.orders.length
    const twice = {
      category: 'spot',
      side,
      qty: (2 * own).toFixed(2),
      marketUnit: 'baseCoin',
      isLeverage: '1',
    }
    world.order({ ...twice, orderLinkId: 'by-hand-1' })
    expect(await world.until(() => world.hedges().length === 0, 20)).toBe(true)
    await world.advance(world.clock.nowMs() + 20 * MINUTE_MS)
    const traded = since(world, before).map(({ params }) => params.category)
    expect(traded, 'no coin is bought or sold').not.toContain('spot')
    expect([...world.shorts(), ...world.longs()]).toEqual([])
    expect(world.standing().filter(name => name.startsWith('reconcile.'))).toEqual([])
    expect(world.stateOf(`symbol:${SYMBOL}`)).not.toMatch(/quarantined/)
    world.end()
  },
  120_000,
)

test('while somebody is long nothing is sold short against them', async () => {
  const world = await running()
  world.order({ side: 'Buy', qty: '50', orderLinkId: 'by-hand-1' })
  await world.advance(world.clock.nowMs() + 10 * MINUTE_MS)
  expect(world.because()).toMatch(/^position-in-the-way: found 50 LINKUSDT/)
  expect(world.orders.filter(({ params }) => String(params.orderLinkId).startsWith('TEST'))).toEqual([])
  world.end()
}, 120_000)

test('adopted is no more than the plan of the hedge', async () => {
  const { world, own, ordersBefore } = await hedged({ foreign: 'adopt' })
  world.order({ side: 'Sell', qty: '1000', orderLinkId: 'by-hand-1' })
  await world.advance(world.clock.nowMs() + 20 * MINUTE_MS)
  const [hedge] = world.contexts()
  expect(Number(hedge?.perp.base)).toBeLessThanOrEqual(Number(hedge?.plan.targetBaseQty))
  expect(shortOf(world)).toBeCloseTo(own + 1000, 1)
  const bought = since(world, ordersBefore).reduce((sum, { params }) => sum + Number(params.qty), 0)
  expect(bought).toBeLessThanOrEqual(Number(hedge?.plan.targetBaseQty))
  world.end()
}, 120_000)

test('a hand that turns the position over has a position of its own: the hedge ends, and that is left alone', async () => {
  const { world, own, ordersBefore } = await hedged()
  world.order({ side: 'Buy', qty: String(2 * own), orderLinkId: 'by-hand-1' })
  expect(await world.until(() => world.hedges().length === 0, 10)).toBe(true)
  expect(since(world, ordersBefore).map(({ params }) => params.category)).not.toContain('linear')
  expect(world.longs().map(Number)).toEqual([own])
  world.end()
}, 120_000)

test('a hand is looked into within seconds, also where the first reading of it fails', async () => {
  const { world, own } = await hedged()
  let failures = 0
  world.answering(({ path }) => (path === '/v5/position/list' && failures++ < 2 ? refusal(10016) : undefined))
  world.order({ side: 'Buy', qty: (own / 4).toFixed(1), orderLinkId: 'by-hand-1' })
  expect(await world.until(() => Number(world.contexts()[0]?.spot.base) < own * 0.8, 1)).toBe(true)
  expect(failures).toBeGreaterThan(2)
  world.end()
}, 120_000)

test('a hand that buys more of a coin than the hedge owes means it: the perpetual is closed, and his coins are not sold', async () => {
  const world = await running({ strategy: { directions: ['reverse-carry'] } })
  expect(await world.until(isHedged(world))).toBe(true)
  await world.advance(world.clock.nowMs() + MINUTE_MS)
  const own = Number(world.contexts()[0]?.perp.base)
  const before = world.orders.length
  world.order({
    category: 'spot',
    side: 'Buy',
    qty: (2 * own).toFixed(2),
    marketUnit: 'baseCoin',
    orderLinkId: 'by-hand-1',
  })
  expect(await world.until(() => world.hedges().length === 0, 20)).toBe(true)
  expect(since(world, before).map(({ params }) => [params.category, params.side])).not.toContainEqual([
    'spot',
    'Sell',
  ])
  expect(world.longs()).toEqual([])
  expect(world.stateOf(`symbol:${SYMBOL}`)).toBe('failed.quarantined')
  world.end()
}, 120_000)
