/** The exchange's time is kept through a suspended machine, stepped clocks and refused stamps. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type ExchangeClock, exchangeClock } from '../../src/clock/exchange-clock.ts'

const START_MS = 1_800_000_000_000

/** Half a step of these tests' time, within which an answer comes. */
const NEAR_MS = 60

/** A machine whose two clocks and whose exchange are moved by hand; Node's timers follow the monotonic one. */
function machine({ speed = 1, offMs = 0 } = {}) {
  const at = { monotonic: 5_000, wall: START_MS, exchange: START_MS + offMs, answers: true, tripMs: 10 }
  const corrections: number[] = []
  const clock = exchangeClock({
    startAtMs: START_MS,
    speed,
    async read() {
      if (!at.answers) throw new Error('no answer')
      await pass(at.tripMs / 2)
      const exchangeMs = at.exchange
      await pass(at.tripMs / 2)
      return exchangeMs
    },
    corrected: byMs => corrections.push(byMs),
    machine: { monotonicMs: () => at.monotonic, wallMs: () => at.wall },
  })
  async function pass(ms: number) {
    at.monotonic += ms
    at.wall += ms
    at.exchange += ms * speed
  }
  const run = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await pass(100)
      await vi.advanceTimersByTimeAsync(100)
    }
  }
  /** The machine sleeps: its wall clock and the exchange go on, the monotonic clock stands still. */
  const suspend = (ms: number) => {
    at.wall += ms
    at.exchange += ms * speed
  }
  return { at, clock, corrections, run, suspend, offMs: () => clock.nowMs() - at.exchange }
}

let open: ExchangeClock | undefined
const started = (options?: { speed?: number; offMs?: number }) => {
  const made = machine(options)
  open = made.clock
  return made
}
beforeEach(() => void vi.useFakeTimers())
afterEach(() => {
  open?.close()
  vi.useRealTimers()
})

test('a machine whose clock is wrong by 90 s trades on the exchange’s time from its first answer on', async () => {
  const { clock, run, offMs } = started({ offMs: 90_000 })
  expect(clock.isSure()).toBe(false)
  await run(100)
  expect(clock.isSure()).toBe(true)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
})

test('a suspend of 30 s is noticed within a second, and the time is right again', async () => {
  const { clock, run, suspend, offMs, corrections } = started()
  await run(2_000)
  suspend(30_000)
  expect(offMs()).toBeLessThan(-29_000)
  await run(1_000)
  expect(clock.isSure()).toBe(true)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
  expect(corrections).toHaveLength(1)
  expect(Math.abs((corrections[0] ?? 0) - 30_000)).toBeLessThanOrEqual(NEAR_MS)
})

test.each([-3_600_000, -2_000, 2_000, 3_600_000])(
  'a machine’s clock that is set by %i ms does not move the time',
  async byMs => {
    const { at, clock, run, offMs, corrections } = started()
    await run(2_000)
    at.wall += byMs
    expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
    await run(1_000)
    expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
    expect(corrections).toEqual([])
    expect(clock.isSure()).toBe(true)
  },
)

test('an exchange whose time went back is followed back, and timers stay due when they were due', async () => {
  const { at, clock, run, offMs } = started()
  await run(1_000)
  const ran: number[] = []
  clock.setTimeout(() => ran.push(at.exchange), 5_000)
  const dueAtMs = clock.nowMs() + 5_000
  at.exchange -= 20_000
  clock.doubt('a stamp was refused')
  expect(clock.isSure()).toBe(false)
  await run(1_000)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
  await run(20_000)
  expect(ran).toEqual([])
  await run(5_000)
  expect(ran).toHaveLength(1)
  expect((ran[0] ?? 0) - dueAtMs).toBeLessThanOrEqual(200)
})

test('what a suspend made overdue runs at once, in the order it was due', async () => {
  const { clock, run, suspend } = started()
  await run(1_000)
  const ran: string[] = []
  clock.setTimeout(() => ran.push('second'), 20_000)
  clock.setTimeout(() => ran.push('first'), 10_000)
  clock.setTimeout(() => ran.push('later'), 60_000)
  suspend(30_000)
  await run(1_000)
  expect(ran).toEqual(['first', 'second'])
})

test('while the exchange does not answer after a suspend the time is not sure', async () => {
  const { at, clock, run, suspend, offMs } = started()
  await run(1_000)
  at.answers = false
  suspend(30_000)
  await run(10_000)
  expect(clock.isSure()).toBe(false)
  at.answers = true
  await run(2_000)
  expect(clock.isSure()).toBe(true)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
})

test('a slow answer of the exchange moves nothing that it does not contradict', async () => {
  const { at, run, corrections, offMs } = started()
  at.tripMs = 3_000
  await run(60_000)
  expect(corrections).toEqual([])
  expect(Math.abs(offMs())).toBeLessThanOrEqual(NEAR_MS)
})

test('a simulator at 60 times the speed that lost two minutes is followed', async () => {
  const { at, clock, run, offMs } = started({ speed: 60 })
  await run(1_000)
  at.exchange -= 120_000
  await run(16_000)
  expect(clock.isSure()).toBe(true)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(60 * 10)
})

test('an exchange that slows down is followed without a word, and its time is never far off', async () => {
  const { at, clock, run, corrections, offMs } = started({ speed: 60 })
  await run(1_000)
  for (let told = 0; told < 40; told++) {
    const follow = clock.follow()
    // Half of the speed it was measured at: it falls behind until it is heard of.
    at.exchange -= 30 * 100
    await run(100)
    follow(at.exchange, 30)
    expect(Math.abs(offMs())).toBeLessThanOrEqual(60 * NEAR_MS)
  }
  expect(corrections).toEqual([])
  expect(clock.isSure()).toBe(true)
})

test('of an exchange that falls silent the time goes on as the machine’s', async () => {
  const { at, clock, run } = started({ speed: 60 })
  await run(1_000)
  at.answers = false
  clock.follow()(at.exchange, 60)
  const toldMs = clock.nowMs()
  await run(10_000)
  expect(clock.nowMs() - toldMs).toBe(6_000 + 10_000)
})

test('an answer to a question from before the clock was set does not set it again', async () => {
  const { at, clock, run, offMs } = started({ offMs: -3_600_000, speed: 60 })
  const follow = clock.follow()
  await run(200)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(60 * NEAR_MS)
  follow(at.exchange, 60)
  expect(Math.abs(offMs())).toBeLessThanOrEqual(60 * NEAR_MS)
})
