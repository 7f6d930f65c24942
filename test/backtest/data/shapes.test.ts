/** Tables as exchanges, libraries and vendors give them: each is read without a word, or with the words it needs. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, expect, test } from 'vitest'
import { importTables } from '../../../src/backtest/data/import.ts'
import { parquetGrid } from '../../../src/backtest/data/parquet.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import { readRecords } from '../../../src/exchange/simulator/history/files.ts'
import type { Hints } from '../../../src/exchange/simulator/history/tables.ts'

const root = mkdtempSync(join(tmpdir(), 'hedgerow-shapes-'))
afterAll(() => rmSync(root, { recursive: true }))

const AT = Date.UTC(2025, 9, 1)
const NOW_MS = Date.UTC(2026, 0, 1)
const iso = (atMs: number) => new Date(atMs).toISOString()
const lines = (...all: string[]) => `${all.join('\n')}\n`
let count = 0

/** Imports one file into a fresh folder and reads that folder. */
async function brought(
  name: string,
  content: string | Uint8Array,
  hints: Partial<Hints> = {},
  skipBad = false,
) {
  const from = mkdtempSync(join(root, 'from-'))
  const folder = join(root, `history-${++count}`)
  writeFileSync(join(from, name), content)
  const [imported] = await importTables([join(from, name)], folder, { nowMs: NOW_MS, ...hints }, skipBad)
  if (!imported) throw new Error('import: expected a table, found none')
  return { imported, folder }
}

/** Three settlements of SOLUSDT, 8 hours apart, with these rates. */
const EXPECTED = ['0.0001', '-0.00002', '0.00001'].map((rate, at) => ({
  atMs: AT + at * 8 * HOUR_MS,
  rate,
  intervalMs: 8 * HOUR_MS,
}))
const at = (nth: number, lateMs = 0) => AT + nth * 8 * HOUR_MS + lateMs

const FUNDING: [what: string, name: string, content: string | Uint8Array, hints?: Partial<Hints>][] = [
  [
    'Bybit’s fields without an interval',
    'a.csv',
    lines(
      'symbol,fundingRateTimestamp,fundingRate',
      `SOLUSDT,${at(0)},0.0001`,
      `SOLUSDT,${at(1)},-0.00002`,
      `SOLUSDT,${at(2)},0.00001`,
    ),
  ],
  [
    'Bybit’s own answer, newest first',
    'answer.json',
    JSON.stringify({
      retCode: 0,
      result: {
        category: 'linear',
        list: [2, 1, 0].map(nth => ({
          symbol: 'SOLUSDT',
          fundingRate: EXPECTED[nth]?.rate,
          fundingRateTimestamp: String(at(nth)),
        })),
      },
    }),
  ],
  [
    'Binance’s answer: some ms late, a mark price beside',
    'b.csv',
    lines(
      'symbol,fundingTime,fundingRate,markPrice',
      `SOLUSDT,${at(0, 1)},0.00010000,1`,
      `SOLUSDT,${at(1, 17)},-0.00002,`,
      `SOLUSDT,${at(2, 3)},1e-05,2`,
    ),
  ],
  [
    'Binance’s public files',
    'SOLUSDT-fundingRate-2025-10.csv',
    lines(
      'calc_time,funding_interval_hours,last_funding_rate',
      `${at(0)},8,0.0001`,
      `${at(1)},8,-0.00002`,
      `${at(2)},8,0.00001`,
    ),
  ],
  [
    'OKX’s answer: the realized rate counts',
    'okx.json',
    JSON.stringify({
      code: '0',
      data: [0, 1, 2].map(nth => ({
        instId: 'SOL-USDT-SWAP',
        fundingRate: '0.3',
        realizedRate: EXPECTED[nth]?.rate,
        fundingTime: String(at(nth)),
      })),
    }),
  ],
  [
    'ccxt, a JSON line each',
    'ccxt.jsonl',
    lines(
      ...[0, 1, 2].map(nth =>
        JSON.stringify({
          info: { symbol: 'SOLUSDT' },
          symbol: 'SOL/USDT:USDT',
          fundingRate: Number(EXPECTED[nth]?.rate),
          timestamp: at(nth),
          datetime: iso(at(nth)),
        }),
      ),
    ),
  ],
  [
    'Tardis’ stream of tickers, in microseconds',
    'derivative_ticker.csv',
    lines(
      'exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,mark_price',
      ...[0, 1, 2].flatMap(nth => [
        `bybit,SOLUSDT,${at(nth, -900_000)}000,${at(nth)}000,${at(nth)}000,0.4,1`,
        `bybit,SOLUSDT,${at(nth, -1000)}000,${at(nth)}000,${at(nth)}000,${EXPECTED[nth]?.rate},1`,
      ]),
      `bybit,SOLUSDT,${at(2, 5000)}000,0,${at(3)}000,0.5,1`,
    ),
  ],
  [
    'local time with a zone that is said, a name for the contract that is said',
    'mine.csv',
    lines(
      'When;Paid',
      '2025-10-01 08:00:00;0,0001'.replace('0,', '0.'),
      '2025-10-01 16:00:00;-0.00002',
      '2025-10-02 00:00:00;0.00001',
    ),
    { map: { time: 'When', rate: 'Paid' }, symbol: 'SOLUSDT', zone: 480 },
  ],
  [
    'semicolons, a mark, CRLF, quotes and percent',
    'excel.csv',
    Buffer.from(
      `\uFEFF"Symbol";"Date";"Funding Rate"\r\n"SOLUSDT";"${iso(at(0))}";"0.01%"\r\n"SOLUSDT";"${iso(at(1))}";"-0.002%"\r\n"SOLUSDT";"${iso(at(2))}";"0.001%"\r\n`,
    ),
  ],
  [
    'UTF-16 with tabs, seconds',
    'wide.tsv',
    Buffer.from(
      `\uFEFFsymbol\ttime\tfundingRate\n${[0, 1, 2].map(nth => `SOLUSDT\t${at(nth) / 1000}\t${EXPECTED[nth]?.rate}`).join('\n')}\n`,
      'utf16le',
    ),
  ],
  [
    'one contract a file, named by it, gzipped',
    'SOLUSDT_funding.csv.gz',
    gzipSync(lines('time,fundingRate', `${at(0)},0.0001`, `${at(1)},-0.00002`, `${at(2)},0.00001`)),
  ],
  [
    'a zip with a table in it',
    'SOL.zip',
    zipSync({
      'SOLUSDT.csv': strToU8(
        lines('timestamp,funding_rate', `${at(0)},0.0001`, `${at(1)},-0.00002`, `${at(2)},0.00001`),
      ),
    }),
  ],
  [
    'Parquet with instants as such',
    'rates.parquet',
    new Uint8Array(
      parquetWriteBuffer({
        columnData: [
          { name: 'symbol', data: ['SOLUSDT', 'SOLUSDT', 'SOLUSDT'], type: 'STRING' },
          { name: 'timestamp', data: [0, 1, 2].map(nth => new Date(at(nth))), type: 'TIMESTAMP' },
          { name: 'funding_rate', data: [0.0001, -0.00002, 0.00001], type: 'DOUBLE' },
        ],
      }),
    ),
  ],
  [
    'Hyperliquid’s answer: a bare coin',
    'hl.json',
    JSON.stringify(
      [0, 1, 2].map(nth => ({
        coin: 'SOL',
        fundingRate: EXPECTED[nth]?.rate,
        premium: '0',
        time: at(nth, 41),
      })),
    ),
  ],
]

describe('funding', () => {
  test.each(FUNDING)('%s', async (_, name, content, hints) => {
    const { imported, folder } = await brought(name, content, hints)
    expect(imported).toMatchObject({ kind: 'funding', symbols: ['SOLUSDT'], rows: 3, skipped: [] })
    expect(readRecords(folder).funding.get('SOLUSDT')).toEqual(EXPECTED)
  })
})

const HOURS = [0, 1, 2].map(hour => AT + hour * HOUR_MS)
const PRICES = HOURS.map((atMs, hour) => ({ atMs, spotPrice: 200 + hour, perpPrice: 201 + hour }))
const candle = (atMs: number | string, open: number) => `${atMs},${open},999,1,5,10`

const CANDLES: [what: string, spot: [string, string | Uint8Array], perp: [string, string | Uint8Array]][] = [
  [
    'Binance’s public files: no header, microseconds, spot and um by name',
    ['SOLUSDT-1h-spot-2025-10.csv', lines(...HOURS.map((atMs, hour) => candle(`${atMs}000`, 200 + hour)))],
    ['SOLUSDT-1h-um-2025-10.csv', lines(...HOURS.map((atMs, hour) => candle(atMs, 201 + hour)))],
  ],
  [
    'CryptoDataDownload: an address above the header, newest first',
    [
      'Binance_SOLUSDT_1h_spot.csv',
      lines(
        'https://example.org',
        'Unix,Date,Symbol,Open,High,Low,Close,Volume SOL,Volume USDT,tradecount',
        ...HOURS.map(
          (atMs, hour) => `${atMs},2025-10-01 0${hour}:00:00,SOLUSDT,${200 + hour},9,1,5,1,1,1`,
        ).reverse(),
      ),
    ],
    [
      'Binance_SOLUSDT_1h_perp.csv',
      lines(
        'Unix,Date,Symbol,Open,High,Low,Close,Volume',
        ...HOURS.map(
          (atMs, hour) => `${atMs / 1000}.0,2025-10-01 0${hour}:00:00,SOLUSDT,${201 + hour},9,1,5,1`,
        ),
      ),
    ],
  ],
  [
    'ccxt’s candles as lists, OKX’s with the leg in the contract',
    ['SOLUSDT-spot.json', JSON.stringify(HOURS.map((atMs, hour) => [atMs, 200 + hour, 999, 1, 5, 1]))],
    [
      'okx.csv',
      lines(
        'instId,ts,o,h,l,c',
        ...HOURS.map((atMs, hour) => `SOL-USDT-SWAP,${atMs + 3},${201 + hour},9,1,5`),
      ),
    ],
  ],
  [
    'candles of ten minutes: the one at the hour is taken',
    [
      'SOLUSDT_spot_10m.csv',
      lines(
        'timestamp,open,close',
        ...HOURS.flatMap((atMs, hour) =>
          [0, 10, 20, 30, 40, 50].map(m => `${atMs + m * 60_000},${m === 0 ? 200 + hour : 7},1`),
        ),
      ),
    ],
    [
      'SOLUSDT_perp.csv',
      lines('datetime,open,close', ...HOURS.map((atMs, hour) => `${iso(atMs)},${201 + hour},1`)),
    ],
  ],
]

describe('prices', () => {
  test.each(CANDLES)('%s', async (_, ...legs) => {
    const from = mkdtempSync(join(root, 'from-'))
    for (const [name, content] of legs) writeFileSync(join(from, name), content)
    writeFileSync(join(from, 'f.csv'), lines('symbol,fundingTime,fundingRate', `SOLUSDT,${AT},0.1`))
    const folder = join(root, `history-${++count}`)
    const hints: Hints = { nowMs: NOW_MS, exchange: 'binance' }
    await importTables([...legs.map(([name]) => join(from, name)), join(from, 'f.csv')], folder, hints, false)
    expect(readRecords(folder).prices.get('SOLUSDT')).toEqual(PRICES)
  })

  test('half an hour beside the hour is refused by line, not turned into nothing', async () => {
    const rows = HOURS.map((atMs, hour) => `${atMs + 30 * 60_000},${200 + hour},${201 + hour}`)
    await expect(brought('SOL_x.csv', lines('openTime,open_spot,open_perp', ...rows))).rejects.toThrow(
      /SOL_x.csv line 2: expected a price on the hour, found 2025-10-01T00:30/,
    )
  })
})

const HEAD = 'symbol,fundingTime,fundingRate,interval'
describe('what cannot be meant is refused by line and reason', () => {
  test.each([
    ['a rate of many digits', `SOLUSDT,${AT},0.${'1'.repeat(400)},8`, /line 2: expected a rate/],
    ['hex', `SOLUSDT,${AT},0x10,8`, /line 2: expected a rate/],
    ['no number', `SOLUSDT,${AT},NaN,8`, /line 2: expected a rate/],
    ['a rate beyond the notional', `SOLUSDT,${AT},12,8`, /line 2: expected a rate of at most 0.5/],
    ['an endless interval', `SOLUSDT,${AT},0.1,Infinity`, /line 2: expected an interval of 0.5 to 24 hours/],
    ['an interval of a size', `SOLUSDT,${AT},0.1,1e300`, /line 2: expected an interval/],
    ['no instant', 'SOLUSDT,,0.1,8', /line 2: expected an instant/],
    ['an instant before exchanges', 'SOLUSDT,1,0.1,8', /line 2: expected an instant/],
    [
      'an instant to come',
      `SOLUSDT,${NOW_MS + 90 * 24 * HOUR_MS},0.1,8`,
      /line 2: expected an instant from 2014 to now/,
    ],
    [
      'a time without a zone',
      'SOLUSDT,2025-10-01 00:00:00,0.1,8',
      /names no time zone: say which with --zone/,
    ],
    ['a day that is none', 'SOLUSDT,2025-02-30T00:00:00Z,0.1,8', /line 2: expected an instant/],
    ['an escape in a symbol', `SOL\u001bUSDT,${AT},0.1,8`, /line 2: expected a contract such as BTCUSDT/],
    ['a line cut in the middle', `SOLUSDT`, /line 2: expected an instant and more/],
    ['beside the hour', `SOLUSDT,${AT + 20 * 60_000},0.1,8`, /line 2: expected a settlement on the hour/],
  ])('%s', async (_, row, reason) => {
    await expect(brought('x.csv', lines(HEAD, row))).rejects.toThrow(reason)
  })

  test('two rates of one instant; the same rate twice is only counted', async () => {
    const one = `SOLUSDT,${AT},0.1,8`
    await expect(brought('x.csv', lines(HEAD, one, `SOLUSDT,${AT},0.2,8`))).rejects.toThrow(
      /line 3: expected one rate at 2025-10-01T00:00:00.000Z, found 0.2 and in line 2 0.1/,
    )
    const { imported } = await brought('x.csv', lines(HEAD, one, one))
    expect(imported.notes).toContain('1 rows were there twice, the same both times')
  })

  test('a line without end, a price that is endless, a file cut off, a pipe', async () => {
    await expect(brought('x.csv', lines(HEAD, `${'A'.repeat(70_000)},${AT},0.1,8`))).rejects.toThrow(
      /line 2: expected at most 65536 characters/,
    )
    await expect(
      brought('SOL.csv', lines('openTime,open_spot,open_perp', `${AT},1,Infinity`)),
    ).rejects.toThrow(/line 2: expected a price above 0/)
    const cut = gzipSync(lines(HEAD, `SOLUSDT,${AT},0.1,8`)).subarray(0, 30)
    await expect(brought('x.csv.gz', cut)).rejects.toThrow(/x.csv.gz: expected a whole gzip file/)
    const pipe = join(root, 'pipe.csv')
    execFileSync('mkfifo', [pipe])
    await expect(importTables([pipe], join(root, 'none'), { nowMs: NOW_MS }, false)).rejects.toThrow(
      /expected a regular file, found a folder, pipe or device/,
    )
  })

  test('a name that says no contract, and one that names it whole', async () => {
    const text = lines('time,fundingRate', `${AT},0.1`)
    await expect(brought('2025_SOL.csv', text)).rejects.toThrow(/2025_SOL.csv: .*say which with --symbol/)
    const { imported } = await brought('SOLUSDT_1h.csv', text)
    expect(imported).toMatchObject({ symbols: ['SOLUSDT'], notes: ['taken for SOLUSDT by its name'] })
  })

  test('with the rest kept where a person says so', async () => {
    const { imported } = await brought(
      'x.csv',
      lines(HEAD, `SOLUSDT,${AT},0.1,8`, 'SOLUSDT,1,0.1,8'),
      {},
      true,
    )
    expect(imported).toMatchObject({ rows: 1, skipped: [{ line: 3 }] })
  })
})

/** One byte of a whole file turned over: its decoder then never comes to an end. */
const ENDLESS = Buffer.from(
  [
    'UEFSMRUEFRaiGkwVAhUAAAALKAcAAABTT0xVU0RUFQYVCBUMXBUYFQAVGBUQFQQVAAAAGAECBAAYFQQVEBUUTBUCFQAAAAgcLUMc',
    '6+I2Gj8VBhUIFQxcFRgVABUYFRAVBBUAAAAYAQIEABgVBhXEARWkAVwVGBUAFRjyABUEFQAAABgBYCwAGHSLmwEAAACMK40FCAgA',
    '444FCAh0mpAFCAjoUZIFCAhcCZQFCAjQwJUFCAhEeJcFCAi4L5kFCAgs55oFCDignpybAQAAABRWnpsBAAAVBBlMSARyb290FQYA',
    'FQwlAhgGc3ltYm9sJQAAFQolAhgLZnVuZGluZ1JhdGUAFQQlAhgUZnVuZGluZ1JhdGVUaW1lc3RhbXAAFhgZHBk8JggcFQwZJQAQ',
    'GRgGc3ltYm9sFQIWGBZiFmomPCYIHDYAKAdTT0xVU0RUGAdTT0xVU0RUABksFQQVABUCABUGFRAVAgAAACZyHBUKGSUAEBkYC2Z1',
    'bmRpbmdSYXRlFQIWGBZcFmQmoAEmchw2ACgILUMc6+I2Gj8YCC1DHOviNho/NgAAGSwVBBUAFQIAFQYVEBUCAAAAJtYBHBUEGRUA',
    'GRgUZnVuZGluZ1JhdGVUaW1lc3RhbXAVAhYYFvIBFtIBJtYBPDYAKAgAFFaemwEAABgIABh0i5sBAAAAGRwVBhUAFQIAAAAWsAMW',
    'GDagAwAoCWh5cGFycXVldBk8HAAAHAAAHAAAAFUBAABQQVIx',
  ].join(''),
  'base64',
)

test('a damaged Parquet file that no end comes of is refused in its time', async () => {
  await expect(parquetGrid('a.parquet', ENDLESS, 1_500)).rejects.toThrow(
    /^a\.parquet: .*no end of it within 2 s$/,
  )
})
