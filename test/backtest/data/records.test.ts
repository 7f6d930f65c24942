/** Many tables as one history: joined, exchanges apart, nothing replaced, and what is wrong is named. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { checkRecords } from '../../../src/backtest/data/check.ts'
import { importTables } from '../../../src/backtest/data/import.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { readRecords } from '../../../src/exchange/simulator/history/files.ts'

const root = mkdtempSync(join(tmpdir(), 'hedgerow-records-'))
afterAll(() => rmSync(root, { recursive: true }))
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'records-'))
})

const AT = Date.UTC(2025, 9, 1)
const hour = (nth: number) => AT + nth * HOUR_MS
const write = (name: string, ...rows: string[]) => writeFileSync(join(folder, name), `${rows.join('\n')}\n`)
const HEAD = 'symbol,fundingTime,fundingRate'
const settled = (nth: number, rate: string | number, symbol = 'SOLUSDT') => `${symbol},${hour(nth)},${rate}`

describe('one contract in several tables', () => {
  test('is one list; what two tables say differently of an instant is reported', () => {
    write('a.csv', HEAD, settled(0, 0.1), settled(8, 0.2))
    write('b.csv', HEAD, settled(8, 0.2), settled(16, 0.3))
    const { funding, faults } = readRecords(folder)
    expect(funding.get('SOLUSDT')?.map(({ rate }) => rate)).toEqual(['0.1', '0.2', '0.3'])
    expect(faults).toEqual([])
    write('c.csv', HEAD, settled(16, 0.4))
    const again = readRecords(folder)
    expect(again.funding.get('SOLUSDT')?.at(-1)?.rate).toBe('0.3')
    expect(again.faults).toEqual([
      'funding of SOLUSDT: 1 instants differ between its tables, the first at 2025-10-01T16:00:00.000Z; the first table by name counts',
    ])
  })

  test('of two exchanges is never mixed: Bybit’s, or the one that is asked for', () => {
    write('SOL_binance.csv', HEAD, settled(0, 0.1))
    write('SOL_bybit.csv', HEAD, settled(0, 0.2))
    expect(readRecords(folder).funding.get('SOLUSDT')?.[0]?.rate).toBe('0.2')
    expect(readRecords(folder).notes).toEqual([
      'SOLUSDT: funding of bybit are taken; binance is there too (--exchange)',
    ])
    expect(readRecords(folder, { exchange: 'binance' }).funding.get('SOLUSDT')?.[0]?.rate).toBe('0.1')
  })
})

describe('what cannot be read', () => {
  test('is named by file and line, and the rest is used', () => {
    write('a.csv', HEAD, settled(0, 0.1), 'SOLUSDT,nonsense,0.2', settled(8, 0.3))
    writeFileSync(join(folder, 'cut.csv.gz'), gzipSync(HEAD).subarray(0, 12))
    const { funding, faults } = readRecords(folder)
    expect(funding.get('SOLUSDT')).toHaveLength(2)
    expect(faults).toEqual([
      expect.stringMatching(/^cut.csv.gz: expected a whole gzip file, found: .*; left out$/),
      expect.stringMatching(/^a.csv line 3: expected an instant .*; left out$/),
    ])
  })
})

describe('import', () => {
  const nowMs = hour(10_000)
  const given = (name: string, ...rows: string[]) => {
    const file = join(mkdtempSync(join(root, 'given-')), name)
    writeFileSync(file, `${rows.join('\n')}\n`)
    return file
  }

  test('keeps two files of one name both, and says of a third that it is there', async () => {
    const [one, other] = [given('f.csv', HEAD, settled(0, 0.1)), given('f.csv', HEAD, settled(8, 0.2))]
    const first = await importTables([one, other], folder, { nowMs }, false)
    expect(first.map(({ known }) => known)).toEqual([false, false])
    expect(readdirSync(folder)).toHaveLength(2)
    expect(
      readRecords(folder)
        .funding.get('SOLUSDT')
        ?.map(({ rate }) => rate),
    ).toEqual(['0.1', '0.2'])
    const again = await importTables([other], folder, { nowMs }, false)
    expect(again[0]?.known).toBe(true)
    expect(readdirSync(folder)).toHaveLength(2)
  })

  test('writes nothing when one of many rows cannot be meant, and names every fault', async () => {
    const good = given('good.csv', HEAD, settled(0, 0.1))
    const bad = given('bad.csv', HEAD, settled(0, 'much'), settled(8, 0.2), settled(16, 'more'))
    await expect(importTables([good, bad], folder, { nowMs }, false)).rejects.toThrow(
      /bad.csv line 2: .*found "much"\nbad.csv line 4: .*found "more"/,
    )
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('a check', () => {
  test('finds holes, rates filled forward, switches and prices that cannot be', () => {
    const every = (hours: number, count: number, from = 0, symbol = 'SOLUSDT') =>
      Array.from({ length: count }, (_, nth) => settled(from + nth * hours, (nth + 1) / 10_000, symbol))
    write('sol.csv', HEAD, ...every(8, 4), ...every(1, 5, 25), settled(53, 0.01))
    const filled = Array.from({ length: 120 }, (_, nth) =>
      settled(nth, (Math.floor(nth / 8) + 1) / 10_000, 'AVAXUSDT'),
    )
    write('avax.csv', HEAD, ...filled)
    const prices = [0, 1, 2, 5].map(nth => `${hour(nth)},100,${nth === 2 ? 120 : 100}`)
    write('SOL_p.csv', 'openTime,open_spot,open_perp', ...prices)
    const found = checkRecords(readRecords(folder)).map(({ symbol, kind, count }) => [symbol, kind, count])
    expect(found).toEqual([
      ['AVAXUSDT', 'filled forward', 120],
      ['SOLUSDT', 'impossible basis', 1],
      ['SOLUSDT', 'missing price hours', 2],
      ['SOLUSDT', 'interval switches', 2],
      ['SOLUSDT', 'missing settlements', 2],
    ])
  })
})
