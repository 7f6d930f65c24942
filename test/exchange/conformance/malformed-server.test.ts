/** The same over the loopback: bad requests and frames get Bybit's own answers, and a good client trades afterwards as before. */
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Json, JsonObject } from '../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import type { SimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import { builtInUniverse, universeOf } from '../../../src/exchange/simulator/universe/universe.ts'
import {
  ask,
  auth,
  closeAfterEach,
  connect,
  onCleanup,
  start,
} from '../../support/exchange/simulator-server-fixture.ts'
import type { Peer } from '../../support/exchange/simulator-server-peer.ts'
import { GETS, GOOD, noise, OPS, POSTS, params, value } from './malformed-arbitraries.ts'

closeAfterEach()

/** Fast, so that the limits per second refuse few of the thousands. */
const SPEED = 50
const startReal = () => start({ core: createSimulatedBybit, balance: '100000', speed: SPEED })
type Reply = JsonObject & { retCode: number; retMsg: string }

async function post(server: SimulatorServer, path: string, body: string): Promise<Reply> {
  const answer = await ask(server, path, { body })
  expect([200, 404]).toContain(answer.status)
  return (await answer.json()) as Reply
}

const tradeFrame = (server: SimulatorServer, op: string, args: Json, reqId: string) => ({
  reqId,
  header: { 'X-BAPI-TIMESTAMP': String(server.nowMs()), 'X-BAPI-RECV-WINDOW': '5000' },
  op,
  args,
})

async function authenticated(server: SimulatorServer, path: string): Promise<Peer> {
  const socket = await connect(server, path)
  socket.send(auth(server, server.nowMs() + 60_000 * SPEED))
  await socket.next(({ op }) => op === 'auth')
  return socket
}

/** A good client as it should be served whatever others did before: subscribed, it trades and hears of it. */
async function expectGoodTrade(server: SimulatorServer): Promise<void> {
  const calmFromMs = server.nowMs() + 1_000
  await vi.waitFor(() => expect(server.nowMs()).toBeGreaterThan(calmFromMs), { interval: 2 })
  const news = await authenticated(server, '/v5/private')
  news.send({ op: 'subscribe', args: ['order'] })
  await news.next(({ op, success }) => op === 'subscribe' && success === true)
  const trade = await authenticated(server, '/v5/trade')
  const order = { ...GOOD, orderType: 'Market', price: '', orderLinkId: `good-${server.nowMs()}` }
  trade.send(tradeFrame(server, 'order.create', [order], 'good'))
  expect(await trade.next(({ reqId }) => reqId === 'good')).toMatchObject({ retCode: 0 })
  const told = await news.next(({ topic }) => topic === 'order')
  expect((told.data as JsonObject[])[0]).toMatchObject({
    orderLinkId: order.orderLinkId,
    orderStatus: 'Filled',
  })
  const wallet = await ask(server, '/v5/account/wallet-balance', { query: 'accountType=UNIFIED' })
  expect(await wallet.text()).not.toMatch(/NaN|Infinity|undefined/)
}

describe('over REST', () => {
  test('1,200 bad requests get an envelope each, and a good client trades afterwards', async () => {
    const server = await startReal()
    const text = fc.oneof(
      { weight: 1, arbitrary: noise },
      { weight: 3, arbitrary: params.map(one => JSON.stringify(one)) },
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...POSTS), text, async (path, body) => {
        expect(typeof (await post(server, path, body)).retCode).toBe('number')
      }),
      { numRuns: 700, seed: 2, endOnFailure: true },
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...GETS), params, noise, async (path, asked, junk) => {
        const words = Object.entries(asked).map(([key, word]): [string, string] => [
          key,
          String(JSON.stringify(word)),
        ])
        const query = new URLSearchParams([...words, ['junk', junk.slice(0, 500)]]).toString()
        const answer = await ask(server, path, { query })
        expect([200, 404]).toContain(answer.status)
        expect(typeof ((await answer.json()) as Reply).retCode).toBe('number')
      }),
      { numRuns: 500, seed: 3, endOnFailure: true },
    )
    await expectGoodTrade(server)
  })

  test.each<[string, string, JsonObject | string, number]>([
    ['no JSON', 'order/create', '{"category":', 10001],
    ['a list', 'order/create', '[]', 10001],
    ['no end of nesting', 'order/create', `{"category":${'['.repeat(9_000)}${']'.repeat(9_000)}}`, 10001],
    ['an unknown symbol', 'order/create', { ...GOOD, symbol: 'NOSUCHUSDT' }, 10001],
    ['a price in scientific notation', 'order/create', { ...GOOD, price: '9e3' }, 10001],
    ['a quantity that is an object', 'order/create', { ...GOOD, qty: { toString: 1 } }, 10001],
    ['a hedge-mode position', 'order/create', { ...GOOD, positionIdx: 1 }, 10001],
    ['to reduce nothing', 'order/create', { ...GOOD, reduceOnly: true }, 110017],
    ['less than 5 USDT', 'order/create', { ...GOOD, symbol: 'DOGEUSDT', qty: '1', price: '0.1' }, 110094],
    ['spot below the least', 'order/create', { ...GOOD, category: 'spot', qty: '0.0000001' }, 170137],
    ['spot quantity too small', 'order/create', { ...GOOD, category: 'spot', qty: '0.000001' }, 170140],
    ['more than is owned', 'order/create', { ...GOOD, category: 'spot', side: 'Sell', qty: '1' }, 170194],
    ['to cancel what never was', 'order/cancel', { ...GOOD, orderLinkId: 'never' }, 110001],
    ['a spot order that never was', 'order/cancel', { ...GOOD, category: 'spot', orderLinkId: 'x' }, 170213],
    ['21 orders in one batch', 'order/create-batch', { ...GOOD, request: Array(21).fill(GOOD) }, 10001],
    ['no such path', 'order/nowhere', GOOD, 10017],
  ])('%s is answered as Bybit answers it', async (_what, path, body, code) => {
    const server = await startReal()
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    expect(await post(server, `/v5/${path}`, text)).toMatchObject({ retCode: code, result: {} })
  })

  test('a spot quantity on the grid and below the least is 170136', async () => {
    const { listings } = builtInUniverse(['BTCUSDT'])
    const universe = universeOf(
      listings.map(listing => ({ ...listing, spot: { ...listing.spot, minQty: new Decimal('0.01') } })),
    )
    const server = await start({ core: options => createSimulatedBybit({ ...options, universe }) })
    const order = { ...GOOD, category: 'spot', qty: '0.005' }
    expect(await post(server, '/v5/order/create', JSON.stringify(order))).toMatchObject({ retCode: 170136 })
  })

  test('a wrong signature is 10004, a stale time 10002, an unknown key 10003, none at all 401', async () => {
    const server = await startReal()
    const codeOf = async (asked: Parameters<typeof ask>[2]) =>
      ((await (await ask(server, '/v5/order/create', asked)).json()) as Reply).retCode
    const body = JSON.stringify(GOOD)
    expect(await codeOf({ body, secret: 'wrong' })).toBe(10004)
    expect(await codeOf({ body, sentAtMs: 1 })).toBe(10002)
    expect(await codeOf({ body, sentAtMs: Number.NaN })).toBe(10002)
    expect(await codeOf({ body, key: 'nobody' })).toBe(10003)
    expect((await fetch(`${server.url}/v5/order/create`, { method: 'POST', body })).status).toBe(401)
  })

  test('other methods, bodies without end and lines that are no HTTP end nothing but themselves', async () => {
    const server = await startReal()
    const statusOf = (method: string, body?: string) =>
      new Promise<number>((resolve, reject) => {
        const sent = httpRequest(`${server.url}/v5/order/create`, { method }, reply => {
          reply.resume()
          resolve(reply.statusCode ?? 0)
        })
        sent.on('error', reject)
        sent.end(body)
      })
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS']) expect(await statusOf(method)).toBe(400)
    expect(await statusOf('POST', 'x'.repeat(300_000))).toBe(413)
    for (const line of [
      'NOISE\r\n\r\n',
      'GET // HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /v5/private HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      'GET /__proto__ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
      '\u0000\u0001\u0002\r\n\r\n',
    ]) {
      const socket = dial(server.port, '127.0.0.1')
      const ended = new Promise(resolve => socket.once('close', resolve))
      socket.on('error', () => {})
      socket.resume()
      socket.end(line)
      await ended
    }
    await expectGoodTrade(server)
  })
})

describe('over sockets', () => {
  const op = fc.constantFrom(
    'subscribe',
    'unsubscribe',
    'auth',
    'ping',
    '',
    'x',
    ...OPS.map(o => `order.${o}`),
  )
  const topics = fc.array(
    fc.oneof(
      value,
      fc.constantFrom(
        'orderbook.50.BTCUSDT',
        'orderbook.7.BTCUSDT',
        'tickers.',
        'order',
        'order.spot',
        'dcp',
      ),
    ),
    { maxLength: 12 },
  )
  const frame = fc.record(
    {
      op: fc.oneof({ weight: 5, arbitrary: op }, { weight: 1, arbitrary: value }),
      args: fc.oneof({ weight: 3, arbitrary: topics }, { weight: 1, arbitrary: value }),
      req_id: value,
      reqId: value,
      header: value,
    },
    { requiredKeys: [] },
  )

  /** Sends raw text and waits for the answer to a good ping after it. */
  async function throwAt(server: SimulatorServer, path: string, frames: readonly string[]): Promise<void> {
    const socket = new WebSocket(server.url.replace('http', 'ws') + path)
    onCleanup(() => socket.terminate())
    await new Promise(resolve => socket.once('open', resolve))
    if (!path.includes('public')) socket.send(JSON.stringify(auth(server, server.nowMs() + 60_000 * SPEED)))
    const ponged = new Promise<void>(resolve =>
      socket.on('message', data => {
        if (/"req_?[iI]d":"the-good-one"/.test(String(data))) resolve()
      }),
    )
    for (const one of frames) socket.send(one)
    socket.send(JSON.stringify({ op: 'ping', req_id: 'the-good-one', reqId: 'the-good-one' }))
    await ponged
    socket.terminate()
  }

  test.each(['/v5/private', '/v5/trade', '/v5/public/linear', '/v5/public/spot'])(
    '%s lives through 400 bad frames, answers the next good one, and a good client trades afterwards',
    async path => {
      const server = await startReal()
      const text = fc.oneof(
        { weight: 1, arbitrary: noise },
        { weight: 4, arbitrary: frame.map(one => JSON.stringify(one)) },
      )
      await throwAt(server, path, fc.sample(text, { numRuns: 400, seed: 4 }))
      await expectGoodTrade(server)
    },
    20_000,
  )

  test('the trade socket answers 400 spoilt orders one by one, each with a code', async () => {
    const server = await startReal()
    const trade = await authenticated(server, '/v5/trade')
    const spoilt = fc.tuple(fc.constantFrom(...OPS), params)
    for (const [at, [verb, one]] of fc.sample(spoilt, { numRuns: 400, seed: 5 }).entries()) {
      const op = `order.${verb}`
      trade.send(tradeFrame(server, op, [one], `r${at}`))
      const reply = await trade.next(({ reqId }) => reqId === `r${at}`)
      expect(typeof reply.retCode).toBe('number')
      expect(reply.op).toBe(op)
      if (verb === '' || verb === '__proto__') expect(reply.retCode).toBe(10404)
    }
    await expectGoodTrade(server)
  })

  test('an object that cannot be made text is no topic, no id and no time', async () => {
    const server = await startReal()
    const bad = { toString: 1, valueOf: 1 }
    for (const path of ['/v5/private', '/v5/public/linear', '/v5/public/spot']) {
      const socket = path === '/v5/private' ? await authenticated(server, path) : await connect(server, path)
      socket.send({ op: 'subscribe', args: [bad] })
      expect(await socket.next(({ op }) => op === 'subscribe')).toMatchObject({ success: false })
      socket.send({ op: 'unsubscribe', args: [bad] })
      await socket.next(({ op }) => op === 'unsubscribe')
    }
    const trade = await authenticated(server, '/v5/trade')
    trade.send({ op: 'order.create', reqId: bad, header: { 'X-BAPI-TIMESTAMP': bad }, args: [GOOD] })
    expect(await trade.next(({ op }) => op === 'order.create')).toMatchObject({ retCode: 10001 })
    trade.send(tradeFrame(server, 'order.create', [{ ...GOOD, category: bad }], 'c'))
    expect(await trade.next(({ reqId }) => reqId === 'c')).toMatchObject({ retCode: 10001 })
  })

  test('10,000 topics are refused in one answer; binary, endless and half frames end only their own connection', async () => {
    const server = await startReal()
    const listener = await connect(server, '/v5/public/linear')
    listener.send({ op: 'subscribe', args: Array.from({ length: 10_000 }, (_, at) => `tickers.X${at}USDT`) })
    expect(await listener.next(({ op }) => op === 'subscribe')).toMatchObject({ success: false })
    const closed = (send: (socket: WebSocket) => void) =>
      new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v5/private`)
        socket.on('error', () => {})
        socket.once('unexpected-response', reject)
        socket.once('open', () => send(socket))
        socket.once('close', () => resolve())
      })
    await closed(socket => socket.send(Buffer.from([0, 255, 1, 2])))
    await closed(socket => socket.send('x'.repeat(400_000)))
    await closed(socket =>
      (socket as unknown as { _socket: { write(b: Buffer): void } })._socket.write(Buffer.alloc(64, 0xff)),
    )
    listener.send({ op: 'ping' })
    expect(await listener.next(({ op }) => op === 'ping')).toMatchObject({ success: true })
    await expectGoodTrade(server)
  })

  test('a deeply nested body is refused before the account file would have to write it', async () => {
    const failures: Error[] = []
    const folder = mkdtempSync(join(tmpdir(), 'hedgerow-'))
    onCleanup(() => rmSync(folder, { recursive: true, force: true }))
    const server = await start({
      core: createSimulatedBybit,
      stateFile: join(folder, 'account.json'),
      failed: error => failures.push(error),
    })
    const deep = `{"category":"linear","symbol":${'['.repeat(30_000)}${']'.repeat(30_000)}}`
    expect(await post(server, '/v5/order/create', deep)).toMatchObject({ retCode: 10001 })
    expect(failures).toEqual([])
  })
})
