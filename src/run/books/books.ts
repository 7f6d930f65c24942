/** The stored books of a run, as the bookkeeper writes them and as people read them. */
import type { Pool } from 'pg'
import type { Books as BookkeeperBooks } from '../../../actors/bookkeeper.ts'
import type { RiskHistory } from '../../../actors/risk/figures.ts'
import type { Page, SendOutcome } from '../../api/engine-view.ts'
import type { AlertRow, AuditRow, FundingTotal } from '../../api/rows/rows.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { Fill, OrderReport } from '../../domain/legs/order.ts'
import { createDecisionStore, type Decision, type DecisionStore } from '../../store/books/decision-store.ts'
import { createLedgerStore } from '../../store/books/ledger-store.ts'
import {
  type BookedFigures,
  bookedFigures,
  type CommandRow,
  commandPage,
  createRiskReads,
  fundingTotals,
  journaledCommand,
} from '../../store/books/operator-reads.ts'
import { createOperatorStore, createTermsStore, type TermsStore } from '../../store/books/operator-store.ts'
import { createTradeStore, ownersOfExecs } from '../../store/books/trade-store.ts'
import type { CommandLog } from '../../views/commands.ts'
import type { Store } from '../store.ts'
import { createHedgeBooks, type HedgeBooks } from './hedge-books.ts'

/** Commands and what came of them, as the store keeps them. */
function createCommandLog(
  pool: Pool,
  account: string,
  operator: Pick<ReturnType<typeof createOperatorStore>, 'command' | 'recordCommand'>,
): CommandLog {
  return {
    async find(key, digest) {
      const known = await operator.command(key)
      if (!known) return undefined
      return known.request.digest === digest ? (known.outcome as unknown as SendOutcome) : 'other'
    },
    journaled: (target, key) => journaledCommand(pool, account, target, key),
    async keep({ key, request, digest, target, by, source, before, outcome, atMs }) {
      await operator.recordCommand({
        idempotencyKey: key,
        operator: by,
        source,
        target,
        request: { ...request, digest, before },
        outcome: outcome as unknown as JsonObject,
        atMs,
      })
    },
  }
}

/** A stored command as people read it: who, when, what, from where to where. */
function auditRow({ request, outcome, ...row }: CommandRow): AuditRow {
  const { event, before } = request as { event?: JsonObject; before?: string | null }
  const { kind, state } = outcome as { kind?: string; state?: string }
  return {
    ...row,
    event: event ?? {},
    before: before ?? null,
    after: state ?? null,
    outcome: kind ?? 'unknown',
  }
}

type PageRequest = { cursor: string | null; limit: number }

export type StoredBooks = BookkeeperBooks &
  RiskHistory &
  TermsStore &
  HedgeBooks & {
    commands: CommandLog
    keepFills(fills: readonly Fill[]): Promise<void>
    keepOrders(reports: readonly OrderReport[]): Promise<void>
    keepDecisions(decisions: readonly Decision[]): Promise<void>
    /** One symbol's decisions, from the newest on. */
    decisions(symbol: string, page: PageRequest): Promise<Page<Decision>>
    ledgerPage(page: PageRequest): Promise<Page<JsonObject>>
    fundingPage(page: PageRequest): Promise<Page<JsonObject>>
    equity(sinceMs: number): Promise<JsonObject[]>
    /** Funding and fees taken in the coin, by hedge. */
    figures(hedgeIds: readonly string[]): Promise<Map<string, BookedFigures>>
    fundingTotals(everyMs: number): Promise<FundingTotal[]>
    alerts(limit: number): Promise<AlertRow[]>
    audit(page: PageRequest): Promise<Page<AuditRow>>
  }

/** Decisions are forgotten after a month, and looked through for that once an hour. */
const DECISIONS_KEPT_MS = 30 * 86_400_000
const FORGET_EVERY_MS = 3_600_000

/** The books of one account, written under its lease. */
export function createBooks({
  database,
  lease,
  account,
}: Pick<Store, 'database' | 'lease' | 'account'>): StoredBooks {
  const scope = { account, epoch: lease.epoch }
  const ledger = createLedgerStore(database, scope)
  const trades = createTradeStore(database, scope)
  const operator = createOperatorStore(database, scope)
  const decisions = createDecisionStore(database, scope)
  const { pool } = database
  return {
    span: ledger.span,
    open: ledger.open,
    book: ledger.book,
    dust: ledger.dust,
    passDust: ledger.passDust,
    accountBalances: ledger.walletBalances,
    appendEquity: operator.appendEquity,
    ...createRiskReads(database, account),
    ...createTermsStore(database, scope),
    keepFills: trades.keepFills,
    keepOrders: trades.keepOrders,
    commands: createCommandLog(pool, account, operator),
    ownersOfExecs: execIds => ownersOfExecs(database, account, execIds),
    ...createHedgeBooks({ database, scope, ledger, trades }),
    keepDecisions: decisionKeeper(decisions),
    decisions: decisions.page,
    ledgerPage: ledger.postings,
    fundingPage: ledger.fundingPayments,
    equity: operator.equity,
    figures: hedgeIds => bookedFigures(pool, account, hedgeIds),
    fundingTotals: everyMs => fundingTotals(pool, account, everyMs),
    alerts: operator.alerts,
    async audit(page) {
      const { rows, next } = await commandPage(database, account, page)
      return { rows: rows.map(auditRow), next }
    },
  }
}

function decisionKeeper({ keep, forgetBefore }: DecisionStore) {
  let forgottenAtMs = 0
  return async (decisions: readonly Decision[]): Promise<void> => {
    await keep(decisions)
    const nowMs = decisions.at(-1)?.atMs ?? 0
    if (nowMs - forgottenAtMs < FORGET_EVERY_MS) return
    forgottenAtMs = nowMs
    await forgetBefore(nowMs - DECISIONS_KEPT_MS)
  }
}
