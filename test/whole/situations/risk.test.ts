/** A whole engine whose account gets into danger: what it does by itself, what it tells, and what a person finds afterwards. */
import { describe, expect, test } from 'vitest'
import { MINUTE_MS, type Running, running, START_AT_MS, SYMBOL } from '../../support/simulation/running.ts'

const OTHER = 'XRPUSDT'

const isHedged = (world: Running) => () =>
  world.hedges().some(({ cell }) => cell?.state === 'hedged.watching')

test('a loss above the limit halts, across a restart, until a person resumes; then it is counted anew', async () => {
  const world = await running({ limits: { lossDayUsdtMax: '0.5' as never } })
  expect(await world.until(() => world.stateOf('engine') === 'halted')).toBe(true)
  expect(world.engineContext().halt).toMatchObject({ by: 'limits.lossDayUsdtMax' })
  expect(world.engineContext().halt?.because).toMatch(/^daily-loss: found /)
  await world.again()
  await world.advance(world.clock.nowMs() + 2 * MINUTE_MS)
  expect(world.stateOf('engine')).toBe('halted')
  expect(world.standing()).toContain('risk.limit-reached')

  world.tell('engine', 'engine.resume')
  expect(await world.until(() => world.stateOf('engine') === 'trading', 3)).toBe(true)
  await world.advance(world.clock.nowMs() + 3 * MINUTE_MS)
  // The hedge stands, so nothing new is paid: what was lost before does not halt again.
  expect(world.stateOf('engine')).toBe('trading')
  expect(world.standing()).not.toContain('risk.limit-reached')
  world.end()
})

test('fees above the churn budget of the day open nothing more, however soon it is asked for', async () => {
  const world = await running({ limits: { feesDayUsdtMax: '8' as never }, strategy: { coolDownMs: 0 } })
  expect(await world.until(isHedged(world))).toBe(true)
  world.engine().runtime.deliver(world.hedges()[0]?.id ?? '', { type: 'hedge.unwind', because: 'a person' })
  expect(await world.until(() => world.hedges().length === 0)).toBe(true)
  const isRefused = () => world.stateOf(`symbol:${SYMBOL}`) === 'idle.refused'
  expect(await world.until(isRefused, 2)).toBe(true)
  expect(world.because()).toMatch(/^churn-budget: found 1\d\./)
  expect(world.engineContext().halt).toBeNull()
  world.end()
})

describe('flatten', () => {
  test('ends when the exchange shows nothing of ours, and says so', async () => {
    const world = await running()
    expect(await world.until(isHedged(world))).toBe(true)
    world.tell('engine', 'engine.flatten')
    expect(await world.until(() => (world.engineContext().flatten?.endedAtMs ?? 0) > 0)).toBe(true)
    expect(world.engineContext().flatten).toMatchObject({ left: [] })
    expect([world.stateOf('engine'), world.stateOf('desk')]).toEqual(['halted', 'closed'])
    expect(world.hedges()).toEqual([])
    expect(world.standing()).toContain('engine.flattened')
    world.end()
  })

  test('names what is left, and goes on looking across a restart until it is gone', async () => {
    const world = await running({}, { symbols: [SYMBOL, OTHER] })
    await world.until(() => world.stateOf(`symbol:${OTHER}`) !== 'gone')
    world.tell(`symbol:${OTHER}`, 'symbol.quarantine')
    expect(await world.until(isHedged(world))).toBe(true)
    world.order({ symbol: OTHER, side: 'Buy', qty: '70', orderLinkId: 'by-hand-1' })
    world.tell('engine', 'engine.flatten')
    expect(await world.until(() => (world.engineContext().flatten?.endedAtMs ?? 0) > 0)).toBe(true)
    expect(world.engineContext().flatten?.left).toEqual([`${OTHER}: 70 contracts long`])
    expect(world.stateOf('desk')).toBe('flattening.left')
    expect(world.standing()).toContain('engine.flatten-left')
    await world.again()
    world.order({ symbol: OTHER, side: 'Sell', qty: '70', orderLinkId: 'by-hand-2', reduceOnly: true })
    expect(await world.until(() => world.stateOf('desk') === 'closed')).toBe(true)
    expect(world.engineContext().flatten?.left).toEqual([])
    world.end()
  })
})

test('short of margin, one hedge goes at a time: the next only when that one is over', async () => {
  const symbols = [SYMBOL, OTHER]
  const world = await running(
    { strategy: { maintenanceRate: 0.02 } },
    { symbols, balances: { USDT: '20000' } },
  )
  const areHedged = () => symbols.every(symbol => world.stateOf(`symbol:${symbol}`) === 'hedged')
  expect(await world.until(areHedged, 30)).toBe(true)
  // No entry would be taken at such bars: what is hedged is then worth a large part of an account that counts for little.
  Object.assign(world.rules.limits, {
    solvencyWarnRate: 0.0001,
    solvencyReduceRate: 0.0002,
    solvencyFlattenRate: 0.99,
  })
  const told: string[][] = []
  const { deliver } = world.engine().runtime
  world.engine().runtime.deliver = (id, event, ...rest) => {
    if (event.type === 'desk.relieve') told.push(event.hedgeIds as string[])
    return deliver(id, event, ...rest)
  }
  expect(await world.until(() => told.length >= 2, 60)).toBe(true)
  expect(told.every(ids => ids.length === 1)).toBe(true)
  expect(told[0]).not.toEqual(told[1])
  expect(world.standing()).toContain('solvency.low')
  world.end()
})

describe('what is nobody’s', () => {
  test('is told, and counts against the limit of its symbol', async () => {
    const world = await running({ limits: { symbolNotionalUsdtMax: '100' as never } })
    world.order({ side: 'Sell', qty: '500', orderLinkId: 'by-hand' })
    expect(await world.until(() => world.standing().includes(`account.foreign-position ${SYMBOL}`), 5)).toBe(
      true,
    )
    await world.advance(world.clock.nowMs() + 5 * MINUTE_MS)
    expect(world.hedges()).toEqual([])
    expect(world.stateOf('engine')).toBe('trading')
    world.order({ side: 'Buy', qty: '500', orderLinkId: 'by-hand-back', reduceOnly: true })
    expect(await world.until(() => !world.standing().includes(`account.foreign-position ${SYMBOL}`), 5)).toBe(
      true,
    )
    world.end()
  })

  test('halts where that is the policy, once', async () => {
    const world = await running({ limits: { foreign: 'halt', symbolNotionalUsdtMax: '100' as never } })
    world.order({ side: 'Sell', qty: '500', orderLinkId: 'by-hand' })
    expect(await world.until(() => world.stateOf('engine') === 'halted', 5)).toBe(true)
    expect(world.engineContext().halt?.by).toBe('limits.foreign')
    world.tell('engine', 'engine.resume')
    await world.advance(world.clock.nowMs() + 5 * MINUTE_MS)
    expect(world.stateOf('engine')).toBe('trading')
    world.end()
  })
})

test('promise 4: a leg that a person took away is missed at once, and the hedge is level again within half a minute', async () => {
  const world = await running()
  expect(await world.until(isHedged(world))).toBe(true)
  await world.advance(world.clock.nowMs() + MINUTE_MS)
  const [before] = world.shorts()
  world.order({ side: 'Buy', qty: '20', orderLinkId: 'by-hand', reduceOnly: true })
  expect(Number(before) - Number(world.shorts()[0])).toBe(20)
  const isMissed = () => world.standing().includes(`reconcile.missing-position ${SYMBOL}`)
  expect(await world.until(() => isMissed() && isHedged(world)(), 0.5)).toBe(true)
  const context = world.hedges()[0]?.actor.getSnapshot().context
  expect(context.perp.base).toBe(world.shorts()[0])
  expect(Math.abs(Number(context.spot.base) - Number(context.perp.base))).toBeLessThan(0.1)
  world.end()
})

test('nothing is opened from before a maintenance until it is over and everything was compared anew', async () => {
  const world = await running({ strategy: { maintenanceGuardMs: 10 * MINUTE_MS } })
  const atMs = START_AT_MS + 12 * MINUTE_MS
  world.schedule({ kind: 'maintenance', atMs, untilMs: atMs + 5 * MINUTE_MS })
  const refused = () => world.engine().ports.newRiskRefused() ?? ''
  expect(await world.until(() => refused().startsWith('maintenance'), 4)).toBe(true)
  const run = world.engineContext().run
  await world.advance(atMs + 4 * MINUTE_MS)
  expect(refused()).toMatch(/maintenance/)
  expect(
    await world.until(() => world.engineContext().run > run && world.stateOf('engine') === 'trading', 10),
  ).toBe(true)
  expect(world.clock.nowMs()).toBeGreaterThanOrEqual(atMs + 5 * MINUTE_MS)
  expect(refused()).toBe('')
  world.end()
})

test('a delisting runs its hedge off, and the symbol is out', async () => {
  const world = await running()
  expect(await world.until(isHedged(world))).toBe(true)
  world.schedule({ kind: 'delisting', symbol: SYMBOL, atMs: world.clock.nowMs() + 20 * 60 * MINUTE_MS })
  expect(await world.until(() => world.hedges().length === 0, 30)).toBe(true)
  expect(await world.until(() => world.stateOf(`symbol:${SYMBOL}`) === 'failed.delisted', 5)).toBe(true)
  expect(world.standing()).toContain(`symbol.delisting ${SYMBOL}`)
  world.end()
})

describe('a hedge that failed, though level, and whose delisting is announced', () => {
  const failed = async (failedPolicy: 'hold' | 'level' | 'unwind', hours: number) => {
    const world = await running({ limits: { failedPolicy } })
    expect(await world.until(isHedged(world))).toBe(true)
    const id = world.hedges()[0]?.id ?? ''
    world.tell(id, 'hedge.rebalance')
    world.engine().runtime.deliver(id, { type: 'step.stuck', because: 'a drill' })
    expect(await world.until(() => world.stateOf(id).startsWith('failed'), 1)).toBe(true)
    world.schedule({ kind: 'delisting', symbol: SYMBOL, atMs: world.clock.nowMs() + hours * 60 * MINUTE_MS })
    return world
  }
  const told = (world: Running) =>
    world.standing().filter(name => name.startsWith(`hedge.failed-in-danger ${SYMBOL}`))

  test('is told at once, and leaves where the policy lets it', async () => {
    const world = await failed('level', 20)
    expect(await world.until(() => told(world).length > 0, 15)).toBe(true)
    expect(await world.until(() => world.hedges().length === 0, 15)).toBe(true)
    expect(world.shorts()).toEqual([])
    world.end()
  })

  test('is held where that is the policy, and told again as the end nears', async () => {
    const world = await failed('hold', 1.5)
    expect(await world.until(() => told(world).length > 0, 15)).toBe(true)
    await world.advance(world.clock.nowMs() + 65 * MINUTE_MS)
    expect(told(world)).toEqual([6, 1].map(hours => `hedge.failed-in-danger ${SYMBOL} ${hours} h`))
    expect(world.shorts()).toHaveLength(1)
    world.end()
  })
})

test('a spot market whose end is announced: a person hears of it at once, its hedge leaves while it can, nothing new is begun', async () => {
  const world = await running()
  expect(await world.until(isHedged(world))).toBe(true)
  const endsAtMs = world.clock.nowMs() + 3 * 24 * 60 * MINUTE_MS
  world.schedule({ kind: 'delisting', market: 'spot', symbol: SYMBOL, atMs: endsAtMs })
  expect(await world.until(() => world.standing().includes(`symbol.delisting ${SYMBOL}`), 15)).toBe(true)
  expect(await world.until(() => world.hedges().length === 0, 15)).toBe(true)
  expect(world.shorts()).toEqual([])
  await world.advance(world.clock.nowMs() + 40 * MINUTE_MS)
  expect(world.stateOf(`symbol:${SYMBOL}`)).toBe('failed.delisted')
  expect(world.hedges()).toEqual([])
  world.end()
})

test('after the exchange took a position its symbol cools down: the short is not opened again meanwhile', async () => {
  const world = await running({ strategy: { coolDownMs: 40 * MINUTE_MS, adlTriggerNear: 0 } })
  expect(await world.until(isHedged(world))).toBe(true)
  world.schedule({ kind: 'adl', symbol: SYMBOL, atMs: world.clock.nowMs() + 5_000 })
  expect(await world.until(() => world.hedges().length === 0)).toBe(true)
  const overAtMs = world.clock.nowMs()
  expect(world.stateOf(`symbol:${SYMBOL}`)).toBe('idle.cooling')
  expect(world.standing()).toContain(`venue.took-position ${SYMBOL}`)
  await world.advance(overAtMs + 38 * MINUTE_MS)
  expect([world.stateOf(`symbol:${SYMBOL}`), world.shorts()]).toEqual(['idle.cooling', []])
  expect(await world.until(() => world.shorts().length > 0, 10)).toBe(true)
  expect(world.clock.nowMs()).toBeGreaterThanOrEqual(overAtMs + 40 * MINUTE_MS)
  world.end()
})
