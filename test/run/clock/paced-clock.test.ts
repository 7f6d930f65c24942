/** A clock whose pace changes keeps its timers' instants, and never runs far ahead of what it was told. */
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HOLD_MS, scaledClock } from '../../../src/clock/clock.ts'
import { createPacing } from '../../../src/exchange/simulator/server/driver.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A clock of a machine whose time is moved by hand. */
function machine(speed: number) {
  const start = performance.now()
  const clock = scaledClock({ startAtMs: 0, speed, tickMs: () => performance.now() - start })
  return { clock, pass: (ms: number) => vi.advanceTimersByTime(ms) }
}

describe('a clock at a pace', () => {
  test('goes on from where it was, at the new pace', () => {
    const { clock, pass } = machine(60)
    pass(1_000)
    clock.run(10)
    expect(clock.nowMs()).toBe(60_000)
    pass(1_000)
    expect(clock.nowMs()).toBe(70_000)
  })

  test.each([
    ['slower', 60, 6],
    ['faster', 6, 60],
  ])('that becomes %s rings when it was to ring', (_how, before, after) => {
    const { clock, pass } = machine(before)
    let rangAtMs = 0
    clock.setTimeout(() => {
      rangAtMs = clock.nowMs()
    }, 12_000)
    pass(100)
    clock.run(after)
    pass(10_000)
    expect(rangAtMs).toBeGreaterThanOrEqual(11_990)
    expect(rangAtMs).toBeLessThanOrEqual(12_130)
  })

  test('without news runs on for a while only, then as fast as the machine, and rings by that', () => {
    const { clock, pass } = machine(60)
    clock.run(60, HOLD_MS)
    const rang: number[] = []
    for (const delayMs of [3_000, HOLD_MS + 4_000]) clock.setTimeout(() => rang.push(clock.nowMs()), delayMs)
    pass(1_000)
    expect(clock.nowMs()).toBe(HOLD_MS + 1_000)
    expect(rang).toHaveLength(1)
    pass(2_000)
    expect(rang).toHaveLength(1)
    pass(1_100)
    expect(rang).toHaveLength(2)
    clock.run(60, HOLD_MS)
    pass(50)
    expect(clock.nowMs()).toBe(HOLD_MS + 4_100 + 3_000)
  })

  test('a timer that waited without news rings as soon as news make it due', () => {
    const { clock, pass } = machine(60)
    clock.run(60, HOLD_MS)
    let rang = false
    clock.setTimeout(() => {
      rang = true
    }, 10_000)
    pass(1_000)
    clock.run(60, HOLD_MS)
    pass(60)
    expect(rang).toBe(true)
  })
})

describe('the time of a simulator', () => {
  const client = () => new EventEmitter()

  test('runs at the pace of its slowest client, and at its speed once none is left', () => {
    const { clock, pass } = machine(60)
    const pacing = createPacing(clock, 60)
    const [one, other] = [client(), client()]
    pacing.hear(one, 50)
    pacing.hear(other, 20)
    expect(pacing.pace()).toBe(20)
    other.emit('close')
    expect(pacing.pace()).toBe(50)
    one.emit('close')
    expect(pacing.pace()).toBe(60)
    pass(10_000)
    expect(clock.nowMs()).toBe(600_000)
  })

  test('waits for a client that falls silent, so that nothing there becomes old while it is held up', () => {
    const { clock, pass } = machine(60)
    const pacing = createPacing(clock, 60)
    pacing.hear(client(), 60)
    pass(3_000)
    expect(clock.nowMs()).toBe(HOLD_MS + 3_000)
  })

  test('is never faster than its speed', () => {
    const { clock } = machine(60)
    const pacing = createPacing(clock, 60)
    pacing.hear(client(), 500)
    expect(pacing.pace()).toBe(60)
  })
})
