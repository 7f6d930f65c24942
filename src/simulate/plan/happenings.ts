/** What befalls the market and the exchange on a day: each seldom, most days a few of them. */
import type { Happening } from '../../exchange/simulator/events/agenda-shape.ts'
import type { Chance } from './chance.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

export type Notice = {
  /** When the exchange is told to announce it. */
  atMs: number
  happening: Happening
}

type Span = { fromMs: number; calmAtMs: number }
type Draw = (chance: Chance, atMs: number, symbol: string) => Happening
/** How many of a kind a day has: 0.3 is three days in ten. */
type Kind = { a: number; noticeMs?: number; draw: Draw }

/** The coin of a perpetual: PEPE of 1000PEPEUSDT. */
export const baseCoinOf = (symbol: string): string => symbol.replace(/^10*|USDT$/g, '')

const KINDS: readonly Kind[] = [
  {
    a: 2,
    draw: (chance, atMs, symbol) => ({
      kind: 'premium',
      symbol,
      atMs,
      premium: chance.between(-0.003, 0.003),
      untilMs: atMs + chance.whole(30, 300) * MINUTE_MS,
    }),
  },
  { a: 0.3, draw: (_, atMs) => ({ kind: 'restart', atMs }) },
  {
    a: 0.2,
    noticeMs: HOUR_MS,
    draw: (chance, atMs) => ({
      kind: 'maintenance',
      atMs,
      untilMs: atMs + chance.whole(1, 20) * MINUTE_MS,
      ...(chance.isLucky(0.5) && { markets: [chance.pick(['spot', 'linear'] as const)] }),
    }),
  },
  {
    a: 0.3,
    draw: (chance, atMs, symbol) => ({
      kind: 'adl',
      symbol,
      atMs,
      share: chance.pick(['1', '0.5', '0.2']),
    }),
  },
  {
    a: 0.3,
    draw: (chance, atMs, symbol) => ({
      kind: 'interval',
      symbol,
      atMs,
      hours: chance.pick([1, 2, 4, 8] as const),
    }),
  },
  {
    a: 0.4,
    draw: (chance, atMs, symbol) => ({
      kind: 'shock',
      symbol,
      atMs,
      change: chance.between(-0.06, 0.06),
      overMs: chance.whole(1, 20) * MINUTE_MS,
    }),
  },
  {
    a: 0.1,
    draw: (chance, atMs, symbol) => ({
      kind: 'cascade',
      symbol,
      atMs,
      change: -chance.between(0.03, 0.1),
      overMs: chance.whole(2, 10) * MINUTE_MS,
    }),
  },
  {
    a: 0.3,
    draw: (chance, atMs, symbol) => {
      const market = chance.pick(['spot', 'linear'] as const)
      const minValue = chance.pick(['1', '5', '10', '20'])
      const listed = market === 'spot' ? `${baseCoinOf(symbol)}USDT` : symbol
      return { kind: 'min-value', market, symbol: listed, atMs, minValue }
    },
  },
  { a: 0.15, draw: (_, atMs, symbol) => ({ kind: 'recall', coin: baseCoinOf(symbol), atMs }) },
  {
    a: 0.1,
    draw: (chance, atMs, symbol) => ({
      kind: 'collateral-ratio',
      coin: baseCoinOf(symbol),
      atMs,
      ratio: chance.pick(['0.3', '0.5', '0.7']),
    }),
  },
  {
    a: 0.1,
    draw: (chance, atMs, symbol) => ({
      kind: 'risk-limit',
      symbol,
      atMs,
      share: chance.pick(['0.2', '0.5', '1']),
    }),
  },
  {
    a: 0.6,
    draw: (chance, atMs, symbol) => ({
      kind: 'reject',
      market: 'linear',
      symbol,
      atMs,
      count: chance.whole(1, 3),
    }),
  },
  {
    a: 0.08,
    noticeMs: 2 * HOUR_MS,
    draw: (chance, atMs, symbol) => ({
      kind: 'delisting',
      symbol,
      atMs,
      ...(chance.isLucky(0.5) && { reduceOnlyAtMs: atMs - 30 * MINUTE_MS }),
    }),
  },
]

/** In order of their notices. */
export function drawHappenings(chance: Chance, span: Span, symbols: readonly string[]): Notice[] {
  const drawn = KINDS.flatMap(({ a, noticeMs = 0, draw }) => {
    const count = Math.floor(a) + (chance.isLucky(a % 1) ? 1 : 0)
    return Array.from({ length: count }, (): Notice => {
      const fromMs = span.fromMs + 5 * MINUTE_MS + noticeMs
      // Long enough before the calm for what lasts to be over.
      const atMs = Math.round(chance.between(fromMs, span.calmAtMs - HOUR_MS))
      const symbol = chance.pick(symbols as unknown as [string, ...string[]])
      return { atMs: atMs - noticeMs, happening: draw(chance, atMs, symbol) }
    })
  })
  return drawn.sort((a, b) => a.atMs - b.atMs)
}
