/** Exits on a whole engine: a spike closes nothing, and what is about to be paid is taken along. */
import { expect, test } from 'vitest'
import { MINUTE_MS, type Running, running, SYMBOL } from '../../support/simulation/running.ts'

const isHedged = (world: Running) => () =>
  world.hedges().some(({ cell }) => cell?.state === 'hedged.watching')

test.each([
  [180, 10],
  [300, 4],
])('a perpetual that runs %i bps ahead of its spot for %i s closes nothing', async (bps, seconds) => {
  const world = await running()
  expect(await world.until(isHedged(world))).toBe(true)
  const [hedge] = world.hedges()
  const before = world.orders.length
  const atMs = world.clock.nowMs() + MINUTE_MS
  world.schedule({
    kind: 'spike',
    symbol: SYMBOL,
    atMs,
    premium: bps / 10_000,
    untilMs: atMs + seconds * 1_000,
  })
  await world.advance(atMs + 10 * MINUTE_MS)
  expect(world.stateOf(hedge?.id ?? '')).toMatch(/^hedged/)
  expect(world.orders.slice(before)).toEqual([])
  world.end()
})

/** A little before 08:00 UTC, where this perpetual is paid. */
const BEFORE_PAID_MS = Date.UTC(2026, 0, 5, 7, 20)
const PAID_AT_MS = Date.UTC(2026, 0, 5, 8)

test('a hedge that wants to leave seconds before it is paid well is paid first, and leaves then', async () => {
  const world = await running({}, { startAtMs: BEFORE_PAID_MS })
  const premium = { kind: 'premium', symbol: SYMBOL } as const
  world.schedule(
    { ...premium, atMs: BEFORE_PAID_MS + 1_000, premium: 0.01, untilMs: PAID_AT_MS },
    // It would pay for the settlement after that.
    { ...premium, atMs: PAID_AT_MS + 1_000, premium: -0.01, untilMs: PAID_AT_MS + 60 * MINUTE_MS },
  )
  expect(await world.until(isHedged(world))).toBe(true)
  await world.advance(PAID_AT_MS - 8_000)
  // From now on it is held for too long.
  Object.assign(world.rules.strategy, { holdMaxMs: MINUTE_MS })
  await world.advance(PAID_AT_MS - 500)
  expect(isHedged(world)(), 'it waits').toBe(true)
  await world.advance(PAID_AT_MS + 30_000)
  const [paid] = world.books.postings.filter(({ kind }) => kind === 'funding')
  expect(Number(paid?.amount), 'funding is an income, booked negative').toBeLessThan(0)
  expect(await world.until(() => world.hedges().length === 0, 10)).toBe(true)
  world.end()
})
