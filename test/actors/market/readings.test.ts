import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { gently } from '../../../actors/market/readings.ts'
import type { EnginePorts } from '../../../actors/ports.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { silentTelemetry } from '../../../src/telemetry/telemetry.ts'

const MINUTE_MS = 60_000

/** Reads three symbols on a virtual clock; `fails` says which readings throw. */
function readings(fails: (symbol: string, time: number) => boolean, speed = 1) {
  const clock = new VirtualClock(0)
  const symbols = ['AUSDT', 'BUSDT', 'CUSDT']
  const telemetry = silentTelemetry()
  const world = {
    clock,
    pace: 1,
    speed,
    telemetry,
    board: { symbols: () => symbols },
  } as unknown as EnginePorts
  const read: { symbol: string; atMs: number }[] = []
  const stop = new AbortController()
  const ended = gently(world, stop.signal, {
    name: 'something',
    async read(symbol) {
      const time = read.filter(each => each.symbol === symbol).length
      read.push({ symbol, atMs: clock.nowMs() })
      if (fails(symbol, time)) throw new Error('no answer')
    },
    nextAtMs: (_, nowMs) => nowMs + 60 * MINUTE_MS,
  })
  const advance = async (untilMs: number) => {
    for (;;) {
      await setImmediate()
      if (!clock.step(untilMs)) return
    }
  }
  return { read, advance, ended, stop }
}

describe('gentle reads', () => {
  test('take one symbol after the other, a quarter of a wall second apart, and again when due', async () => {
    const { read, advance, stop, ended } = readings(() => false, 60)
    await advance(61 * MINUTE_MS)
    expect(read.map(({ symbol }) => symbol)).toEqual(['AUSDT', 'BUSDT', 'CUSDT', 'AUSDT', 'BUSDT', 'CUSDT'])
    const gaps = read.slice(1).map(({ atMs }, before) => atMs - (read[before]?.atMs ?? 0))
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250 * 60)
    stop.abort()
    await ended
  })

  test('ask later and later for what fails, and keep the others to their time', async () => {
    const { read, advance, stop, ended } = readings(symbol => symbol === 'BUSDT')
    await advance(30 * MINUTE_MS)
    const asked = read.filter(({ symbol }) => symbol === 'BUSDT').map(({ atMs }) => atMs)
    const pauses = asked.slice(1).map((atMs, before) => atMs - (asked[before] ?? 0))
    expect(pauses.length).toBeGreaterThan(3)
    expect(pauses.every((pause, at) => at === 0 || pause > (pauses[at - 1] ?? 0))).toBe(true)
    expect(read.filter(({ symbol }) => symbol !== 'BUSDT')).toHaveLength(2)
    stop.abort()
    await ended
  })
})
