/** Settled funding rates and klines: loaded in bulk, each instant once, the newest telling wins. */
import type { Pool } from 'pg'
import type { Market } from '../../domain/instrument.ts'
import { type FundingRate, fundingRate, type Price, price } from '../../domain/units.ts'
import { bigintArray, textArray } from '../journal/arrays.ts'
import { fittingDecimal } from '../schema/columns.ts'

type SettledRate = { symbol: string; rate: FundingRate; settledAtMs: number }
type StoredKline = { atMs: number; open: Price; high: Price; low: Price; close: Price }
type KlineSeries = { market: Market; symbol: string; intervalMinutes: number }

const ROWS_MAX = 5000
const PRICES = ['open', 'high', 'low', 'close'] as const

/** Stores settlements and klines; one told again (the running kline) replaces what was stored. Throws `DoesNotFit` before rounding. */
export const createHistoryStore = (pool: Pool) => ({ ...rateHistory(pool), ...klineHistory(pool) })

const rateHistory = (pool: Pool) => ({
  async keepFunding(settled: readonly SettledRate[]): Promise<void> {
    for (const rows of chunks(lastOfEach(settled, row => `${row.symbol} ${row.settledAtMs}`)))
      await pool.query(
        `insert into funding_rate (symbol, settled_at_ms, rate)
          select * from unnest($1::text[], $2::bigint[], ($3::text[])::numeric[])
          on conflict (symbol, settled_at_ms) do update set rate = excluded.rate where funding_rate.rate <> excluded.rate`,
        [
          textArray(rows.map(({ symbol }) => symbol)),
          bigintArray(rows.map(({ settledAtMs }) => settledAtMs)),
          textArray(rows.map(({ rate }) => fittingDecimal(rate, 'rate'))),
        ],
      )
  },
  /** Settlements of one symbol with `fromMs <= at < toMs`, oldest first. */
  async funding(symbol: string, fromMs: number, toMs: number): Promise<SettledRate[]> {
    const { rows } = await pool.query<{ at: string; rate: string }>(
      `select settled_at_ms::text as at, trim_scale(rate)::text as rate from funding_rate
        where symbol = $1 and settled_at_ms >= $2 and settled_at_ms < $3 order by settled_at_ms`,
      [symbol, fromMs, toMs],
    )
    return rows.map(({ at, rate }) => ({ symbol, settledAtMs: Number(at), rate: fundingRate(rate) }))
  },
})

const klineHistory = (pool: Pool) => ({
  async keepKlines(series: KlineSeries, klines: readonly StoredKline[]): Promise<void> {
    const { market, symbol, intervalMinutes } = series
    for (const rows of chunks(lastOfEach(klines, ({ atMs }) => String(atMs))))
      await pool.query(
        `insert into kline (market, symbol, interval_minutes, at_ms, open, high, low, close)
          select $1, $2, $3, r.* from unnest($4::bigint[], ($5::text[])::numeric[], ($6::text[])::numeric[],
            ($7::text[])::numeric[], ($8::text[])::numeric[]) as r
          on conflict (market, symbol, interval_minutes, at_ms) do update
            set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close`,
        [
          market,
          symbol,
          intervalMinutes,
          bigintArray(rows.map(({ atMs }) => atMs)),
          ...PRICES.map(field => textArray(rows.map(row => fittingDecimal(row[field], field)))),
        ],
      )
  },
  /** Klines with `fromMs <= at < toMs`, oldest first. */
  async klines(series: KlineSeries, fromMs: number, toMs: number): Promise<StoredKline[]> {
    const { rows } = await pool.query<Record<'at' | (typeof PRICES)[number], string>>(
      `select at_ms::text as at, trim_scale(open)::text as open, trim_scale(high)::text as high,
          trim_scale(low)::text as low, trim_scale(close)::text as close
        from kline where market = $1 and symbol = $2 and interval_minutes = $3 and at_ms >= $4 and at_ms < $5
        order by at_ms`,
      [series.market, series.symbol, series.intervalMinutes, fromMs, toMs],
    )
    return rows.map(row => ({
      atMs: Number(row.at),
      open: price(row.open),
      high: price(row.high),
      low: price(row.low),
      close: price(row.close),
    }))
  },
})

/** One statement may not touch a row twice. */
function lastOfEach<Row>(rows: readonly Row[], key: (row: Row) => string): Row[] {
  return [...new Map(rows.map(row => [key(row), row])).values()]
}

function* chunks<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let at = 0; at < rows.length; at += ROWS_MAX) yield rows.slice(at, at + ROWS_MAX)
}
