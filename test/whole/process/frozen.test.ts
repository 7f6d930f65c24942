/**
 * An engine that stood still between the commit of an order and its sending may have lost the account meanwhile: what it decided
 * before is never sent (promises 2 and 8). Real processes, frozen with SIGSTOP.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openSite, type Site } from '../../support/process/crash-site.ts'
import { type EngineApi, engineApi } from '../../support/process/engine-api.ts'
import { FROZEN_POINT } from '../../support/process/kill-plan.ts'
import { ordersBeyond } from '../../support/process/outside.ts'
import { addressOf, eventually, type Running } from '../../support/process/processes.ts'

// Whole programs start here, a database among them: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

/** Longer than an order may wait for its sending. */
const FROZEN_MS = 2_500

let site: Site
let engine: Running
beforeEach(async () => {
  site = await openSite(7, '20')
  engine = site.startEngine({ point: FROZEN_POINT, nth: 1, afterMs: 0 })
})
afterEach(async () => {
  engine.kill('SIGKILL')
  await engine.ended
  await site.close()
})

const isFrozen = () => /^State:\s+T/m.test(readFileSync(join('/proc', String(engine.pid), 'status'), 'utf8'))

async function hedged(api: EngineApi) {
  const hedges = await api.get<{ state: string }[]>('/api/hedges')
  return hedges.some(({ state }) => state.startsWith('hedged'))
}

test('the order it had decided is asked about, not sent, and the hedge goes on with another', async () => {
  const url = await addressOf(engine)
  expect(url, engine.err()).toBeDefined()
  const api = engineApi(url ?? '', site.dataDir)
  await eventually('an engine that stands still', isFrozen, { seen: engine.out })
  const thawAtMs = performance.now() + FROZEN_MS
  const [stale] = [...(await site.journal.intents()).keys()]
  expect(stale).toBeDefined()
  await eventually('long enough', () => performance.now() > thawAtMs)
  engine.kill('SIGCONT')
  await eventually('a hedge', () => hedged(api), { everyMs: 200, seen: engine.out })
  const sent = readFileSync(site.sendsFile, 'utf8').split('\n')
  expect(sent.length).toBeGreaterThan(2)
  expect(sent).not.toContain(stale)
  const shown = await ordersBeyond(site.exchange, new Set())
  expect(shown.map(({ orderLinkId }) => orderLinkId)).not.toContain(stale)
})
