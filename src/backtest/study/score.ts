/**
 * One rule over the settlements of one symbol, one unit of notional, long carry: half of the round trip is paid at the entry and
 * half at the exit, and what is open at the end pays its exit. A decision uses the rates up to its instant and earns from the next.
 */
import { Decimal } from 'decimal.js'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingPoint } from '../../exchange/simulator/history/files.ts'
import type { FundingRule } from './rules.ts'

/** What a unit of notional was paid while it was held, from the rates as they were recorded: decimals, to the last digit. */
type Held = { enteredAtMs: number; leftAtMs: number }

/** Enough digits that no sum of recorded rates is ever rounded. */
const Exact = Decimal.clone({ precision: 60 })

/**
 * Sum of the rates that were settled after an entry, up to and with the exit of the same hedge; a fraction of notional.
 * @param points - oldest first
 */
export function exactFunding(hedges: readonly Held[], points: readonly FundingPoint[]): string {
  let sum = new Exact(0)
  for (const { enteredAtMs, leftAtMs } of hedges)
    for (const { atMs, rate } of points) if (atMs > enteredAtMs && atMs <= leftAtMs) sum = sum.plus(rate)
  return sum.toFixed()
}

const DAY_MS = 24 * HOUR_MS
export const YEAR_MS = 365 * DAY_MS
/** The first days of a series only teach. */
export const LEARN_MS = 30 * DAY_MS
export const FIRST_HOURS = 8

/** One hedge: fractions of notional; + is received. */
type StudyTrade = {
  enteredAtMs: number
  leftAtMs: number
  atEnd: boolean
  funding: number
  net: number
}
export type Score = {
  symbol: string
  fromMs: number
  toMs: number
  settlements: number
  /** Settlements after the days of learning, at which an answer counted. */
  judged: number
  trades: StudyTrade[]
  heldMs: number
  /** Fractions of notional over the whole series. */
  funding: number
  net: number
  /** The funding again, in decimals: what the rates as recorded add up to. */
  exactFunding: string
}

type SymbolSeries = { symbol: string; points: readonly FundingPoint[] }

/**
 * @param series - oldest first, at least one
 * @param roundTrip - a fraction of notional
 * @throws Error when the series has no settlement
 * @param tradeFromMs - answers before this, or in the first 30 days, only teach
 */
export function scoreOf(
  rule: FundingRule,
  { symbol, points }: SymbolSeries,
  roundTrip: number,
  tradeFromMs = Number.NEGATIVE_INFINITY,
): Score {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) throw new Error(`${symbol}: expected a settlement, found none`)
  const startMs = Math.max(first.atMs + LEARN_MS, tradeFromMs)
  const fromMs = Math.max(first.atMs, tradeFromMs)
  const mind = rule.begin(symbol)
  const score: Score = {
    symbol,
    fromMs,
    toMs: last.atMs,
    settlements: 0,
    judged: 0,
    trades: [],
    heldMs: 0,
    funding: 0,
    net: 0,
    exactFunding: '0',
  }
  let open: { sinceMs: number; funding: number } | null = null
  const close = (atMs: number, atEnd: boolean) => {
    if (!open) return
    const { sinceMs, funding } = open
    const net = funding - roundTrip
    score.trades.push({ enteredAtMs: sinceMs, leftAtMs: atMs, atEnd, funding, net })
    score.heldMs += atMs - sinceMs
    score.funding += funding
    score.net += net
    open = null
  }
  let beforeMs: number | undefined
  for (const point of points) {
    const { atMs } = point
    const value = Number(point.rate)
    const hours = beforeMs === undefined ? FIRST_HOURS : bounded((atMs - beforeMs) / HOUR_MS)
    beforeMs = atMs
    if (atMs >= fromMs) score.settlements++
    if (open) open.funding += value
    const learning = atMs < startMs
    const wish = mind({ ...point, value, hours, learning }, open && { sinceMs: open.sinceMs })
    if (learning) continue
    score.judged++
    if (wish === 'enter') open ??= { sinceMs: atMs, funding: 0 }
    if (wish === 'leave') close(atMs, false)
  }
  close(last.atMs, true)
  return { ...score, exactFunding: exactFunding(score.trades, points) }
}

const bounded = (hours: number) => Math.min(24, Math.max(0.5, hours))
