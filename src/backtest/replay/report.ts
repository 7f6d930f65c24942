/** What a replay found, from what the store holds afterwards: the journal's rows and the ledger's postings, nothing else. */
import { Decimal } from 'decimal.js'
import type { ReplayCheck } from '../../../actors/runtime/replay.ts'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { type HedgeResult, hedgeResult } from '../../domain/books/hedge-result.ts'
import { ALL_TAKER, roundTripRate } from '../../domain/market/fees.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Amount, Usdt } from '../../domain/units.ts'
import type { History, HistoryFault } from '../../exchange/simulator/history/files.ts'
import { VIP0 } from '../../run/engine.ts'
import type { Store } from '../../run/store.ts'
import { hedgeRows } from '../../store/books/hedge-store.ts'
import { createLedgerStore } from '../../store/books/ledger-store.ts'
import { PostingTable } from '../../store/schema/trade.ts'
import type { DecisionLog } from './decision-log.ts'
import { checkFunding, type FundingCheck } from './funding.ts'
import { END_OF_RECORDS, type ReplayRun } from './window.ts'

export type ReplayedHedge = Omit<HedgeResult, 'inventory' | 'unvalued'> & {
  id: string
  symbol: string
  state: string
  openedAtMs: number
  /** Null when it was still open at the end. */
  closedAtMs: number | null
  notionalUsdt: Usdt
  settlements: number
  dust: { coin: string; qty: Amount }[]
  because: string
}

export type ReplayReport = {
  account: string
  fromMs: number
  toMs: number
  symbols: string[]
  gaps: HistoryFault[]
  /** Hours without a price and settlements without a rate, of all symbols together. */
  missing: { priceHours: number; settlementHoles: number }
  hedges: ReplayedHedge[]
  totals: Pick<HedgeResult, 'fundingUsdt' | 'feesUsdt' | 'tradingUsdt' | 'interestUsdt' | 'netUsdt'>
  judgements: number
  /** Most frequent first. */
  refusals: { reason: string; times: number }[]
  cost: { roundTripRate: string; meanRate: string; settlementsToPay: number | null }
  funding: FundingCheck
  residuals: Record<string, string>
  suspense: number
  journal: ReplayCheck
  /** Wall milliseconds of the whole run, and of it those spent waiting for the store. */
  tookMs: number
  waitedMs: number
}

/** Every hedge ever is wanted; a strategy that opens more than this is none. */
const HEDGES_MAX = 100_000

/** Reads what a run left in the store. Throws what the store throws. */
export async function replayReport(
  history: History,
  run: ReplayRun,
  journal: ReplayCheck,
  store: Store,
): Promise<ReplayReport> {
  const { database, account, lease } = store
  const ledger = createLedgerStore(database, { account, epoch: lease.epoch })
  const rows = (await hedgeRows(database, account, HEDGES_MAX)).reverse()
  const hedges: ReplayedHedge[] = []
  for (const { state, sinceMs, context } of rows) {
    const facts = context as unknown as HedgeContext
    const postings = await ledger.postingsOfHedge(facts.plan.hedgeId)
    hedges.push(
      hedgeOf(facts, state, sinceMs, hedgeResult(postings, run.lastPrices as Record<string, Amount>)),
    )
  }
  const suspense = await database.orm.em.fork().count(PostingTable, { account, kind: 'suspense' })
  const payments = await Promise.all(hedges.map(({ id }) => ledger.fundingOfHedge(id)))
  return {
    account,
    fromMs: history.fromMs,
    toMs: history.toMs,
    symbols: history.symbols.map(({ symbol }) => symbol),
    gaps: history.faults,
    missing: missingOf(history),
    hedges,
    totals: totalsOf(hedges),
    judgements: run.decisions.judgements,
    refusals: refusalsOf(run.decisions),
    cost: costOf(history),
    funding: checkFunding(history, hedges, payments.flat()),
    residuals: run.residuals,
    suspense,
    journal,
    tookMs: 0,
    waitedMs: run.waited.waitedMs,
  }
}

function hedgeOf(
  { plan, unwindBecause, failure, enteredAtMs, settlements }: HedgeContext,
  state: string,
  sinceMs: number,
  { inventory, unvalued: _, ...result }: HedgeResult,
): ReplayedHedge {
  return {
    id: plan.hedgeId,
    symbol: plan.symbol,
    state,
    openedAtMs: enteredAtMs || plan.decidedAtMs,
    closedAtMs: state === 'closed' ? sinceMs : null,
    notionalUsdt: plan.notionalUsdt,
    settlements,
    ...result,
    dust: inventory,
    because: failure ?? (unwindBecause === 'flatten' ? END_OF_RECORDS : (unwindBecause ?? 'still open')),
  }
}

/** The reason told for a symbol counts, not that of its other direction: that one is no better. */
function refusalsOf({ notTaken }: DecisionLog): ReplayReport['refusals'] {
  const times = new Map<string, number>()
  for (const each of notTaken)
    if (each.because !== 'direction-not-allowed')
      times.set(each.because, (times.get(each.because) ?? 0) + each.times)
  return [...times].map(([reason, count]) => ({ reason, times: count })).sort((a, b) => b.times - a.times)
}

function missingOf({ faults }: History) {
  const hours = faults
    .filter(({ kind }) => kind === 'missing price hours')
    .reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / HOUR_MS, 0)
  return {
    priceHours: hours,
    settlementHoles: faults.filter(({ kind }) => kind === 'missing settlements').length,
  }
}

const PARTS = ['fundingUsdt', 'feesUsdt', 'tradingUsdt', 'interestUsdt', 'netUsdt'] as const

function totalsOf(hedges: readonly ReplayedHedge[]): ReplayReport['totals'] {
  const sums = PARTS.map(part => [
    part,
    hedges.reduce((sum, hedge) => sum.plus(hedge[part]), new Decimal(0)).toFixed(),
  ])
  return Object.fromEntries(sums) as ReplayReport['totals']
}

/** What four taker fills cost, beside what one settlement of these symbols paid on average. */
function costOf({ symbols }: History): ReplayReport['cost'] {
  const rates = symbols.flatMap(({ settlements }) => settlements.map(({ rate }) => rate))
  const trip = roundTripRate(VIP0, ALL_TAKER)
  const mean = rates.length > 0 ? Decimal.sum(...rates).div(rates.length) : new Decimal(0)
  return {
    roundTripRate: trip.toFixed(),
    meanRate: mean.toFixed(8),
    settlementsToPay: mean.gt(0) ? trip.div(mean).ceil().toNumber() : null,
  }
}

// A replay's report as people read it.

const GAPS_SHOWN = 5
const REASONS_SHOWN = 6

/** The report of a replay as lines for a terminal. */
export function replayText(report: ReplayReport): string {
  const { fromMs, toMs, symbols, hedges, totals, judgements, refusals, account } = report
  return [
    `Replayed ${day(fromMs)} to ${day(toMs)} (${Math.round((toMs - fromMs) / HOUR_MS / 24)} days) for ${symbols.join(' and ')}; kept as account ${account}.`,
    'Funding rates are those Bybit settled. Prices are another exchange’s (OKX, the open of each hour), so the basis is',
    'that exchange’s too; the order books around them are modelled, and a price stands still within its hour.',
    ...gapLines(report),
    '',
    ...hedgeLines(hedges),
    '',
    `Together: funding ${money(totals.fundingUsdt)}, fees ${money(`-${totals.feesUsdt}`)}, trading (basis and slippage) ${money(totals.tradingUsdt)}, net ${money(totals.netUsdt)} USDT.`,
    `Not opened, of ${judgements} judgements: ${
      refusals
        .slice(0, REASONS_SHOWN)
        .map(({ reason, times }) => `${reason} ${times}`)
        .join(', ') || 'nothing was refused'
    }.`,
    ...costLines(report),
    ...proofLines(report),
  ].join('\n')
}

function gapLines({ gaps, missing: { priceHours, settlementHoles } }: ReplayReport): string[] {
  if (gaps.length === 0) return ['No price hour and no settlement is missing.']
  const shown = gaps
    .slice(0, GAPS_SHOWN)
    .map(
      ({ symbol, kind, fromMs, toMs }) => `  ${symbol}: ${kind} from ${instant(fromMs)} to ${instant(toMs)}`,
    )
  const more = gaps.length > GAPS_SHOWN ? [`  and ${gaps.length - GAPS_SHOWN} more`] : []
  return [
    `Missing and left missing: ${priceHours} price hours, ${settlementHoles} holes between settlements.`,
    ...shown,
    ...more,
  ]
}

function hedgeLines(hedges: readonly ReplayedHedge[]): string[] {
  if (hedges.length === 0) return ['No hedge was opened.']
  const head = [
    'HEDGE',
    'SYMBOL',
    'OPENED',
    'CLOSED',
    'NOTIONAL',
    'PAID',
    'FUNDING',
    'FEES',
    'TRADING',
    'NET',
    'WHY IT ENDED',
  ]
  const rows = hedges.map(hedge => [
    hedge.id,
    hedge.symbol,
    instant(hedge.openedAtMs),
    hedge.closedAtMs === null ? hedge.state : instant(hedge.closedAtMs),
    money(hedge.notionalUsdt),
    `${hedge.settlements} x`,
    money(hedge.fundingUsdt),
    money(`-${hedge.feesUsdt}`),
    money(hedge.tradingUsdt),
    money(hedge.netUsdt),
    hedge.because,
  ])
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map(row => (row[at] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => (at >= 4 && at <= 9 ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd()
  return [head, ...rows].map(line)
}

function costLines({ cost, totals }: ReplayReport): string[] {
  const { roundTripRate, meanRate, settlementsToPay } = cost
  const pays =
    settlementsToPay === null
      ? 'which these records never pay on average'
      : `which ${settlementsToPay} settlements pay at the mean recorded rate of ${percent(meanRate)}`
  const received = Number(totals.fundingUsdt)
  const part = (of: string) => ((100 * Number(of)) / received).toFixed(1)
  return [
    '',
    `Cost, before any spread: four taker fills take ${percent(roundTripRate)} of notional, ${pays}.`,
    received > 0
      ? `Cost, as it came: of each 100 USDT of funding, fees took ${part(totals.feesUsdt)} and trading ${Number(totals.tradingUsdt) < 0 ? `took ${part(totals.tradingUsdt.slice(1))}` : `added ${part(totals.tradingUsdt)}`}.`
      : `Cost, as it came: funding received was ${money(totals.fundingUsdt)} USDT, fees paid ${money(totals.feesUsdt)}.`,
  ]
}

function proofLines({ funding, residuals, suspense, journal }: ReplayReport): string[] {
  const residual = Object.entries(residuals)
    .map(([coin, left]) => `${coin} ${left}`)
    .join(', ')
  return [
    '',
    `Ledger residual: ${residual || 'no coin'}. Postings nobody can explain: ${suspense}.`,
    `Funding booked ${funding.bookedUsdt} USDT in ${funding.payments} payments; from the files ${funding.recordedUsdt}; settlements missed: ${funding.missed}.`,
    `Journal: ${journal.steps} steps of ${journal.actors} actors folded again, ${journal.differences.length === 0 ? 'every row the same byte for byte' : `${journal.differences.length} differ: ${journal.differences[0]}`}.`,
  ]
}

const instant = (atMs: number) => new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10)
const percent = (fraction: string) => `${(100 * Number(fraction)).toFixed(4)} %`
/** USDT with two decimals, for reading only. */
const money = (amount: string) => Number(amount.replace(/^--/, '')).toFixed(2)
