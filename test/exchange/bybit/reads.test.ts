/** The reads: every page, windows of 7 days, milliseconds, and a failure that names what was read. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { type Envelope, type Params, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { list, reply, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

const DAY_MS = 86_400_000

function venue(get: (path: string, params: Params) => Envelope | Promise<Envelope>) {
  const wire = scriptedWire({ get })
  const reports: string[] = []
  const clock = new VirtualClock(SERVER_MS)
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  return { exchange, wire, reports, clock }
}

const time = (ms = SERVER_MS) => reply({ timeSecond: String(Math.floor(ms / 1000)), timeNano: `${ms}123456` })

const logRow = (fields: object) => ({
  id: 'r',
  type: 'TRADE',
  currency: 'USDT',
  symbol: 'BTCUSDT',
  category: 'linear',
  side: 'Buy',
  tradeId: 't',
  orderLinkId: '',
  qty: '1',
  tradePrice: '2',
  funding: '',
  fee: '0.1',
  cashFlow: '0',
  change: '-0.1',
  cashBalance: '9.9',
  transactionTime: String(SERVER_MS),
  ...fields,
})

test('what markets were traded for is read by symbol, and a row that cannot be read is left out and told', async () => {
  const { exchange, wire, reports } = venue(() =>
    list(
      { symbol: 'BTCUSDT', turnover24h: '2352345.8787' },
      { symbol: 'ETHUSDT', turnover24h: 'much' },
      { symbol: 'XRPUSDT', turnover24h: '0' },
    ),
  )
  expect(await exchange.turnovers('linear')).toEqual({ BTCUSDT: '2352345.8787', XRPUSDT: '0' })
  expect(wire.asked.map(({ path, params }) => [path, params.category])).toEqual([
    ['/v5/market/tickers', 'linear'],
  ])
  expect(reports.join()).toContain('turnover24h')
})

describe('the transaction log', () => {
  test('is read in windows of at most 7 days that neither overlap nor leave a millisecond out', async () => {
    const { exchange, wire } = venue(() => list())
    const fromMs = SERVER_MS - 30 * DAY_MS
    await exchange.transactions(fromMs, SERVER_MS)
    const windows = wire.asked.map(
      ({ params }) => [Number(params.startTime), Number(params.endTime)] as const,
    )
    expect(windows.length).toBeGreaterThanOrEqual(5)
    let next = fromMs
    for (const [start, end] of windows) {
      expect(start).toBe(next)
      expect(end - start).toBeLessThanOrEqual(7 * DAY_MS)
      next = end + 1
    }
    expect(next).toBe(SERVER_MS)
  })

  test('is read to the last page and given oldest first, rows of one instant in the order they happened', async () => {
    const at = (ms: number, id: string) => logRow({ id, transactionTime: String(SERVER_MS + ms) })
    const { exchange } = venue((_path, { cursor }) =>
      cursor === undefined
        ? reply({ list: [at(9, 'e'), at(5, 'd'), at(5, 'c')], nextPageCursor: 'p%3A2' })
        : reply({ list: [at(5, 'b'), at(1, 'a')], nextPageCursor: '' }),
    )
    const rows = await exchange.transactions(SERVER_MS, SERVER_MS + 9)
    expect(rows.map(row => row.id.split('/')[0])).toEqual(['a', 'b', 'c', 'd'])
  })

  test('rows of one Bybit id stay apart: both coins of a spot trade, a settlement beside a trade', async () => {
    const { exchange } = venue(() =>
      list(
        logRow({ currency: 'BTC' }),
        logRow({}),
        logRow({ type: 'SETTLEMENT', funding: '-0.5', tradeId: 'u' }),
      ),
    )
    const rows = await exchange.transactions(SERVER_MS, SERVER_MS + 1)
    expect(new Set(rows.map(row => row.id)).size).toBe(3)
  })

  test('a kind without a posting rule is kept as other, with Bybit’s own word', async () => {
    const { exchange } = venue(() =>
      list(logRow({ type: 'SPREAD_FEE_OUT', category: '', side: 'None', symbol: '' })),
    )
    expect(await exchange.transactions(SERVER_MS, SERVER_MS + 1)).toMatchObject([
      { kind: 'other', venueKind: 'SPREAD_FEE_OUT', market: 'none', side: 'none' },
    ])
  })

  test('a cursor that goes in circles ends as a failure, not as a loop', async () => {
    let page = 0
    const { exchange } = venue(() => reply({ list: [], nextPageCursor: String(page++ % 2) }))
    await expect(exchange.transactions(SERVER_MS, SERVER_MS + 1)).rejects.toMatchObject({ kind: 'garbled' })
  })
})

describe('history', () => {
  test('funding is paged backwards, 200 rows at a time, and given oldest first', async () => {
    const HOUR_MS = 3_600_000
    const all = Array.from({ length: 450 }, (_, at) => SERVER_MS + at * HOUR_MS)
    const { exchange, wire } = venue((_path, { startTime, endTime }) =>
      list(
        ...all
          .filter(at => at >= Number(startTime) && at <= Number(endTime))
          .reverse()
          .slice(0, 200)
          .map(at => ({ symbol: 'BTCUSDT', fundingRate: '0.0001', fundingRateTimestamp: String(at) })),
      ),
    )
    const rows = await exchange.fundingHistory('BTCUSDT', SERVER_MS, SERVER_MS + 449 * HOUR_MS)
    expect(rows.map(row => row.settledAtMs)).toEqual(all.slice(0, 449))
    expect(wire.asked).toHaveLength(3)
    // Bybit refuses a startTime alone.
    expect(wire.asked.every(({ params }) => params.endTime !== undefined)).toBe(true)
  })

  test('klines are paged backwards, each instant once', async () => {
    const MINUTE_MS = 60_000
    const { exchange, wire } = venue((_path, { start, end }) => {
      const rows: string[][] = []
      for (let at = Math.floor(Number(end) / MINUTE_MS) * MINUTE_MS; at >= Number(start); at -= MINUTE_MS) {
        rows.push([String(at), '1', '2', '0.5', '1.5', '10', '15'])
        if (rows.length === 1000) break
      }
      return list(...rows)
    })
    const fromMs = Math.ceil(SERVER_MS / MINUTE_MS) * MINUTE_MS
    const rows = await exchange.klines('spot', 'BTCUSDT', 1, fromMs, fromMs + 2_500 * MINUTE_MS)
    expect(rows).toHaveLength(2_500)
    expect(rows.every((row, at) => row.atMs === fromMs + at * MINUTE_MS)).toBe(true)
    expect(wire.asked[0]?.params).toMatchObject({ interval: '1', category: 'spot' })
  })

  test('a kline length that Bybit has not is refused by name', async () => {
    const { exchange } = venue(() => list())
    await expect(exchange.klines('spot', 'BTCUSDT', 7, 0, 1)).rejects.toThrow('found 7')
  })
})

describe('failures', () => {
  test('a refusal names what was read and carries Bybit’s code', async () => {
    const { exchange } = venue(() => reply({}, 10005, 'Permission denied'))
    await expect(exchange.wallet()).rejects.toMatchObject({
      name: 'ExchangeFailure',
      kind: 'refused',
      refusal: { code: 10005, reason: 'permission' },
      message: 'wallet: 10005 Permission denied',
    })
  })
  test('a cut is unreachable, a body that is no envelope is garbled', async () => {
    const cut = venue(() => Promise.reject(new WireFailure('HTTP 502')))
    await expect(cut.exchange.positions()).rejects.toMatchObject({ kind: 'unreachable' })
    const html = venue(() => Promise.reject(new WireFailure('no envelope', false)))
    await expect(html.exchange.positions()).rejects.toMatchObject({ kind: 'garbled' })
  })
  test.each([
    ['a missing list', reply({})],
    ['a list of texts', list('x')],
    ['a wallet of letters', list({ coin: [{ coin: 'BTC', walletBalance: 'lots' }] })],
  ])('%s is garbled and names the field', async (_name, answer) => {
    const { exchange } = venue(() => answer)
    await expect(exchange.wallet()).rejects.toMatchObject({
      kind: 'garbled',
      message: expect.stringMatching(/expected .* found/),
    })
  })
})

describe('instruments', () => {
  const spot = {
    symbol: 'PEPEUSDT',
    baseCoin: 'PEPE',
    quoteCoin: 'USDT',
    status: 'Trading',
    marginTrading: 'none',
    lotSizeFilter: { basePrecision: '1', minOrderQty: '1', minOrderAmt: '5', maxMarketOrderQty: '1000' },
    priceFilter: { tickSize: '0.00000001' },
  }
  const perp = {
    symbol: '1000PEPEUSDT',
    contractType: 'LinearPerpetual',
    status: 'Trading',
    baseCoin: '1000PEPE',
    quoteCoin: 'USDT',
    settleCoin: 'USDT',
    launchTime: '1683000000000',
    deliveryTime: '0',
    fundingInterval: 240,
    upperFundingRate: '0.02',
    lowerFundingRate: '-0.02',
    priceFilter: { tickSize: '0.0000001' },
    lotSizeFilter: { qtyStep: '100', minOrderQty: '100', minNotionalValue: '5', maxMktOrderQty: '1000' },
  }
  const answers = (...perps: object[]) =>
    venue((_path, { category }) => (category === 'spot' ? list(spot) : list(...perps)))

  test('a multiplied perpetual is known by its spot coin, and minutes become milliseconds', async () => {
    const { perps } = await answers(perp).exchange.instruments()
    expect(perps).toMatchObject([{ multiplier: 1000, fundingIntervalMs: 14_400_000, deliveryAtMs: 0 }])
  })
  test('dated futures and perpetuals settled in USDC are not ours; a pre-listed one does not trade yet', async () => {
    const { exchange } = answers(
      { ...perp, contractType: 'LinearFutures' },
      { ...perp, settleCoin: 'USDC', quoteCoin: 'USDC' },
      { ...perp, isPreListing: true },
    )
    expect((await exchange.instruments()).perps).toMatchObject([{ trading: false }])
  })
  test('perpetuals about to start or to end are listed, though Bybit names them only when asked; each once', async () => {
    const { exchange } = venue((_path, { category, status }) => {
      if (category === 'spot') return list(spot)
      if (status === undefined) return list(perp)
      return list({ ...perp, symbol: `${status}USDT`, status }, perp)
    })
    expect(
      (await exchange.instruments()).perps.map(({ symbol, status, trading }) => [symbol, status, trading]),
    ).toEqual(
      expect.arrayContaining([
        ['1000PEPEUSDT', 'Trading', true],
        ['PreLaunchUSDT', 'PreLaunch', false],
        ['DeliveringUSDT', 'Delivering', false],
      ]),
    )
    expect((await exchange.instruments()).perps).toHaveLength(3)
  })
  test('where Bybit does not take that question what trades is listed; a failed read is a failure', async () => {
    const answering = (reply_: Envelope) =>
      venue((_path, { category, status }) =>
        category === 'spot' ? list(spot) : status === undefined ? list(perp) : reply_,
      ).exchange.instruments()
    expect((await answering(reply({}, 10001, 'status invalid'))).perps).toHaveLength(1)
    await expect(answering({ ...reply({}), result: [] })).rejects.toMatchObject({ kind: 'garbled' })
  })
  test.each([
    ['both', true],
    ['utaOnly', true],
    ['none', false],
    ['normalSpotOnly', false],
  ])(
    'a spot market of marginTrading %s takes margin orders of this account: %s',
    async (marginTrading, takes) => {
      const { exchange } = venue((_path, { category }) =>
        category === 'spot' ? list({ ...spot, marginTrading }) : list(perp),
      )
      expect((await exchange.instruments()).spot).toMatchObject([{ marginTrading: takes }])
    },
  )
  test.each([
    ['1', true],
    ['0', undefined],
    [undefined, undefined],
  ])('a spot market with the ST label %s is marked: %s', async (stTag, marked) => {
    const { exchange } = venue((_, { category }) =>
      category === 'spot' ? list({ ...spot, stTag }) : list(perp),
    )
    expect((await exchange.instruments()).spot[0]?.specialTreatment).toBe(marked)
  })
  test('one unreadable instrument is left out, told by name, and harms no other', async () => {
    const { exchange, reports } = answers({ ...perp, symbol: 'BADUSDT', upperFundingRate: '' }, perp)
    expect((await exchange.instruments()).perps.map(one => one.symbol)).toEqual(['1000PEPEUSDT'])
    expect(reports).toEqual([expect.stringMatching(/BADUSDT.*upperFundingRate/)])
  })
})

const fixtures = new URL('../../../../shared/fixtures/', import.meta.url)
const present = existsSync(fixtures)
if (!present) console.log('skipped: no documented examples at ../shared/fixtures beside the checkout')

describe.skipIf(!present)('documented examples', () => {
  const load = (name: string) => JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as Envelope
  const from = (name: string) => venue(path => (path === '/v5/market/time' ? time() : load(name))).exchange

  test('a settlement row ties out: change = cashFlow + funding − fee, funding positive when received', async () => {
    const rows = await from('bybit-docs/account_transaction-log__1.json').transactions(
      1_672_121_000_000,
      1_672_128_000_001,
    )
    expect(rows.map(row => row.kind)).toEqual(['trade', 'trade', 'settlement'])
    for (const row of rows)
      expect(Number(row.cashFlow) + Number(row.funding) - Number(row.fee)).toBeCloseTo(Number(row.change), 12)
    expect(rows[2]).toMatchObject({ funding: '-0.003676', symbol: 'XRPUSDT', atMs: 1_672_128_000_000 })
  })
  test('the wallet example is read', async () => {
    expect(await from('bybit-docs/account_wallet-balance__1.json').wallet()).toMatchObject({
      equityUsdt: '3.31216591',
      availableUsdt: '3.00326056',
      coins: [{ coin: 'BTC', wallet: '0', borrowed: '0' }],
      readAtMs: 1_690_872_862_481,
    })
  })
  test('fee rates are read', async () => {
    expect(await from('bybit-docs/account_fee-rate__1.json').feeRates('linear', 'ETHUSDT')).toEqual({
      taker: '0.0006',
      maker: '0.0001',
    })
  })
})
