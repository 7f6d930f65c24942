/** The past of an engine that stands still: waves, so that a chart of them is seen to be right. */
import { NOW_MS } from '../domain/sample-market.ts'

export const CLOSED_ID = 'CLOSED0001'
const HOUR_MS = 3_600_000

const wave = (at: number) => Math.sin(at / 9) * 6 + Math.sin(at / 2.3)
/** Funding and basis in waves, and one hedge that came and went. */
export const history = (symbol: string, hours: number) => {
  const fromMs = NOW_MS - hours * HOUR_MS
  const every = (hours * HOUR_MS) / 240
  return Promise.resolve({
    ...{ symbol, fromMs, untilMs: NOW_MS },
    rates: Array.from({ length: Math.floor(hours / 8) }, (_, at) => ({
      atMs: fromMs + (at + 1) * 8 * HOUR_MS,
      rate: (0.0001 + wave(at) / 50_000).toFixed(8),
    })),
    basis: Array.from({ length: 240 }, (_, at) => ({ atMs: Math.round(fromMs + at * every), bps: wave(at) })),
    moves: [
      { atMs: NOW_MS - 60 * HOUR_MS, kind: 'entry' as const, hedgeId: CLOSED_ID },
      { atMs: NOW_MS - 24 * HOUR_MS, kind: 'exit' as const, hedgeId: CLOSED_ID },
    ].filter(({ atMs }) => atMs >= fromMs),
  })
}

/** Two hundred hours of it. */
export const equity = () =>
  Array.from({ length: 200 }, (_, at) => ({
    ...{ atMs: NOW_MS - (200 - at) * HOUR_MS, equityUsdt: (10_000 + at / 20 + wave(at)).toFixed(2) },
    availableUsdt: '4200',
  }))
