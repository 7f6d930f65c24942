/** What is known of the account has an age: past its bound it is told and withdraws readiness, however well all else answers (promise 9). */
import { expect, test } from 'vitest'
import { AUDITED_MS_MAX } from '../../../actors/risk/audit.ts'
import { JUDGED_MS_MAX } from '../../../actors/risk/watch.ts'
import { readiness } from '../../../src/views/readiness.ts'
import { MINUTE_MS, refusal, running, START_AT_MS } from '../../support/simulation/running.ts'

const OLD_AFTER_MS = Math.max(AUDITED_MS_MAX, JUDGED_MS_MAX)

test('signed reads that are refused make the judgement and the audit old: not ready, nothing new, and ready again by itself', async () => {
  const world = await running()
  const unready = () =>
    readiness({ engine: world.engine(), journal: world.journal, isOwner: () => true })
      .filter(({ ok }) => !ok)
      .map(({ name }) => name)
  expect(await world.until(() => unready().length === 0, 5)).toBe(true)
  await world.advance(START_AT_MS + 8 * MINUTE_MS)
  expect(unready()).toEqual([])
  world.answering(({ path }) =>
    /wallet-balance|position\/list/.test(path) ? refusal(10016, 'busy') : undefined,
  )
  const sinceMs = world.clock.nowMs()
  expect(await world.until(() => unready().length === 2, 5)).toBe(true)
  expect(unready()).toEqual(['account risk', 'account audit'])
  expect(world.clock.nowMs() - sinceMs).toBeLessThanOrEqual(OLD_AFTER_MS + 10_000)
  expect(world.engine().ports.newRiskRefused()).toMatch(/^the account was judged \d+ ms ago$/)
  world.answering(() => undefined)
  expect(await world.until(() => unready().length === 0, 2)).toBe(true)
  world.end()
})
