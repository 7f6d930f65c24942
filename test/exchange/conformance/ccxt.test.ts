/**
 * ccxt drives the simulator as it drives Bybit: what it asks, how it reads the answers and which error it makes of each refusal
 * was written by people who know only Bybit. One server for the file; each chapter trades on an account of its own.
 */
import ccxt from 'ccxt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type SimulatorServer, startSimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import { PERP, restClient, SPOT, socketClient } from './ccxt-client.ts'

const accountOf = (name: string) => ({ key: `ccxt-${name}`, secret: `secret-of-${name}` })
const ACCOUNTS = ['orders', 'account', 'refusals', 'visits', 'watcher'].map(accountOf)
let privateTopics = 0
const startServer = (startAtMs?: number) =>
  startSimulatorServer({
    // When a subscription is live, only the exchange knows.
    deliver({ kind, channel, what, text }, { pass }) {
      if (kind === 'reply' && channel === 'private' && what === 'subscribe') privateTopics++
      pass(text)
    },
    port: 0,
    seed: 1,
    speed: 1,
    keys: ACCOUNTS,
    balance: '100000',
    ...(startAtMs !== undefined && { startAtMs }),
  })

const ETH = 'ETH/USDT:USDT'

let server: SimulatorServer
let markets: Awaited<ReturnType<ReturnType<typeof restClient>['loadMarkets']>>
const client = (name: string) => {
  const rest = restClient(server.url, accountOf(name))
  rest.setMarkets(markets)
  return rest
}
type Client = ReturnType<typeof client>

beforeAll(async () => {
  server = await startServer()
  markets = await restClient(server.url, accountOf('orders')).loadMarkets()
})
afterAll(() => server.close())

/** A price `share` of the best bid: an order to buy at it rests. */
async function below(rest: Client, symbol: string, share: number): Promise<number> {
  const { bids } = await rest.fetchOrderBook(symbol, 1)
  return Number(rest.priceToPrecision(symbol, Number(bids[0]?.[0]) * share))
}

const idOf = ({ id }: { id?: string | undefined }): string => {
  if (!id) throw new Error('expected an order with an id, found none')
  return id
}

describe('markets', () => {
  test('are read with their steps and limits, spot and perpetual', () => {
    expect(markets[PERP]).toMatchObject({
      id: 'BTCUSDT',
      linear: true,
      contractSize: 1,
      precision: { amount: 0.001, price: 0.1 },
      limits: { amount: { min: 0.001 }, cost: { min: 5 } },
    })
    expect(markets[SPOT]).toMatchObject({ id: 'BTCUSDT', spot: true, precision: { price: 0.1 } })
    expect(markets[SPOT]?.margin).toBe(true)
  })

  test('the time is the simulator’s', async () => {
    const before = server.nowMs()
    const time = await client('orders').fetchTime()
    expect(time).toBeGreaterThanOrEqual(before)
    expect(time).toBeLessThanOrEqual(server.nowMs())
  })

  test('tickers have both sides, and the perpetual its mark and index', async () => {
    const rest = client('orders')
    const perp = await rest.fetchTicker(PERP)
    expect(Number(perp.ask)).toBeGreaterThan(Number(perp.bid))
    expect(Math.abs(Number(perp.markPrice) / Number(perp.indexPrice) - 1)).toBeLessThan(0.01)
    const spot = await rest.fetchTickers([SPOT, 'ETH/USDT'])
    expect(Object.keys(spot).sort()).toEqual([SPOT, 'ETH/USDT'])
    expect(Math.abs(Number(spot[SPOT]?.last) / Number(perp.last) - 1)).toBeLessThan(0.01)
  })

  test.each([SPOT, PERP])('the book of %s has its depth and is not crossed', async symbol => {
    const { bids, asks } = await client('orders').fetchOrderBook(symbol, 50)
    expect([bids.length, asks.length]).toEqual([50, 50])
    expect(Number(bids[0]?.[0])).toBeLessThan(Number(asks[0]?.[0]))
    const prices = bids.map(([price]) => Number(price))
    expect(prices).toEqual(prices.toSorted((left, right) => right - left))
  })

  test('candles come in order, of last, mark, index and premium', async () => {
    const rest = client('orders')
    for (const price of [undefined, 'mark', 'index', 'premiumIndex']) {
      const rows = await rest.fetchOHLCV(PERP, '1h', undefined, 3, price ? { price } : {})
      expect(rows.map(([atMs]) => Number(atMs) % 3_600_000)).toEqual([0, 0, 0])
      const [[firstMs] = [], , [lastMs] = []] = rows
      expect(Number(lastMs) - Number(firstMs)).toBe(7_200_000)
      for (const [, open, high, low, close] of rows) {
        expect(Number(high)).toBeGreaterThanOrEqual(Math.max(Number(open), Number(close)))
        expect(Number(low)).toBeLessThanOrEqual(Math.min(Number(open), Number(close)))
      }
    }
    expect(await rest.fetchOHLCV(SPOT, '1m', undefined, 5)).toHaveLength(5)
  })

  test('trades, open interest and funding rates are read', async () => {
    const rest = client('orders')
    expect((await rest.fetchTrades(PERP, undefined, 10)).length).toBeGreaterThan(0)
    expect(Number((await rest.fetchOpenInterest(PERP)).openInterestAmount)).toBeGreaterThan(0)
    const rate = await rest.fetchFundingRate(PERP)
    expect(rate.interval).toBe('8h')
    expect(Math.abs(Number(rate.fundingRate))).toBeLessThan(0.01)
    expect(Number(rate.fundingTimestamp)).toBeGreaterThan(server.nowMs())
    expect(Object.keys(await rest.fetchFundingRates([PERP]))).toEqual([PERP])
    const history = await rest.fetchFundingRateHistory(PERP, undefined, 5)
    expect(history.map(({ timestamp }) => Number(timestamp) % 28_800_000)).toEqual([0, 0, 0, 0, 0])
  })
})

describe('orders', () => {
  test('a resting order is found, changed, cancelled and then history', async () => {
    const rest = client('orders')
    const low = await below(rest, PERP, 0.995)
    const params = { clientOrderId: 'resting-1' }
    const id = idOf(await rest.createOrder(PERP, 'limit', 'buy', 0.01, low, params))
    expect(await rest.fetchOpenOrders(PERP)).toMatchObject([
      { id, clientOrderId: 'resting-1', status: 'open', side: 'buy', price: low, amount: 0.01, filled: 0 },
    ])
    expect((await rest.editOrder(id, PERP, 'limit', 'buy', 0.02, low)).id).toBe(id)
    expect(await rest.fetchOpenOrder(id, PERP)).toMatchObject({ status: 'open', amount: 0.02 })
    expect((await rest.cancelOrder(id, PERP)).id).toBe(id)
    expect(await rest.fetchOpenOrders(PERP)).toEqual([])
    expect(await rest.fetchCanceledOrders(PERP)).toMatchObject([{ id, status: 'canceled', filled: 0 }])
  })

  test('a batch is placed and cancelled, each order with its own answer', async () => {
    const rest = client('orders')
    const price = await below(rest, PERP, 0.99)
    const wanted = { symbol: PERP, type: 'limit', side: 'buy', price } as const
    const placed = await rest.createOrders([
      { ...wanted, amount: 0.002 },
      { ...wanted, amount: 0.003 },
    ])
    const open = await rest.fetchOpenOrders(PERP)
    expect(open.map(({ id }) => id).sort()).toEqual(placed.map(({ id }) => id).sort())
    await rest.cancelOrders(placed.map(idOf), PERP)
    expect(await rest.fetchOpenOrders(PERP)).toEqual([])
  })

  test('everything open in a market is cancelled at once', async () => {
    const rest = client('orders')
    const low = await below(rest, SPOT, 0.997)
    await rest.createOrder(SPOT, 'limit', 'buy', 0.001, low)
    await rest.createOrder(SPOT, 'limit', 'buy', 0.002, low)
    expect(await rest.fetchOpenOrders(SPOT)).toHaveLength(2)
    await rest.cancelAllOrders(SPOT)
    expect(await rest.fetchOpenOrders(SPOT)).toEqual([])
  })
})

describe('an account that traded', () => {
  let rest: Client
  let spotId: string
  beforeAll(async () => {
    rest = client('account')
    await rest.setLeverage(5, PERP)
    spotId = idOf(await rest.createOrder(SPOT, 'market', 'buy', 0.002))
    await rest.createMarketBuyOrderWithCost(SPOT, 50)
    await rest.createOrder(PERP, 'market', 'sell', 0.002)
  })

  test('has the position, at its leverage', async () => {
    expect(await rest.fetchPositions([PERP])).toMatchObject([
      { symbol: PERP, side: 'short', contracts: 0.002, leverage: 5 },
    ])
    const position = await rest.fetchPosition(PERP)
    expect(Number(position.entryPrice)).toBeGreaterThan(0)
    expect(Number(position.liquidationPrice ?? Number.POSITIVE_INFINITY)).toBeGreaterThan(
      Number(position.entryPrice),
    )
  })

  test('has the coins it bought, less the fee taken in them', async () => {
    const balance = await rest.fetchBalance()
    const fills = await rest.fetchMyTrades(SPOT)
    expect(fills.length).toBeGreaterThanOrEqual(2)
    const bought = fills.reduce((sum, { amount, fee }) => sum + Number(amount) - Number(fee?.cost), 0)
    expect(fills.every(({ fee }) => fee?.currency === 'BTC')).toBe(true)
    expect(balance.BTC?.total).toBeCloseTo(bought, 9)
    expect(Number(balance.USDT?.total)).toBeLessThan(100_000)
  })

  test('a buy by cost costs what was asked at most', async () => {
    const [order] = (await rest.fetchClosedOrders(SPOT)).filter(({ id }) => id !== spotId)
    expect(Number(order?.cost)).toBeLessThanOrEqual(50)
    expect(Number(order?.cost)).toBeGreaterThan(45)
  })

  test('its orders are closed and name their fills', async () => {
    expect(await rest.fetchClosedOrders(PERP)).toMatchObject([{ status: 'closed', filled: 0.002 }])
    const trades = await rest.fetchOrderTrades(spotId, SPOT)
    expect(trades.reduce((sum, { amount }) => sum + Number(amount), 0)).toBeCloseTo(0.002, 9)
  })

  test('its ledger adds up to its balance', async () => {
    const [rows, balance] = [await rest.fetchLedger(), await rest.fetchBalance()]
    for (const coin of ['BTC', 'USDT']) {
      const changes = rows.filter(({ currency }) => currency === coin).map(({ info }) => Number(info.change))
      expect(changes.length).toBeGreaterThan(0)
      expect(balance[coin]?.total).toBeCloseTo(
        changes.reduce((sum, change) => sum + change, 0),
        6,
      )
    }
  })

  test('its fees, tiers, ranks and loans are read', async () => {
    expect(await rest.fetchTradingFee(PERP)).toMatchObject({ maker: 0.0002, taker: 0.00055 })
    expect(await rest.fetchTradingFee(SPOT)).toMatchObject({ maker: 0.001, taker: 0.001 })
    expect(Object.keys(await rest.fetchTradingFees())).toContain(PERP)
    const [tier] = await rest.fetchMarketLeverageTiers(PERP)
    expect(tier).toMatchObject({ tier: 1, maxLeverage: 100 })
    expect(await rest.fetchPositionsADLRank([PERP])).toMatchObject([{ symbol: PERP }])
    expect(Number((await rest.fetchCrossBorrowRate('USDT')).rate)).toBeGreaterThan(0)
    expect(await rest.isUnifiedEnabled()).toEqual([false, true])
    expect(Object.keys(await rest.fetchCurrencies())).toEqual(expect.arrayContaining(['BTC', 'USDT']))
  })
})

test('a settlement is a funding payment of the position’s side at the rate that was printed', async () => {
  const settlesAtMs = Date.UTC(2026, 0, 5, 8)
  const early = await startServer(settlesAtMs - 1_500)
  try {
    const rest = restClient(early.url, accountOf('account'))
    rest.options.timeDifference = Date.now() - early.nowMs()
    rest.setMarkets(markets)
    await rest.createOrder(PERP, 'market', 'sell', 0.01)
    await expect.poll(() => early.nowMs()).toBeGreaterThan(settlesAtMs + 100)
    const [payment] = await rest.fetchFundingHistory(PERP)
    expect(payment).toMatchObject({ symbol: PERP, timestamp: settlesAtMs })
    const [print] = await rest.fetchFundingRateHistory(PERP, settlesAtMs - 1, 1)
    expect(print?.timestamp).toBe(settlesAtMs)
    // A short is paid when the rate is positive; ccxt keeps the sign of Bybit's fee, which is positive when paid.
    expect(Math.sign(Number(payment?.info.execFee))).toBe(-Math.sign(Number(print?.fundingRate)))
  } finally {
    await early.close()
  }
})

describe('refusals are the errors ccxt makes of Bybit’s', () => {
  test('no such order, spot and perpetual', async () => {
    const rest = client('refusals')
    await expect(rest.cancelOrder('1', SPOT)).rejects.toBeInstanceOf(ccxt.OrderNotFound)
    await expect(rest.cancelOrder('no-such-order', PERP)).rejects.toBeInstanceOf(ccxt.OrderNotFound)
  })

  test('an order id that was used', async () => {
    const rest = client('refusals')
    for (const symbol of [SPOT, PERP]) {
      const low = await below(rest, symbol, 0.99)
      const again = () =>
        rest.createOrder(symbol, 'limit', 'buy', 0.001, low, { clientOrderId: `used-${symbol.length}` })
      await again()
      await expect(again()).rejects.toBeInstanceOf(ccxt.InvalidOrder)
      await rest.cancelAllOrders(symbol)
    }
  })

  test('more than the account has', async () => {
    const rest = client('refusals')
    await expect(rest.createOrder(SPOT, 'market', 'sell', 10)).rejects.toBeInstanceOf(ccxt.InsufficientFunds)
    await rest.setLeverage(1, PERP)
    const low = await below(rest, PERP, 0.99)
    await expect(rest.createOrder(PERP, 'limit', 'buy', 50, low)).rejects.toBeInstanceOf(
      ccxt.InsufficientFunds,
    )
  })

  test('what is already so', async () => {
    const rest = client('refusals')
    await rest.setLeverage(7, PERP)
    await expect(rest.setLeverage(7, PERP)).rejects.toBeInstanceOf(ccxt.BadRequest)
    await expect(rest.setPositionMode(false, PERP)).rejects.toBeInstanceOf(ccxt.NoChange)
  })

  test('a wrong secret and an unknown key', async () => {
    const liar = restClient(server.url, { ...accountOf('refusals'), secret: 'a guess' })
    await expect(liar.fetchBalance()).rejects.toBeInstanceOf(ccxt.AuthenticationError)
    const stranger = restClient(server.url, accountOf('nobody'))
    await expect(stranger.fetchBalance()).rejects.toBeInstanceOf(ccxt.AuthenticationError)
  })

  test('a clock that is wrong', async () => {
    const rest = client('refusals')
    rest.options.timeDifference = 60_000
    await expect(rest.fetchBalance()).rejects.toBeInstanceOf(ccxt.InvalidNonce)
  })

  test('more orders in a second than are allowed: ten pass at most', async () => {
    const rest = client('visits')
    const low = await below(rest, PERP, 0.99)
    const order = () => rest.createOrder(PERP, 'limit', 'buy', 0.001, low)
    const all = await Promise.allSettled(Array.from({ length: 60 }, order))
    const refused = all.filter(one => one.status === 'rejected').map(({ reason }) => reason)
    expect(refused.length).toBeGreaterThan(0)
    for (const reason of refused) expect(reason).toBeInstanceOf(ccxt.RateLimitExceeded)
    const open = await rest.fetchOpenOrders(PERP, undefined, 50)
    expect(open).toHaveLength(60 - refused.length)
    const times = open.map(({ timestamp }) => Number(timestamp))
    for (const atMs of times)
      expect(times.filter(time => time >= atMs && time < atMs + 990).length).toBeLessThanOrEqual(10)
  })
})

describe('watchers', () => {
  let pro: Awaited<ReturnType<typeof socketClient>>
  beforeAll(async () => {
    pro = await socketClient(server.url, accountOf('watcher'))
    pro.options.watchPositions = { fetchPositionsSnapshot: false, awaitPositionsSnapshot: false }
  })
  afterAll(() => pro.close())

  test('hear tickers, trades, candles and best prices', async () => {
    for (const symbol of [SPOT, PERP]) {
      expect(Number((await pro.watchTicker(symbol)).last)).toBeGreaterThan(0)
      const [trade] = await pro.watchTrades(symbol)
      expect(trade?.symbol).toBe(symbol)
    }
    const [candle] = await pro.watchOHLCV(PERP, '1m')
    expect(Number(candle?.[0]) % 60_000).toBe(0)
    // Of a market whose book is not watched: ccxt keeps one book for both topics, and the smaller would empty the other.
    const best = (await pro.watchBidsAsks([ETH]))[ETH]
    expect(Number(best?.ask)).toBeGreaterThan(Number(best?.bid))
  })

  test.each([SPOT, PERP])('keep a whole book of %s through its changes', async symbol => {
    let book = await pro.watchOrderBook(symbol, 50)
    for (let change = 0; change < 2; change++) book = await pro.watchOrderBook(symbol, 50)
    expect([book.bids.length, book.asks.length]).toEqual([50, 50])
    expect(Number(book.bids[0]?.[0])).toBeLessThan(Number(book.asks[0]?.[0]))
  })

  test('hear the orders, fills, positions and balances of what is traded over the socket', async () => {
    const [orders, trades, positions, balance] = [
      pro.watchOrders(),
      pro.watchMyTrades(),
      pro.watchPositions([PERP]),
      pro.watchBalance(),
    ]
    await expect.poll(() => privateTopics).toBe(4)
    const bought = idOf(await pro.createOrderWs(PERP, 'market', 'buy', 0.003))
    expect((await orders).map(({ id }) => id)).toContain(bought)
    expect(await trades).toMatchObject([{ order: bought, symbol: PERP, side: 'buy', amount: 0.003 }])
    expect(await positions).toMatchObject([{ symbol: PERP, side: 'long', contracts: 0.003 }])
    expect(Number((await balance).USDT?.total)).toBeLessThan(100_000)
  })

  test('hear a resting order placed, changed and cancelled over the socket', async () => {
    const { bids } = await pro.fetchOrderBook(PERP, 1)
    const low = Number(pro.priceToPrecision(PERP, Number(bids[0]?.[0]) * 0.995))
    const id = idOf(await pro.createOrderWs(PERP, 'limit', 'buy', 0.01, low))
    expect((await pro.editOrderWs(id, PERP, 'limit', 'buy', 0.02, low)).id).toBe(id)
    expect((await pro.cancelOrderWs(id, PERP)).id).toBe(id)
    const heard = () => (pro.orders ?? []) as { id?: string; status?: string }[]
    const ended = () => heard().find(order => order.id === id && order.status === 'canceled')
    await expect.poll(ended).toBeDefined()
    expect(ended()).toMatchObject({ amount: 0.02, filled: 0 })
  })

  test('a refused order over the socket is the same error as over REST', async () => {
    await expect(pro.createOrderWs(SPOT, 'market', 'sell', 10)).rejects.toBeInstanceOf(ccxt.InsufficientFunds)
  })
})
