/** The simulator as a process: ready line, exit codes, an account that outlives SIGKILL, and its launcher. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type LaunchedSimulator, launchSimulator } from '../../../../src/exchange/simulator/launch.ts'
import {
  restText,
  SIMULATOR_KEY,
  SIMULATOR_SECRET,
  sign,
} from '../../../../src/exchange/simulator/server/accounts.ts'
import type { SimulatorStatus } from '../../../../src/exchange/simulator/server/control.ts'
import { peer } from '../../../support/exchange/simulator-server-peer.ts'

const entry = fileURLToPath(
  new URL('../../../support/exchange/simulator-server-stub-process.ts', import.meta.url),
)
const real = fileURLToPath(
  new URL('../../../../src/exchange/simulator/server/simulator-process.ts', import.meta.url),
)
let folder = ''
const children: ChildProcess[] = []
const launched: LaunchedSimulator[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-process-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const simulator of launched.splice(0)) await simulator.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Run = { child: ChildProcess; url: string; pid: number }

const run = (...args: string[]): Promise<Run> => runProgram(entry, ...args)

async function runProgram(program: string, ...args: string[]): Promise<Run> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
  return { child, ...(JSON.parse(line.toString()) as { url: string; pid: number }) }
}

/** Runs until the end and gives the exit code and the words on stderr. */
async function runToEnd(...args: string[]): Promise<{ code: number; words: string }> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  return { code, words: words.trim() }
}

async function status(url: string): Promise<SimulatorStatus> {
  return (await (await fetch(`${url}/simulator/status`)).json()) as SimulatorStatus
}

async function signed(url: string, path: string, body = ''): Promise<{ retCode: number; result: object }> {
  const timestamp = String((await status(url)).nowMs)
  const payload = body || (path.split('?')[1] ?? '')
  const headers = {
    'X-BAPI-API-KEY': SIMULATOR_KEY,
    'X-BAPI-TIMESTAMP': timestamp,
    'X-BAPI-RECV-WINDOW': '5000',
    'X-BAPI-SIGN': sign(restText(timestamp, SIMULATOR_KEY, '5000', payload), SIMULATOR_SECRET),
  }
  const response = await fetch(url + path, body ? { method: 'POST', headers, body } : { headers })
  return (await response.json()) as { retCode: number; result: object }
}

const place = (url: string, id: string) =>
  signed(url, '/v5/order/create', JSON.stringify({ category: 'spot', symbol: 'BTCUSDT', orderLinkId: id }))
const ordersOf = async (url: string): Promise<{ orderLinkId: string }[]> =>
  ((await signed(url, '/v5/order/realtime')).result as { list: { orderLinkId: string }[] }).list

const buySpot = (url: string, orderLinkId: string) => {
  const order = { category: 'spot', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '10' }
  return signed(url, '/v5/order/create', JSON.stringify({ ...order, orderLinkId }))
}

/** The client ids of every closed spot order. */
async function linksOf(url: string): Promise<Set<string>> {
  const links = new Set<string>()
  let cursor = ''
  do {
    const { result } = await signed(url, `/v5/order/history?category=spot&limit=50&cursor=${cursor}`)
    const { list, nextPageCursor } = result as { list: { orderLinkId: string }[]; nextPageCursor: string }
    for (const { orderLinkId } of list) links.add(orderLinkId)
    cursor = encodeURIComponent(nextPageCursor)
  } while (cursor)
  return links
}

describe('the process', () => {
  test('says where it is in one line, and exits 0 on SIGTERM after saving', async () => {
    const state = join(folder, 'account.json')
    const { child, url } = await run('--state', state, '--seed', '3')
    expect((await status(url)).seed).toBe(3)
    child.kill('SIGTERM')
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(0)
    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ format: 1, seed: 3 })
  })

  test('keeps every acknowledged order over SIGKILL, funds once, and its time never goes back', async () => {
    const state = join(folder, 'account.json')
    const acknowledged: string[] = []
    let seenMs = 0
    for (const round of [1, 2, 3]) {
      const { child, url } = await run('--state', state, '--speed', '60')
      const now = await status(url)
      expect(now.nowMs).toBeGreaterThanOrEqual(seenMs)
      expect((await ordersOf(url)).map(order => order.orderLinkId)).toEqual(acknowledged)
      for (let i = 0; i < 20; i++) {
        expect((await place(url, `r${round}-${i}`)).retCode).toBe(0)
        acknowledged.push(`r${round}-${i}`)
      }
      seenMs = (await status(url)).nowMs
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const { url, child } = await run('--state', state, '--speed', '60')
    expect((await ordersOf(url)).map(order => order.orderLinkId)).toEqual(acknowledged)
    child.kill('SIGTERM')
    await once(child, 'exit')
    const { core } = JSON.parse(readFileSync(state, 'utf8')) as { core: { money: object } }
    expect(Object.values(core.money)).toEqual(['100000'])
    expect(readdirSync(folder).filter(name => name.endsWith('.log')).length).toBeLessThanOrEqual(2)
  })

  test('killed in the middle of a stream of orders, it knows every one that it acknowledged', async () => {
    const state = join(folder, 'account.json')
    const acknowledged: string[] = []
    for (const round of [1, 2, 3]) {
      const { child, url } = await runProgram(real, '--state', state, '--speed', '60')
      const known = await linksOf(url)
      expect(acknowledged.filter(id => !known.has(id))).toEqual([])
      const sent = Array.from({ length: 60 }, (_, i) => `k${round}-${i}`)
      // The kill falls when a third is acknowledged and the rest is under way.
      await Promise.all(
        sent.map(async id => {
          const reply = await buySpot(url, id).catch(() => undefined)
          if (reply?.retCode === 0) acknowledged.push(id)
          if (acknowledged.length >= round * 20) child.kill('SIGKILL')
        }),
      )
      child.kill('SIGKILL')
      if (child.signalCode === null) await once(child, 'exit')
    }
    expect(acknowledged.length).toBeGreaterThan(0)
    const { url } = await runProgram(real, '--state', state, '--speed', '60')
    const known = await linksOf(url)
    expect(acknowledged.filter(id => !known.has(id))).toEqual([])
  })

  test('killed and started again within seconds, it kept on counting; stopped, it stood still', async () => {
    const state = join(folder, 'account.json')
    const first = await run('--state', state, '--speed', '60')
    const seenMs = (await status(first.url)).nowMs
    const seenAt = Date.now()
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const second = await run('--state', state, '--speed', '60')
    const countedMs = 60 * (Date.now() - seenAt)
    expect((await status(second.url)).nowMs).toBeGreaterThan(seenMs + countedMs - 15_000)
    second.child.kill('SIGTERM')
    await once(second.child, 'exit')
    const { nowMs } = JSON.parse(readFileSync(state, 'utf8')) as { nowMs: number }
    const third = await run('--state', state, '--speed', '60')
    const { startedAtMs } = await status(third.url)
    expect(startedAtMs).toBe(nowMs)
    third.child.kill('SIGKILL')
    await once(third.child, 'exit')
    const notBefore = startedAtMs + 86_400_000
    const last = await run('--state', state, '--speed', '60', '--not-before', String(notBefore))
    expect((await status(last.url)).startedAtMs).toBeGreaterThanOrEqual(notBefore)
  })

  test('a cut account file is named on the error stream and made again, with every order', async () => {
    const state = join(folder, 'account.json')
    const first = await run('--state', state)
    await place(first.url, 'before')
    first.child.kill('SIGTERM')
    await once(first.child, 'exit')
    const second = await run('--state', state)
    await place(second.url, 'after')
    second.child.kill('SIGKILL')
    await once(second.child, 'exit')
    writeFileSync(state, readFileSync(state, 'utf8').slice(0, 20))
    const third = await run('--state', state)
    expect((await ordersOf(third.url)).map(order => order.orderLinkId)).toEqual(['before', 'after'])
    expect(readdirSync(folder)).toContain('account.json.unreadable')
  })

  test('drops a torn last line, which was never acknowledged', async () => {
    const state = join(folder, 'account.json')
    const first = await run('--state', state)
    await place(first.url, 'whole')
    first.child.kill('SIGKILL')
    await once(first.child, 'exit')
    const log = join(folder, readdirSync(folder).find(name => name.endsWith('.log')) ?? 'none')
    writeFileSync(log, `${readFileSync(log, 'utf8')}{"atMs":17,"request":{"via":"re`)
    const { url } = await run('--state', state)
    expect((await ordersOf(url)).map(order => order.orderLinkId)).toEqual(['whole'])
  })

  test('fails with one clear line and code 1: port in use, unusable file, second process, another seed', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    expect(await runToEnd('--port', String(port))).toEqual({
      code: 1,
      words: `simulator: port ${port} of 127.0.0.1 is in use`,
    })
    taken.close()
    writeFileSync(join(folder, 'plain'), '')
    const unusable = await runToEnd('--state', join(folder, 'plain', 'account.json'))
    expect(unusable.code).toBe(1)
    expect(unusable.words.split('\n')).toHaveLength(1)
    const state = join(folder, 'account.json')
    const { child } = await run('--state', state)
    expect((await runToEnd('--state', state)).words).toContain(`found process ${child.pid}`)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect((await runToEnd('--state', state, '--seed', '9')).words).toContain('expected seed 9')
  })

  test('calls bad usage by its name with code 2', async () => {
    const { code, words } = await runToEnd('--speed', 'fast')
    expect(code).toBe(2)
    expect(words).toContain('--speed')
    expect((await runToEnd('--no-such-flag')).code).toBe(2)
  })

  test('lives on when its parent is gone while somebody is connected, then saves and goes', async () => {
    const state = join(folder, 'account.json')
    const args = [entry, '--parent', '--linger', '100', '--state', state]
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer]
    const { url } = JSON.parse(line.toString()) as { url: string }
    const engine = await peer(`${url.replace('http', 'ws')}/v5/public/linear`)
    child.stdin?.end()
    const { nowMs } = await status(url)
    // Far longer than it lingers, by its own clock.
    await expect.poll(async () => (await status(url)).nowMs).toBeGreaterThan(nowMs + 400)
    expect(child.exitCode).toBeNull()
    engine.close()
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(0)
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['account.json']))
  })
})

describe('the launcher', () => {
  const launch = (changes: { seed?: number; speed?: number } = {}) =>
    launchSimulator({
      dataDir: folder,
      seed: 1,
      speed: 60,
      balance: '5000',
      key: SIMULATOR_KEY,
      secret: SIMULATOR_SECRET,
      entry,
      ...changes,
    }).then(simulator => {
      launched.push(simulator)
      return simulator
    })

  test('starts one, takes up the one that runs, and keeps the account when it starts anew', async () => {
    const first = await launch()
    expect(first.reused).toBe(false)
    await place(first.url, 'kept')
    const second = await launch()
    expect(second).toMatchObject({ reused: true, pid: first.pid, url: first.url })
    await second.stop()
    await expect(status(first.url)).rejects.toThrow()
    expect(existsSync(join(folder, 'simulator.json'))).toBe(false)
    const third = await launch()
    expect(third.reused).toBe(false)
    expect((await ordersOf(third.url)).map(order => order.orderLinkId)).toEqual(['kept'])
  })

  test('leaves it to whoever else trades on it, and ends it with the last', async () => {
    const first = await launch()
    const trading = await peer(`${first.wsUrl}/v5/private`)
    const second = await launch()
    await second.stop()
    expect((await status(first.url)).pid).toBe(first.pid)
    expect(existsSync(join(folder, 'simulator.json'))).toBe(true)
    await expect(launch({ speed: 30 })).rejects.toThrow(/seed 1 and speed 60 is in use .*HEDGEROW_DATA_DIR/)
    trading.close()
    await first.stop()
    await expect(status(first.url)).rejects.toThrow()
  })

  test('comes back on its port after a crash of the simulator', async () => {
    const first = await launch()
    process.kill(first.pid, 'SIGKILL')
    await expect.poll(() => status(first.url).catch(() => 'gone')).toBe('gone')
    const second = await launch()
    expect(second.url).toBe(first.url)
    expect(second.pid).not.toBe(first.pid)
  })

  test('replaces one that runs at another speed', async () => {
    const first = await launch()
    const second = await launch({ speed: 10 })
    expect(second.pid).not.toBe(first.pid)
    expect((await status(second.url)).speed).toBe(10)
  })

  test('hands on the words of a simulator that cannot start', async () => {
    const first = await launch()
    await first.stop()
    await expect(launch({ seed: 2 })).rejects.toThrow('expected seed 2')
  })
})
