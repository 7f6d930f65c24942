import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { createMarketBoard } from '../../../actors/market/board.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import { riskMarkets } from '../../../actors/risk/markets.ts'
import { newHedge } from '../../../machines/hedge/context.ts'
import { createAlerts } from '../../../src/alerts/alerts.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { memoryTerms } from '../../../src/store/books/operator-store.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { pairOn, RULES, VIP0, XRP } from '../../support/domain/sample-market.ts'
import { sampleHedge } from '../../support/machines/sample-hedge.ts'

const MINUTE_MS = 60_000

/** The service on a virtual clock; the exchange answers, and says when the instruments were read. */
function reading() {
  const clock = new VirtualClock(0)
  const pair = pairOn(XRP)
  const board = createMarketBoard(clock, [pair], VIP0)
  const readAtMs: number[] = []
  const alerts = createAlerts(silentTelemetry())
  const held = { kind: 'hedge', actor: { getSnapshot: () => ({ context: newHedge(sampleHedge()) }) } }
  const exchange = {
    systemNotices: async () => [],
    collateralTiers: async () => ({}),
    adlAlerts: async () => [],
    borrowTerms: async () => ({ hourlyRate: '0', freeLimit: '0', availableBase: '0', marginTrading: true }),
    riskTiers: async () => [],
    async instruments() {
      readAtMs.push(clock.nowMs())
      return { spot: [{ ...pair.spot, minNotionalUsdt: '20' }], perps: [pair.perp] }
    },
  }
  const world = {
    clock,
    pace: 1,
    speed: 1,
    board,
    exchange,
    rules: RULES,
    telemetry: silentTelemetry(),
    alerts,
    runtime: () => ({ all: () => [held], get: () => undefined }),
  } as unknown as EnginePorts
  const actor = createActor(riskMarkets(world, memoryTerms()).plain({}))
  actor.start()
  const advance = async (untilMs: number) => {
    do await setImmediate()
    while (clock.step(untilMs))
    await setImmediate()
  }
  return { board, alerts, readAtMs, advance, stop: () => actor.stop() }
}

test('an order that is refused for its terms lets the instruments be read within seconds, not minutes', async () => {
  const { board, readAtMs, advance, stop } = reading()
  await advance(5 * MINUTE_MS)
  expect(readAtMs.length).toBe(1)
  board.doubtTerms()
  await advance(5 * MINUTE_MS + 5_000)
  expect(readAtMs.length).toBe(2)
  expect(board.view(pairOn(XRP).symbol)?.pair.spot.minNotionalUsdt).toBe('20')
  stop()
})

test('however many orders are refused, the instruments are not read in a tight circle', async () => {
  const { board, readAtMs, advance, stop } = reading()
  await advance(MINUTE_MS)
  for (let tenth = 1; tenth <= 100; tenth++) {
    board.doubtTerms()
    await advance(MINUTE_MS + tenth * 100)
  }
  expect(readAtMs.length).toBeGreaterThan(1)
  expect(readAtMs.length).toBeLessThan(12)
  stop()
})

test('a place in the queue that goes back and forth by one is one alert, and ends when it is well back', async () => {
  const { board, alerts, advance, stop } = reading()
  const { symbol } = pairOn(XRP)
  const stands = alerts.standing
  const near: boolean[] = []
  for (const [minute, rank] of [2, 3, 2, 3, 2, 1].entries()) {
    board.setAdlRank(symbol, rank)
    await advance((minute + 2) * MINUTE_MS)
    near.push(stands().some(({ name, subject }) => name === 'adl.near' && subject === symbol))
  }
  expect(near).toEqual([false, true, true, true, true, false])
  stop()
})
