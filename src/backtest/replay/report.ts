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
  const { rows: suspense } = await database.pool.query<{ count: string }>(
    `select count(*)::text as count from posting where account = $1 and kind = 'suspense'`,
    [account],
  )
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
    suspense: Number(suspense[0]?.count ?? 0),
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
