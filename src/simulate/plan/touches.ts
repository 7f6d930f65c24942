/** What people and machines do to the engine on a day: let go of a hedge, trade by hand, cut the cable, kill the process. */
import type { Chance } from './chance.ts'

const MINUTE_MS = 60_000

type Span = { fromMs: number; calmAtMs: number }

export type Touch = { atMs: number } & (
  | { kind: 'unwind' }
  | { kind: 'halt'; forMs: number }
  /** By hand, in the same account: so many lots of the spot market. */
  | { kind: 'trade'; symbol: string; side: 'Buy' | 'Sell'; lots: number }
  | { kind: 'cut'; forMs: number }
  | {
      kind: 'kill'
      commits: number
      point: 'before-commit' | 'after-commit'
      ofHedge: boolean
      downMs: number
    }
)
export type Touches = readonly Touch[]

/** In order. */
export function drawTouches(chance: Chance, span: Span, symbols: readonly string[]): Touches {
  const symbol = () => chance.pick(symbols as unknown as [string, ...string[]])
  const many = (count: number, draw: (atMs: number) => Touch): Touch[] =>
    Array.from({ length: count }, () =>
      draw(Math.round(chance.between(span.fromMs + 3 * MINUTE_MS, span.calmAtMs - 20 * MINUTE_MS))),
    )
  const touches = [
    ...many(chance.whole(1, 4), atMs => ({ kind: 'unwind', atMs })),
    ...many(chance.isLucky(0.2) ? 1 : 0, atMs => ({
      kind: 'halt',
      atMs,
      forMs: chance.whole(1, 60) * MINUTE_MS,
    })),
    ...many(chance.isLucky(0.3) ? chance.whole(1, 3) : 0, atMs => ({
      kind: 'trade',
      atMs,
      symbol: symbol(),
      side: chance.isLucky(0.8) ? 'Buy' : 'Sell',
      lots: chance.whole(1, 30),
    })),
    ...many(chance.whole(0, 4), atMs => ({
      kind: 'cut',
      atMs,
      forMs: Math.round(chance.isLucky(0.8) ? chance.between(500, 60_000) : chance.between(60_000, 600_000)),
    })),
    ...many(chance.whole(2, 8), atMs => ({
      kind: 'kill',
      atMs,
      commits: chance.whole(1, 25),
      point: chance.pick(['before-commit', 'after-commit'] as const),
      ofHedge: chance.isLucky(0.8),
      downMs: Math.round(chance.isLucky(0.8) ? chance.between(500, 20_000) : chance.between(20_000, 900_000)),
    })),
  ]
  return touches.sort((a, b) => a.atMs - b.atMs)
}
