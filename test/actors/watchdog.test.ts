/** The watchdog over small ports: a journal that does not answer takes what rests off the book, and then ends the process. */
import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import type { EnginePorts } from '../../actors/ports.ts'
import { watchdog } from '../../actors/watchdog.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import type { Journal } from '../../src/store/schema/records.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { HEDGE_ID } from '../support/domain/sample-trades.ts'

const OURS = `${HEDGE_ID}-PE0001`

function watched() {
  const clock = new VirtualClock(0)
  const cancelled: { orderLinkId: string; atMs: number }[] = []
  const fatal: unknown[] = []
  let silentSinceMs: number | undefined
  const resting = ['by-hand', OURS].map(orderLinkId => ({ market: 'linear', symbol: 'XRPUSDT', orderLinkId }))
  const ports = {
    clock,
    pace: 1,
    telemetry: silentTelemetry(),
    board: { ageMs: () => ({}) },
    runtime: () => ({ all: () => [] }),
    funds: () => undefined,
    exchange: {
      openOrders: async () => resting,
      async cancelOrder(_market: string, _symbol: string, orderLinkId: string) {
        cancelled.push({ orderLinkId, atMs: clock.nowMs() })
        return true
      },
    },
  } as unknown as EnginePorts
  const oldestPendingMs = () => (silentSinceMs === undefined ? 0 : clock.nowMs() - silentSinceMs)
  const journal = { health: () => ({ pending: 1, oldestPendingMs: oldestPendingMs() }) } as unknown as Journal
  createActor(watchdog(ports, { journal, fatal: error => fatal.push(error) }).plain({})).start()
  return {
    cancelled,
    fatal,
    silent(fromMs: number | undefined) {
      silentSinceMs = fromMs
    },
    async advance(untilMs: number) {
      do for (let turn = 0; turn < 5; turn++) await setImmediate()
      while (clock.step(untilMs))
      clock.advanceTo(untilMs)
    },
  }
}

test('promise 4: within five seconds of a journal that is silent our resting orders are off the book, once, and only ours', async () => {
  const { silent, advance, cancelled, fatal } = watched()
  await advance(10_000)
  expect(cancelled).toEqual([])
  silent(10_000)
  await advance(20_000)
  expect(cancelled.map(({ orderLinkId }) => orderLinkId)).toEqual([OURS])
  expect((cancelled[0]?.atMs ?? 0) - 10_000).toBeLessThanOrEqual(5_000)
  silent(undefined)
  await advance(30_000)
  silent(30_000)
  await advance(36_000)
  expect(cancelled).toHaveLength(2)
  expect(fatal).toEqual([])
})

test('promise 9: a journal that stays silent for half a minute ends the process', async () => {
  const { silent, advance, fatal } = watched()
  silent(0)
  await advance(30_000)
  expect(fatal).toEqual([])
  await advance(32_000)
  expect(String(fatal[0])).toMatch(/the journal did not answer for \d+ ms/)
})
