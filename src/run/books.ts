/** The stored books of a run, as the bookkeeper writes them and as people read them. */
import type { Books as BookkeeperBooks } from '../../actors/bookkeeper.ts'
import type { RiskBooks } from '../../actors/risk-figures.ts'
import type { HedgeContext } from '../../machines/hedge-context.ts'
import type { Page, SendOutcome } from '../api/engine-view.ts'
import type { AlertRow, AuditRow, FundingTotal } from '../api/rows.ts'
import { hedgeResult } from '../domain/hedge-result.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Fill, OrderReport } from '../domain/order.ts'
import type { Price, Usdt } from '../domain/units.ts'
import { type HedgeRow, hedgeRowOf, hedgeRows } from '../store/hedge-rows.ts'
import { createLedgerStore } from '../store/ledger-store.ts'
import { coinFees, commandPage, fundingTotals } from '../store/operator-reads.ts'
import { createOperatorStore } from '../store/operator-store.ts'
import { createRiskReads } from '../store/risk-reads.ts'
import { createTradeStore } from '../store/trade-store.ts'
import type { Store } from './store.ts'
import { auditRow } from './view/audit-row.ts'
import type { CommandLog } from './view/commands.ts'
import { closedResult, hedgeSummary } from './view/hedge-summary.ts'

type PageRequest = { cursor: string | null; limit: number }

export type Books = BookkeeperBooks &
  RiskBooks & {
    commands: CommandLog
    keepFills(fills: readonly Fill[]): Promise<void>
    keepOrders(reports: readonly OrderReport[]): Promise<void>
    /** The newest hedges, living and closed. */
    hedges(limit?: number): Promise<JsonObject[]>
    /** One hedge with its fills, its funding and its profit by parts. @param prices - USDT per coin still held */
    hedge(hedgeId: string, prices: Readonly<Record<string, Price>>): Promise<JsonObject | undefined>
    ledgerPage(page: PageRequest): Promise<Page<JsonObject>>
    fundingPage(page: PageRequest): Promise<Page<JsonObject>>
    equity(sinceMs: number): Promise<JsonObject[]>
    /** Fees taken in the coin, valued at their fills, by hedge. */
    coinFees(hedgeIds: readonly string[]): Promise<Record<string, Usdt>>
    fundingTotals(everyMs: number): Promise<FundingTotal[]>
    alerts(limit: number): Promise<AlertRow[]>
    audit(page: PageRequest): Promise<Page<AuditRow>>
  }

const HEDGES_SHOWN = 200

export function createBooks({
  database,
  lease,
  account,
}: Pick<Store, 'database' | 'lease' | 'account'>): Books {
  const scope = { account, epoch: lease.epoch }
  const ledger = createLedgerStore(database, scope)
  const trades = createTradeStore(database, scope)
  const operator = createOperatorStore(database, scope)
  const { pool } = database
  return {
    span: ledger.span,
    open: ledger.open,
    book: ledger.book,
    accountBalances: ledger.walletBalances,
    appendEquity: operator.appendEquity,
    ...createRiskReads(pool, account),
    keepFills: trades.keepFills,
    keepOrders: trades.keepOrders,
    commands: commandLog(operator),
    async hedges(limit = HEDGES_SHOWN) {
      const rows = await hedgeRows(pool, account, limit)
      const ended = rows.filter(({ state }) => state === 'closed').map(({ actorId }) => hedgeIdOf(actorId))
      const fees = await coinFees(pool, account, ended)
      return rows.map(row => ({ ...summary(row), ...closedResult(contextOf(row), row.state, fees) }))
    },
    async hedge(hedgeId, prices) {
      const row = await hedgeRowOf(pool, account, `hedge:${hedgeId}`)
      if (!row) return undefined
      const [postings, fills, funding] = await Promise.all([
        ledger.postingsOfHedge(hedgeId),
        trades.fillsOfHedge(hedgeId),
        ledger.fundingOfHedge(hedgeId),
      ])
      return { ...summary(row), result: hedgeResult(postings, prices), fills, funding }
    },
    ledgerPage: ledger.postings,
    fundingPage: ledger.fundingPayments,
    equity: operator.equity,
    coinFees: hedgeIds => coinFees(pool, account, hedgeIds),
    fundingTotals: everyMs => fundingTotals(pool, account, everyMs),
    alerts: operator.alerts,
    async audit(page) {
      const { rows, next } = await commandPage(pool, account, page)
      return { rows: rows.map(auditRow), next }
    },
  }
}

const contextOf = ({ context }: HedgeRow) => context as unknown as HedgeContext
const hedgeIdOf = (actorId: string) => actorId.replace(/^hedge:/, '')
const summary = (row: HedgeRow): JsonObject => hedgeSummary(contextOf(row), row.state, row.sinceMs)

function commandLog(operator: ReturnType<typeof createOperatorStore>): CommandLog {
  return {
    async find(key, digest) {
      const known = await operator.command(key)
      if (!known) return undefined
      return known.request.digest === digest ? (known.outcome as unknown as SendOutcome) : 'other'
    },
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
