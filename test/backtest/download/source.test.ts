/** How a download asks: never faster than a third of what Bybit allows, and never in vain for ever. */
import { describe, expect, test } from 'vitest'
import { patientWire } from '../../../src/backtest/download/source.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { type Envelope, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { reply, scriptedWire } from '../../support/exchange/scripted-wire.ts'

const BUSY = { ...reply({}), retCode: 10006, retMsg: 'Too many visits!' }

function patient(answers: (asked: number) => Envelope) {
  const clock = new VirtualClock(1_000_000)
  const atMs: number[] = []
  const waits: string[] = []
  const wire = scriptedWire({
    get: () => {
      atMs.push(clock.nowMs())
      return answers(atMs.length)
    },
  })
  const { get } = patientWire(wire, clock, (waitMs, why) => waits.push(`${waitMs} ${why}`))
  /** Asks, and lets time pass until it is answered. */
  async function ask(times = 1): Promise<PromiseSettledResult<Envelope>[]> {
    const startedAtMs = clock.nowMs()
    const all = Promise.allSettled(Array.from({ length: times }, () => get('/v5/market/kline', {}, false)))
    let isDone = false
    void all.then(() => {
      isDone = true
    })
    for (;;) {
      await new Promise(resolve => setImmediate(resolve))
      if (isDone) break
      const dueMs = clock.nextDueAtMs()
      if (dueMs !== undefined) clock.advanceTo(dueMs)
      if (clock.nowMs() - startedAtMs > 86_400_000) throw new Error('expected an answer within a day')
    }
    return all
  }
  return { ask, atMs, waits }
}

const broken = (words: string) => {
  throw new WireFailure(words)
}

describe('a patient wire', () => {
  test('lets at most 40 requests a second leave', async () => {
    const { ask, atMs } = patient(() => reply({}))
    await ask(200)
    for (const [at, ms] of atMs.entries()) expect(ms - (atMs[at - 40] ?? 0)).toBeGreaterThanOrEqual(1_000)
    expect((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)).toBeLessThan(6_000)
  })

  test('what is refused for asking too often keeps everything behind it waiting too', async () => {
    const { ask, atMs } = patient(asked => (asked === 1 ? BUSY : reply({})))
    await ask(3)
    const [first = 0, ...rest] = atMs
    expect(rest.length).toBe(3)
    for (const ms of rest) expect(ms - first).toBeGreaterThanOrEqual(1_000)
  })

  test('waits longer each time it is told that it asks too often', async () => {
    const { ask, atMs, waits } = patient(asked => (asked <= 3 ? BUSY : reply({})))
    const found = await ask()
    expect(found).toMatchObject([{ status: 'fulfilled', value: { retCode: 0 } }])
    expect(waits).toEqual([1000, 2000, 4000].map(ms => `${ms} 10006 Too many visits!`))
    expect(atMs.slice(1).map((ms, at) => ms - (atMs[at] ?? 0))).toEqual([1_000, 2_000, 4_000])
  })

  test('gives the refusal on when it never ends', async () => {
    const { ask, atMs } = patient(() => BUSY)
    expect(await ask()).toMatchObject([{ status: 'fulfilled', value: { retCode: 10006 } }])
    expect(atMs.length).toBe(24)
  })

  test('retries a broken connection, but not an address that never answered', async () => {
    const once = patient(asked => (asked === 2 ? broken('transport: ECONNRESET') : reply({})))
    expect(await once.ask()).toMatchObject([{ status: 'fulfilled' }])
    expect(await once.ask()).toMatchObject([{ status: 'fulfilled' }])
    expect(once.atMs.length).toBe(3)
    const never = patient(() => broken('transport: ENOTFOUND'))
    expect(await never.ask()).toMatchObject([
      { status: 'rejected', reason: { message: 'transport: ENOTFOUND' } },
    ])
    expect(never.atMs.length).toBe(1)
  })

  test('leaves an exchange that blocks this address alone for ten minutes', async () => {
    const { ask, atMs } = patient(asked => (asked === 2 ? broken('HTTP 403') : reply({})))
    await ask()
    expect(await ask()).toMatchObject([{ status: 'fulfilled' }])
    expect((atMs[2] ?? 0) - (atMs[1] ?? 0)).toBe(600_000)
  })

  test('any other refusal is an answer', async () => {
    const { ask, atMs } = patient(() => ({ ...reply({}), retCode: 10001 }))
    expect(await ask()).toMatchObject([{ status: 'fulfilled', value: { retCode: 10001 } }])
    expect(atMs.length).toBe(1)
  })
})
