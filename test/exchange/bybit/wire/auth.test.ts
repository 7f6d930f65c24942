/** A socket is of use only when Bybit's own reply says that it is authenticated: missing, refused and false ones. */
import { describe, expect, test, vi } from 'vitest'
import { send, truth } from '../../../support/exchange/lying-bybit.ts'
import {
  KEY,
  listen,
  logged,
  open,
  PRIVATE,
  sent,
  server,
  TRADE,
  until,
  wire,
} from '../../../support/exchange/socket-session.ts'

describe('authentication', () => {
  test('a false "authenticated" (retCode 10004 without success) never makes order entry ready', async () => {
    let lies = true
    server.says.set(TRADE, (frame, socket, connection) =>
      frame.op === 'auth' && lies
        ? send(socket, { retCode: 10004, retMsg: `error sign ${KEY}`, op: 'auth', connId: 'c' })
        : truth(TRADE)(frame, socket, connection),
    )
    open()
    let everReady = false
    await vi.waitFor(
      () => {
        everReady ||= wire.tradeReady()
        expect(sent(TRADE, 'auth').length).toBeGreaterThan(1)
      },
      { timeout: 60_000, interval: 1 },
    )
    expect(everReady).toBe(false)
    expect(logged.join('\n')).toContain('authentication refused: 10004')
    lies = false
    await until(wire.tradeReady)
  })

  test.each([PRIVATE, TRADE])(
    '%s recovers when the connection drops between the auth request and its reply',
    async path => {
      server.says.set(path, (frame, socket, connection) =>
        frame.op === 'auth' && connection === 1 ? socket.terminate() : truth(path)(frame, socket, connection),
      )
      open()
      const said = listen()
      await until(() => (path === TRADE ? wire.tradeReady() : said.includes('up')))
      expect(server.connections.get(path)).toBeGreaterThan(1)
    },
  )

  test('an auth request that is never answered is given up and made again on a new connection', async () => {
    server.says.set(PRIVATE, (frame, socket, connection) =>
      connection === 1 ? undefined : truth(PRIVATE)(frame, socket, connection),
    )
    open()
    const said = listen()
    await until(() => said.includes('up'))
    expect(said).toEqual(['down open, but not ready within 300 ms', 'up'])
    server.push(PRIVATE, { topic: 'wallet', creationTime: 1, data: [] })
    await until(() => said.includes('message wallet'))
  })

  test('a refused private auth is never up, and is tried again', async () => {
    server.says.set(PRIVATE, (frame, socket, connection) =>
      frame.op === 'auth' && connection < 3
        ? send(socket, { success: false, ret_msg: 'Params Error', op: 'auth', conn_id: 'c' })
        : truth(PRIVATE)(frame, socket, connection),
    )
    open()
    const said = listen()
    await until(() => said.includes('up'))
    expect(said).toEqual([
      'down authentication refused: Params Error',
      'down authentication refused: Params Error',
      'up',
    ])
    expect(server.connections.get(PRIVATE)).toBe(3)
    expect(sent(PRIVATE, 'subscribe').every(one => one.connection === 3)).toBe(true)
  })

  test('the private stream is up only when its subscription is acknowledged too', async () => {
    let acknowledge = () => {}
    server.says.set(PRIVATE, (frame, socket, connection) => {
      if (frame.op !== 'subscribe') return truth(PRIVATE)(frame, socket, connection)
      acknowledge = () => truth(PRIVATE)(frame, socket, connection)
    })
    open({ patienceMs: 60_000 })
    const said = listen()
    await until(() => sent(PRIVATE, 'subscribe').length)
    expect(said).toEqual([])
    acknowledge()
    await until(() => said.includes('up'))
  })
})
