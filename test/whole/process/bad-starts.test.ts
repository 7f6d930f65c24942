/**
 * Starts that must not succeed: each ends with its exit code and one message that names what to change, shows no stack and
 * no secret, and leaves nothing running behind.
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { openDatabase, silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { type Edit, editingProxy } from '../../support/process/editing-proxy.ts'
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

let site: ReturnType<typeof freshFolder>
let simulator: { url: string; process: Running }
const folders: ReturnType<typeof freshFolder>[] = []
const newFolder = () => {
  const made = freshFolder()
  folders.push(made)
  return made
}

beforeAll(async () => {
  simulator = await startSimulator(newFolder().folder, { speed: '60' })
})
afterAll(async () => {
  simulator.process.kill('SIGTERM')
  await simulator.process.ended
  endAll()
  for (const { remove } of folders) remove()
})
beforeEach(() => {
  site = newFolder()
})

const dataDir = () => join(site.folder, '.hedgerow')

/** A start that ends by itself; gives its code and what a person sees on the error output. */
async function refusedStart(env: Record<string, string> = {}): Promise<{ code: number | null; err: string }> {
  const engine = launch({
    script: 'src/cli.ts',
    args: ['run'],
    cwd: site.folder,
    env: { HEDGEROW_PORT: '0', ...env },
  })
  const { code } = await engine.ended
  const err = engine.err()
  expect(err, engine.out()).toMatch(/^hedgerow: /)
  expect(err).not.toMatch(/^\s+at /m)
  expect(
    existsSync(join(dataDir(), 'postgres', 'data', 'postmaster.pid')),
    'a database server is left running',
  ).toBe(false)
  expect(existsSync(join(dataDir(), 'simulator.json')), 'a simulator is left running').toBe(false)
  return { code, err }
}

/** A start that waits for `what`; ended by a person it ends in order, and leaves nothing running. Gives what it said. */
async function waitingStart(what: string, env: Record<string, string> = {}): Promise<string> {
  const engine = launch({
    script: 'src/cli.ts',
    args: ['run'],
    cwd: site.folder,
    env: { HEDGEROW_PORT: '0', ...env },
  })
  const said = await eventually(
    'a start that waits',
    () =>
      engine
        .out()
        .split('\n')
        .find(line => line.includes('start.waiting')),
    { seen: () => engine.out() + engine.err() },
  )
  expect(JSON.parse(said)).toMatchObject({ for: what })
  expect(engine.ending()).toBeUndefined()
  engine.kill('SIGTERM')
  expect(await engine.ended, engine.err()).toEqual({ code: 0, signal: null })
  expect(existsSync(join(dataDir(), 'postgres', 'data', 'postmaster.pid'))).toBe(false)
  expect(existsSync(join(dataDir(), 'simulator.json'))).toBe(false)
  return said
}

const lines = (text: string) => text.trim().split('\n').length

test('faults of the configuration are told together, with exit code 2, before anything is made', async () => {
  const file = `
strategy:
  nonsense: 1
  exitHorizonHours: many
limits:
  hedgeNotionalUsdtMin: 5000
`
  writeFileSync(join(site.folder, 'hedgerow.yaml'), file)
  const { code, err } = await refusedStart({ HEDGEROW_NONSENSE: '1', HEDGEROW_SEED: 'x' })
  expect(code).toBe(2)
  for (const key of ['strategy.nonsense', 'strategy.exitHorizonHours', 'limits.hedgeNotionalUsdtMin'])
    expect(err).toContain(key)
  for (const key of ['HEDGEROW_NONSENSE', 'HEDGEROW_SEED']) expect(err).toContain(key)
  expect(readdirSync(site.folder)).toEqual(['hedgerow.yaml'])
})

test('a port in use is named, with the variable that sets another', async () => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo
  const { code, err } = await refusedStart({ HEDGEROW_PORT: String(port) })
  await new Promise(resolve => other.close(resolve))
  expect([code, lines(err)]).toEqual([1, 1])
  expect(err).toContain(`port ${port} on 127.0.0.1 is taken`)
  expect(err).toContain('HEDGEROW_PORT')
  expect(readdirSync(site.folder)).toEqual([])
})

test('a host that is none of this machine’s is named, with the variable, before anything is made', async () => {
  const { code, err } = await refusedStart({ HEDGEROW_HOST: 'nowhere.invalid', HEDGEROW_PORT: '8787' })
  expect([code, lines(err)]).toEqual([1, 1])
  expect(err).toContain('HEDGEROW_HOST: expected a name or an address of this machine, found nowhere.invalid')
  expect(readdirSync(site.folder)).toEqual([])
})

test.each(['in-the-way/data', '/proc/hedgerow'])(
  'a data folder that cannot be written is named: %s',
  async folder => {
    writeFileSync(join(site.folder, 'in-the-way'), '')
    const { code, err } = await refusedStart({ HEDGEROW_DATA_DIR: folder })
    expect([code, lines(err)]).toEqual([1, 1])
    expect(err).toContain('HEDGEROW_DATA_DIR: expected a folder that can be written at ')
    expect(err).toContain(folder)
  },
)

describe('a database', () => {
  test('that does not answer is waited for, and named without its password', async () => {
    const url = 'postgres://ada:open-sesame@127.0.0.1:1/hedgerow'
    const said = await waitingStart('the database', { HEDGEROW_DATABASE_URL: url })
    expect(said).toContain('expected PostgreSQL to answer at postgres://ada@127.0.0.1:1/hedgerow')
    expect(said).not.toContain('open-sesame')
  })

  test('that a newer version has written is left alone', async () => {
    const embedded = await startEmbedded({ dataDir: dataDir(), log: silentStoreLog })
    const database = await openDatabase({ ...embedded, log: silentStoreLog })
    await database.pool.query(`insert into mikro_orm_migrations (name) values ('20991231-of-tomorrow')`)
    await database.close()
    await embedded.stop()
    const { code, err } = await refusedStart()
    expect([code, lines(err)]).toEqual([1, 1])
    expect(err).toContain('the database is from a newer version')
    expect(err).toContain('20991231-of-tomorrow')
  })
})

describe('an exchange', () => {
  /** One database for all of them: making one takes longer than starting on it. */
  const shared = newFolder()
  beforeEach(() => {
    site = shared
  })

  const startOn = (url: string, env: Record<string, string> = {}) =>
    refusedStart({ HEDGEROW_EXCHANGE_URL: url, ...env })

  async function startBehind(edit: Edit, env: Record<string, string> = {}) {
    const proxy = await editingProxy(simulator.url, edit)
    const refused = await startOn(proxy.url, env)
    await proxy.close()
    expect([refused.code, lines(refused.err)]).toEqual([1, 1])
    return refused.err
  }

  test('that is not there is waited for, and nothing is made meanwhile', async () => {
    site = newFolder()
    const said = await waitingStart('the exchange', { HEDGEROW_EXCHANGE_URL: 'http://127.0.0.1:1' })
    expect(said).toContain('expected a running simulator at http://127.0.0.1:1 (HEDGEROW_EXCHANGE_URL)')
    expect(readdirSync(site.folder)).toEqual([])
  })

  test.each([
    ['an outage', { status: 503, body: '{}' }],
    ['HTML', { status: 200, body: '<html><body>maintenance</body></html>' }],
  ])('that answers with %s is waited for, and the start goes on by itself', async (_, answer) => {
    let away = true
    const proxy = await editingProxy(
      simulator.url,
      () => undefined,
      () => (away ? answer : undefined),
    )
    const engine = launch({
      script: 'src/cli.ts',
      args: ['run'],
      cwd: site.folder,
      env: { HEDGEROW_PORT: '0', HEDGEROW_EXCHANGE_URL: proxy.url },
    })
    await eventually('a start that waits', () => engine.out().includes('start.waiting'), { seen: engine.err })
    away = false
    expect(await addressOf(engine), engine.err()).toBeDefined()
    engine.kill('SIGTERM')
    expect((await engine.ended).code).toBe(0)
    await proxy.close()
  })

  test('that does not know the key says which keys belong where', async () => {
    const keys = { BYBIT_API_KEY: 'key-of-testnet', BYBIT_API_SECRET: 'secret-of-testnet' }
    const { code, err } = await startOn(simulator.url, keys)
    expect([code, lines(err)]).toEqual([1, 1])
    expect(err).toContain('BYBIT_API_KEY is not known there')
    expect(err).toContain('HEDGEROW_MODE')
    for (const secret of Object.values(keys)) expect(err).not.toContain(secret)
  })

  test('whose account is no unified one names the account', async () => {
    const edit: Edit = (path, _, reply) =>
      path === '/v5/account/info'
        ? { ...reply, result: { ...reply.result, unifiedMarginStatus: 1 } }
        : undefined
    expect(await startBehind(edit)).toContain('not a Unified Trading Account')
  })

  test('whose account is in hedge mode names the position mode', async () => {
    const edit: Edit = (path, _, reply) => {
      if (path !== '/v5/position/list') return undefined
      const list = [1, 2].map(positionIdx => ({ symbol: 'BTCUSDT', positionIdx, side: '', size: '0' }))
      return { ...reply, result: { ...reply.result, list } }
    }
    expect(await startBehind(edit)).toContain('one-way mode')
  })

  test('without a spot market for a symbol names the symbol and the key it stands under', async () => {
    const file = join(site.folder, 'hedgerow.yaml')
    writeFileSync(file, 'strategy:\n  symbols: [BTCUSDT, LTCUSDT, NONSENSEUSDT]\n')
    const edit: Edit = (path, query, reply) => {
      if (path !== '/v5/market/instruments-info' || query.get('category') !== 'spot') return undefined
      const list = (reply.result.list as { symbol: string }[]).filter(({ symbol }) => symbol !== 'LTCUSDT')
      return { ...reply, result: { ...reply.result, list } }
    }
    const proxy = await editingProxy(simulator.url, edit)
    const { code, err } = await startOn(proxy.url)
    await proxy.close()
    rmSync(file)
    expect([code, lines(err)]).toEqual([1, 2])
    expect(err).toContain('strategy.symbols: LTCUSDT cannot be hedged')
    expect(err).toContain('strategy.symbols: NONSENSEUSDT cannot be hedged')
    expect(err).not.toContain('BTCUSDT')
  })
})
