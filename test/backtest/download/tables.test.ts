/** What a download does with rows and spans, whatever they are: nothing is lost, nothing is twice, every hole is named. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { gapsOf } from '../../../src/backtest/download/download.ts'
import {
  clearLeftovers,
  joined,
  merged,
  missingOf,
  NOTHING_RECORDED,
  parseTable,
  piecesOf,
  priceRows,
  type Recorded,
  type RecordedRow,
  readTable,
  rivalsOf,
  type TableKind,
  type TableName,
  tableName,
  tableText,
  writeTable,
} from '../../../src/backtest/download/tables.ts'
import { HOUR_MS } from '../../../src/domain/market/funding.ts'
import type { Span } from '../../../src/exchange/simulator/history/files.ts'
import { readTables } from '../../../src/exchange/simulator/history/tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'hedgerow-download-'))
afterAll(() => rmSync(folder, { recursive: true }))

const span = fc
  .tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 60 }))
  .map(([from, length]): Span => ({ fromMs: from, toMs: from + length }))
const spans = fc.array(span, { maxLength: 8 })
const instants = (list: readonly Span[]) =>
  new Set(list.flatMap(({ fromMs, toMs }) => Array.from({ length: toMs - fromMs }, (_, at) => fromMs + at)))

const FIRST_MS = Date.UTC(2025, 0, 1)
const hourAt = (hour: number) => FIRST_MS + hour * HOUR_MS
const decimal = fc
  .tuple(fc.integer({ min: 1, max: 10 ** 9 }), fc.integer({ min: 0, max: 8 }))
  .map(([digits, places]) => `${digits}.${String(places).padStart(8, '0')}`)
/** A rate of the same digits. */
const rateOf = (text: string) => `0.0${text.replace('.', '')}`
const rowsOf = (kind: TableKind) =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 300 }), decimal, fc.option(decimal, { nil: '' })), {
      selector: ([hour]) => hour,
      maxLength: 40,
    })
    .map((list): RecordedRow[] =>
      list
        .toSorted(([a], [b]) => a - b)
        .map(([hour, one, other]) => ({
          atMs: hourAt(hour),
          values: kind === 'funding' ? [rateOf(one)] : [one, other],
        })),
    )
const hourly = ({ fromMs, toMs }: Span): Span => ({ fromMs: hourAt(fromMs), toMs: hourAt(toMs) })
const kinds = fc.constantFrom<TableKind>('funding', 'prices')
const recorded = kinds.chain(kind =>
  fc.record({ kind: fc.constant(kind), rows: rowsOf(kind), covered: spans.map(list => list.map(hourly)) }),
)

describe('spans', () => {
  test('joined, they hold the same instants, sorted, and neither overlap nor touch', () => {
    fc.assert(
      fc.property(spans, list => {
        const found = joined(list)
        expect(instants(found)).toEqual(instants(list))
        for (const [at, { fromMs, toMs }] of found.entries()) {
          expect(toMs).toBeGreaterThan(fromMs)
          expect(fromMs).toBeGreaterThan(found[at - 1]?.toMs ?? -1)
        }
      }),
    )
  })

  test('what is missing is what is wanted less what is covered, to the millisecond', () => {
    fc.assert(
      fc.property(span, spans, (wanted, covered) => {
        const known = instants(covered)
        const expected = [...instants([wanted])].filter(atMs => !known.has(atMs))
        expect([...instants(missingOf(wanted, covered))]).toEqual(expected)
      }),
    )
  })

  test('pieces are no longer than a page and hold every instant once', () => {
    fc.assert(
      fc.property(span, fc.integer({ min: 1, max: 50 }), (whole, lengthMs) => {
        const pieces = piecesOf(whole, lengthMs)
        expect(pieces.every(({ fromMs, toMs }) => toMs > fromMs && toMs - fromMs <= lengthMs)).toBe(true)
        const all = pieces.flatMap(piece => [...instants([piece])])
        expect(all).toEqual([...instants([whole])])
      }),
    )
  })
})

describe('tables', () => {
  test('what is written is read back: every row to its last digit, and what is covered where there are rows', () => {
    fc.assert(
      fc.property(recorded, ({ kind, rows, covered }) => {
        const found = parseTable(kind, 't.csv', tableText(kind, 'SOLUSDT', { rows, covered }))
        expect(found.rows).toEqual(rows)
        const kept = joined(covered).filter(({ fromMs, toMs }) =>
          rows.some(({ atMs }) => atMs >= fromMs && atMs < toMs),
        )
        expect(found.covered).toEqual(kept)
      }),
    )
  })

  test('the readers of replay and backtest find the same rates and prices in it', () => {
    fc.assert(
      fc.property(recorded, ({ kind, rows, covered }) => {
        const file = join(folder, 'SOL_1h.csv')
        writeFileSync(file, tableText(kind, 'SOLUSDT', { rows, covered }))
        const [table] = readTables(file, { nowMs: Date.UTC(2100, 0, 1) })
        expect(table).toMatchObject({ kind, faults: [] })
        if (kind === 'funding')
          expect(table?.funding[0]?.points.map(({ atMs, rate }) => [atMs, rate]) ?? []).toEqual(
            rows.map(({ atMs, values }) => [atMs, new Decimal(values[0] ?? '').toFixed()]),
          )
        else
          expect(table?.prices[0]?.points ?? []).toEqual(
            rows.map(({ atMs, values: [perp, spot] }) => ({
              atMs,
              perp: perp === '' ? null : Number(perp),
              spot: spot === '' ? null : Number(spot),
            })),
          )
      }),
    )
  })

  test('merging keeps each instant once, sorted; what came counts, and nothing that was there is lost', () => {
    fc.assert(
      fc.property(rowsOf('funding'), rowsOf('funding'), span, (rows, fresh, covered) => {
        const found = merged({ rows, covered: [] }, fresh, covered).rows
        expect(found.map(({ atMs }) => atMs)).toEqual(
          [...new Set([...rows, ...fresh].map(({ atMs }) => atMs))].sort((a, b) => a - b),
        )
        for (const row of fresh) expect(found).toContainEqual(row)
        for (const row of rows)
          if (!fresh.some(({ atMs }) => atMs === row.atMs)) expect(found).toContainEqual(row)
      }),
    )
  })

  test('prices of one market alone stay in, with the other left empty', () => {
    const perp = [{ atMs: 1, open: '10.50' }]
    const spot = [{ atMs: 2, open: '10.40' }]
    expect(priceRows(perp, spot)).toEqual([
      { atMs: 1, values: ['10.50', ''] },
      { atMs: 2, values: ['', '10.40'] },
    ])
  })

  test.each([
    ['of other columns', 'a,b\n1,2\n', /t.csv: expected a table that `data download` wrote .*found a,b/],
    ['that was cut', `${header()}\n1,2.5,2`, /t.csv line 2: expected openTime.*found 1,2.5,2/],
    ['with an instant twice', `${header()}\n2,1,1,,\n2,1,1,,\n`, /t.csv line 3: expected an instant after 2/],
    ['with a price that is none', `${header()}\n2,NaN,1,,\n`, /t.csv line 2/],
  ])('a table %s is refused by its line', (_name, text, says) => {
    expect(() => parseTable('prices', 't.csv', text)).toThrow(says)
  })
})

function header(): string {
  return tableText('prices', 'SOLUSDT', NOTHING_RECORDED).trim()
}

describe('gaps', () => {
  test('an hour without both prices is in exactly one gap that says whose price is missing', () => {
    fc.assert(
      fc.property(rowsOf('prices'), span, (rows, days) => {
        const whole = hourly(days)
        const gaps = gapsOf('prices', { rows, covered: [whole] }, whole)
        for (let atMs = whole.fromMs; atMs < whole.toMs; atMs += HOUR_MS) {
          const found = gaps.filter(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs)
          const row = rows.find(each => each.atMs === atMs)
          const missing = row === undefined ? ['both'] : row.values[1] === '' ? ['spot'] : []
          expect(found.map(({ of }) => of)).toEqual(missing)
        }
      }),
    )
  })

  test('between settlements more than eight hours apart there is a gap, and nowhere else', () => {
    fc.assert(
      fc.property(rowsOf('funding'), span, (rows, days) => {
        const whole = hourly(days)
        const inside = rows.map(({ atMs }) => atMs).filter(atMs => atMs >= whole.fromMs && atMs < whole.toMs)
        const edges = [whole.fromMs, ...inside, whole.toMs]
        const wide = edges.flatMap((atMs, at) =>
          at > 0 && atMs - (edges[at - 1] ?? 0) > 8 * HOUR_MS ? [atMs] : [],
        )
        const gaps = gapsOf('funding', { rows, covered: [whole] }, whole)
        expect(gaps.map(({ toMs }) => toMs)).toEqual(wide)
      }),
    )
  })

  test('what was never asked for is no gap', () => {
    const known: Recorded = {
      rows: [{ atMs: hourAt(0), values: ['0.0001'] }],
      covered: [hourly({ fromMs: 0, toMs: 4 })],
    }
    expect(gapsOf('funding', known, hourly({ fromMs: 0, toMs: 200 }))).toEqual([])
  })

  test('the reader sees the hole of a table too: its interval is never as long as the hole', () => {
    const rows = [0, 8, 40, 44, 100].map(hour => ({ atMs: hourAt(hour), values: ['0.0001'] }))
    const lines = tableText('funding', 'SOLUSDT', { rows, covered: [] }).trim().split('\n').slice(1)
    expect(lines.map(line => line.split(',')[3])).toEqual(['8', '8', '4', '4', '8'])
  })
})

describe('files', () => {
  const sol: TableName = { kind: 'prices', symbol: 'SOLUSDT', source: 'bybit' }
  const rows = [{ atMs: hourAt(0), values: ['1.10', '1.20'] }]

  test('what a killed download left half written is cleared; what a running one writes is not', () => {
    const home = mkdtempSync(join(folder, 'left-'))
    writeTable(home, sol, { rows, covered: [] })
    const table = join(home, tableName(sol))
    const gone = 2 ** 22 + 1
    writeFileSync(`${table}.${gone}.part`, 'half')
    writeFileSync(`${table}.${process.pid}.part`, 'half')
    clearLeftovers(home)
    expect(readdirSync(join(home, 'prices')).sort()).toEqual([
      'SOL_bybit_1h.csv',
      `SOL_bybit_1h.csv.${process.pid}.part`,
    ])
    expect(readTable(home, sol).rows).toEqual(rows)
  })

  test('another table that tells of the same is named', () => {
    const home = mkdtempSync(join(folder, 'rival-'))
    const text = readFileSync(join(folder, 'SOL_1h.csv'), 'utf8')
    expect(text).not.toBe('')
    const imported = `openTime,open_perp,open_spot\n${FIRST_MS},2,3\n`
    writeFileSync(join(home, 'SOL_okx_1h.csv'), imported)
    const table = 'prices/SOL_bybit_1h.csv'
    expect(rivalsOf(home, [sol]).get(table)).toEqual(['SOL_okx_1h.csv'])
    expect(rivalsOf(home, [{ ...sol, symbol: 'BTCUSDT' }]).size).toBe(0)
  })
})
