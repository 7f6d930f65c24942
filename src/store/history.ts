/** Settled funding rates and klines: loaded in bulk, each instant once, the newest telling wins. */
import type { Pool } from 'pg'
import type { Market } from '../domain/instrument.ts'
import { fundingRate, price } from '../domain/units.ts'
import type { Kline, SettledFunding } from '../exchange/exchange.ts'
import { bigintArray, textArray } from './journal-arrays.ts'
import { fittingDecimal } from './tables-columns.ts'

export type KlineSeries = { market: Market; symbol: string; intervalMinutes: number }

const ROWS_MAX = 5000

export type HistoryStore = ReturnType<typeof createHistoryStore>

export function createHistoryStore(pool: Pool) {
  return {
    /** Stores settlements; one told again replaces what was stored. Throws `DoesNotFit` before rounding. */
    async keepFunding(settled: readonly SettledFunding[]): Promise<void> {
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
    async funding(symbol: string, fromMs: number, toMs: number): Promise<SettledFunding[]> {
      const { rows } = await pool.query<{ at: string; rate: string }>(
        `select settled_at_ms::text as at, trim_scale(rate)::text as rate from funding_rate
          where symbol = $1 and settled_at_ms >= $2 and settled_at_ms < $3 order by settled_at_ms`,
        [symbol, fromMs, toMs],
      )
      return rows.map(
        ({ at, rate }): SettledFunding => ({ symbol, settledAtMs: Number(at), rate: fundingRate(rate) }),
      )
    },
    /** Stores klines; one told again (the running one) replaces what was stored. */
    async keepKlines(
      { market, symbol, intervalMinutes }: KlineSeries,
      klines: readonly Kline[],
    ): Promise<void> {
      for (const rows of chunks(lastOfEach(klines, ({ atMs }) => String(atMs))))
        await pool.query(
          `insert into kline (market, symbol, interval_minutes, at_ms, open, high, low, close)
            select $1, $2, $3, r.* from unnest($4::bigint[], ($5::text[])::numeric[], ($6::text[])::numeric[],
              ($7::text[])::numeric[], ($8::text[])::numeric[]) as r
            on conflict (market, symbol, interval_minutes, at_ms) do update
              set open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close`,
          [market, symbol, intervalMinutes, bigintArray(rows.map(({ atMs }) => atMs)), ...prices(rows)],
        )
    },
    /** Klines with `fromMs <= at < toMs`, oldest first. */
    async klines(
      { market, symbol, intervalMinutes }: KlineSeries,
      fromMs: number,
      toMs: number,
    ): Promise<Kline[]> {
      const { rows } = await pool.query<{
        at: string
        open: string
        high: string
        low: string
        close: string
      }>(
        `select at_ms::text as at, trim_scale(open)::text as open, trim_scale(high)::text as high,
            trim_scale(low)::text as low, trim_scale(close)::text as close
          from kline where market = $1 and symbol = $2 and interval_minutes = $3 and at_ms >= $4 and at_ms < $5
          order by at_ms`,
        [market, symbol, intervalMinutes, fromMs, toMs],
      )
      return rows.map(row => ({
        atMs: Number(row.at),
        open: price(row.open),
        high: price(row.high),
        low: price(row.low),
        close: price(row.close),
      }))
    },
  }
}

const prices = (rows: readonly Kline[]): Buffer[] =>
  (['open', 'high', 'low', 'close'] as const).map(field =>
    textArray(rows.map(row => fittingDecimal(row[field], field))),
  )

/** One statement may not touch a row twice. */
function lastOfEach<Row>(rows: readonly Row[], key: (row: Row) => string): Row[] {
  return [...new Map(rows.map(row => [key(row), row])).values()]
}

function* chunks<Row>(rows: readonly Row[]): Generator<Row[]> {
  for (let at = 0; at < rows.length; at += ROWS_MAX) yield rows.slice(at, at + ROWS_MAX)
}
