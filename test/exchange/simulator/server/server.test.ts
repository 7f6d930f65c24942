/** The simulator's REST over a stub core: signatures, limits, forms, and the wire that faults can be put on. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import {
  restText,
  SIMULATOR_SECRET,
  sign,
  socketText,
} from '../../../../src/exchange/simulator/server/accounts.ts'
import { ask, closeAfterEach, order, start } from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

/** Beside the checkout; without it one test is skipped. */
const DOCS = fileURLToPath(
  new URL('../../../../../shared/fixtures/bybit-docs/user_apikey-info__1.json', import.meta.url),
)

const codeOf = async (response: Response) => ((await response.json()) as { retCode: number }).retCode

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

  test.skipIf(!existsSync(DOCS))('describes the key with the fields of the documented example', async () => {
    const server = await start({ core: createSimulatedBybit })
    const body = (await (await ask(server, '/v5/user/query-api')).json()) as { result: { uta: number } }
    const example = JSON.parse(readFileSync(DOCS, 'utf8')) as { result: object }
    expect(Object.keys(body.result).sort()).toEqual(Object.keys(example.result).sort())
    expect(body.result.uta).toBe(1)
  })
})

describe('the wire', () => {
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
