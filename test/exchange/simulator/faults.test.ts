/** Each fault of the catalogue shows on the wire, and harms nothing else: what the exchange did is asked afterwards. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { faultyIntercept } from '../../../src/exchange/simulator/faults/core.ts'
import { createFaults } from '../../../src/exchange/simulator/faults/faults.ts'
import { FAULTS, type FaultName, type FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import type { SimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import {
  ask,
  auth,
  closeAfterEach,
  connect,
  onCleanup,
  start,
} from '../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

type Faults = NonNullable<FaultPlanInput['faults']>
const faulty = (...faults: Faults) =>
  start({ core: createSimulatedBybit, balance: '100000', faults: { faults } })

const SELL = { category: 'linear', symbol: 'BTCUSDT', side: 'Sell', orderType: 'Market', qty: '0.002' }
const place = (server: SimulatorServer, orderLinkId: string) =>
  ask(server, '/v5/order/create', { body: JSON.stringify({ ...SELL, orderLinkId }) })

type Reply = { retCode: number; result: { list: Record<string, string>[] } }
async function read(server: SimulatorServer, path: string, query: string): Promise<Reply> {
  return (await (await ask(server, path, { query })).json()) as Reply
}
const find = async (server: SimulatorServer, id: string) =>
  (await read(server, '/v5/order/realtime', `category=linear&orderLinkId=${id}`)).result.list

type Report = { faults: { name: FaultName; struck: number }[] }
const report = async (server: SimulatorServer) =>
  (await (await fetch(`${server.url}/simulator/faults`)).json()) as Report
const struck = async (server: SimulatorServer) => (await report(server)).faults[0]?.struck

/** Places an order and keeps whether an answer came. */
function placeUnheard(server: SimulatorServer, id: string) {
  const heard = { answer: false }
  place(server, id).then(
    () => {
      heard.answer = true
    },
    () => {},
  )
  return heard
}

/** A socket of the account that listens to `topics`. */
async function listener(server: SimulatorServer, ...topics: string[]) {
  const socket = await connect(server, '/v5/private')
  socket.send(auth(server, server.nowMs() + 10_000))
  await socket.next(({ op }) => op === 'auth')
  socket.send({ op: 'subscribe', args: topics })
  await socket.next(({ op }) => op === 'subscribe')
  return socket
}

describe('requests and answers', () => {
  test('a lost ack: no answer comes, and the order lives', async () => {
    const server = await faulty({ name: 'lost-ack', times: 1 })
    const heard = placeUnheard(server, 'unheard')
    await expect.poll(() => find(server, 'unheard')).toMatchObject([{ orderStatus: 'Filled' }])
    expect(heard.answer).toBe(false)
    expect(await (await place(server, 'next')).json()).toMatchObject({ retCode: 0 })
  })

  test('a lost request: no answer comes, and there is no order', async () => {
    const server = await faulty({ name: 'lost-request', times: 1 })
    const heard = placeUnheard(server, 'lost')
    await expect.poll(() => struck(server)).toBe(1)
    expect(await find(server, 'lost')).toEqual([])
    expect(heard.answer).toBe(false)
  })

  test.each([
    ['http-500', 500, /10016/],
    ['html-body', 200, /^<html>/],
    ['truncated-body', 200, /^\{"retCode":0[^}]*$/],
    ['server-timeout', 200, /"retCode":10000,/],
    ['server-error', 200, /"retCode":10016,/],
    ['spot-timeout', 200, /"retCode":170007,/],
  ] as const)('%s: the answer tells nothing, and the order lives', async (name, status, words) => {
    const server = await faulty({ name, times: 1 })
    const answer = await place(server, 'acted-on')
    expect(answer.status).toBe(status)
    expect(await answer.text()).toMatch(words)
    expect(await find(server, 'acted-on')).toMatchObject([{ orderStatus: 'Filled' }])
  })

  test('too many visits: refused before anything is done', async () => {
    const server = await faulty({ name: 'too-many-visits', times: 1 })
    expect(await (await place(server, 'early')).json()).toMatchObject({ retCode: 10006 })
    expect(await find(server, 'early')).toEqual([])
  })

  test('a burst of 403 lasts, whatever is asked, and ends', async () => {
    const server = await faulty({ name: 'forbidden-burst', times: 1, ms: 1_000 })
    const time = () => fetch(`${server.url}/v5/market/time`)
    expect([(await time()).status, (await place(server, 'banned')).status]).toEqual([403, 403])
    await expect.poll(async () => (await time()).status).toBe(200)
    expect(await find(server, 'banned')).toEqual([])
  })

  test.each(['slow-reply', 'fill-before-ack'] as const)('%s: the fill is heard first', async name => {
    const server = await faulty({ name, times: 1, ms: 3_000, what: '/v5/order/create' })
    const socket = await listener(server, 'execution')
    const heard = placeUnheard(server, 'late')
    await socket.next(({ topic }) => topic === 'execution')
    expect(heard.answer).toBe(false)
    await expect.poll(() => heard.answer).toBe(true)
  })

  test('a clock that is off refuses requests of the right time', async () => {
    const server = await faulty({ name: 'clock-offset', ms: 60_000 })
    expect(await (await place(server, 'stale')).json()).toMatchObject({ retCode: 10002 })
    const told = (await (await fetch(`${server.url}/v5/market/time`)).json()) as { time: number }
    expect(Math.abs(told.time - server.nowMs() - 60_000)).toBeLessThan(30_000)
  })

  test('stale lists do not know the newest order yet', async () => {
    const server = await faulty({ name: 'stale-rest', ms: 2_000 })
    expect(await (await place(server, 'young')).json()).toMatchObject({ retCode: 0 })
    expect(await find(server, 'young')).toEqual([])
    await expect.poll(async () => (await find(server, 'young')).length).toBe(1)
  })

  test('a person trades in the same account', async () => {
    const server = await faulty({ name: 'human-trades', times: 1, order: { ...SELL } })
    const position = () => read(server, '/v5/position/list', 'category=linear&symbol=BTCUSDT')
    await expect.poll(async () => (await position()).result.list[0]?.size).toBe('0.002')
  })
})

describe('sockets', () => {
  const pinged = async (server: SimulatorServer, path: string) => {
    const socket = await connect(server, path)
    socket.send({ op: 'ping' })
    return socket
  }

  test('half-open: one connection carries nothing, in neither direction; others live', async () => {
    const server = await faulty({ name: 'half-open', times: 1, channel: 'private' })
    const silent = await pinged(server, '/v5/private')
    await expect.poll(() => struck(server)).toBe(1)
    const pong = silent.next(({ op }) => op === 'pong').then(() => 'pong')
    const other = await pinged(server, '/v5/private')
    await other.next(({ op }) => op === 'pong')
    expect(await Promise.race([pong, 'nothing'])).toBe('nothing')
  })

  test('a drop cuts the socket that is sent to', async () => {
    const server = await faulty({ name: 'drop-socket', times: 1, what: 'execution' })
    const socket = await listener(server, 'execution')
    await place(server, 'cutting')
    await expect(socket.closedByPeer).resolves.toBeUndefined()
  })

  test('a drop during authentication leaves no answer', async () => {
    const server = await faulty({ name: 'drop-in-auth', times: 1 })
    const socket = await connect(server, '/v5/private')
    let answered = false
    socket
      .next(({ op }) => op === 'auth')
      .then(() => {
        answered = true
      })
    socket.send(auth(server, server.nowMs() + 10_000))
    await socket.closedByPeer
    expect(answered).toBe(false)
    await listener(server, 'order')
  })
})

describe('private messages', () => {
  const UID = '1'
  /** What an account hears of three orders. */
  function heard(...faults: Faults): string[] {
    const startAtMs = Date.UTC(2026, 5, 1)
    let nowMs = startAtMs
    const switches = createFaults({ seed: 3, faults }, () => nowMs)
    const core = createSimulatedBybit({
      seed: 1,
      startAtMs,
      accounts: [{ uid: UID, balances: { USDT: '100000' } }],
      intercept: faultyIntercept(switches),
    })
    core.want(topic => topic === 'tickers.BTCUSDT')
    core.takePushes()
    switches.begin(startAtMs)
    const pushes = [1, 2, 3].flatMap(step => {
      nowMs = startAtMs + step * 10_000
      core.advance(nowMs)
      core.request({ via: 'trade', method: 'POST', path: 'order.create', params: { ...SELL }, uid: UID })
      return core.takePushes()
    })
    if (faults[0]?.name === 'silent-private') expect(pushes.some(push => push.uid === '')).toBe(true)
    return pushes
      .filter(push => push.uid === UID)
      .map(({ topic, message }) => `${topic} ${message.creationTime}`)
  }
  const asTheyWere = heard()

  test('duplicated: each comes twice in a row', () => {
    expect(heard({ name: 'duplicate-message' })).toEqual(asTheyWere.flatMap(one => [one, one]))
  })

  test('reordered: the same messages, each pair the other way round', () => {
    const found = heard({ name: 'reordered-message' })
    expect(found.slice(0, 2)).toEqual(asTheyWere.slice(0, 2).reverse())
    expect(found.toSorted()).toEqual(asTheyWere.slice(0, found.length).toSorted())
  })

  test('repeated: one comes again ten seconds later', () => {
    const found = heard({ name: 'repeated-message', times: 1, ms: 5_000 })
    expect(found.toSorted()).toEqual([...asTheyWere, asTheyWere[0]].toSorted())
    expect(found.lastIndexOf(asTheyWere[0] ?? '')).toBeGreaterThan(1)
  })

  test('silent: none come, while the markets are heard', () => {
    expect(asTheyWere.length).toBeGreaterThan(3)
    expect(heard({ name: 'silent-private' })).toEqual([])
  })

  test('a window has a beginning and an end', () => {
    const found = heard({ name: 'silent-private', fromMs: 15_000, untilMs: 25_000 })
    expect(found).toEqual(asTheyWere.filter(one => found.includes(one)))
    expect(found.length).toBeGreaterThan(0)
    expect(found.length).toBeLessThan(asTheyWere.length)
  })
})

test('what a shell asks the exchange itself is never struck: no line is in between', () => {
  const startAtMs = Date.UTC(2026, 5, 1)
  const switches = createFaults({ seed: 3, faults: [{ name: 'server-timeout', rate: 1 }] }, () => startAtMs)
  const accounts = [{ uid: '1', balances: { USDT: '1' } }]
  const core = createSimulatedBybit({ seed: 1, startAtMs, accounts, intercept: faultyIntercept(switches) })
  switches.begin(startAtMs)
  const codeOf = (path: string) =>
    core.request({ via: 'rest', method: 'GET', path, params: {}, uid: '1' }).retCode
  expect(codeOf('/v5/account/info')).toBe(10000)
  expect(codeOf('/simulator/key')).toBe(0)
})

describe('the switches', () => {
  const pattern = (seed: number) => {
    const faults = createFaults({ seed, faults: [{ name: 'lost-ack', rate: 0.3 }] }, () => 0)
    faults.begin(0)
    return Array.from({ length: 1_000 }, () => faults.strikes('lost-ack') !== undefined)
  }

  test('the same seed strikes the same occasions, another seed others', () => {
    expect(pattern(1)).toEqual(pattern(1))
    expect(pattern(1)).not.toEqual(pattern(2))
  })

  test('strike as often as their rate says', () => {
    const count = pattern(1).filter(Boolean).length
    expect(count).toBeGreaterThan(240)
    expect(count).toBeLessThan(360)
  })

  test('are thrown at run time on the control surface, which is no part of V5', async () => {
    const server = await faulty()
    const url = `${server.url}/simulator/faults`
    const put = (body: object, headers = {}) =>
      fetch(url, { method: 'PUT', body: JSON.stringify(body), headers })
    expect((await put({ faults: [{ name: 'server-error', times: 1 }] })).status).toBe(200)
    expect(await (await place(server, 'struck')).json()).toMatchObject({ retCode: 10016 })
    expect(await report(server)).toMatchObject({ faults: [{ name: 'server-error', struck: 1 }] })
    expect((await put({}, { Origin: 'http://localhost:1' })).status).toBe(403)
    expect((await fetch(`${server.url}/v5/simulator/faults`)).status).not.toBe(200)
    expect((await put({})).status).toBe(200)
    expect(await report(server)).toMatchObject({ faults: [] })
  })

  test('a misspelt plan is refused with each key, and the present one stays', async () => {
    const server = await faulty({ name: 'lost-ack', rate: 0 })
    const body = JSON.stringify({ faults: [{ name: 'lost-akc', rate: 3, form: 1 }] })
    const refused = await fetch(`${server.url}/simulator/faults`, { method: 'PUT', body })
    expect(refused.status).toBe(422)
    const { error } = (await refused.json()) as { error: string }
    expect(error).toContain(`faults.0.name: expected one of ${Object.keys(FAULTS).join(', ')}`)
    expect(error).toContain('faults.0.rate: expected a share of the occasions, from 0 to 1; found 3')
    expect(error).toContain('faults.0.form: expected a known key')
    expect((await report(server)).faults.map(({ name }) => name)).toEqual(['lost-ack'])
  })

  test('a file that is no plan ends the program with code 2 and says where', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-faults-'))
    onCleanup(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'faults.yaml')
    writeFileSync(file, 'faults:\n  - name: slow-reply\n    ms: soon\n')
    const entry = fileURLToPath(
      new URL('../../../src/exchange/simulator/server/simulator-process.ts', import.meta.url),
    )
    const child = spawn(process.execPath, [entry, '--faults', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let words = ''
    child.stderr.on('data', chunk => {
      words += String(chunk)
    })
    expect(await once(child, 'close')).toEqual([2, null])
    expect(words).toContain(
      `${file}: faults.0.ms: expected whole simulated milliseconds, a day at most; found "soon"`,
    )
  })
})
