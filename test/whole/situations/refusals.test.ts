/** Orders that the exchange refuses for good, or does not answer for long: what is lost on them, and what is left standing. */
import { Decimal } from 'decimal.js'
import { describe, expect, test } from 'vitest'
import {
  isNewOrder,
  MINUTE_MS,
  type Running,
  refusal,
  running,
  SYMBOL,
} from '../../support/simulation/running.ts'

const THREE = [SYMBOL, 'XRPUSDT', 'ADAUSDT']

/** Every new order of one market is refused so, unless it only reduces. */
const refusing =
  (category: string, retCode: number, retMsg = 'refused') =>
  (call: Parameters<typeof isNewOrder>[0]) =>
    isNewOrder(call, category) &&
    (category === 'spot' ? call.params.side === 'Buy' : call.params.reduceOnly !== true)
      ? refusal(retCode, retMsg)
      : undefined

const feesPaid = ({ books }: Running) =>
  books.postings
    .filter(({ kind }) => kind === 'fees')
    .reduce(
      (sum, { coin, amount, price }) =>
        sum.plus(new Decimal(amount).times(coin === 'USDT' ? 1 : (price ?? 1))),
      new Decimal(0),
    )
const ordersOf = ({ orders }: Running, category: string) =>
  orders.filter(({ params, reply }) => params.category === category && reply.retCode === 0)

describe('a perpetual order that is refused for good', () => {
  test.each([
    [10005, 'Permission denied'],
    [10024, 'compliance rules'],
    [10001, 'position idx not match position mode'],
  ])(
    '%s (%s) halts the engine after one slice, and says what to change',
    async (retCode, retMsg) => {
      const world = await running({ limits: { hedgesMax: 1 } }, { symbols: THREE })
      world.answering(refusing('linear', retCode, retMsg))
      expect(await world.until(() => world.stateOf('engine') === 'halted', 10)).toBe(true)
      await world.advance(world.clock.nowMs() + 5 * MINUTE_MS)
      expect(world.engineContext().halt?.because).toMatch(new RegExp(`${retCode} ${retMsg}.*then resume`))
      expect(ordersOf(world, 'spot'), 'bought once, sold once').toHaveLength(2)
      expect(world.hedges()).toEqual([])
      expect(feesPaid(world).toNumber()).toBeLessThan(2)
      expect(world.standing()).toContain('exchange.refuses account')
      world.end()
    },
    120_000,
  )

  test.each([
    [110090, 'position may exceed the limit'],
    [10001, 'Request parameter error'],
  ])(
    '%s (%s) quarantines the symbol after one slice, and the others go on',
    async (retCode, retMsg) => {
      const world = await running({}, { symbols: THREE })
      world.answering(call =>
        call.params.symbol === SYMBOL ? refusing('linear', retCode, retMsg)(call) : undefined,
      )
      expect(await world.until(() => world.stateOf(`symbol:${SYMBOL}`) === 'failed.quarantined', 10)).toBe(
        true,
      )
      await world.advance(world.clock.nowMs() + 15 * MINUTE_MS)
      expect(world.because()).toContain(`${retCode} ${retMsg}`)
      const own = ordersOf(world, 'spot').filter(({ params }) => params.symbol === SYMBOL)
      expect(own, 'bought once, sold once').toHaveLength(2)
      expect(
        world
          .contexts()
          .map(({ plan }) => plan.symbol)
          .toSorted(),
      ).toEqual(THREE.filter(each => each !== SYMBOL).toSorted())
      expect(world.stateOf('engine')).toBe('trading')
      world.end()
    },
    120_000,
  )
})

test.each([170121, 170140, 999_999])(
  'spot orders refused with %i again and again, which might go away by itself, are believed after three hedges, and a person is called',
  async retCode => {
    const world = await running({
      execution: { routes: ['maker-perp'] },
      strategy: { coolDownMs: 10 * MINUTE_MS },
    })
    world.answering(refusing('spot', retCode))
    expect(await world.until(() => world.stateOf(`symbol:${SYMBOL}`) === 'failed.quarantined', 90)).toBe(true)
    await world.advance(world.clock.nowMs() + 2 * MINUTE_MS)
    const before = world.orders.length
    await world.advance(world.clock.nowMs() + 60 * MINUTE_MS)
    expect(world.orders.length, 'nothing more is tried').toBe(before)
    expect(world.standing()).toContain(`exchange.refuses ${SYMBOL}`)
    expect(feesPaid(world).toNumber()).toBeLessThan(6)
    world.end()
  },
  120_000,
)

test('spot orders that are refused while the perpetual waits in the book: the fill is given back, and it ends there', async () => {
  const world = await running({ execution: { routes: ['maker-perp'] } })
  world.answering(refusing('spot', 110090, 'limit'))
  expect(await world.until(() => world.stateOf(`symbol:${SYMBOL}`) === 'failed.quarantined', 10)).toBe(true)
  await world.advance(world.clock.nowMs() + 10 * MINUTE_MS)
  expect(world.shorts()).toEqual([])
  expect(world.hedges()).toEqual([])
  expect(feesPaid(world).toNumber()).toBeLessThan(2)
  world.end()
}, 120_000)

describe('an exit order that is refused', () => {
  const unwinding = async (refusals: number) => {
    const world = await running()
    expect(
      await world.until(() => world.hedges().some(({ cell }) => cell?.state === 'hedged.watching'), 10),
    ).toBe(true)
    let left = refusals
    world.answering(call =>
      isNewOrder(call, 'linear') && call.params.reduceOnly === true && left-- > 0
        ? refusal(10001, 'Request parameter error')
        : undefined,
    )
    world.tell(world.hedges()[0]?.id ?? '', 'hedge.unwind')
    return world
  }

  test('once, as not understood, is asked for again at once, and the symbol is not kept out for it', async () => {
    const world = await unwinding(1)
    expect(await world.until(() => world.hedges().length === 0, 1)).toBe(true)
    expect(world.shorts()).toEqual([])
    expect(world.stateOf(`symbol:${SYMBOL}`)).not.toMatch(/quarantined/)
    expect(world.standing().filter(name => name.startsWith('exchange.refuses'))).toEqual([])
    world.end()
  })

  test('again and again is told, more rarely tried, and goes through when it can', async () => {
    const world = await unwinding(8)
    expect(await world.until(() => world.standing().includes(`exchange.refuses ${SYMBOL}`), 2)).toBe(true)
    expect(await world.until(() => world.hedges().length === 0, 5)).toBe(true)
    expect(world.shorts()).toEqual([])
    expect(world.stateOf(`symbol:${SYMBOL}`)).toBe('failed.quarantined')
    world.end()
  })
})

describe('coins that cannot be sold for hours', () => {
  const unsellable = async (rules: Parameters<typeof running>[0], retCode: number) => {
    const world = await running(rules)
    expect(
      await world.until(() => world.hedges().some(({ cell }) => cell?.state === 'hedged.watching'), 10),
    ).toBe(true)
    let refused = true
    world.answering(call =>
      refused && isNewOrder(call, 'spot') ? refusal(retCode, 'not these coins') : undefined,
    )
    return {
      world,
      mend() {
        refused = false
      },
    }
  }
  const apartLots = ({ contexts }: Running) =>
    contexts().map(({ spot, perp }) => new Decimal(spot.base).minus(perp.base).div('0.1').toNumber())

  test.each([170131, 10024])(
    'under %i: what was deleveraged meanwhile is sold short again, and nothing stands alone',
    async retCode => {
      const { world, mend } = await unsellable({}, retCode)
      world.schedule({ kind: 'adl', symbol: SYMBOL, atMs: world.clock.nowMs() + 1_000, share: '0.5' })
      await world.advance(world.clock.nowMs() + 2 * MINUTE_MS)
      for (const lots of apartLots(world)) expect(Math.abs(lots)).toBeLessThan(1)
      await world.advance(world.clock.nowMs() + 60 * MINUTE_MS)
      for (const lots of apartLots(world)) expect(Math.abs(lots)).toBeLessThan(1)
      mend()
      expect(world.shorts().map(Number)).toEqual(world.contexts().map(({ perp }) => Number(perp.base)))
      world.end()
    },
    120_000,
  )

  test('and are to be let go of on a route that closes both legs at once: one leg goes, comes back, and waits with the other', async () => {
    const { world, mend } = await unsellable({ execution: { routes: ['parallel'] } }, 170131)
    const before = world.orders.length
    world.tell(world.hedges()[0]?.id ?? '', 'hedge.unwind')
    await world.advance(world.clock.nowMs() + MINUTE_MS)
    for (const lots of apartLots(world)) expect(Math.abs(lots)).toBeLessThan(1)
    await world.advance(world.clock.nowMs() + 60 * MINUTE_MS)
    const traded = world.orders.slice(before).filter(({ reply }) => reply.retCode === 0)
    expect(traded.length, 'one slice back and forth at the most').toBeLessThanOrEqual(2)
    expect(world.orders.length - before, 'tried more and more rarely').toBeLessThan(120)
    mend()
    expect(await world.until(() => world.hedges().length === 0, 10)).toBe(true)
    expect(world.shorts()).toEqual([])
    world.end()
  }, 120_000)
})

test('money that is used up keeps the level part of an entry and fails no hedge', async () => {
  const world = await running({ execution: { routes: ['spot-first'] } })
  let bought = 0
  world.answering(call => {
    if (!isNewOrder(call, 'spot') || call.params.side !== 'Buy') return undefined
    return ++bought > 2 ? refusal(170131, 'Insufficient balance.') : undefined
  })
  expect(
    await world.until(() => world.hedges().some(({ cell }) => cell?.state === 'hedged.watching'), 5),
  ).toBe(true)
  const [hedge] = world.contexts()
  expect(hedge?.failure).toBeNull()
  expect(new Decimal(hedge?.perp.base ?? 0).lt(hedge?.plan.targetBaseQty ?? 0)).toBe(true)
  await world.advance(world.clock.nowMs() + 2 * MINUTE_MS)
  expect(world.orders.filter(({ reply }) => reply.retCode === 170131)).toHaveLength(1)
  world.end()
}, 120_000)

test('the fees of the day bound each slice, not only each hedge', async () => {
  const world = await running({
    limits: { feesDayUsdtMax: '8' as never },
    execution: { sliceNotionalUsdtMax: '100' as never },
  })
  expect(await world.until(() => world.hedges().length > 0, 5)).toBe(true)
  // What the plan expected fits; what it costs in truth does not.
  const [hedge] = world.hedges()
  const context = () => world.contexts()[0]
  expect(hedge).toBeDefined()
  await world.until(() => world.hedges().some(({ cell }) => cell?.state === 'hedged.watching'), 5)
  const paid = new Decimal(context()?.spot.feesUsdt ?? 0).plus(context()?.perp.feesUsdt ?? 0)
  expect(paid.toNumber()).toBeLessThan(8)
  world.end()
}, 120_000)

describe('an order whose outcome is not known', () => {
  test.each([60, 180, 900])(
    'for %s s is asked about until the exchange is back, and level seconds later',
    async seconds => {
      const world = await running({}, { symbols: THREE })
      expect(await world.until(() => world.orders.some(({ params }) => params.category === 'spot'), 10)).toBe(
        true,
      )
      world.answering(({ uid }) => (uid === 'ours' ? refusal(10016, 'Server error') : undefined))
      await world.advance(world.clock.nowMs() + seconds * 1_000)
      const before = world.contexts().length
      world.answering(() => undefined)
      const isLevel = () =>
        world
          .contexts()
          .every(({ unbalancedSinceMs, spot, perp }) => unbalancedSinceMs === 0 && !spot.order && !perp.order)
      expect(await world.until(isLevel, 1)).toBe(true)
      expect(world.hedges().map(({ cell }) => cell?.state.split('.')[0])).not.toContain('failed')
      expect(world.contexts().length).toBeGreaterThanOrEqual(Math.min(before, 1))
      world.end()
    },
    120_000,
  )

  test('closes entries of every symbol meanwhile, while the rest of the exchange is there', async () => {
    const world = await running({}, { symbols: THREE })
    // Orders of this one perpetual and questions about them are not answered.
    world.answering(({ params, uid }) =>
      uid === 'ours' && params.symbol === SYMBOL && params.category === 'linear'
        ? refusal(10016, 'Server error')
        : undefined,
    )
    const isUnknown = () => world.contexts().some(({ perp }) => perp.asks > 0)
    expect(await world.until(isUnknown, 10)).toBe(true)
    const hedges = world.hedges().length
    const opened = () => world.orders.filter(({ params }) => /-SE/.test(String(params.orderLinkId))).length
    const before = opened()
    await world.advance(world.clock.nowMs() + 20 * MINUTE_MS)
    expect(world.engine().ports.newRiskRefused('ADAUSDT')).toMatch(
      /the outcome of order TEST00000.-PE0000 is not known/,
    )
    expect([world.hedges().length, opened()]).toEqual([hedges, before])
    world.answering(() => undefined)
    expect(
      await world.until(() => world.contexts().every(({ perp }) => perp.asks === 0 && !perp.order), 1),
    ).toBe(true)
    world.end()
  }, 120_000)
})
