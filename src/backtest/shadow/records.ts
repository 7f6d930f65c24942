/** What an engine wrote of a stretch of time, as its shadow reads it: decisions, hedges with all that became of them, refusals. */
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Amount } from '../../domain/units.ts'
import type { HedgeRecords } from '../../run/books/hedge-books.ts'
import { createDecisionStore, type Decision } from '../../store/books/decision-store.ts'
import { type HedgeRow, hedgeRowsWithin, midsOfHedge } from '../../store/books/hedge-store.ts'
import { createLedgerStore } from '../../store/books/ledger-store.ts'
import { createTradeStore } from '../../store/books/trade-store.ts'
import type { Database } from '../../store/database.ts'
import { type DeskRefusal, deskRefusals } from '../../store/journal/reader.ts'

/** `amount`: + is received; `qty` in contracts. */
export type Payment = { settledAtMs: number; amount: Amount; qty: Amount }

export type RecordedHedge = HedgeRecords & { payments: readonly Payment[] }

export type ShadowRecords = {
  account: string
  fromMs: number
  toMs: number
  /** Oldest first. */
  decisions: readonly Decision[]
  /** Those that were planned in the stretch. */
  hedges: readonly RecordedHedge[]
  refusals: readonly DeskRefusal[]
}

type Stretch = { account: string; fromMs: number; toMs: number }

/** Reads, and writes nothing. Throws what the store throws. */
export async function shadowRecords(database: Database, stretch: Stretch): Promise<ShadowRecords> {
  const { account } = stretch
  const scope = { account }
  const rows = await hedgeRowsWithin(database, account, stretch)
  const hedges = await Promise.all(rows.map(row => recordedHedge(database, account, row)))
  return {
    ...stretch,
    decisions: await createDecisionStore(database, scope).between(stretch),
    hedges,
    refusals: await deskRefusals(database.pool, account, stretch),
  }
}

async function recordedHedge(database: Database, account: string, row: HedgeRow): Promise<RecordedHedge> {
  const context = row.context as unknown as HedgeContext
  const { hedgeId } = context.plan
  const ledger = createLedgerStore(database, { account })
  const [postings, payments, fills, mids] = await Promise.all([
    ledger.postingsOfHedge(hedgeId),
    ledger.fundingOfHedge(hedgeId),
    createTradeStore(database, { account }).fillsOfHedge(hedgeId),
    midsOfHedge(database.pool, account, hedgeId),
  ])
  return { context, state: row.state, sinceMs: row.sinceMs, postings, fills, mids, payments }
}
