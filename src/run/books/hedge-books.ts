/** Hedges as the books know them: living ones by their actors' rows, closed ones with the result that was written once. */
import { claimOf } from '../../../actors/trading/claims.ts'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Returns } from '../../api/rows/closing.ts'
import type { MarketHistory } from '../../api/rows/results.ts'
import { type EarnedDay, earnedDays } from '../../domain/books/earned-days.ts'
import { type EarnedBy, earnedPeriods, type HedgeDays } from '../../domain/books/earned-periods.ts'
import {
  type ExecutionQuality,
  executionQuality,
  type QualityTotals,
  qualityTotals,
} from '../../domain/books/execution-quality.ts'
import { type HedgeProfit, hedgeProfit } from '../../domain/books/hedge-profit.ts'
import { hedgeResult, thirdCoinFees } from '../../domain/books/hedge-result.ts'
import type { Posting } from '../../domain/books/ledger.ts'
import type { HedgeClaim } from '../../domain/books/row-owner.ts'
import { type CarryOutcome, carryOutcome } from '../../domain/carry/carry-outcome.ts'
import type { JsonObject } from '../../domain/json.ts'
import type { DecidedMids } from '../../domain/legs/hedge-order.ts'
import type { Fill } from '../../domain/legs/order.ts'
import type { Price } from '../../domain/units.ts'
import type { AccountScope } from '../../store/books/account-scope.ts'
import { createDecisionStore } from '../../store/books/decision-store.ts'
import {
  createHedgeResults,
  type HedgeRow,
  hedgeRowOf,
  hedgeRows,
  hedgeRowsOf,
  midsOfHedge,
  openHedgeRows,
  type ProfitBy,
  type ProfitTotal,
  type StoredResult,
} from '../../store/books/hedge-store.ts'
import type { LedgerStore } from '../../store/books/ledger-store.ts'
import { type BookedFigures, bookedFigures } from '../../store/books/operator-reads.ts'
import type { TradeStore } from '../../store/books/trade-store.ts'
import type { Database } from '../../store/database.ts'
import { hedgeSummary } from '../../views/living-hedges.ts'

/** What things are worth now. */
export type Valuation = {
  /** USDT per coin. */
  prices: Readonly<Record<string, Price>>
  /** USDT per contract, by the perpetual's symbol. */
  marks: Readonly<Record<string, Price>>
  nowMs: number
}
/** What is stored of a hedge: its actor as it stands, and what was booked and filled for it. */
export type HedgeRecords = {
  context: HedgeContext
  state: string
  sinceMs: number
  postings: readonly Posting[]
  fills: readonly Fill[]
  mids: Readonly<Record<string, DecidedMids>>
}
type HedgeAccounts = {
  profit: HedgeProfit
  quality: ExecutionQuality
  carry: CarryOutcome
  days: EarnedDay[]
}

/** What its records come to, valued so; a closed one's parts rest. */
export function hedgeAccounts(facts: HedgeRecords, { prices, marks, nowMs }: Valuation): HedgeAccounts {
  const { context, state, sinceMs, postings, fills, mids } = facts
  const { plan, enteredAtMs } = context
  const closed = state === 'closed'
  const markPrice = marks[plan.perp.symbol] ?? null
  const profit = hedgeProfit({ plan, postings, fills, mids, closed, prices, markPrice })
  const untilMs = closed ? sinceMs : nowMs
  const days = daysOf(facts, untilMs)
  return {
    profit,
    quality: executionQuality({ plan, fills, mids, otherFeesUsdt: thirdCoinFees(postings) }),
    carry: carryOutcome({ plan, enteredAtMs, untilMs, days }, profit),
    days,
  }
}

/** What it realised day by day; of a closed one until its end, of a living one until now. */
function daysOf({ context: { plan }, postings, fills, ...facts }: HedgeRecords, nowMs: number): EarnedDay[] {
  const closed = facts.state === 'closed'
  const final = closed
    ? hedgeProfit({ plan, postings, fills, mids: {}, closed, prices: {}, markPrice: null })
    : null
  return earnedDays({ plan, postings, fills, final, nowMs })
}

/** The result of a closed hedge: coins left over count at its own last spot fill, so that no price changes it any more. */
function finalResult(facts: HedgeRecords): StoredResult {
  const { plan, enteredAtMs } = facts.context
  const { profit, quality, carry, days } = hedgeAccounts(facts, {
    prices: {},
    marks: {},
    nowMs: facts.sinceMs,
  })
  const { inventory, measuredShare, realisedUsdt: _, unrealisedUsdt: __, unvalued: ___, ...parts } = profit
  return {
    hedgeId: plan.hedgeId,
    symbol: plan.symbol,
    direction: plan.direction,
    route: plan.expected.route,
    openedAtMs: enteredAtMs || plan.decidedAtMs,
    closedAtMs: facts.sinceMs,
    capitalUsdt: plan.capitalUsdt,
    notionalUsdt: plan.notionalUsdt,
    ...parts,
    detail: { inventory, measuredShare, quality, carry, days },
  }
}

const HEDGES_SHOWN = 200
/** Results written in one go. */
const SETTLED_AT_ONCE = 20
/** A hedge's claims are remembered for late rows; those before this many are long told. */
const CLAIMS_READ = 50

type QualityRow = ExecutionQuality & { hedgeId: string; symbol: string; closedAtMs: number }
type Quality = { totals: QualityTotals; hedges: QualityRow[] }

type Parts = { database: Database; scope: AccountScope; ledger: LedgerStore; trades: TradeStore }
export type HedgeBooks = ReturnType<typeof createHedgeBooks>

/** Hedges of one account by the books. */
export function createHedgeBooks({ database, scope, ledger, trades }: Parts) {
  const kept: Kept = {
    ...{ ledger, trades },
    database,
    account: scope.account,
    results: createHedgeResults(database, scope),
    decisions: createDecisionStore(database, scope),
  }
  return { ...hedgeReads(kept), ...hedgeEndings(kept), ...hedgeReturns(kept) }
}

type Kept = {
  database: Database
  account: string
  ledger: LedgerStore
  trades: TradeStore
  results: ReturnType<typeof createHedgeResults>
  decisions: ReturnType<typeof createDecisionStore>
}

async function factsOf({ database, account, ledger, trades }: Kept, row: HedgeRow): Promise<HedgeRecords> {
  const context = contextOf(row)
  const { hedgeId } = context.plan
  const [postings, fills, mids] = await Promise.all([
    ledger.postingsOfHedge(hedgeId),
    trades.fillsOfHedge(hedgeId),
    midsOfHedge(database.pool, account, hedgeId),
  ])
  return { context, state: row.state, sinceMs: row.sinceMs, postings, fills, mids }
}

function hedgeReads(kept: Kept) {
  const { database, account, ledger, results, decisions } = kept
  return {
    /** The newest hedges, living and closed. What is booked of each comes from the books, its legs from its executions. */
    async hedges(limit = HEDGES_SHOWN): Promise<JsonObject[]> {
      const rows = await hedgeRows(database, account, limit)
      const [ended, living] = [true, false].map(isEnded =>
        rows.filter(({ state }) => (state === 'closed') === isEnded),
      ) as [HedgeRow[], HedgeRow[]]
      const written = await results.of(ended.map(({ actorId }) => hedgeIdOf(actorId)))
      const figures = await bookedFigures(
        database.pool,
        account,
        living.map(({ actorId }) => hedgeIdOf(actorId)),
      )
      const fresh = ended.filter(({ actorId }) => !written.has(hedgeIdOf(actorId))).slice(0, SETTLED_AT_ONCE)
      for (const row of fresh) written.set(hedgeIdOf(row.actorId), finalResult(await factsOf(kept, row)))
      return rows.map(row => {
        const id = hedgeIdOf(row.actorId)
        const result = written.get(id)
        return { ...summary(row, figures.get(id)), ...(result && shownResult(result)) }
      })
    },
    /** One hedge with its fills and funding, its profit by parts, how it was executed, and what was decided about it. */
    async hedge(hedgeId: string, valuation: Valuation): Promise<JsonObject | undefined> {
      const row = await hedgeRowOf(database, account, `hedge:${hedgeId}`)
      if (!row) return undefined
      const [facts, funding] = await Promise.all([factsOf(kept, row), ledger.fundingOfHedge(hedgeId)])
      const { fills, postings } = facts
      const accounts = hedgeAccounts(facts, valuation)
      const { days: _days, ...shown } = accounts
      const { fundingUsdt, feesUsdt } = shown.profit
      return json({
        ...summary(row),
        ...{ fundingUsdt, feesUsdt, settlements: funding.length },
        result: hedgeResult(postings, valuation.prices),
        ...shown,
        decisions: await decisionsOf(decisions, facts),
        fills,
        funding,
      })
    },
    /** When hedges of a symbol came and went since then, oldest first. */
    async moves(symbol: string, sinceMs: number): Promise<MarketHistory['moves']> {
      const rows = await hedgeRowsOf(database, account, symbol, sinceMs)
      return rows.flatMap(movesOf).filter(({ atMs }) => atMs >= sinceMs)
    },
  }
}

/** What is written of hedges when they end, and remembered of them after it. */
function hedgeEndings(kept: Kept) {
  const { database, account, results } = kept
  return {
    /** Writes the results of hedges that closed since; those there are stay. */
    async settleResults(): Promise<void> {
      const ids = await results.missing(SETTLED_AT_ONCE)
      const rows = await Promise.all(ids.map(id => hedgeRowOf(database, account, `hedge:${id}`)))
      const facts = await Promise.all(rows.flatMap(row => (row ? [factsOf(kept, row)] : [])))
      await results.keep(facts.map(finalResult))
    },
    async endedClaims(): Promise<HedgeClaim[]> {
      const rows = await hedgeRows(database, account, CLAIMS_READ)
      return rows
        .filter(({ state }) => state === 'closed')
        .map(row => claimOf(contextOf(row).plan, row.sinceMs))
    },
  }
}

/** What hedges made, together. */
function hedgeReturns(kept: Kept) {
  const { database, account, results } = kept

  /** Rows to reckon from their records: those that live, and those whose days were not kept with their result. */
  const unkept = async (written: Awaited<ReturnType<typeof results.days>>, open: readonly HedgeRow[]) => {
    const older = written.filter(({ days }) => days === null)
    const rows = await Promise.all(
      older.map(({ hedgeId }) => hedgeRowOf(database, account, `hedge:${hedgeId}`)),
    )
    return [...open, ...rows.flatMap(row => (row ? [row] : []))]
  }

  return {
    /** How closed hedges were executed, the newest first, and all of these together. */
    async quality(limit = HEDGES_SHOWN): Promise<Quality> {
      const found = await results.newest(limit)
      const hedges = found.map(({ hedgeId, symbol, closedAtMs, detail: { quality } }) => ({
        ...{ hedgeId, symbol, closedAtMs },
        ...quality,
      }))
      return { totals: qualityTotals(hedges), hedges }
    },
    /** What hedges realised by period, closed ones and those that live. */
    async returns(by: EarnedBy, nowMs: number): Promise<Returns> {
      const [written, open] = await Promise.all([results.days(), openHedgeRows(database, account)])
      const found: HedgeDays[] = written.map(({ days, ...hedge }) => ({ ...hedge, days: days ?? [] }))
      for (const row of await unkept(written, open)) {
        const facts = await factsOf(kept, row)
        const { hedgeId, symbol } = facts.context.plan
        found.push({ hedgeId, symbol, days: daysOf(facts, nowMs) })
      }
      return { by, rows: earnedPeriods(found, by, nowMs) }
    },
    /** Sums over closed hedges. */
    profit: (by: ProfitBy): Promise<ProfitTotal[]> => results.totals(by),
  }
}

type DecisionReads = Pick<ReturnType<typeof createDecisionStore>, 'opening' | 'closing'>

/** The judgements that opened and closed it; null where none was kept, or where a person or a fault did it. */
async function decisionsOf({ opening, closing }: DecisionReads, { context, state, sinceMs }: HedgeRecords) {
  const { plan, unwindBecause } = context
  // Its reason is told as the judgement gave it: "basis-stop: found …, limit …".
  const [, because, found, limit] = /^([a-z-]+): found (.*), limit (.*)$/s.exec(unwindBecause ?? '') ?? []
  const untilMs = state === 'closed' ? sinceMs : Number.MAX_SAFE_INTEGER
  const [opened, closed] = await Promise.all([
    opening(plan.symbol, plan.decidedAtMs),
    because === undefined ? undefined : closing(plan.symbol, because, untilMs),
  ])
  const isOwn = closed && closed.atMs >= plan.decidedAtMs && closed.found === found && closed.limit === limit
  return { opened: opened ?? null, closed: isOwn ? closed : null }
}

function movesOf(row: HedgeRow): MarketHistory['moves'] {
  const { enteredAtMs } = contextOf(row)
  const hedgeId = hedgeIdOf(row.actorId)
  if (!(enteredAtMs > 0)) return []
  const entry = { atMs: enteredAtMs, kind: 'entry' as const, hedgeId }
  return row.state === 'closed' ? [entry, { atMs: row.sinceMs, kind: 'exit', hedgeId }] : [entry]
}

function shownResult({ detail, openedAtMs, closedAtMs, route, ...row }: StoredResult): JsonObject {
  const { feesUsdt, basisUsdt, slippageUsdt, borrowUsdt, dustUsdt, fundingUsdt, netUsdt } = row
  const { inventory, measuredShare, carry, quality } = detail
  return json({
    ...{ openedAtMs, closedAtMs, route, inventory, measuredShare },
    ...{ fundingUsdt, feesUsdt, basisUsdt, slippageUsdt, borrowUsdt, dustUsdt, netUsdt },
    realisedAprOnCapital: carry.realisedAprOnCapital,
    expectedNetSoFarUsdt: carry.lines.find(({ part }) => part === 'net')?.expectedSoFarUsdt,
    costBps: quality.costBps,
  })
}

const contextOf = ({ context }: HedgeRow): HedgeContext => context as unknown as HedgeContext
const hedgeIdOf = (actorId: string) => actorId.replace(/^hedge:/, '')
const summary = (row: HedgeRow, booked?: BookedFigures): JsonObject =>
  hedgeSummary(contextOf(row), row, booked)
const json = (value: object): JsonObject => value as JsonObject
