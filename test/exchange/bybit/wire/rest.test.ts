/** Traps of Bybit's REST and of the SDK's REST client: nothing but a numeric retCode is an answer, and no secret gets out. */
import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../../src/clock/virtual-clock.ts'
import { createBybitExchange } from '../../../../src/exchange/bybit/venue.ts'
import { createSdkWire } from '../../../../src/exchange/bybit/wire/sdk-wire.ts'
import { type Wire, WireFailure } from '../../../../src/exchange/bybit/wire/wire.ts'
import { ExchangeFailure } from '../../../../src/exchange/exchange.ts'
import { type LyingBybit, ok, startLyingBybit } from '../../../support/exchange/lying-bybit.ts'

const KEY = 'key-that-must-not-leak'
const SECRET = 'secret-that-must-not-leak'
const NOW = 1_700_000_000_000

let server: LyingBybit
let wire: Wire
let logged: string[]

beforeEach(async () => {
  server = await startLyingBybit()
  logged = []
  wire = createSdkWire({
    mode: 'sim',
    urls: server,
    key: KEY,
    secret: SECRET,
    clock: new VirtualClock(NOW),
    recvWindowMs: 5_000,
    restTimeoutMs: 150,
    log: (kind, detail) => logged.push(`${kind} ${detail}`),
  })
})
afterEach(async () => {
  await wire.close()
  await server.close()
})

/** What a careless log line would show of a value: every property, to any depth, hidden ones too. */
const spilled = (value: unknown) =>
  `${inspect(value, { depth: 20, showHidden: true, getters: true })}${JSON.stringify(value)}${String(value)}${(value as Error)?.stack}`

async function failureOf(run: Promise<unknown>): Promise<Error> {
  try {
    await run
  } catch (error) {
    return error as Error
  }
  throw new Error('expected a failure, found an answer')
}

describe('an answer is a V5 envelope or a failure', () => {
  const lies: [name: string, lie: LyingBybit['onRest'], cut: boolean][] = [
    [
      'HTML with status 200',
      (_, response) => response.end('<html><body>Just a moment…</body></html>'),
      false,
    ],
    ['JSON that breaks off', (_, response) => response.end('{"retCode":0,"retMsg":"OK","resu'), false],
    ['an empty body', (_, response) => response.end(''), false],
    ['a JSON list', (_, response) => response.end('[1,2]'), false],
    ['a retCode as text', (_, response) => response.end('{"retCode":"0","result":{}}'), false],
    ['a retCode of null', (_, response) => response.end('{"retCode":null,"result":{}}'), false],
    ['HTTP 500', (_, response) => response.writeHead(500).end('{"retCode":0}'), true],
    ['HTTP 502 of a proxy', (_, response) => response.writeHead(502).end('<html>bad gateway</html>'), true],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:9/away' }).end(),
      true,
    ],
    ['silence', () => {}, true],
    [
      'a body that trickles in without end',
      (_, response) => {
        response.write('{')
        const drip = setInterval(() => response.write(' '), 20)
        response.on('close', () => clearInterval(drip))
      },
      true,
    ],
    ['a cut connection', (_, response) => response.destroy(), true],
  ]
  test.each(lies)('%s is a WireFailure without a secret in it', async (_name, lie, cut) => {
    server.onRest = lie
    for (const ask of [
      () => wire.get('/v5/account/info', {}, true),
      () => wire.post('/v5/order/create', { symbol: 'BTCUSDT' }),
    ]) {
      const failure = await failureOf(ask())
      expect(failure).toBeInstanceOf(WireFailure)
      expect((failure as WireFailure).cut).toBe(cut)
      expect((failure as WireFailure).sent).toBe(true)
      expect(spilled(failure)).not.toContain(SECRET)
      expect(spilled(failure)).not.toContain(KEY)
    }
    expect(logged.join('\n')).not.toContain('must-not-leak')
  })

  test('a refused connection is a WireFailure without a secret in it', async () => {
    const rest = server.rest
    await server.close()
    const lonely = createSdkWire({
      mode: 'sim',
      urls: { rest, ws: rest.replace('http', 'ws') },
      key: KEY,
      secret: SECRET,
      clock: new VirtualClock(NOW),
      recvWindowMs: 5_000,
      log: (kind, detail) => logged.push(`${kind} ${detail}`),
    })
    const failure = await failureOf(lonely.get('/v5/account/info', {}, true))
    await lonely.close()
    expect(failure.message).toBe('transport: ECONNREFUSED')
    expect(spilled(failure) + logged.join()).not.toContain('must-not-leak')
    server = await startLyingBybit()
  })

  test('a refusal that quotes the signed string reaches nobody with the key in it', async () => {
    server.onRest = (_, response) =>
      response.end(
        JSON.stringify({
          ...ok(),
          retCode: 10004,
          retMsg: `error sign! origin_string[1700${KEY}5000] ${SECRET}`,
        }),
      )
    const reply = await wire.get('/v5/account/info', {}, true)
    expect(reply).toMatchObject({
      retCode: 10004,
      retMsg: 'error sign! origin_string[1700[secret]5000] [secret]',
    })
    const exchange = createBybitExchange(wire, {
      name: 'test',
      clock: new VirtualClock(NOW),
      orderDeadlineMs: 1_000,
      report: () => {},
    })
    const failure = await failureOf(exchange.wallet())
    expect(failure).toBeInstanceOf(ExchangeFailure)
    expect(failure).toMatchObject({ kind: 'refused', refusal: { code: 10004, reason: 'permission' } })
    expect(spilled(failure)).not.toContain('must-not-leak')
  })

  test('an address that Bybit blocks (HTTP 403) is not asked again for ten minutes, whatever is to be asked', async () => {
    const clock = new VirtualClock(NOW)
    const polite = createSdkWire({
      mode: 'sim',
      urls: server,
      key: KEY,
      secret: SECRET,
      clock,
      recvWindowMs: 5_000,
      log: () => {},
    })
    server.onRest = (_, response) => response.writeHead(403).end('access too frequent')
    const ask = () => polite.get('/v5/market/time', {}, false)
    const together = await Promise.all([1, 2, 3, 4].map(() => failureOf(ask())))
    for (const one of together) expect(one).toMatchObject({ message: 'HTTP 403', sent: true })
    expect(await failureOf(ask())).toMatchObject({ sent: false })
    for (const seconds of [1, 10, 70, 310, 599]) {
      clock.advanceTo(NOW + seconds * 1_000)
      expect(await failureOf(ask())).toMatchObject({
        sent: false,
        message: expect.stringMatching(/HTTP 403/),
      })
    }
    expect(server.requests).toHaveLength(4)
    clock.advanceTo(NOW + 600_000)
    expect(await failureOf(ask())).toMatchObject({ sent: true })
    clock.advanceTo(NOW + 1_199_000)
    expect(await failureOf(ask())).toMatchObject({ sent: false })
    expect(server.requests).toHaveLength(5)
    clock.advanceTo(NOW + 1_200_000)
    server.onRest = (_, response) => response.end(JSON.stringify(ok()))
    expect(await ask()).toMatchObject({ retCode: 0 })
    await polite.close()
  })

  test('closing waits for what is under way, and nothing leaves after it', async () => {
    const answered: string[] = []
    server.onRest = (_, response) => setTimeout(() => response.end(JSON.stringify(ok())), 20)
    void wire.get('/v5/market/time', {}, false).then(() => answered.push('time'))
    await expect.poll(() => server.requests.length).toBe(1)
    await wire.close()
    expect(answered).toEqual(['time'])
    expect(await failureOf(wire.get('/v5/market/time', {}, false))).toMatchObject({ sent: false })
    expect(server.requests).toHaveLength(1)
  })

  test('a business refusal resolves with its code, and reads turn it into a failure with it', async () => {
    server.onRest = (_, response) =>
      response.end(JSON.stringify({ ...ok(), retCode: 10006, retMsg: 'Too many visits!' }))
    expect((await wire.get('/v5/market/time', {}, false)).retCode).toBe(10006)
  })

  test('replies without retExtInfo and time are answers', async () => {
    server.onRest = (_, response) => response.end('{"retCode":0,"retMsg":"","result":{"marginMode":"x"}}')
    expect(await wire.get('/v5/account/info', {}, true)).toMatchObject({ retCode: 0, time: 0 })
  })
})

describe('requests are signed in the exchange’s time', () => {
  test('the timestamp is the given clock’s at the moment of use, and the signature covers the url as sent', async () => {
    const clock = new VirtualClock(NOW)
    const other = createSdkWire({
      mode: 'sim',
      urls: server,
      key: 'localkey',
      secret: 'localsecret',
      clock,
      recvWindowMs: 5_000,
      log: () => {},
    })
    await other.get('/v5/position/list', { category: 'linear', cursor: '132766%3A2%2C1' }, true)
    clock.advanceTo(NOW + 3_600_000)
    await other.post('/v5/order/create', { category: 'linear', qty: '0.001' })
    await other.close()
    const [read, write] = server.requests
    for (const request of server.requests) expect(request.headers).not.toHaveProperty('x-referer')
    const stamps = [read, write].map(request => Number(request?.headers['x-bapi-timestamp']))
    // The SDK adds the offset to the machine's clock, which moves on meanwhile.
    expect(Math.abs((stamps[0] ?? 0) - NOW)).toBeLessThan(1_000)
    expect(Math.abs((stamps[1] ?? 0) - NOW - 3_600_000)).toBeLessThan(1_000)
    const query = read?.url.split('?')[1] ?? ''
    expect(query).toContain('cursor=132766%253A2%252C1')
    for (const [request, payload] of [
      [read, query],
      [write, write?.body ?? ''],
    ] as const) {
      const text = `${request?.headers['x-bapi-timestamp']}localkey5000${payload}`
      expect(request?.headers['x-bapi-sign']).toBe(
        createHmac('sha256', 'localsecret').update(text).digest('hex'),
      )
    }
  })

  test('public requests carry no key', async () => {
    await wire.get('/v5/market/time', {}, false)
    expect(JSON.stringify(server.requests[0]?.headers)).not.toContain(KEY)
  })

  test('without a key nothing signed leaves', async () => {
    const anonymous = createSdkWire({
      mode: 'sim',
      urls: server,
      key: '',
      secret: '',
      clock: new VirtualClock(NOW),
      recvWindowMs: 5_000,
      log: () => {},
    })
    expect(await failureOf(anonymous.get('/v5/account/info', {}, true))).toMatchObject({ sent: false })
    expect(anonymous.tradeReady()).toBe(false)
    expect(server.requests).toHaveLength(0)
    await anonymous.close()
  })

  test('one half of a key pair is refused at the start', () => {
    expect(() =>
      createSdkWire({
        mode: 'sim',
        urls: server,
        key: 'a',
        secret: '',
        clock: new VirtualClock(NOW),
        recvWindowMs: 5_000,
        log: () => {},
      }),
    ).toThrow('expected both or none')
  })
})
