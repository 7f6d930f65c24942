/** A batch at the edge of the rate limit: only the orders beyond it fail, over REST and over the trade socket alike. */
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import {
  ask,
  auth,
  closeAfterEach,
  connect,
  start,
} from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

/** So slow that everything here happens within one of the simulator's seconds. */
const startSlow = () => start({ core: createSimulatedBybit, balance: '100000', speed: 0.01 })
const orders = (count: number, tag: string): JsonObject[] =>
  Array.from({ length: count }, (_, at) => ({
    symbol: 'BTCUSDT',
    side: 'Buy',
    orderType: 'Limit',
    qty: '0.001',
    price: '30000',
    orderLinkId: `${tag}-${at}`,
  }))

type Batch = {
  retCode: number
  result: { list: JsonObject[] }
  data: { list: JsonObject[] }
  retExtInfo: { list: { code: number; msg: string }[] }
}

const send = async (server: SimulatorServer, path: string, body: JsonObject) => {
  const answer = await ask(server, path, { body: JSON.stringify(body) })
  return { reply: (await answer.json()) as Batch, left: answer.headers.get('X-Bapi-Limit-Status') }
}
const openLinks = async (server: SimulatorServer) => {
  const answer = await ask(server, '/v5/order/realtime', { query: 'category=linear&symbol=BTCUSDT&limit=50' })
  const { result } = (await answer.json()) as Batch
  return result.list.map(row => row.orderLinkId).sort()
}
const codes = (ok: number, refused: number): number[] => [...Array(ok).fill(0), ...Array(refused).fill(10006)]

test('of 14 orders in one batch 10 are placed and 4 answer 10006 each', async () => {
  const server = await startSlow()
  const request = orders(14, 'a')
  const { reply, left } = await send(server, '/v5/order/create-batch', { category: 'linear', request })
  expect(reply).toMatchObject({ retCode: 0 })
  expect(reply.retExtInfo.list.map(({ code }) => code)).toEqual(codes(10, 4))
  expect(reply.retExtInfo.list.at(-1)).toEqual({ code: 10006, msg: 'Too many visits!' })
  expect(reply.result.list.map(row => row.orderLinkId)).toEqual(request.map(row => row.orderLinkId))
  expect(reply.result.list.map(row => row.orderId !== '')).toEqual(request.map((_, at) => at < 10))
  expect(new Set(reply.result.list.map(row => Object.keys(row).join())).size).toBe(1)
  expect(left).toBe('0')
  expect(await openLinks(server)).toEqual(request.slice(0, 10).map(row => row.orderLinkId))
})

test('with nothing left the whole batch is 10006, and single orders have a limit of their own', async () => {
  const server = await startSlow()
  await send(server, '/v5/order/create-batch', { category: 'linear', request: orders(10, 'a') })
  const { reply } = await send(server, '/v5/order/create-batch', {
    category: 'linear',
    request: orders(2, 'b'),
  })
  expect(reply).toMatchObject({ retCode: 10006, result: {} })
  const [single] = orders(1, 'c')
  expect((await send(server, '/v5/order/create', { category: 'linear', ...single })).reply.retCode).toBe(0)
})

test('cancels beyond the limit leave their orders open', async () => {
  const server = await startSlow()
  const [first, second] = [orders(10, 'a'), orders(2, 'b')]
  await send(server, '/v5/order/create-batch', { category: 'linear', request: first })
  for (const one of second) await send(server, '/v5/order/create', { category: 'linear', ...one })
  const request = [...first, ...second].map(({ symbol, orderLinkId }) => ({ symbol, orderLinkId }))
  const { reply } = await send(server, '/v5/order/cancel-batch', {
    category: 'linear',
    request,
  } as JsonObject)
  expect(reply.retExtInfo.list.map(({ code }) => code)).toEqual(codes(10, 2))
  expect(await openLinks(server)).toEqual(['b-0', 'b-1'])
})

test('the trade socket and REST share one limit of batches', async () => {
  const server = await startSlow()
  await send(server, '/v5/order/create-batch', { category: 'linear', request: orders(7, 'a') })
  const trade = await connect(server, '/v5/trade')
  trade.send(auth(server, server.nowMs() + 10_000))
  await trade.next(({ op }) => op === 'auth')
  trade.send({
    reqId: '1',
    header: { 'X-BAPI-TIMESTAMP': String(server.nowMs()) },
    op: 'order.create-batch',
    args: [{ category: 'linear', request: orders(5, 'b') }],
  })
  const reply = (await trade.next(({ reqId }) => reqId === '1')) as unknown as Batch
  expect(reply).toMatchObject({ retCode: 0 })
  expect(reply.retExtInfo.list.map(({ code }) => code)).toEqual(codes(3, 2))
  expect(reply.data.list).toHaveLength(5)
})
