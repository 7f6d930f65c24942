import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { readUniverse, unitOf } from '../../../../src/exchange/simulator/universe/files.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { openDesk } from '../../../support/exchange/simulator-core.ts'

const RECORDED = join(import.meta.dirname, '../../../../../shared/data/recorded')
const present = existsSync(RECORDED)
if (!present)
  console.warn('skipped: ../shared is not beside this checkout, recorded instruments are not read')
const dumps = ['linear', 'spot'].map(name => join(RECORDED, `instruments-info_${name}_2026-08-09.json.gz`))

const folder = mkdtempSync(join(tmpdir(), 'instruments-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const written = (name: string, content: string | Buffer): string => {
  const file = join(folder, name)
  writeFileSync(file, content)
  return file
}
const rowsOf = (market: 'spot' | 'linear') =>
  builtInUniverse(['BTCUSDT'])
    .listed(market)
    .map(({ instrument }) => instrument.json)

test('the built-in table lists about twenty coins, multiplied contracts with their spot coins among them', () => {
  const universe = builtInUniverse()
  expect(universe.listings.length).toBeGreaterThanOrEqual(19)
  for (const [perp, spot, multiplier] of [
    ['1000PEPEUSDT', 'PEPEUSDT', 1000],
    ['10000SATSUSDT', 'SATSUSDT', 10_000],
    ['SHIB1000USDT', 'SHIBUSDT', 1000],
  ] as const)
    expect(universe.find('linear', perp)?.listing).toMatchObject({ multiplier, spot: { symbol: spot } })
})

test.each([
  ['1000PEPE', 'PEPE', 1000],
  ['SHIB1000', 'SHIB', 1000],
  ['1000000MOG', 'MOG', 1_000_000],
  ['1INCH', '1INCH', 1],
  ['0G', '0G', 1],
])('a contract of %s is of %s, %i to one', (base, coin, multiplier) => {
  expect(unitOf(base)).toEqual({ coin, multiplier })
})

describe('instrument files', () => {
  test('may hold a reply, a result or rows, zipped or not, and may be several', () => {
    const reply = written(
      'a.json',
      JSON.stringify({ retCode: 0, result: { category: 'linear', list: rowsOf('linear') } }),
    )
    const rows = written('b.json.gz', gzipSync(JSON.stringify(rowsOf('spot'))))
    const universe = readUniverse([reply, rows])
    expect(universe.listings).toHaveLength(1)
    expect(universe.find('spot', 'BTCUSDT')?.listing.perp.symbol).toBe('BTCUSDT')
  })

  test('that are none are refused by name', () => {
    expect(() => readUniverse([written('c.json', 'nonsense')])).toThrow(/c\.json: expected instruments-info/)
    expect(() => readUniverse([written('d.json', '{"result":{}}')])).toThrow(
      /d\.json: expected instruments-info/,
    )
    expect(() => readUniverse([written('e.json', '[]')])).toThrow(/found none/)
    const broken = { ...rowsOf('linear')[0], priceFilter: { tickSize: 'x' } }
    expect(() => readUniverse([written('f.json', JSON.stringify([broken]))])).toThrow(
      'BTCUSDT: expected a positive number at priceFilter.tickSize, found x',
    )
  })

  test('list a coin on the one market that they name', () => {
    const desk = openDesk({ universe: readUniverse([written('g.json', JSON.stringify(rowsOf('spot')))]) })
    expect(desk.list('/v5/market/instruments-info', { category: 'linear' })).toHaveLength(0)
    expect(desk.list('/v5/market/tickers', { category: 'spot' })).toHaveLength(1)
    const order = { category: 'linear', symbol: 'BTCUSDT', side: 'Buy', orderType: 'Market', qty: '0.01' }
    expect(desk.create(order)).toMatchObject({ retCode: 10001 })
    expect(desk.core.subscribe('public-linear', 'tickers.BTCUSDT')).toBeUndefined()
  })
})

describe.skipIf(!present)('the recorded universe', () => {
  const universe = present ? readUniverse(dumps) : builtInUniverse()

  test('lists every perpetual and every spot symbol with the published row', () => {
    const desk = openDesk({ universe })
    expect(universe.listed('linear')).toHaveLength(760)
    expect(universe.listed('spot')).toHaveLength(557)
    const rows: JsonObject[] = []
    for (let cursor = ''; ; ) {
      const page = desk.get('/v5/market/instruments-info', { category: 'linear', ...(cursor && { cursor }) })
      rows.push(...(page.list as JsonObject[]))
      cursor = String(page.nextPageCursor)
      if (!cursor) break
    }
    expect(rows).toEqual(universe.listed('linear').map(({ instrument }) => instrument.json))
    expect(desk.list('/v5/market/instruments-info', { category: 'spot' })).toHaveLength(557)
  })

  test('gives every symbol a book on its own grid and an order that passes its filters', () => {
    const desk = openDesk({ universe, accounts: [] })
    for (const category of ['linear', 'spot'] as const)
      for (const { instrument } of universe.listed(category)) {
        const { bids, asks } = desk.touch(category, instrument.symbol)
        expect(bids.length, instrument.symbol).toBeGreaterThan(0)
        expect(Number(asks[0]?.[0]), instrument.symbol).toBeGreaterThan(Number(bids[0]?.[0]))
      }
  })

  test('fits coin and contract together: the same price by unit, and BTC costs the same in every money', () => {
    const desk = openDesk({ universe })
    desk.core.advance(desk.core.nowMs() + 60_000)
    const mid = (category: string, symbol: string) => Number(desk.touch(category, symbol).bid)
    for (const [perp, spot, unit] of [
      ['SHIB1000USDT', 'SHIBUSDT', 1000],
      ['1000FLOKIUSDT', 'FLOKIUSDT', 1000],
      ['BTCPERP', 'BTCUSDC', 1],
    ] as const)
      expect(mid('linear', perp) / mid('spot', spot) / unit).toBeCloseTo(1, 1)
    expect(mid('spot', 'BTCUSDC') / mid('spot', 'BTCUSDT')).toBeCloseTo(1, 2)
    expect((mid('spot', 'ETHBTC') * mid('spot', 'BTCUSDT')) / mid('spot', 'ETHUSDT')).toBeCloseTo(1, 2)
  })

  test('trades and settles in the money of the symbol', () => {
    const desk = openDesk({ universe, accounts: [{ uid: '1001', balances: { USDC: '100000', BTC: '1' } }] })
    const market = { orderType: 'Market', side: 'Buy' }
    expect(desk.create({ category: 'linear', symbol: 'BTCPERP', qty: '0.01', ...market })).toMatchObject({
      retCode: 0,
    })
    expect(desk.create({ category: 'spot', symbol: 'ETHBTC', qty: '0.1', ...market })).toMatchObject({
      retCode: 0,
    })
    expect(desk.fills('linear')[0]).toMatchObject({ feeCurrency: 'USDC' })
    expect(Number(desk.coin('ETH').walletBalance)).toBeGreaterThan(0)
    expect(Number(desk.coin('BTC').walletBalance)).toBeLessThan(0.91)
    expect(desk.coin('USDT').walletBalance).toBe('0')
    expect(desk.log({ type: 'TRADE' }).map(row => row.currency)).toEqual(
      expect.arrayContaining(['USDC', 'ETH', 'BTC']),
    )
  })
})
