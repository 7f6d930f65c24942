/** Readiness is withdrawn within five seconds of what takes it, and comes back by itself. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import { embeddedHome, serverPid } from '../../../src/store/embedded/home.ts'
import {
  addressOf,
  endAll,
  eventually,
  launch,
  type Running,
  startSimulator,
} from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

// Whole programs start here, a database among them: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const WITHDRAWN_WITHIN_MS = 5_000

let simulator: { url: string; process: Running }
let site: ReturnType<typeof freshFolder>
let engine: Running
let url = ''

beforeAll(async () => {
  site = freshFolder()
  simulator = await startSimulator(site.folder, { speed: '1' })
  const env = { HEDGEROW_PORT: '0', HEDGEROW_EXCHANGE_URL: simulator.url }
  engine = launch({ script: 'src/cli.ts', args: ['run'], cwd: site.folder, env })
  url = (await addressOf(engine)) ?? ''
  await isReady()
})
afterAll(async () => {
  engine.kill('SIGKILL')
  simulator.process.kill('SIGTERM')
  await Promise.all([engine.ended, simulator.process.ended])
  endAll()
  site.remove()
})

type Health = { status: 'ok' | 'failing'; parts: { name: string; ok: boolean; detail: string }[] }

async function readyz(): Promise<Health> {
  const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) })
  return (await answer.json()) as Health
}
async function waitFor(what: string, isSo: (health: Health) => boolean): Promise<void> {
  let seen: Health | undefined
  await eventually(
    what,
    async () => {
      seen = await readyz()
      return isSo(seen)
    },
    { withinMs: 60_000, everyMs: 20, seen: () => JSON.stringify(seen) + engine.out().slice(-2_000) },
  )
}
const isReady = () => waitFor('an engine that is ready', ({ status }) => status === 'ok')

async function withdrawnBy(part: string): Promise<void> {
  const sinceMs = performance.now()
  await waitFor(`${part} that is not well`, ({ parts }) => parts.some(({ name, ok }) => name === part && !ok))
  expect(performance.now() - sinceMs, part).toBeLessThan(WITHDRAWN_WITHIN_MS)
}
const faults = (plan: FaultPlanInput) =>
  fetch(`${simulator.url}/simulator/faults`, { method: 'PUT', body: JSON.stringify(plan) })

/** The database server of the engine and all of its own processes. */
function serverProcesses(): number[] {
  const server = serverPid(embeddedHome(join(site.folder, '.hedgerow'))) ?? 0
  const children = execFileSync('pgrep', ['-P', String(server)])
    .toString()
    .trim()
    .split('\n')
  return [server, ...children.map(Number)]
}

test('a database that stands still', async () => {
  const frozen = serverProcesses()
  for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  try {
    await withdrawnBy('lease')
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
  }
  await isReady()
})

test('an exchange that answers with pages of HTML', async () => {
  await faults({ faults: [{ name: 'html-body', what: '/v5/' }] })
  await withdrawnBy('exchange')
  await faults({})
  await isReady()
})

test('a private stream that carries nothing any more', async () => {
  await faults({ faults: [{ name: 'half-open', channel: 'private', ms: 120_000 }] })
  await withdrawnBy('account stream')
})
