/** Traps of the SDK's sockets, each against a server that tells the lie: drops, refusals, silence, garbage. */
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../../../src/clock/clock.ts'
import { WireFailure } from '../../../../src/exchange/bybit/wire/wire.ts'
import { send, truth } from '../../../support/exchange/lying-bybit.ts'
import {
  KEY,
  LINEAR,
  listen,
  open,
  order,
  PRIVATE,
  SPOT,
  sent,
  server,
  TRADE,
  until,
  watch,
  wire,
} from '../../../support/exchange/socket-session.ts'

describe('order entry', () => {
  test('an acknowledged order resolves with its order id and the exchange’s time', async () => {
    open()
    await until(wire.tradeReady)
    const reply = await wire.trade('order.create', order, 5_000)
    const header = sent(TRADE, 'order.create')[0]?.frame.header as Record<string, string>
    expect(header['X-BAPI-RECV-WINDOW']).toBe('5000')
    // The SDK would name its author as our broker.
    expect(header).not.toHaveProperty('Referer')
    expect(Math.abs(Number(header['X-BAPI-TIMESTAMP']) - systemClock().nowMs())).toBeLessThan(1_000)
    expect(reply).toMatchObject({ retCode: 0, result: { orderId: 'order-1' }, time: 1_700_000_000_000 })
  })

  test('a business refusal resolves with its code, though the SDK rejects', async () => {
    server.says.set(TRADE, (frame, socket, connection) =>
      frame.op === 'order.create'
        ? send(socket, {
            reqId: frame.reqId,
            retCode: 110007,
            retMsg: 'ab not enough',
            op: frame.op,
            data: {},
          })
        : truth(TRADE)(frame, socket, connection),
    )
    open()
    await until(wire.tradeReady)
    expect(await wire.trade('order.create', order, 5_000)).toMatchObject({ retCode: 110007 })
  })

  test('an order is refused unsent while the socket is down, and is not sent after the reconnect either', async () => {
    open()
    await until(wire.tradeReady)
    server.onConnect = (path, socket) => path === TRADE && socket.terminate()
    server.drop(TRADE)
    await until(() => !wire.tradeReady())
    await expect(wire.trade('order.create', order, 5_000)).rejects.toMatchObject({ sent: false })
    server.onConnect = () => {}
    await until(wire.tradeReady)
    await wire.trade('order.cancel', order, 50).catch(() => {})
    expect(sent(TRADE, 'order.create')).toHaveLength(0)
  })

  test('an order is refused unsent before the socket is authenticated', async () => {
    server.says.set(TRADE, () => {})
    open({ patienceMs: 60_000 })
    await until(() => sent(TRADE, 'auth').length)
    expect(wire.tradeReady()).toBe(false)
    await expect(wire.trade('order.create', order, 5_000)).rejects.toMatchObject({ sent: false })
  })

  test('an order in flight on a drop fails as sent and unknown at once, long before its deadline', async () => {
    server.says.set(TRADE, (frame, socket, connection) =>
      frame.op === 'order.create' ? socket.terminate() : truth(TRADE)(frame, socket, connection),
    )
    open()
    await until(wire.tradeReady)
    await expect(wire.trade('order.create', order, 600_000)).rejects.toMatchObject({
      name: 'WireFailure',
      sent: true,
    })
    await until(wire.tradeReady)
    expect(sent(TRADE, 'order.create')).toHaveLength(1)
  })

  test.each([
    ['silence', () => {}],
    ['garbage', (_: unknown, socket: Parameters<typeof send>[0]) => send(socket, '{"reqId":"1","retC')],
    [
      'a reply without a reqId',
      (_: unknown, socket: Parameters<typeof send>[0]) =>
        send(socket, { retCode: 10005, retMsg: 'Permission denied', op: 'order.create' }),
    ],
  ])('%s ends by the call’s own deadline, as unknown', async (_name, says) => {
    server.says.set(TRADE, (frame, socket, connection) =>
      frame.op === 'order.create' ? says(frame, socket) : truth(TRADE)(frame, socket, connection),
    )
    open()
    await until(wire.tradeReady)
    const failure = await wire.trade('order.create', order, 40).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(WireFailure)
    expect(failure).toMatchObject({ sent: true })
  })

  test('request ids are not those of an earlier client, and are never repeated', async () => {
    open()
    await until(wire.tradeReady)
    await wire.trade('order.create', order, 5_000)
    await wire.trade('order.create', order, 5_000)
    await wire.close()
    await new Promise(resolve => setImmediate(resolve))
    open()
    await until(wire.tradeReady)
    await wire.trade('order.create', order, 5_000)
    const ids = sent(TRADE, 'order.create').map(one => one.frame.reqId)
    expect(new Set(ids).size).toBe(3)
    for (const id of ids) expect(String(id).length).toBeLessThanOrEqual(36)
  })
})

describe('the demo, which has no trade socket', () => {
  test('orders go over REST, and no trade socket is dialled', async () => {
    open({ mode: 'demo' })
    expect(wire.tradeReady()).toBe(true)
    await wire.trade('order.create', order, 5_000)
    await wire.trade('order.cancel', order, 5_000)
    expect(server.requests.map(request => request.url)).toEqual(['/v5/order/create', '/v5/order/cancel'])
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual(order)
    expect(server.connections.get(TRADE)).toBeUndefined()
  })

  test('silence ends by the call’s own deadline, as unknown', async () => {
    server.onRest = () => {}
    open({ mode: 'demo' })
    await expect(wire.trade('order.create', order, 30)).rejects.toMatchObject({ sent: true })
  })

  test('after close nothing is sent', async () => {
    open({ mode: 'demo' })
    await wire.close()
    await expect(wire.trade('order.create', order, 30)).rejects.toMatchObject({ sent: false })
  })
})

describe('streams', () => {
  test('a drop is said at once, and the reconnect stays on the given address, authenticates and subscribes anew', async () => {
    open()
    const said = listen()
    await until(() => said.includes('up'))
    server.drop(PRIVATE)
    await until(() => said.some(word => word.startsWith('down')))
    await until(() => said.filter(word => word === 'up').length === 2)
    expect(server.connections.get(PRIVATE)).toBe(2)
    expect(sent(PRIVATE, 'subscribe').map(one => one.connection)).toEqual([1, 2])
  })

  test('a private frame that cannot be read is a drop: the stream is opened again', async () => {
    open()
    const said = listen()
    await until(() => said.includes('up'))
    server.push(PRIVATE, '{"topic":"execution","data":[{"execId"')
    await until(() => said.filter(word => word === 'up').length === 2)
    expect(said[1]).toMatch(/^down/)
  })

  test('a public frame that cannot be read is told as garbage', async () => {
    open()
    const { said } = watch('linear', ['tickers.BTCUSDT'])
    await until(() => said.includes('up'))
    server.push(LINEAR, '<html>')
    server.push(LINEAR, '{"topic":"tickers.BTCUSDT","data"')
    await until(() => said.filter(word => word.startsWith('garbage')).length === 2)
  })

  test('what a listener throws is not swallowed: it is told as garbage', async () => {
    open()
    const said: string[] = []
    wire.publicStream('linear', ['tickers.BTCUSDT'], {
      message: () => {
        throw new Error(`expected a ticker, found ${KEY}`)
      },
      up: () => said.push('up'),
      down: cause => said.push(cause),
      garbage: detail => said.push(detail),
      refused: topic => said.push(topic),
    })
    await until(() => said.includes('up'))
    server.push(LINEAR, { topic: 'tickers.BTCUSDT' })
    await until(() => said.length === 2)
    expect(said[1]).toBe('a listener failed: expected a ticker, found [secret]')
  })

  test('spot topics are asked for in requests of at most 10, and up waits for all of them', async () => {
    open()
    const topics = Array.from({ length: 25 }, (_, at) => `orderbook.50.C${at}USDT`)
    let asked = 0
    server.says.set(SPOT, (frame, socket, connection) => {
      if (frame.op === 'subscribe' && ++asked === 3) return
      truth(SPOT)(frame, socket, connection)
    })
    const { said } = watch('spot', topics)
    await until(() => sent(SPOT, 'subscribe').length === 3)
    expect(said).toEqual([])
    const requests = sent(SPOT, 'subscribe').map(one => one.frame.args as string[])
    expect(requests.map(args => args.length)).toEqual([10, 10, 5])
    expect(requests.flat()).toEqual(topics)
  })

  test('one unknown topic does not take the others of its request with it', async () => {
    server.says.set(LINEAR, (frame, socket, connection) => {
      const args = frame.args as string[] | undefined
      if (frame.op === 'subscribe' && args?.includes('tickers.NONEUSDT'))
        send(socket, {
          success: false,
          ret_msg: 'error:handler not found,topic:tickers.NONEUSDT',
          conn_id: 'c',
          req_id: frame.req_id,
          op: 'subscribe',
        })
      else truth(LINEAR)(frame, socket, connection)
    })
    open({ patienceMs: 60_000 })
    const { said } = watch('linear', ['tickers.BTCUSDT', 'tickers.NONEUSDT', 'tickers.ETHUSDT'])
    await until(() => said.includes('up'))
    expect(said).toContain('refused tickers.NONEUSDT')
    const last = sent(LINEAR, 'subscribe').map(one => String(one.frame.args))
    expect(last).toEqual(expect.arrayContaining(['tickers.BTCUSDT', 'tickers.ETHUSDT']))
    server.drop(LINEAR)
    await until(() => said.filter(word => word === 'up').length === 2)
    expect(sent(LINEAR, 'subscribe').at(-1)?.frame.args).not.toContain('tickers.NONEUSDT')
  })

  test('a topic taken anew is unsubscribed and subscribed on the same connection', async () => {
    open()
    const { said, stream } = watch('linear', ['tickers.BTCUSDT', 'orderbook.50.BTCUSDT'])
    await until(() => said.includes('up'))
    stream.resubscribe('orderbook.50.BTCUSDT')
    await until(() => sent(LINEAR, 'subscribe').length === 2)
    expect(sent(LINEAR, 'unsubscribe')[0]?.frame.args).toEqual(['orderbook.50.BTCUSDT'])
    expect(sent(LINEAR, 'subscribe')[1]?.frame.args).toEqual(['orderbook.50.BTCUSDT'])
    expect(server.connections.get(LINEAR)).toBe(1)
  })

  test('no socket offers compression, and public ones carry no key', async () => {
    open()
    const { said } = watch('linear', ['tickers.BTCUSDT'])
    await until(() => said.includes('up') && wire.tradeReady())
    for (const path of [LINEAR, TRADE])
      expect(server.handshakes.get(path)?.['sec-websocket-extensions']).toBeUndefined()
    expect(sent(LINEAR, 'auth')).toHaveLength(0)
  })

  test('a line that has gone silent is found by its pings, said as down and dialled anew', async () => {
    server.says.set(PRIVATE, (frame, socket, connection) =>
      frame.op === 'ping' && connection === 1 ? undefined : truth(PRIVATE)(frame, socket, connection),
    )
    open({ pulseMs: 40 })
    const said = listen()
    await until(() => said.filter(word => word === 'up').length === 2)
    expect(said).toEqual(['up', 'down the connection dropped', 'up'])
    expect(sent(PRIVATE, 'ping').some(one => one.connection === 1)).toBe(true)
  })

  test('an event loop that is busy for longer than a ping may wait does not cut its lines', async () => {
    open({ pulseMs: 400 })
    const said = listen()
    await until(() => said.includes('up'))
    await until(() => sent(PRIVATE, 'ping').length > 0)
    const busyUntil = performance.now() + 1_200
    while (performance.now() < busyUntil) {}
    server.push(PRIVATE, { topic: 'wallet', creationTime: 1, data: [] })
    await until(() => said.includes('message wallet'))
    expect(said).toEqual(['up', 'message wallet'])
  })

  test('more topics than one connection takes are spread over several, which stand and fall together', async () => {
    open()
    const topics = Array.from({ length: 900 }, (_, at) => `orderbook.50.LONGNAMEDCOIN${at}USDT`)
    const { said } = watch('linear', topics)
    await until(() => said.includes('up'))
    expect(server.connections.get(LINEAR)).toBe(2)
    const asked = sent(LINEAR, 'subscribe')
    expect(asked.flatMap(one => one.frame.args as string[]).sort()).toEqual([...topics].sort())
    for (const connection of [1, 2]) {
      const args = asked
        .filter(one => one.connection === connection)
        .map(one => JSON.stringify(one.frame.args))
      expect(args.join('').length).toBeLessThan(21_000)
    }
    const [first] = server.sockets.get(LINEAR) ?? []
    first?.terminate()
    await until(() => said.filter(word => word === 'up').length === 2)
    expect(said).toEqual(['up', 'down the connection dropped', 'up'])
    expect(sent(LINEAR, 'subscribe').length).toBe(2 * asked.length)
  })

  test('a wire closed at any moment of dialling leaves no socket behind', async () => {
    for (let waitMs = 0; waitMs < 12; waitMs++) {
      open()
      watch('linear', ['tickers.BTCUSDT'])
      listen()
      await new Promise(resolve => setTimeout(resolve, waitMs))
      await wire.close()
    }
    // A client left behind would hold its socket open for ever.
    await until(
      () => server.connections.size > 0 && [...server.sockets.values()].every(open => open.size === 0),
    )
  })

  test('a closed wire dials no more', async () => {
    open()
    const said = listen()
    await until(() => said.includes('up') && wire.tradeReady())
    await wire.close()
    await until(() => [...server.sockets.values()].every(open => open.size === 0))
    const before = [...server.connections.values()]
    // Longer than the first redial would wait.
    await new Promise(resolve => setTimeout(resolve, 800))
    expect([...server.connections.values()]).toEqual(before)
    expect(wire.tradeReady()).toBe(false)
    expect(said).toEqual(['up'])
  })
})
