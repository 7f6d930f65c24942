/** One way of trading over one history, whoever did it: what every report of a backtest is made of. */
import { Decimal } from 'decimal.js'
import type { ReplayCheck } from '../../actors/runtime/replay.ts'
import type { Posting } from '../domain/books/ledger.ts'
import { HOUR_MS } from '../domain/market/funding.ts'
import { type Usdt, usdt } from '../domain/units.ts'
import type { History } from '../exchange/simulator/history/files.ts'
import type { BookedRow } from './memory-books.ts'
import type { DecisionLog } from './replay/decision-log.ts'
import type { FundingCheck } from './replay/funding.ts'
import type { EquitySample } from './replay/window.ts'
import { type Parts, type Trade, tripCostBps } from './trades.ts'
import type { RunEvent } from './trading-desk.ts'

// What a run came to: its trades and its equity as the figures people compare.

type Figures = Parts & {
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

export type BacktestRun = {
  name: string
  /** `engine`: charts, actors and ledger as live. `calculator`: a fixed rule that trades on the same simulated exchange. */
  how: 'engine' | 'calculator'
  figures: Figures
  trades: Trade[]
  equity: EquitySample[]
  /** The engine's only: why each symbol was not taken. */
  decisions: DecisionLog | null
  /** What a calculator met and went on from: orders refused or filled in part. */
  events: RunEvent[]
  checks: Checks
}

type Checks = {
  /** Exchange wallet less ledger, per coin. */
  residuals: Record<string, string>
  /** Postings that nobody can explain. */
  suspense: number
  /** Trades and settlements that no hedge accounts for: with any, the trades are not the whole. */
  unowned: number
  /** Funding booked, beside the same payments computed from the files. */
  funding: FundingCheck
  /** The engine's journal folded again; null for a calculator, which has none. */
  journal: ReplayCheck | null
}

type Ended = Omit<BacktestRun, 'figures' | 'checks'> & {
  history: History
  capitalUsdt: Usdt
  postings: readonly Posting[]
  rows: readonly BookedRow[]
  checks: Omit<Checks, 'suspense' | 'unowned'>
}

/** One run with its figures and checks, from what its books hold. */
export function backtestRun({ history, capitalUsdt, postings, rows, checks, ...run }: Ended): BacktestRun {
  const { trades, equity } = run
  const { fromMs, toMs } = history
  const accountInterestUsdt = interestOfNobody(postings)
  return {
    ...run,
    figures: figuresOf({ trades, equity, capitalUsdt, fromMs, toMs, accountInterestUsdt }),
    checks: {
      ...checks,
      suspense: postings.filter(({ kind }) => kind === 'suspense').length,
      unowned: rows.filter(
        ({ row, hedgeId }) => hedgeId === '' && (row.kind === 'trade' || row.kind === 'settlement'),
      ).length,
    },
  }
}

/** Interest on borrowed USDT is the account's, not one hedge's; + is received. */
const interestOfNobody = (postings: readonly Posting[]): Usdt =>
  usdt(
    postings
      .filter(({ kind, coin, hedgeId }) => kind === 'interest' && coin === 'USDT' && hedgeId === '')
      .reduce((sum, { amount }) => sum.minus(amount), new Decimal(0)),
  )

/** Do the books tie out, and is every hedge closed? */
export const tiesOut = ({ checks, trades }: Pick<BacktestRun, 'checks' | 'trades'>): boolean =>
  Object.values(checks.residuals).every(residual => residual === '0') &&
  checks.suspense === 0 &&
  checks.unowned === 0 &&
  checks.funding.missed === 0 &&
  checks.funding.bookedUsdt === checks.funding.recordedUsdt &&
  (checks.journal?.differences.length ?? 0) === 0 &&
  trades.every(({ closedAtMs }) => closedAtMs !== null)
