/** Klines of the simulator as a client first asks for them: late, and after a restart. */
import { expect, test } from 'vitest'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import type { SimulatedBybit } from '../../../../src/exchange/simulator/simulated.ts'

const HOUR_MS = 3_600_000
const START_MS = Date.UTC(2026, 0, 5, 9, 17)
type Row = { atMs: number; open: number; low: number; close: number }

function hourly(core: SimulatedBybit): Row[] {
  const params = { category: 'linear', symbol: 'BTCUSDT', interval: '60', limit: '40' }
  const reply = core.request({ via: 'rest', method: 'GET', path: '/v5/market/kline', params, uid: '' })
  const { list } = reply.result as { list: string[][] }
  return list.map(([at, open, , low, close]) => ({
    atMs: Number(at),
    open: Number(open),
    low: Number(low),
    close: Number(close),
  }))
}

function expectWhole(rows: Row[]): void {
  expect(rows).toHaveLength(40)
  for (const [at, row] of rows.entries()) {
    const before = rows[at + 1]
    expect(row.low).toBeGreaterThan(0)
    if (before) expect(row.atMs - before.atMs).toBe(HOUR_MS)
    // A jump between two neighbouring instants is a seam, not a market.
    if (before) expect(Math.abs(row.open / before.close - 1)).toBeLessThan(0.005)
  }
}

test('klines first asked for after 30 hours have no hole where the invented past meets the noted one', () => {
  const core = createSimulatedBybit({ seed: 5, startAtMs: START_MS })
  core.advance(START_MS + 30 * HOUR_MS)
  expectWhole(hourly(core))
})

test('klines join on after a restart', () => {
  const core = createSimulatedBybit({ seed: 5, startAtMs: START_MS })
  core.advance(START_MS + 10 * HOUR_MS)
  const again = createSimulatedBybit({ seed: 5, startAtMs: core.nowMs(), saved: core.save() })
  again.advance(core.nowMs() + HOUR_MS)
  expectWhole(hourly(again))
})
