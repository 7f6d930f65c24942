/** What a run came to: its trades and its equity as the figures people compare. */
import { Decimal } from 'decimal.js'
import { HOUR_MS } from '../domain/market/funding.ts'
import { type Usdt, usdt } from '../domain/units.ts'
import type { EquitySample } from './replay/window.ts'
import { type Parts, type Trade, tripCostBps } from './trades.ts'

export type Figures = Parts & {
  trades: number
  /** Net on capital over the span, and that a year (not compounded); fractions. */
  returnOnCapital: number
  aprOnCapital: number
  /** Largest fall of the hourly equity from its peak, a fraction of the peak. */
  drawDown: number
  turnoverUsdt: Usdt
  /** Turnover over capital. */
  timesTurned: number
  /** Fees and slippage of a round trip, bps of what a fill is worth on average, all trips together. Null without a trade. */
  costBps: number | null
  /** Days with at least one hedge, and days of all hedges together. */
  daysInMarket: number
  hedgeDays: number
}

const PARTS = [
  'fundingUsdt',
  'feesUsdt',
  'slippageUsdt',
  'basisUsdt',
  'interestUsdt',
  'netUsdt',
] as const satisfies readonly (keyof Parts)[]
const DAY_MS = 24 * HOUR_MS
const DAYS_A_YEAR = 365

type Run = {
  trades: readonly Trade[]
  equity: readonly EquitySample[]
  capitalUsdt: Usdt
  fromMs: number
  toMs: number
  /** Interest that belongs to no hedge; + is received. */
  accountInterestUsdt: Usdt
}

/** The figures of a whole run, in USDT and as fractions of its capital; + is earned. */
export function figuresOf({ trades, equity, capitalUsdt, fromMs, toMs, accountInterestUsdt }: Run): Figures {
  const sum = (values: readonly string[]): Usdt =>
    usdt(values.reduce((total, value) => total.plus(value), new Decimal(0)))
  const parts = Object.fromEntries(PARTS.map(part => [part, sum(trades.map(trade => trade[part]))])) as Parts
  const netUsdt = sum([parts.netUsdt, accountInterestUsdt])
  const turnover = sum(trades.map(trade => trade.turnoverUsdt))
  const paid = new Decimal(parts.feesUsdt).plus(parts.slippageUsdt).neg()
  const returned = new Decimal(netUsdt).div(capitalUsdt).toNumber()
  const spans = trades.map(({ openedAtMs, closedAtMs }) => ({ fromMs: openedAtMs, toMs: closedAtMs ?? toMs }))
  return {
    ...parts,
    interestUsdt: sum([parts.interestUsdt, accountInterestUsdt]),
    netUsdt,
    trades: trades.length,
    returnOnCapital: returned,
    aprOnCapital: (returned * DAYS_A_YEAR * DAY_MS) / (toMs - fromMs),
    drawDown: drawDownOf(equity.map(({ equityUsdt }) => equityUsdt)),
    turnoverUsdt: turnover,
    timesTurned: new Decimal(turnover).div(capitalUsdt).toNumber(),
    costBps: tripCostBps(paid, new Decimal(turnover)),
    daysInMarket: joined(spans) / DAY_MS,
    hedgeDays: spans.reduce((total, span) => total + span.toMs - span.fromMs, 0) / DAY_MS,
  }
}

/** Largest fall from the highest value before it, as a fraction of that. */
export function drawDownOf(values: readonly string[]): number {
  let [peak, worst] = [new Decimal(0), new Decimal(0)]
  for (const value of values) {
    peak = Decimal.max(peak, value)
    if (peak.gt(0)) worst = Decimal.max(worst, peak.minus(value).div(peak))
  }
  return worst.toNumber()
}

/** Milliseconds covered by at least one of the spans. */
function joined(spans: readonly { fromMs: number; toMs: number }[]): number {
  let [total, endMs] = [0, Number.NEGATIVE_INFINITY]
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    total += Math.max(0, toMs - Math.max(fromMs, endMs))
    endMs = Math.max(endMs, toMs)
  }
  return total
}
