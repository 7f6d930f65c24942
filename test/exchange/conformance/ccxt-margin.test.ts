/**
 * ccxt on the edges of trading: loans and their interest, risk tiers of every contract, series page after page, liquidations.
 * As in `ccxt.test.ts`, what is asked and how answers are read was written by people who know only Bybit.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../src/exchange/simulator/create.ts'
import { type SimulatorServer, startSimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import type { SimulatedBybit } from '../../../src/exchange/simulator/simulated.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'
import { PERP, restClient, SPOT, socketClient } from './ccxt-client.ts'

const ETH = 'ETH/USDT:USDT'
const KEYS = { key: 'ccxt-margin', secret: 'secret-of-margin' }
const universe = builtInUniverse(['BTCUSDT', 'ETHUSDT', 'SOLUSDT'])

let server: SimulatorServer
let core: SimulatedBybit
let rest: ReturnType<typeof restClient>

beforeAll(async () => {
  server = await startSimulatorServer({
    port: 0,
    seed: 1,
    speed: 1,
    keys: [KEYS],
    balance: '20000',
    core: start => {
      core = createSimulatedBybit({ ...start, universe })
      return core
    },
  })
  rest = restClient(server.url, KEYS)
  await rest.loadMarkets()
})
afterAll(() => server.close())

describe('loans', () => {
  test('are taken and given back by hand, and the debt is told with its interest', async () => {
    expect(await rest.borrowCrossMargin('SOL', 2)).toMatchObject({ currency: 'SOL', amount: 2 })
    const [debt] = (await rest.fetchBorrowInterest('SOL')) as { amountBorrowed?: number; interest?: number }[]
    expect(debt).toMatchObject({ currency: 'SOL', amountBorrowed: 2, interest: 0, marginMode: 'cross' })
    expect(await rest.fetchBorrowInterest('ETH')).toEqual([])
    // From 04:00 to 05:30 of each hour Bybit takes no repayment.
    const repay = () =>
      rest.repayCrossMargin('SOL', 1.5).then(
        () => 'repaid',
        (error: Error) => error.message,
      )
    await expect.poll(repay, { timeout: 120_000, interval: 2_000 }).toBe('repaid')
    expect(await rest.fetchBorrowInterest('SOL')).toMatchObject([{ amountBorrowed: 0.5 }])
  }, 180_000)

  test('cost a rate per hour, of which there is a history', async () => {
    const { rate } = await rest.fetchCrossBorrowRate('USDT')
    const hours = await rest.fetchBorrowRateHistory('USDT')
    expect(hours.length).toBeGreaterThan(700)
    expect(new Set(hours.map(one => Number(one.timestamp) % 3_600_000))).toEqual(new Set([0]))
    for (const hour of hours) expect(hour).toMatchObject({ currency: 'USDT', rate })
  })
})

test('every contract has its risk tiers: less leverage for more, from one tier to the next without a gap', async () => {
  const tiers = await rest.fetchLeverageTiers()
  expect(Object.keys(tiers).sort()).toEqual([PERP, ETH, 'SOL/USDT:USDT'])
  for (const rows of Object.values(tiers))
    for (const [at, tier] of rows.entries()) {
      const before = rows[at - 1]
      expect(tier.minNotional).toBe(before?.maxNotional ?? 0)
      expect(Number(tier.maxLeverage)).toBeLessThan(Number(before?.maxLeverage ?? 1000))
      expect(Number(tier.maintenanceMarginRate)).toBeGreaterThan(Number(before?.maintenanceMarginRate ?? 0))
    }
  expect(Object.keys(await rest.fetchLeverageTiers([ETH]))).toEqual([ETH])
})

test('open interest and the shares of longs and shorts come on the hour, and ratios are shares of one', async () => {
  const ratios = await rest.fetchLongShortRatioHistory(PERP, '1h', undefined, 5)
  expect(ratios).toHaveLength(5)
  for (const { info } of ratios) expect(Number(info.buyRatio) + Number(info.sellRatio)).toBeCloseTo(1, 9)
  const interest = await rest.fetchOpenInterestHistory(PERP, '1h', undefined, 5)
  const times = interest.map(({ timestamp }) => Number(timestamp))
  expect(times).toEqual(ratios.map(({ timestamp }) => Number(timestamp)))
  expect(times.map(atMs => atMs % 3_600_000)).toEqual([0, 0, 0, 0, 0])
})

test('a restart that is planned is told by the status, and by what time it is over', async () => {
  expect(await rest.fetchStatus()).toMatchObject({ status: 'ok' })
  core.schedule({ kind: 'restart', atMs: server.nowMs() + 3_600_000 })
  const { info } = (await rest.fetchStatus()) as unknown as { info: { result: { list: object[] } } }
  expect(info.result.list).toMatchObject([{ state: 'scheduled', uidSuffix: [] }])
})

test('a cancelled order is among the cancelled ones, with what was filled of it', async () => {
  const { bids } = await rest.fetchOrderBook(SPOT, 1)
  const low = Number(rest.priceToPrecision(SPOT, Number(bids[0]?.[0]) * 0.99))
  const { id = '' } = await rest.createOrder(SPOT, 'limit', 'buy', 0.001, low)
  await rest.cancelOrder(id, SPOT)
  expect(await rest.fetchCanceledOrders(SPOT)).toMatchObject([{ id, status: 'canceled', filled: 0 }])
})

test('a liquidation is heard by everybody who listens: a short that was taken over is a sell', async () => {
  const pro = await socketClient(server.url, KEYS)
  try {
    const heard = pro.watchLiquidations(ETH)
    await rest.setLeverage(50, ETH)
    await rest.createOrder(ETH, 'market', 'sell', 200)
    expect(await rest.fetchPositionsADLRank([ETH])).toMatchObject([{ symbol: ETH }])
    const position = await rest.fetchPosition(ETH)
    const limit = Number(position.liquidationPrice)
    expect(limit).toBeGreaterThan(Number(position.markPrice))
    const nowMs = server.nowMs()
    core.schedule({ kind: 'shock', symbol: 'ETHUSDT', atMs: nowMs + 100, change: 0.15 })
    const [liquidation] = await heard
    expect(liquidation).toMatchObject({ symbol: ETH, side: 'sell', contracts: 200 })
    expect(Number(liquidation?.price)).toBeGreaterThanOrEqual(limit)
    expect(await rest.fetchPosition(ETH)).toMatchObject({ contracts: 0 })
    const bust = await rest.fetchMyTrades(ETH, undefined, 5, { execType: 'BustTrade' })
    expect(bust).toMatchObject([{ symbol: ETH, side: 'buy', amount: 200, price: liquidation?.price }])
  } finally {
    await pro.close()
  }
})
