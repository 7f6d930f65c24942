/** One way of trading over one history, whoever did it: what every report of a backtest is made of. */
import { Decimal } from 'decimal.js'
import type { ReplayCheck } from '../../actors/runtime/replay.ts'
import type { Posting } from '../domain/books/ledger.ts'
import { type Usdt, usdt } from '../domain/units.ts'
import type { History } from '../exchange/simulator/history/files.ts'
import { type Figures, figuresOf } from './figures.ts'
import type { BookedRow } from './memory-books.ts'
import type { DecisionLog } from './replay/decision-log.ts'
import type { FundingCheck } from './replay/funding.ts'
import type { EquitySample } from './replay/window.ts'
import type { Trade } from './trades.ts'
import type { RunEvent } from './trading-desk.ts'

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
