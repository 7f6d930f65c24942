/**
 * Two processes never trade one account, whatever databases they use: on one database the second waits as a standby, on two the
 * orders at the exchange tell them of each other.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { readPost } from '../../../src/run/guard/guard.ts'
import { engineApi } from '../../support/process/engine-api.ts'
import { restOrder } from '../../support/process/outside.ts'
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

let simulator: { url: string; process: Running }
let sites: ReturnType<typeof freshFolder>[]
let engines: Running[]

// An account of its own for each: what one engine traded keeps the next from it.
beforeEach(async () => {
  sites = []
  engines = []
  simulator = await startSimulator(newSite(), { speed: '1' })
})
afterEach(async () => {
  for (const engine of engines) if (!engine.ending()) engine.kill('SIGTERM')
  simulator.process.kill('SIGTERM')
  await Promise.all([simulator.process, ...engines].map(({ ended }) => ended))
  endAll()
  for (const site of sites) site.remove()
})

const newSite = () => {
  const site = freshFolder()
  sites.push(site)
  return site.folder
}
function start(folder: string) {
  const env = { HEDGEROW_PORT: '0', HEDGEROW_EXCHANGE_URL: simulator.url }
  const engine = launch({ script: 'src/cli.ts', args: ['run'], cwd: folder, env })
  engines.push(engine)
  return engine
}
async function trading(engine: Running, folder: string) {
  const url = await addressOf(engine)
  expect(url, engine.err()).toBeDefined()
  const api = engineApi(url ?? '', join(folder, '.hedgerow'))
  const state = () => api.get<{ state: string; halt: { because: string } | null }>('/api/engine')
  await eventually('an engine that trades', async () => (await state()).state === 'trading', {
    seen: engine.out,
  })
  return state
}
const saltOf = (folder: string) => readPost(join(folder, '.hedgerow'))?.salt ?? ''

test('on one database the second waits as a standby, and takes over when the first ends', async () => {
  const folder = newSite()
  const first = start(folder)
  await trading(first, folder)
  const second = start(folder)
  await eventually('a standby', () => /is traded by another engine \(.*standby/.test(second.out()), {
    seen: second.out,
  })
  expect(second.out()).toContain(`process ${first.pid}`)
  expect(first.ending()).toBeUndefined()
  first.kill('SIGKILL')
  await first.ended
  await trading(second, folder)
})

test('a second start in one folder waits, cancels nothing of the first, and ends without ending its exchange', async () => {
  const folder = newSite()
  const env = { HEDGEROW_PORT: '0', HEDGEROW_SPEED: '1' }
  const begin = () => {
    const engine = launch({ script: 'src/cli.ts', args: ['run'], cwd: folder, env })
    engines.push(engine)
    return engine
  }
  const first = begin()
  const state = await trading(first, folder)
  const { url } = JSON.parse(readFileSync(join(folder, '.hedgerow', 'simulator.json'), 'utf8'))
  const second = begin()
  await eventually('a standby', () => /is traded by another engine \(.*standby/.test(second.out()), {
    seen: second.out,
  })
  second.kill('SIGTERM')
  expect(await second.ended, second.err()).toEqual({ code: 0, signal: null })
  expect(second.out()).not.toContain('guard.swept')
  expect((await state()).state).toBe('trading')
  first.kill('SIGTERM')
  expect(await first.ended, first.err()).toEqual({ code: 0, signal: null })
  await expect(fetch(`${url}/simulator/status`)).rejects.toThrow()
})

test('on two databases the second does not start, and says whose order it saw', async () => {
  const [here, there] = [newSite(), newSite()]
  const first = start(here)
  const state = await trading(first, here)
  await restOrder(simulator.url, `${saltOf(here)}OTHER1-PE0001`)
  const second = start(there)
  await eventually(
    'a start that waits',
    () => second.out().includes('another engine with another database'),
    {
      seen: second.out,
    },
  )
  expect(second.out()).toMatch(new RegExp(`its order ${saltOf(here)}\\w{6}-`))
  expect(second.out()).not.toContain('hedgerow at')
  expect((await state()).halt).toBeNull()
})

test('an order of another database’s engine halts a running engine, which says why', async () => {
  const folder = newSite()
  const engine = start(folder)
  const state = await trading(engine, folder)
  const other = `${saltOf(folder) === 'ZZZZ' ? 'YYYY' : 'ZZZZ'}OTHER1-PE0001`
  await restOrder(simulator.url, other)
  await eventually('a halt', async () => (await state()).state === 'halted', { seen: engine.out })
  expect((await state()).halt?.because).toContain(other)
})
