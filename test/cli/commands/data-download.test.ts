/** `data download` as a person runs it: against a Bybit with years of history, and against a running simulator. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseTable } from '../../../src/backtest/download/tables.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { readHistory } from '../../../src/exchange/simulator/history/files.ts'
import { startSimulatorServer } from '../../../src/exchange/simulator/server/server.ts'
import { ok } from '../../support/exchange/lying-bybit.ts'
import { start } from '../../support/process/process.ts'
import {
  hours,
  perpOpen,
  type RecordedBybit,
  rateAt,
  settlements,
  spotOpen,
  startRecordedBybit,
} from '../../support/process/recorded-bybit.ts'

const DAY_MS = 24 * HOUR_MS
const FROM_MS = Date.UTC(2024, 0, 1)
const NOW_MS = Date.UTC(2026, 2, 1) + 90 * 60_000
/** Bybit's, and each test's own folder beside it. */
let bybit: RecordedBybit
let folder: string
const made: string[] = []
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-download-'))
  made.push(folder)
  bybit = await startRecordedBybit({ nowMs: NOW_MS, fromMs: FROM_MS })
})
afterEach(() => bybit.close())
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true })
})

const env = () => ({ HEDGEROW_EXCHANGE_URL: bybit.rest })
const begin = (...args: string[]) => start(['data', 'download', ...args], { cwd: folder, env: env() })
const run = (...args: string[]) => begin(...args).ended
const home = () => join(folder, '.hedgerow/history')
const SPAN = ['--from', '2024-01-01', '--to', '2026-01-01']
const TO_MS = Date.UTC(2026, 0, 1)

/** Everything the exchange has of two years, as the reader should find it. */
function expectWhole(): void {
  const history = readHistory(home(), { fromMs: FROM_MS, toMs: TO_MS })
  expect(history.faults).toEqual([])
  const [found] = history.symbols
  expect(found?.symbol).toBe('SOLUSDT')
  expect(found?.prices).toEqual(
    hours(FROM_MS, TO_MS).map(atMs => ({
      atMs,
      perpPrice: Number(perpOpen(atMs)),
      spotPrice: Number(spotOpen(atMs)),
    })),
  )
  expect(found?.settlements).toEqual(
    settlements(FROM_MS, TO_MS).map(atMs => ({ atMs, rate: rateAt(atMs), intervalMs: 8 * HOUR_MS })),
  )
}

describe('what is fetched', () => {
  test('is what replay and backtest read, to the last digit; again, nothing is fetched anew', async () => {
    const { code, out, err } = await run('SOLUSDT', ...SPAN, '--json')
    expect([code, err]).toEqual([0, ''])
    expectWhole()
    expect(JSON.parse(out)).toMatchObject({
      source: bybit.rest,
      folder: home(),
      files: [
        {
          file: 'funding/SOL_simulator_funding.csv',
          kind: 'funding',
          symbols: ['SOLUSDT'],
          rows: 2193,
          fresh: 2193,
        },
        { file: 'prices/SOL_simulator_1h.csv', kind: 'prices', rows: 17_544, fresh: 17_544, fromMs: FROM_MS },
      ],
      gaps: [],
      notes: [],
    })
    const before = bybit.history().length
    const again = await run('--symbols', 'SOLUSDT', ...SPAN)
    expect(again.code).toBe(0)
    expect(bybit.history().length).toBe(before)
    expect(again.out).toMatch(/prices\/SOL_simulator_1h.csv +SOLUSDT +17,544 +0 +2024-01-01 00:00/)
    expectWhole()
  })

  test('is run by backtest without another word', async () => {
    await run('SOLUSDT', '--from', '2025-10-01', '--to', '2025-10-03')
    const { code, out } = await start(['backtest', '--json'], { cwd: folder }).ended
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ symbols: ['SOLUSDT'], tiesOut: true })
  })

  test('a wider span asks only for what is not there', async () => {
    await run('SOLUSDT', '--from', '2025-02-01', '--to', '2025-03-01')
    const before = bybit.history().length
    await run('SOLUSDT', '--from', '2025-01-01', '--to', '2025-03-10', '--json')
    const asked = bybit.history().slice(before)
    const [from, to] = [Date.UTC(2025, 1, 1), Date.UTC(2025, 2, 1)]
    expect(asked.length).toBe(6)
    for (const url of asked) {
      const { searchParams } = new URL(url, bybit.rest)
      const start = Number(searchParams.get('start') ?? searchParams.get('startTime'))
      const end = Number(searchParams.get('end') ?? searchParams.get('endTime'))
      expect(end < from || start >= to).toBe(true)
    }
    const { prices } = readHistory(home()).symbols[0] ?? {}
    expect(prices?.map(({ atMs }) => atMs)).toEqual(hours(Date.UTC(2025, 0, 1), Date.UTC(2025, 2, 10)))
  })

  test('ends with the last hour that is over, and goes on from there later', async () => {
    const from = ['--from', '2026-02-27']
    await run('SOLUSDT', ...from)
    const ends = () => readHistory(home(), { fromMs: NOW_MS - DAY_MS, toMs: NOW_MS + DAY_MS }).symbols[0]
    expect(ends()?.prices.at(-1)?.atMs).toBe(Date.UTC(2026, 2, 1))
    bybit.truth.nowMs = NOW_MS + 10 * HOUR_MS
    await run('SOLUSDT', ...from)
    expect(ends()?.prices.at(-1)?.atMs).toBe(Date.UTC(2026, 2, 1, 10))
    expect(ends()?.settlements.at(-1)?.atMs).toBe(Date.UTC(2026, 2, 1, 8))
  })

  test('a settlement that was listed late is still found', async () => {
    bybit.truth.nowMs = Date.UTC(2026, 2, 1, 8, 0, 5)
    bybit.instead = (_asked, end) => {
      end(JSON.stringify(ok({ list: [] })))
      return true
    }
    await run('SOLUSDT', '--from', '2026-03-01')
    bybit.instead = () => false
    bybit.truth.nowMs = Date.UTC(2026, 2, 1, 8, 10)
    const { out } = await run('SOLUSDT', '--from', '2026-03-01', '--json')
    expect(JSON.parse(out).files[0]).toMatchObject({ kind: 'funding', toMs: Date.UTC(2026, 2, 1, 8) })
  })

  test('hours that the exchange does not have are named, and not asked for again', async () => {
    const [from, to] = [Date.UTC(2025, 4, 3, 7), Date.UTC(2025, 4, 3, 12)]
    bybit.truth.spotHoles = atMs => atMs >= from && atMs < to
    const span = ['--from', '2025-05-01', '--to', '2025-05-06']
    const { code, out } = await run('SOLUSDT', ...span)
    expect(code).toBe(0)
    expect(out).toContain(
      'SOLUSDT: missing price hours (spot) from 2025-05-03 07:00 to 2025-05-03 12:00, 5 h',
    )
    const before = bybit.history().length
    const again = JSON.parse((await run('SOLUSDT', ...span, '--json')).out)
    expect(again.gaps).toEqual([
      { symbol: 'SOLUSDT', kind: 'missing price hours', of: 'spot', fromMs: from, toMs: to },
    ])
    expect(bybit.history().length).toBe(before)
    expect(readHistory(home()).faults).toMatchObject([
      { kind: 'missing price hours', fromMs: from, toMs: to },
    ])
  })

  test('of a market that replay cannot trade only the funding is written, and that is said', async () => {
    const { code, out } = await run('NEWCOINUSDT', '--from', '2025-05-01', '--to', '2025-05-06')
    expect(code).toBe(0)
    expect(out).toContain('NEWCOINUSDT is not a market that replay and backtest can trade')
    expect(readdirSync(home())).toEqual(['funding'])
  })
})

describe('what goes wrong', () => {
  test('an exchange that is asked too often, or breaks off, is asked again', async () => {
    bybit.instead = (_asked, end, cut) => {
      const request = bybit.history().length
      if (request === 2) end(JSON.stringify({ ...ok(), retCode: 10006, retMsg: 'Too many visits!' }))
      else if (request === 5) cut()
      else return false
      return true
    }
    const { code, err } = await run('SOLUSDT', ...SPAN)
    expect(code).toBe(0)
    expect(err).toMatch(/download 0 %/)
    expectWhole()
  })

  test('killed at any point it leaves whole tables, and the next run fetches the rest', async () => {
    const tables = () =>
      existsSync(home())
        ? readdirSync(home(), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.csv'))
        : []
    let kept = 0
    for (const after of [5, 32, 9]) {
      const from = bybit.history().length
      const killed = begin('SOLUSDT', ...SPAN)
      bybit.instead = () => {
        if (bybit.history().length - from <= after) return false
        killed.child.kill('SIGKILL')
        return true
      }
      expect((await killed.ended).code).toBe(null)
      const rows = tables().map(name => {
        const text = readFileSync(join(home(), name), 'utf8')
        return parseTable(name.startsWith('funding') ? 'funding' : 'prices', name, text).rows.length
      })
      const now = rows.reduce((sum, count) => sum + count, 0)
      expect(now).toBeGreaterThanOrEqual(kept)
      kept = now
    }
    expect(kept).toBeGreaterThan(0)
    bybit.instead = () => false
    const before = bybit.history().length
    expect((await run('SOLUSDT', ...SPAN)).code).toBe(0)
    expectWhole()
    const rest = bybit.history().length - before
    expect(rest).toBeLessThan(30)
    expect(
      readdirSync(home(), { recursive: true, encoding: 'utf8' }).filter(name => /part/.test(name)),
    ).toEqual([])
  })

  test('an answer that is no history is a failure that names it; what came before is kept', async () => {
    // Two kinds of prices are asked for side by side: one of them breaks at a known hour, whoever is ahead.
    bybit.instead = ({ pathname, searchParams }, end) => {
      const isSpotPrices = pathname.endsWith('/kline') && searchParams.get('category') === 'spot'
      if (!isSpotPrices || Number(searchParams.get('start')) < Date.UTC(2025, 3, 1)) return false
      end(JSON.stringify(ok({ list: [['1', 'much', '1', '1', '1']] })))
      return true
    }
    const { code, err } = await run('SOLUSDT', ...SPAN)
    expect(code).toBe(1)
    expect(err).toMatch(
      /klines of SOLUSDT: open: expected a decimal string, found "much"; what was fetched is kept/,
    )
    expect(err).not.toMatch(/\n +at /)
    expect(readHistory(home()).symbols[0]?.prices.length).toBeGreaterThan(5_000)
  })

  test.each([
    [
      ['SOLUSD'],
      1,
      /SOLUSD: expected a USDT perpetual that http.* lists, found none of this name\s+did you mean SOLUSDT/,
    ],
    [[], 2, /expected perpetuals such as SOLUSDT, found none/],
    [
      ['SOLUSDT', '--from', '2026-03-02'],
      2,
      /--from: expected a day before 2026-03-01 01:30 at http.*found 2026-03-02/,
    ],
    [
      ['SOLUSDT', '--from', '2025-02-02', '--to', '2025-02-01'],
      2,
      /--to: expected a day after --from 2025-02-02/,
    ],
    [['SOLUSDT', '--from', '2025-02-30'], 2, /--from.*Expected a day/],
    [['SOLUSDT', '--interval', '5'], 2, /unknown option/],
  ] as const)('%j ends with %i and says why', async (args, expected, says) => {
    const { code, out, err } = await run(...args)
    expect([code, out]).toEqual([expected, ''])
    expect(err).toMatch(says)
    expect(bybit.history()).toEqual([])
  })

  test('where nobody answers it says so at once', async () => {
    const gone = { HEDGEROW_EXCHANGE_URL: 'http://127.0.0.1:9' }
    const { code, err } = await start(['data', 'download', 'SOLUSDT'], { cwd: folder, env: gone }).ended
    expect(code).toBe(1)
    expect(err).toMatch(/HEDGEROW_EXCHANGE_URL: expected a running simulator at .*:9, found no answer/)
    expect(existsSync(join(folder, '.hedgerow'))).toBe(false)
  })

  test('a folder that cannot be written is named without a stack', async () => {
    mkdirSync(home(), { recursive: true })
    writeFileSync(join(home(), 'prices'), '')
    const { code, err } = await run('SOLUSDT', '--from', '2025-05-01', '--to', '2025-05-02')
    expect(code).toBe(1)
    expect(err).toMatch(/hedgerow: E[A-Z]+: .*history\/prices/)
    expect(err).not.toMatch(/\n +at /)
  })

  test('made-up history is not put beside Bybit’s, and a table it did not write is left alone', async () => {
    const span = ['--from', '2025-05-01', '--to', '2025-05-02']
    await run('SOLUSDT', ...span)
    const table = join(home(), 'funding/SOL_simulator_funding.csv')
    const bybits = join(home(), 'funding/SOL_bybit_funding.csv')
    writeFileSync(bybits, readFileSync(table))
    const mixed = await run('SOLUSDT', ...span)
    expect(mixed.code).toBe(1)
    expect(mixed.err).toMatch(/SOL_bybit_funding.csv in .* is of Bybit: expected one source in a data folder/)
    rmSync(bybits)
    writeFileSync(table, 'mine\n')
    const other = await run('SOLUSDT', ...span)
    expect(other.code).toBe(1)
    expect(other.err).toMatch(/SOL_simulator_funding.csv: expected a table that `data download` wrote/)
    expect(readFileSync(table, 'utf8')).toBe('mine\n')
  })
})

test('help names every option with examples', async () => {
  const { code, out } = await run('--help')
  expect(code).toBe(0)
  for (const text of ['--symbols', '--from', '--to', '--json', 'Examples:', 'No key is needed'])
    expect(out).toContain(text)
})

test('a running simulator gives what it has, and the reader finds it', async () => {
  const keys = [{ key: 'k', secret: 's' }]
  const startAtMs = Date.UTC(2026, 5, 10, 3)
  const server = await startSimulatorServer({ port: 0, seed: 4, speed: 1, keys, balance: '1', startAtMs })
  try {
    const where = { cwd: folder, env: { HEDGEROW_EXCHANGE_URL: server.url } }
    const asked = ['data', 'download', 'SOLUSDT', '1000PEPEUSDT', '--from', '2026-06-01', '--json']
    const { code, out } = await start(asked, where).ended
    expect(code).toBe(0)
    expect(JSON.parse(out).files.map(({ kind }: { kind: string }) => kind)).toEqual([
      'funding',
      'prices',
      'funding',
      'prices',
    ])
    const history = readHistory(home(), { fromMs: Date.UTC(2026, 5, 9), toMs: Date.UTC(2026, 5, 10) })
    expect(history.faults).toEqual([])
    for (const { symbol, prices } of history.symbols) {
      const url = `${server.url}/v5/market/kline?category=linear&symbol=${symbol}&interval=60&start=${Date.UTC(2026, 5, 9)}&end=${Date.UTC(2026, 5, 10) - 1}`
      const { result } = (await (await fetch(url)).json()) as { result: { list: string[][] } }
      expect(prices.map(({ perpPrice }) => perpPrice)).toEqual(
        result.list.map(([, open]) => Number(open)).reverse(),
      )
    }
    expect(history.symbols.map(({ symbol }) => symbol).sort()).toEqual(['1000PEPEUSDT', 'SOLUSDT'])
  } finally {
    await server.close()
  }
})
