/** The public stream is away while orders and the private stream live: what is to be left is left on books read over REST (promise 9). */
import { expect, test } from 'vitest'
import { MINUTE_MS, type Running, running, START_AT_MS, SYMBOL } from '../../support/simulation/running.ts'

const isHedged = (world: Running) => () =>
  world.hedges().some(({ cell }) => cell?.state === 'hedged.watching')
const QUIET_AT_MS = 12 * MINUTE_MS

test.each([
  ['linear', ['public-linear']],
  ['spot', ['public-spot']],
  ['linear and spot', ['public-linear', 'public-spot']],
] as const)(
  'with the public %s stream silent, flatten is flat within minutes, and books are asked for at a bounded pace',
  async (_, channels) => {
    const faults = channels.map(channel => ({ name: 'silent-public' as const, channel, fromMs: QUIET_AT_MS }))
    const world = await running({}, { wrong: { faults } })
    expect(await world.until(isHedged(world), 10)).toBe(true)
    await world.advance(START_AT_MS + QUIET_AT_MS + 2 * MINUTE_MS)
    const { request } = world.core
    const asked: number[] = []
    world.core.request = call => {
      if (call.path === '/v5/market/orderbook') asked.push(world.clock.nowMs())
      return request(call)
    }
    const entered = world.orders.length
    world.tell('engine', 'engine.flatten')
    expect(await world.until(() => (world.engineContext().flatten?.endedAtMs ?? 0) > 0, 5)).toBe(true)
    expect(world.engineContext().flatten).toMatchObject({ left: [] })
    expect([world.hedges(), world.shorts()]).toEqual([[], []])
    expect(world.orders.length).toBeGreaterThan(entered)
    const seconds = Math.ceil((world.clock.nowMs() - (asked[0] ?? 0)) / 1_000) + 1
    expect(asked.length).toBeGreaterThan(0)
    expect(asked.length).toBeLessThanOrEqual(2 * seconds)
    world.end()
  },
)

test('nothing is opened on books that were read for an exit', async () => {
  const fault = { name: 'silent-public' as const, fromMs: 0 }
  const world = await running({}, { wrong: { faults: [fault] } })
  await world.advance(START_AT_MS + 15 * MINUTE_MS)
  expect(world.orders).toEqual([])
  expect(world.stateOf(`symbol:${SYMBOL}`)).not.toMatch(/^entering/)
  world.end()
})
