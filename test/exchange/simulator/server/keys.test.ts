/** API keys over the wire: several of one account, and what each still opens on REST and on both signed sockets. */
import { expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import {
  SIMULATOR_KEY,
  SIMULATOR_SECRET,
  sign,
  socketText,
  uidOf,
} from '../../../../src/exchange/simulator/server/accounts.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import { ask, closeAfterEach, connect, start } from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const OWN = { key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }
const UID = uidOf(SIMULATOR_KEY)
const RENEWED = { key: 'renewed', secret: 'renewed secret' }

/** What is scheduled happens at the next second of the exchange. */
const SOON = { timeout: 20_000 }

const open = (keys: Parameters<typeof start>[0] = {}) =>
  start({ core: createSimulatedBybit, balance: '100000', ...keys })
const control = (server: SimulatorServer, path: string, body: object) =>
  fetch(`${server.url}/simulator/${path}`, { method: 'POST', body: JSON.stringify(body) })
async function read(server: SimulatorServer, path: string, pair = OWN, query = '') {
  const reply = await ask(server, path, { ...pair, query })
  return (await reply.json()) as { retCode: number; result: Record<string, unknown> }
}
const balanceOf = async (server: SimulatorServer, pair: typeof OWN) => {
  const { result } = await read(server, '/v5/account/wallet-balance', pair, 'accountType=UNIFIED')
  return (result.list as { totalEquity: string }[])[0]?.totalEquity
}
async function signIn(server: SimulatorServer, path: string, { key, secret } = OWN) {
  const socket = await connect(server, path)
  const expires = server.nowMs() + 10_000
  socket.send({ op: 'auth', args: [key, expires, sign(socketText(expires), secret)] })
  const { success, ret_msg, retCode } = await socket.next(({ op }) => op === 'auth')
  return { socket, answer: retCode ?? (success ? 0 : ret_msg) }
}

test('several pairs open one account, funded once, with one UID', async () => {
  const server = await open({ keys: [OWN, { ...RENEWED, uid: UID }] })
  expect(await balanceOf(server, OWN)).toBe('100000')
  expect(await balanceOf(server, RENEWED)).toBe('100000')
  for (const pair of [OWN, RENEWED])
    expect((await read(server, '/v5/user/query-api', pair)).result).toMatchObject({
      userID: Number(UID),
      apiKey: pair.key,
    })
})

test('a key is renewed while the exchange runs: the new one finds the account, the old one is refused', async () => {
  const server = await open()
  const added = await control(server, 'keys', { ...RENEWED, uid: UID })
  expect(await added.json()).toEqual({ key: 'renewed', uid: UID })
  await control(server, 'schedule', { kind: 'key', key: OWN.key, refusedWith: 10003, inMs: 0 })
  await expect.poll(async () => (await read(server, '/v5/account/info')).retCode, SOON).toBe(10003)
  expect(await balanceOf(server, RENEWED)).toBe('100000')
  expect((await signIn(server, '/v5/private')).answer).toBe('API key is invalid.')
  expect((await signIn(server, '/v5/trade')).answer).toBe(10003)
  expect((await signIn(server, '/v5/private', RENEWED)).answer).toBe(0)
})

test.each([{ secret: 'x' }, { key: '', secret: 'x' }, { key: 'x', secret: 'y', uid: 7 }])(
  'a pair such as %j is refused',
  async pair => {
    const reply = await control(await open(), 'keys', pair)
    expect(reply.status).toBe(422)
    expect(await reply.json()).toEqual({ error: expect.stringContaining('expected {"key": text') })
  },
)

test('a read-only key places no order over the trade socket either', async () => {
  const server = await open()
  await control(server, 'schedule', { kind: 'key', readOnly: true, inMs: 0 })
  await expect
    .poll(async () => (await read(server, '/v5/user/query-api')).result, SOON)
    .toMatchObject({ readOnly: 1 })
  const { socket } = await signIn(server, '/v5/trade')
  socket.send({
    reqId: 'a',
    op: 'order.create',
    header: { 'X-BAPI-TIMESTAMP': String(server.nowMs()) },
    args: [{ category: 'linear', symbol: 'SOLUSDT', side: 'Buy', orderType: 'Market', qty: '1' }],
  })
  expect(await socket.next(({ op }) => op === 'order.create')).toMatchObject({ retCode: 10005 })
})

test('a key bound to another address opens nothing, one bound to this one everything', async () => {
  const server = await open({ keys: [OWN, { ...RENEWED, uid: UID }] })
  await control(server, 'schedule', { kind: 'key', key: OWN.key, ips: ['192.0.2.1'], inMs: 0 })
  await control(server, 'schedule', { kind: 'key', key: RENEWED.key, ips: ['127.0.0.1'], inMs: 0 })
  await expect.poll(async () => (await read(server, '/v5/account/info')).retCode, SOON).toBe(10010)
  await expect
    .poll(async () => (await read(server, '/v5/user/query-api', RENEWED)).result, SOON)
    .toMatchObject({ deadlineDay: -2, ips: ['127.0.0.1'] })
})
