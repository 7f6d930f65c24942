/** Records in a folder: known by their columns, cut to what both prices and funding cover, and never guessed. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import {
  coverageOf,
  historyOf,
  NoHistory,
  readHistory,
  readRecords,
} from '../../src/exchange/simulator/history/files.ts'
import { DAY_MS, FROM_MS, invented, writeTables } from '../support/backtest/invented.ts'

const root = mkdtempSync(join(tmpdir(), 'hedgerow-history-'))
afterAll(() => rmSync(root, { recursive: true }))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'records-'))
})
const HEAD = 'symbol,fundingRateTimestamp,fundingRate,observedIntervalHours'
const funding = (...rows: string[]) => writeFileSync(join(folder, 'f.csv'), [HEAD, ...rows].join('\n'))

describe('tables', () => {
  test('are found in the folder and in funding and prices, plain and gzipped, others are left alone', () => {
    for (const name of ['funding', 'prices']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'funding', 'a.csv.gz'), gzipSync(`${HEAD}\nSOLUSDT,${FROM_MS},0.0001,8\n`))
    writeFileSync(join(folder, 'prices', 'SOL_x.csv'), `openTime,open_perp,open_spot\n${FROM_MS},2,1\n`)
    writeFileSync(join(folder, 'notes.csv'), 'a,b\n1,2\n')
    const { prices, funding: found, files } = readRecords(folder)
    expect(files).toEqual(['a.csv.gz', 'SOL_x.csv'])
    expect(found.get('SOLUSDT')).toEqual([{ atMs: FROM_MS, rate: '0.0001', intervalMs: 8 * HOUR_MS }])
    expect(prices.get('SOLUSDT')).toEqual([{ atMs: FROM_MS, spotPrice: 1, perpPrice: 2 }])
  })

  test('an interval that is not written is the time since the settlement before', () => {
    const at = (hours: number) => FROM_MS + hours * HOUR_MS
    funding(`INJUSDT,${at(0)},0.1,`, `INJUSDT,${at(6)},1e-05,`, `INJUSDT,${at(7)},-0.2,1`)
    const points = readRecords(folder).funding.get('INJUSDT')
    expect(points?.map(({ intervalMs, rate }) => [intervalMs / HOUR_MS, rate])).toEqual([
      [6, '0.1'],
      [6, '0.00001'],
      [1, '-0.2'],
    ])
  })

  test('hours of which a price is missing are holes, and told', () => {
    const coin = invented({ days: 2, rates: ['0.0001'] })
    const [first, second, , ...rest] = coin.prices
    if (!first || !second) throw new Error('invented: expected hours')
    writeTables(folder, [{ ...coin, prices: [first, second, ...rest] }])
    expect(readHistory(folder).faults).toEqual([
      {
        symbol: 'SOLUSDT',
        kind: 'missing price hours',
        fromMs: FROM_MS + 2 * HOUR_MS,
        toMs: FROM_MS + 3 * HOUR_MS,
      },
    ])
  })
})

describe('a span', () => {
  test('is cut to whole days that have both, and keeps the month of settlements before it', () => {
    writeTables(folder, [invented({ days: 40, rates: ['0.0001'] })])
    const { fromMs, toMs, symbols } = readHistory(folder, { fromMs: FROM_MS + 35 * DAY_MS })
    expect([fromMs, toMs]).toEqual([FROM_MS + 35 * DAY_MS, FROM_MS + 40 * DAY_MS])
    expect(symbols[0]?.prices).toHaveLength(5 * 24)
    expect(symbols[0]?.settlements[0]?.atMs).toBe(FROM_MS + 5 * DAY_MS)
  })

  test('outside the records, or of symbols without both, is refused with what there is', () => {
    writeTables(folder, [invented({ days: 2, rates: ['0.0001'] })])
    const records = readRecords(folder)
    expect(() => historyOf(records, { symbols: ['BTCUSDT'] })).toThrow(NoHistory)
    expect(() => historyOf(records, { symbols: ['BTCUSDT'] })).toThrow(/for BTCUSDT, found both for SOLUSDT/)
    expect(() => historyOf(records, { fromMs: FROM_MS + 9 * DAY_MS })).toThrow(
      /inside 2025-10-01 to 2025-10-03/,
    )
    expect(() => readRecords(join(folder, 'none'))).toThrow(/found no funding in/)
  })

  test('coverage names what each symbol lacks', () => {
    writeTables(folder, [invented({ days: 1, rates: ['0.0001'] })])
    writeFileSync(join(folder, 'more.csv'), `${HEAD}\nAPTUSDT,${FROM_MS},0.1,8\n`)
    expect(coverageOf(readRecords(folder))).toEqual([
      { symbol: 'APTUSDT', prices: null, funding: { fromMs: FROM_MS, toMs: FROM_MS } },
      {
        symbol: 'SOLUSDT',
        prices: { fromMs: FROM_MS, toMs: FROM_MS + 23 * HOUR_MS },
        funding: { fromMs: FROM_MS + 8 * HOUR_MS, toMs: FROM_MS + 16 * HOUR_MS },
      },
    ])
  })
})

describe('instruments', () => {
  const DUMPS = join(import.meta.dirname, '../../../shared/data/recorded')

  test('an unknown symbol is named with the reason, and the rest is used', () => {
    writeTables(folder, [
      invented({ days: 2, rates: ['0.0001'] }),
      invented({ symbol: 'NEWUSDT', days: 2, rates: ['0.1'] }),
    ])
    const { symbols, unusable } = readHistory(folder)
    expect(symbols.map(({ symbol }) => symbol)).toEqual(['SOLUSDT'])
    expect(unusable).toEqual([
      { symbol: 'NEWUSDT', why: expect.stringContaining('not among the instruments that are built in') },
    ])
  })

  test.skipIf(!existsSync(DUMPS))(
    'of recorded instrument files any perpetual with a spot market is traded',
    () => {
      for (const kind of ['linear', 'spot'])
        copyFileSync(
          join(DUMPS, `instruments-info_${kind}_2026-08-09.json.gz`),
          join(folder, `instruments-info_${kind}.json.gz`),
        )
      const coins = ['APTUSDT', 'TIAUSDT', 'BTCPERP', 'TSLAUSDT'].map(symbol =>
        invented({ symbol, days: 2, rates: ['0.0001'] }),
      )
      writeTables(folder, coins)
      const { universe, unusable, symbols } = readHistory(folder)
      expect(symbols.map(({ symbol }) => symbol)).toEqual(expect.arrayContaining(['APTUSDT', 'TIAUSDT']))
      expect(universe.listings.map(({ perp, index }) => [perp.symbol, index])).toEqual(
        symbols.map(({ symbol }, at) => [symbol, at]),
      )
      expect(unusable).toEqual([
        { symbol: 'TSLAUSDT', why: 'has no spot market among the recorded instrument files' },
      ])
    },
  )
})
