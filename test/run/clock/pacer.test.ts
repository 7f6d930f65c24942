/** An engine and its simulator keep one pace: what the engine cannot follow, the simulator does not run. */
import { expect, test, vi } from 'vitest'
import { exchangeClock } from '../../../src/clock/exchange-clock.ts'
import { statusOf } from '../../../src/exchange/simulator/server/control.ts'
import { startPacer } from '../../../src/run/pacer.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'
import { closeAfterEach, onCleanup, start } from '../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const SPEED = 60

async function paced() {
  const server = await start({ speed: SPEED })
  const { url } = server
  const read = async () => (await statusOf(url))?.nowMs ?? 0
  const clock = exchangeClock({ startAtMs: server.nowMs(), speed: SPEED, read, corrected: () => {} })
  const telemetry = silentTelemetry()
  const pacer = startPacer({ url, speed: SPEED, clock, frameAgeMs: () => 0, telemetry })
  const close = () => {
    pacer.close()
    clock.close()
  }
  onCleanup(close)
  return { server, clock, pacer, telemetry, close }
}

test('a journal that is waited for slows the simulator down, the clock of the engine with it, and the metric says so', async () => {
  const { server, clock, pacer, telemetry } = await paced()
  const waiting = setInterval(() => pacer.waited(1_000), 10)
  onCleanup(() => clearInterval(waiting))
  await vi.waitFor(() => expect(server.status().pace).toBeLessThanOrEqual(5), {
    timeout: 5_000,
    interval: 20,
  })
  await vi.waitFor(() => expect(pacer.pace()).toBeLessThanOrEqual(5), { timeout: 5_000, interval: 20 })
  expect(Math.abs(clock.nowMs() - server.nowMs())).toBeLessThan(6_000)
  expect(await telemetry.metrics()).toMatch(/^hedgerow_simulation_pace_ratio [1-5](\.\d+)?$/m)
})

test('a simulator whose client is gone runs at its speed again', async () => {
  const { server, pacer, close } = await paced()
  const waiting = setInterval(() => pacer.waited(1_000), 10)
  onCleanup(() => clearInterval(waiting))
  await vi.waitFor(() => expect(server.status().pace).toBeLessThan(SPEED / 2), {
    timeout: 5_000,
    interval: 20,
  })
  close()
  await vi.waitFor(() => expect(server.status().pace).toBe(SPEED), { timeout: 5_000, interval: 20 })
})

test('a pace below the wall clock’s is refused by name', async () => {
  const { url } = await start({ speed: SPEED })
  const answer = await fetch(`${url}/simulator/pace/0.5`, { method: 'POST' })
  expect([answer.status, await answer.json()]).toEqual([
    422,
    { error: 'pace: expected a number from 1 up, found /simulator/pace/0.5' },
  ])
})
