/** The simulator's sockets over a stub core: acknowledgements, auth, snapshots, order entry, slow readers. */
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import type { SocketConnection } from '../../../../src/exchange/simulator/server/sockets/connection.ts'
import { pushPrivate } from '../../../../src/exchange/simulator/server/sockets/private.ts'
import {
  ask,
  auth,
  closeAfterEach,
  connect,
  order,
  start,
} from '../../../support/exchange/simulator-server-fixture.ts'
import type { Peer } from '../../../support/exchange/simulator-server-peer.ts'

closeAfterEach()

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

describe('private topics', () => {
  const execution = (fields: JsonObject): JsonObject => ({
    category: 'linear',
    symbol: 'BTCUSDT',
    execId: 'e',
    execType: 'Trade',
    execFee: '1',
    isMaker: false,
    orderLinkId: 'mine',
    ...fields,
  })
  const heardOn = (topic: string, data: JsonObject[]) => {
    const heard: JsonObject[] = []
    const push = (_what: string, text: string) => heard.push(JSON.parse(text) as JsonObject)
    const message = { id: '1', topic: 'execution', creationTime: 1, data }
    const connection = { topics: new Set([topic]), push } as unknown as SocketConnection
    pushPrivate(connection, { channel: 'private', topic: 'execution', uid: '1', message })
    return heard
  }

  test('of a category leave the other category out, and say nothing rather than an empty list', () => {
    const rows = [execution({}), execution({ category: 'spot' })]
    expect(heardOn('execution.spot', rows)).toMatchObject([
      { topic: 'execution.spot', data: [{ category: 'spot' }] },
    ])
    expect(heardOn('execution.spot', [execution({})])).toEqual([])
    expect(heardOn('order', rows)).toEqual([])
  })

  test('execution.fast has trades only, few fields, and no client id for maker fills', () => {
    const rows = [execution({}), execution({ isMaker: true }), execution({ execType: 'Funding' })]
    const [message] = heardOn('execution.fast', rows)
    expect(message).toMatchObject({
      topic: 'execution.fast',
      data: [{ orderLinkId: 'mine' }, { orderLinkId: '' }],
    })
    expect(JSON.stringify(message)).not.toContain('execFee')
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

describe('a slow reader', () => {
  test('is cut instead of being buffered for', async () => {
    const server = await start({ bufferedBytesMax: 1000 })
    const socket = await connect(server, '/v5/public/linear')
    socket.pause()
    // Enough answers that the kernel cannot hold them all.
    const args = ['orderbook.1.BTCUSDT']
    for (let i = 0; i < 60_000; i++) socket.send({ op: 'subscribe', args, req_id: 'x'.repeat(200) })
    await socket.closedByPeer
    await expect.poll(() => server.traffic().sockets).toBe(0)
  })
})
