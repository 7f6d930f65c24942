/**
 * Nothing rests unwatched: whatever ends the engine, or holds it, its resting orders are off the book within five seconds while
 * the exchange is reachable; what rests for others stays.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, inject, test, vi } from 'vitest'
import { readPost } from '../../../src/run/guard/guard.ts'
import { renderUnit, unitDefaults } from '../../../src/run/service/unit.ts'
import { restingOrders, restOrder } from '../../support/process/outside.ts'
import {
  addressOf,
  endAll,
  eventually,
  launch,
  type Running,
  startSimulator,
} from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

// Whole programs start here, databases among them: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const OFF_WITHIN_MS = 5_000
/** A frozen engine is noticed after ten seconds without a heartbeat. */
const FROZEN_WITHIN_MS = 10_000 + OFF_WITHIN_MS

let simulator: { url: string; process: Running }
let site: ReturnType<typeof freshFolder>
let engine: Running

const dataDir = () => join(site.folder, '.hedgerow')
const env = () => ({ HEDGEROW_PORT: '0', HEDGEROW_EXCHANGE_URL: simulator.url })
const run = () => launch({ script: 'src/cli.ts', args: ['run'], cwd: site.folder, env: env() })
/** What systemd runs once the service has ended, word by word, with the folders of this test. */
const afterService = (): string[] => {
  const appDir = join(import.meta.dirname, '../../..')
  const unit = renderUnit({ ...unitDefaults('hedgerow'), appDir, dataDir: dataDir() })
  return (/^ExecStopPost=(.*)$/m.exec(unit)?.[1] ?? '').split(' ')
}
const guardOf = (): number =>
  Number(
    execFileSync('pgrep', ['-P', String(engine.pid), '-f', 'guard-process'])
      .toString()
      .trim(),
  )

beforeEach(async () => {
  site = freshFolder()
  // At its own speed: the engine's audit must not be the one that cancels.
  simulator = await startSimulator(site.folder, { speed: '1' })
  engine = run()
  const url = await addressOf(engine)
  expect(url, engine.err()).toBeDefined()
  await eventually('a guard', () => readPost(dataDir()) && guardOf())
})
afterEach(async () => {
  engine.kill('SIGKILL')
  simulator.process.kill('SIGTERM')
  await Promise.all([engine.ended, simulator.process.ended])
  endAll()
  site.remove()
})

/** Rests one order of the engine's and one of a person's; gives how to wait until the engine's is off. */
async function resting() {
  const salt = readPost(dataDir())?.salt ?? ''
  const ours = `${salt}GUARD1-PE0001`
  await restOrder(simulator.url, 'by-hand')
  await restOrder(simulator.url, ours)
  expect(await restingOrders(simulator.url)).toContain(ours)
  return async (withinMs: number) => {
    const sinceMs = performance.now()
    await eventually(
      'the order off the book',
      async () => !(await restingOrders(simulator.url)).includes(ours),
      {
        withinMs: 60_000,
        everyMs: 20,
        seen: () => readFileSync(join(dataDir(), 'guard.log'), 'utf8'),
      },
    )
    const tookMs = performance.now() - sinceMs
    expect(tookMs).toBeLessThan(withinMs)
    expect(await restingOrders(simulator.url)).toEqual(['by-hand'])
  }
}

test('after SIGKILL', async () => {
  const isOff = await resting()
  engine.kill('SIGKILL')
  await isOff(OFF_WITHIN_MS)
})

test('while the engine stands still, and the guard does not mistake its own machine’s load for that', async () => {
  const isOff = await resting()
  engine.kill('SIGSTOP')
  await isOff(FROZEN_WITHIN_MS)
})

test('after a fatal end: its account is taken from it', async () => {
  const isOff = await resting()
  const { pid } = engine
  // The database is cut and the account's epoch moved, as by an engine on another machine.
  execFileSync(join(import.meta.dirname, '../../../node_modules/.bin/node'), [
    join(import.meta.dirname, '../../support/process/take-account.ts'),
    dataDir(),
  ])
  await isOff(OFF_WITHIN_MS)
  expect(await engine.ended).toMatchObject({ code: 1 })
  expect(pid).toBeGreaterThan(0)
})

test('an orderly stop sends the guard home, and leaves nothing for whoever looks after the service', async () => {
  const guard = guardOf()
  engine.kill('SIGTERM')
  expect(await engine.ended, engine.err()).toEqual({ code: 0, signal: null })
  expect(readPost(dataDir())).toBeUndefined()
  expect(existsSync(`/proc/${guard}`)).toBe(false)
})

test('a guard that dies is started again', async () => {
  const first = guardOf()
  process.kill(first, 'SIGKILL')
  const second = await eventually('another guard', () => {
    try {
      const now = guardOf()
      return now !== first && now
    } catch {
      return undefined
    }
  })
  expect(second).not.toBe(first)
  const isOff = await resting()
  engine.kill('SIGKILL')
  await isOff(OFF_WITHIN_MS)
})

test('when engine and guard die together, the command of the unit that follows the service takes the orders off', async () => {
  const isOff = await resting()
  const guard = guardOf()
  process.kill(guard, 'SIGKILL')
  engine.kill('SIGKILL')
  await engine.ended
  const [program = '', ...words] = afterService()
  const inherited = {
    PATH: process.env.PATH,
    HEDGEROW_DATA_DIR: dataDir(),
    NODE_COMPILE_CACHE: join(inject('databaseDir'), 'compiled'),
  }
  const after = spawn(program, words, {
    cwd: site.folder,
    env: inherited,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  after.stderr.on('data', (text: Buffer) => {
    said += text
  })
  const ended = once(after, 'exit')
  await isOff(OFF_WITHIN_MS)
  expect(await ended, said).toEqual([0, null])
})
