/** The real `bybit-api` SDK against the simulator's server: an outside client that was written for Bybit, not for us. */
import { DefaultLogger, RestClientV5, WebsocketAPIClient, WebsocketClient } from 'bybit-api'
import { describe, expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../../../src/exchange/simulator/server/accounts.ts'
import type { SimulatorServer } from '../../../../src/exchange/simulator/server/server.ts'
import { closeAfterEach, onCleanup, start } from '../../../support/exchange/simulator-server-fixture.ts'

closeAfterEach()

const keys = { key: SIMULATOR_KEY, secret: SIMULATOR_SECRET }
const quiet: typeof DefaultLogger = { ...DefaultLogger, trace: () => {}, info: () => {}, error: () => {} }
const startReal = () => start({ core: createSimulatedBybit, balance: '100000' })
const rest = (server: SimulatorServer) =>
  new RestClientV5({ baseUrl: server.url, ...keys }, { timeout: 5000 })

type Push = { topic: string; type?: string; data: Record<string, unknown>[] | Record<string, unknown> }

/** A socket client that keeps what it heard. */
function listen(server: SimulatorServer, path: string) {
  const wsUrl = server.url.replace('http', 'ws') + path
  const client = new WebsocketClient({ wsUrl, ...keys }, quiet)
  onCleanup(() => client.closeAll(true))
  const heard: Push[] = []
  client.on('update', update => heard.push(update as unknown as Push))
  client.on('exception', () => {})
  const next = (topic: string) => expect.poll(() => heard.find(push => push.topic === topic))
  return { client, heard, next }
}

describe('the SDK over REST', () => {
  test('reads the market', async () => {
    const client = rest(await startReal())
    const time = await client.getServerTime()
    expect(time.retCode).toBe(0)
    const linear = await client.getInstrumentsInfo({ category: 'linear', symbol: 'BTCUSDT' })
    expect(linear.result.list[0]?.symbol).toBe('BTCUSDT')
    const book = await client.getOrderbook({ category: 'linear', symbol: 'BTCUSDT', limit: 50 })
    expect(Number(book.result.b[0]?.[0])).toBeLessThan(Number(book.result.a[0]?.[0]))
    const ticker = await client.getTickers({ category: 'linear', symbol: 'BTCUSDT' })
    expect(ticker.result.list[0]?.fundingRate).toMatch(/^-?0\.\d+$|^0$/)
  })

  test('trades, and finds the order, its fills, the position, the balance and the log rows', async () => {
    const client = rest(await startReal())
    const mine = { category: 'linear', symbol: 'BTCUSDT' } as const
    const placed = await client.submitOrder({
      ...mine,
      side: 'Sell',
      orderType: 'Market',
      qty: '0.002',
      orderLinkId: 'sdk-1',
    })
    expect(placed).toMatchObject({ retCode: 0, result: { orderLinkId: 'sdk-1' } })
    const again = await client.submitOrder({
      ...mine,
      side: 'Sell',
      orderType: 'Market',
      qty: '0.002',
      orderLinkId: 'sdk-1',
    })
    expect(again.retCode).toBe(110072)
    const fills = await client.getExecutionList({ ...mine, orderId: placed.result.orderId })
    const filled = fills.result.list.reduce((sum, fill) => sum + Math.round(Number(fill.execQty) * 1000), 0)
    expect(filled).toBe(2)
    const position = await client.getPositionInfo(mine)
    expect(position.result.list[0]).toMatchObject({ side: 'Sell', size: '0.002' })
    const wallet = await client.getWalletBalance({ accountType: 'UNIFIED' })
    expect(wallet.result.list[0]?.coin.map(coin => coin.coin)).toContain('USDT')
    const log = await client.getTransactionLog({})
    expect(log.result.list.map(row => row.type)).toEqual(expect.arrayContaining(['TRADE', 'TRANSFER_IN']))
  })

  test('is told a wrong secret by 10004, in a resolved reply', async () => {
    const server = await startReal()
    const client = new RestClientV5({ baseUrl: server.url, key: SIMULATOR_KEY, secret: 'wrong' })
    expect((await client.getWalletBalance({ accountType: 'UNIFIED' })).retCode).toBe(10004)
  })
})

describe('the SDK over sockets', () => {
  test('hears books and tickers of both categories', async () => {
    const server = await startReal()
    const linear = listen(server, '/v5/public/linear')
    const spot = listen(server, '/v5/public/spot')
    void Promise.allSettled(linear.client.subscribeV5(['tickers.BTCUSDT', 'orderbook.50.BTCUSDT'], 'linear'))
    void Promise.allSettled(spot.client.subscribeV5(['orderbook.1.BTCUSDT'], 'spot'))
    await linear.next('tickers.BTCUSDT').toMatchObject({ type: 'snapshot' })
    await linear.next('orderbook.50.BTCUSDT').toMatchObject({ type: 'snapshot' })
    await spot.next('orderbook.1.BTCUSDT').toMatchObject({ type: 'snapshot' })
  })

  test('hears its orders, fills, position and wallet, and trades over the trade socket', async () => {
    const server = await startReal()
    const { client, next } = listen(server, '/v5/private')
    const subscribed = new Promise(resolve => client.on('response', resolve))
    void Promise.allSettled(client.subscribeV5(['order', 'execution', 'position', 'wallet'], 'linear', true))
    await subscribed
    const wsUrl = `${server.url.replace('http', 'ws')}/v5/trade`
    const trader = new WebsocketAPIClient({ wsUrl, ...keys, attachEventListeners: false }, quiet)
    onCleanup(() => trader.getWSClient().closeAll(true))
    const order = {
      category: 'linear',
      symbol: 'BTCUSDT',
      side: 'Buy',
      orderType: 'Market',
      qty: '0.001',
    } as const
    const placed = await trader.submitNewOrder({ ...order, orderLinkId: 'ws-1' })
    expect(placed).toMatchObject({ retCode: 0, data: { orderLinkId: 'ws-1' } })
    await next('order').toMatchObject({ data: [{ orderLinkId: 'ws-1' }] })
    await next('execution').toMatchObject({ data: [{ orderLinkId: 'ws-1', execType: 'Trade' }] })
    await next('position').toMatchObject({ data: [{ symbol: 'BTCUSDT', side: 'Buy', size: '0.001' }] })
    await next('wallet').toMatchObject({ data: [{ accountType: 'UNIFIED' }] })
    await expect(trader.submitNewOrder({ ...order, orderLinkId: 'ws-1' })).rejects.toMatchObject({
      retCode: 110072,
    })
    await expect(
      trader.cancelOrder({ category: 'linear', symbol: 'BTCUSDT', orderLinkId: 'ws-1' }),
    ).rejects.toMatchObject({ op: 'order.cancel' })
  })
})
