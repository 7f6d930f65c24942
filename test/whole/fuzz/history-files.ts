/** Imported history, as CSV, JSON lines, JSON or Parquet, plain, gzipped or zipped: imported whole, or refused by name and line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { zipSync } from 'fflate'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { importTables } from '../../../src/backtest/data/import.ts'
import { edge, refusedBy } from './kit.ts'
import { cuts, flipped, flips, spoils, spoiltText, spoiltTree } from './spoilt.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 0, 5)
const NOW_MS = Date.UTC(2026, 5, 1)
const RATES = Array.from({ length: 12 }, (_, at) => ({
  symbol: 'SOLUSDT',
  fundingRate: '0.0001',
  fundingRateTimestamp: String(START_MS + at * 8 * HOUR_MS),
}))
const CANDLES = Array.from({ length: 12 }, (_, at) => [
  START_MS + at * HOUR_MS,
  '100',
  '101',
  '99',
  '100.5',
  '12',
])
const separated = (rows: readonly (readonly unknown[])[], by: string) =>
  rows.map(row => row.join(by)).join('\n')
const [FIRST] = RATES as [(typeof RATES)[number]]
const FUNDING_CSV = separated([Object.keys(FIRST), ...RATES.map(row => Object.values(row))], ',')
const CANDLES_CSV = separated([['openTime', 'open', 'high', 'low', 'close', 'volume'], ...CANDLES], ';')
const PARQUET = new Uint8Array(
  parquetWriteBuffer({
    columnData: [
      { name: 'symbol', data: RATES.map(({ symbol }) => symbol), type: 'STRING' },
      { name: 'fundingRate', data: RATES.map(({ fundingRate }) => Number(fundingRate)), type: 'DOUBLE' },
      {
        name: 'fundingRateTimestamp',
        data: RATES.map(row => BigInt(row.fundingRateTimestamp)),
        type: 'INT64',
      },
    ],
  }),
)

const bytes = (text: string) => new TextEncoder().encode(text)
const written = (tree: unknown): string => {
  try {
    return JSON.stringify(tree) ?? ''
  } catch {
    return ''
  }
}

const texts = fc.oneof(
  fc
    .record({ good: fc.constantFrom(FUNDING_CSV, CANDLES_CSV), spoilt: cuts })
    .map(({ good, spoilt }) => ['csv', spoiltText(good, spoilt)]),
  spoils.map(spoilt => ['json', written(spoiltTree({ retCode: 0, result: { list: RATES } }, spoilt))]),
  spoils.map(spoilt => ['json', written(spoiltTree(CANDLES, spoilt))]),
  spoils.map(spoilt => ['jsonl', RATES.map(row => written(spoiltTree(row, spoilt))).join('\n')]),
  fc.constantFrom(
    ['json', '['.repeat(100_000)],
    ['json', `[{"symbol":${'['.repeat(50_000)}${']'.repeat(50_000)}}]`],
    ['csv', `${','.repeat(300)}\n1,2`],
    ['csv', 'x'.repeat(70_000)],
  ),
)
const cases = fc.record({
  content: fc.oneof(
    { weight: 19, arbitrary: texts.map(([ext = '', text = '']) => ({ ext, whole: bytes(text) })) },
    { weight: 1, arbitrary: fc.constant({ ext: 'parquet', whole: PARQUET }) },
  ),
  packed: fc.constantFrom('plain', 'plain', 'gzip', 'zip'),
  flips,
  hints: fc.record({
    symbol: fc.constantFrom(undefined, 'SOLUSDT', '../x'),
    market: fc.constantFrom(undefined, 'spot' as const, 'perp' as const),
  }),
  skipBad: fc.boolean(),
})

export const historyFiles = edge({
  name: 'imported data files',
  share: 4,
  cases,
  open() {
    const folder = mkdtempSync(path.join(tmpdir(), 'hedgerow-fuzz-'))
    const kept = path.join(folder, 'kept')
    return {
      async take({ content: { ext, whole }, packed, flips: turned, hints, skipBad }) {
        const isText = ext !== 'parquet' && packed === 'plain'
        const packedBytes =
          packed === 'gzip' ? gzipSync(whole) : packed === 'zip' ? zipSync({ [`a.${ext}`]: whole }) : whole
        const file = path.join(
          folder,
          `table.${ext}${packed === 'gzip' ? '.gz' : packed === 'zip' ? '.zip' : ''}`,
        )
        writeFileSync(file, isText ? packedBytes : flipped(packedBytes, turned))
        mkdirSync(kept, { recursive: true })
        try {
          await importTables([file], kept, { nowMs: NOW_MS, ...definedOf(hints) }, skipBad)
          return 'accepted'
        } catch (error) {
          return refusedBy(error, ['TableFault'])
        } finally {
          rmSync(file)
          rmSync(kept, { recursive: true })
        }
      },
      close: () => rmSync(folder, { recursive: true }),
    }
  },
})

type Said = { symbol: string | undefined; market: 'spot' | 'perp' | undefined }
const definedOf = ({ symbol, market }: Said) => ({
  ...(symbol !== undefined && { symbol }),
  ...(market !== undefined && { market }),
})
