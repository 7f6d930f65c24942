/** The simulator's wire over a stub core: REST signatures, limits and forms, and the four sockets. */
import { afterEach, describe, expect, test } from 'vitest'
import { type SimulatorServer, startSimulatorServer } from '../../src/exchange/simulator/server.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../src/exchange/simulator/server-accounts.ts'
import type { SimulatorOptions } from '../../src/exchange/simulator/server-options.ts'
import { restText, sign, socketText } from '../../src/exchange/simulator/signature.ts'
import { type Peer, peer } from './simulator-server-peer.ts'
import { stubCore } from './simulator-server-stub.ts'

const keys = [{ key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }]
const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean()
})

async function start(options: Partial<SimulatorOptions> = {}): Promise<SimulatorServer> {
  const server = await startSimulatorServer({
    port: 0,
    seed: 1,
    speed: 1,
    keys,
    balance: '1000',
    core: stubCore,
    ...options,
  })
  cleanups.push(() => server.close())
  return server
}

async function connect(server: SimulatorServer, path: string): Promise<Peer> {
  const socket = await peer(server.url.replace('http', 'ws') + path)
  cleanups.push(() => socket.close())
  return socket
}

type Ask = {
  key?: string
  secret?: string
  sentAtMs?: number
  window?: string
  query?: string
  body?: string
}

function ask(server: SimulatorServer, path: string, options: Ask = {}): Promise<Response> {
  const { key = SIMULATOR_KEY, secret = SIMULATOR_SECRET, window = '5000', query, body } = options
  const timestamp = String(options.sentAtMs ?? server.nowMs())
  const headers = {
    'X-BAPI-API-KEY': key,
    'X-BAPI-TIMESTAMP': timestamp,
    'X-BAPI-RECV-WINDOW': window,
    'X-BAPI-SIGN': sign(restText(timestamp, key, window, body ?? query ?? ''), secret),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
  }
  const url = `${server.url}${path}${query === undefined ? '' : `?${query}`}`
  return fetch(url, body === undefined ? { headers } : { headers, method: 'POST', body })
}

const codeOf = async (response: Response) => ((await response.json()) as { retCode: number }).retCode
const order = (id: string) =>
  JSON.stringify({ category: 'linear', symbol: 'BTCUSDT', side: 'Buy', qty: '1', orderLinkId: id })

describe('signatures', () => {
  test('sign as the vectors computed by independent clients', () => {
    const of = (payload: string) =>
      sign(restText('1700000000000', 'localkey', '5000', payload), 'localsecret')
    expect(of('category=linear&symbol=BTCUSDT')).toBe(
      'a03f682228dca66c7ec47410d28ae9164c63ddaf422e86f30546752377275d2a',
    )
    expect(
      of('{"category":"linear","symbol":"BTCUSDT","side":"Buy","orderType":"Market","qty":"0.001"}'),
    ).toBe('6eafbc8463cd06ab22fab6c9529d00718dc8a3e9124f610ef4342e3bb77fd3ea')
    expect(of('')).toBe('10c46d116649394c9559f26c22d2f69a0fe9711fc5714b0cc5ffc9fbe50ca20e')
    expect(sign(socketText(1700000010000), 'localsecret')).toBe(
      'd1d30aad3b146d09094fc6899954d1b72ef9ada4d0cb67409d9196a22ce7cfa0',
    )
  })
})

describe('REST', () => {
  test('answers public requests unsigned, in the V5 envelope', async () => {
    const server = await start()
    const response = await fetch(`${server.url}/v5/market/time`)
    expect(response.status).toBe(200)
    expect(Object.keys((await response.json()) as object)).toEqual([
      'retCode',
      'retMsg',
      'result',
      'retExtInfo',
      'time',
    ])
  })

  test('checks the signature against the raw query, however it is encoded, and takes an empty one', async () => {
    const server = await start()
    for (const query of ['category=linear&cursor=a%253A2%2Cb', 'cursor=a%3A2,b&category=linear', '']) {
      expect(await codeOf(await ask(server, '/v5/order/realtime', { query }))).toBe(0)
    }
    const other = await ask(server, '/v5/order/realtime', { query: 'category=linear', secret: 'wrong' })
    expect(await codeOf(other)).toBe(10004)
  })

  test('never tells a secret in a refusal', async () => {
    const server = await start()
    const refused = await ask(server, '/v5/order/create', { body: order('a'), secret: 'wrong' })
    const text = await refused.text()
    expect(text).toContain('10004')
    expect(text).not.toContain(SIMULATOR_SECRET)
  })

  test('refuses unknown keys, and requests without keys with HTTP 401', async () => {
    const server = await start()
    expect(await codeOf(await ask(server, '/v5/order/realtime', { key: 'stranger' }))).toBe(10003)
    const naked = await fetch(`${server.url}/v5/order/realtime`)
    expect([naked.status, await codeOf(naked)]).toEqual([401, 10003])
  })

  test('takes a timestamp from serverTime - recvWindow up to, not at, serverTime + 1000, stretched by the speed', async () => {
    for (const speed of [1, 60]) {
      const server = await start({ speed })
      const code = async (offsetMs: number) =>
        codeOf(await ask(server, '/v5/order/realtime', { sentAtMs: server.nowMs() + offsetMs * speed }))
      expect([await code(-4000), await code(500)]).toEqual([0, 0])
      expect([await code(-5100), await code(5000)]).toEqual([10002, 10002])
    }
  })

  test('answers HTTP 404 for unknown paths, 400 for other methods, 413 for huge bodies, 403 past the address limit', async () => {
    const server = await start({ requestsPer5s: 6 })
    expect((await ask(server, '/v5/no/such')).status).toBe(404)
    expect((await fetch(`${server.url}/nothing`)).status).toBe(401)
    expect((await fetch(`${server.url}/v5/market/time`, { method: 'DELETE' })).status).toBe(400)
    expect((await ask(server, '/v5/order/create', { body: ' '.repeat(300_000) })).status).toBe(413)
    expect(await codeOf(await ask(server, '/v5/order/create', { body: '{' }))).toBe(10001)
    for (let i = 0; i < 3; i++) await fetch(`${server.url}/v5/market/time`)
    expect((await fetch(`${server.url}/v5/market/time`)).status).toBe(403)
  })

  test('counts what is left of the second in headers, and refuses the eleventh linear order of it with 10006', async () => {
    // A slow simulator: the whole burst falls into one of its seconds.
    const server = await start({ speed: 0.01 })
    const replies = []
    for (let i = 0; i < 11; i++) replies.push(await ask(server, '/v5/order/create', { body: order(`o${i}`) }))
    const left = replies.map(reply => reply.headers.get('X-Bapi-Limit-Status'))
    expect(left).toEqual(['9', '8', '7', '6', '5', '4', '3', '2', '1', '0', '0'])
    expect(replies[0]?.headers.get('X-Bapi-Limit')).toBe('10')
    const last = replies[10]
    expect(last?.status).toBe(200)
    expect(last && (await codeOf(last))).toBe(10006)
  })

  test('describes the key', async () => {
    const server = await start()
    const body = (await (await ask(server, '/v5/user/query-api')).json()) as { result: { uta: number } }
    expect(body.result.uta).toBe(1)
  })
})

describe('public sockets', () => {
  test('acknowledge as measured per category, then send the snapshot, then what follows', async () => {
    const server = await start()
    const linear = await connect(server, '/v5/public/linear')
    linear.send({ op: 'subscribe', args: ['orderbook.1.BTCUSDT'] })
    const ack = await linear.next(() => true)
    expect(ack).toEqual({ success: true, ret_msg: '', conn_id: ack.conn_id, req_id: '', op: 'subscribe' })
    expect(await linear.next(() => true)).toMatchObject({ type: 'snapshot', topic: 'orderbook.1.BTCUSDT' })
    expect(await linear.next(() => true)).toMatchObject({ type: 'delta' })
    const spot = await connect(server, '/v5/public/spot')
    spot.send({ op: 'subscribe', args: ['orderbook.1.BTCUSDT'] })
    const spotAck = await spot.next(() => true)
    expect(spotAck).toEqual({
      success: true,
      ret_msg: 'subscribe',
      conn_id: spotAck.conn_id,
      op: 'subscribe',
    })
  })

  test('fail a whole request for one bad topic, and more than 10 topics at once on spot', async () => {
    const server = await start()
    const spot = await connect(server, '/v5/public/spot')
    spot.send({ op: 'subscribe', req_id: 'x', args: ['tickers.BTCUSDT', 'tickers.NOPE'] })
    expect(await spot.next(() => true)).toMatchObject({ success: false, req_id: 'x' })
    spot.send({ op: 'subscribe', args: Array.from({ length: 11 }, () => 'tickers.BTCUSDT') })
    expect(await spot.next(() => true)).toMatchObject({ success: false })
  })

  test('pong in their own words', async () => {
    const server = await start()
    const linear = await connect(server, '/v5/public/linear')
    linear.send({ op: 'ping' })
    expect(await linear.next(() => true)).toMatchObject({
      success: true,
      ret_msg: 'pong',
      req_id: '',
      op: 'ping',
    })
  })
})

function auth(server: SimulatorServer, expires: number | string, secret = SIMULATOR_SECRET) {
  return { op: 'auth', args: [SIMULATOR_KEY, expires, sign(socketText(expires), secret)], at: server.nowMs() }
}

describe('private socket', () => {
  test('lets in by signature, expiry as number or string, and says no in its own shape', async () => {
    const server = await start()
    for (const expires of [server.nowMs() + 9000, String(server.nowMs() + 9000)]) {
      const socket = await connect(server, '/v5/private')
      socket.send(auth(server, expires))
      expect(await socket.next(() => true)).toMatchObject({ success: true, ret_msg: '', op: 'auth' })
    }
    const stranger = await connect(server, '/v5/private')
    stranger.send({ op: 'subscribe', args: ['order'] })
    expect(await stranger.next(() => true)).toMatchObject({ success: false })
    stranger.send(auth(server, server.nowMs() + 9000, 'wrong'))
    expect(await stranger.next(() => true)).toMatchObject({ success: false, op: 'auth' })
    stranger.send(auth(server, server.nowMs() - 1))
    expect(await stranger.next(() => true)).toMatchObject({ success: false, op: 'auth' })
  })

  test('tells the account its own events, whole or by category', async () => {
    const server = await start()
    const socket = await connect(server, '/v5/private')
    socket.send(auth(server, server.nowMs() + 9000))
    await socket.next(message => message.op === 'auth')
    socket.send({ op: 'subscribe', args: ['order', 'order.linear'] })
    expect(await socket.next(() => true)).toMatchObject({ success: false, op: 'subscribe' })
    socket.send({ op: 'subscribe', args: ['order.linear', 'wallet'] })
    expect(await socket.next(() => true)).toMatchObject({ success: true, op: 'subscribe' })
    await ask(server, '/v5/order/create', { body: order('mine') })
    const event = await socket.next(message => message.topic === 'order.linear')
    expect(event.data).toMatchObject([{ orderLinkId: 'mine' }])
    socket.send({ op: 'ping', req_id: 'p' })
    expect(await socket.next(message => message.op === 'pong')).toMatchObject({ req_id: 'p' })
  })
})

describe('trade socket', () => {
  async function trader(server: SimulatorServer): Promise<Peer> {
    const socket = await connect(server, '/v5/trade')
    socket.send(auth(server, server.nowMs() + 9000))
    const answer = await socket.next(() => true)
    expect(answer).toEqual({ retCode: 0, retMsg: 'OK', op: 'auth', connId: answer.connId })
    return socket
  }
  const create = (server: SimulatorServer, reqId: string, id: string, offsetMs = 0) => ({
    reqId,
    header: { 'X-BAPI-TIMESTAMP': String(server.nowMs() + offsetMs), 'X-BAPI-RECV-WINDOW': '5000' },
    op: 'order.create',
    args: [JSON.parse(order(id))],
  })

  test('takes an order and answers in REST words with the limits in the header', async () => {
    const server = await start()
    const socket = await trader(server)
    socket.send(create(server, 'r1', 'a'))
    const reply = await socket.next(() => true)
    expect(Object.keys(reply)).toEqual([
      'reqId',
      'retCode',
      'retMsg',
      'op',
      'data',
      'retExtInfo',
      'header',
      'connId',
    ])
    expect(reply).toMatchObject({ reqId: 'r1', retCode: 0, data: { orderLinkId: 'a' } })
    expect(reply.header).toMatchObject({ 'X-Bapi-Limit': '10', 'X-Bapi-Limit-Status': '9' })
    expect(server.status().orders).toBe(1)
  })

  test('refuses without auth, a second auth, stale times, known request ids and unknown ops', async () => {
    const server = await start()
    const naked = await connect(server, '/v5/trade')
    naked.send(create(server, 'r0', 'x'))
    expect(await naked.next(() => true)).toMatchObject({ retCode: 10005, reqId: 'r0' })
    naked.send(auth(server, server.nowMs() + 9000, 'wrong'))
    const refused = await naked.next(() => true)
    expect(refused).toMatchObject({ retCode: 10004, op: 'auth' })
    expect(refused).not.toHaveProperty('success')
    const socket = await trader(server)
    socket.send(auth(server, server.nowMs() + 9000))
    expect(await socket.next(() => true)).toMatchObject({ retCode: 20001 })
    socket.send(create(server, 'r1', 'late', -9000))
    expect(await socket.next(() => true)).toMatchObject({ retCode: 10002 })
    socket.send(create(server, 'r2', 'b'))
    expect(await socket.next(() => true)).toMatchObject({ retCode: 0 })
    socket.send(create(server, 'r2', 'c'))
    expect(await socket.next(() => true)).toMatchObject({ retCode: 20006 })
    socket.send({ reqId: 'r3', op: 'order.dream', header: {}, args: [{}] })
    expect(await socket.next(() => true)).toMatchObject({ retCode: 10404 })
  })
})

describe('the wire', () => {
  test('cuts a reader that falls behind instead of buffering for it', async () => {
    const server = await start({ bufferedBytesMax: 1000 })
    const socket = await connect(server, '/v5/public/linear')
    socket.pause()
    // Enough answers that the kernel cannot hold them all.
    const args = ['orderbook.1.BTCUSDT']
    for (let i = 0; i < 60_000; i++) socket.send({ op: 'subscribe', args, req_id: 'x'.repeat(200) })
    await socket.closedByPeer
    await expect.poll(() => server.traffic().sockets).toBe(0)
  })

  test('has one place where a reply can be lost after the order was taken', async () => {
    const server = await start({
      deliver: (parcel, carriage) =>
        parcel.kind === 'reply' && parcel.what === '/v5/order/create'
          ? carriage.cut()
          : carriage.pass(parcel.text),
    })
    await expect(ask(server, '/v5/order/create', { body: order('lost') })).rejects.toThrow()
    const open = (await (await ask(server, '/v5/order/realtime')).json()) as { result: { list: unknown[] } }
    expect(open.result.list).toMatchObject([{ orderLinkId: 'lost' }])
  })

  test('tells programs its status and refuses web pages', async () => {
    const server = await start({ seed: 7 })
    expect(await (await fetch(`${server.url}/simulator/status`)).json()).toMatchObject({ seed: 7, speed: 1 })
    const page = await fetch(`${server.url}/simulator/stop`, {
      method: 'POST',
      headers: { Origin: 'http://evil.example' },
    })
    expect(page.status).toBe(403)
  })
})
