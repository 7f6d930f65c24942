/** One variant run by the real engine over recorded history, its journal and its books in memory. */
import type { HedgeContext } from '../../machines/hedge/context.ts'
import type { History } from '../exchange/simulator/history/files.ts'
import { createMemoryJournal, type MemoryStored } from '../store/journal/memory-journal.ts'
import type { ActorRow } from '../store/schema/records.ts'
import { silentTelemetry } from '../telemetry/telemetry.ts'
import { type BookedRow, memoryBooks } from './memory-books.ts'
import { checkFunding } from './replay/funding.ts'
import { verifyActors } from './replay/rules.ts'
import { END_OF_RECORDS, replayWindow } from './replay/window.ts'
import { type BacktestRun, backtestRun } from './run.ts'
import { recordedPrices, type TradeFacts, tradeOf } from './trades.ts'
import type { Variant } from './variant.ts'

/** The first four signs of every hedge's id. Always the same, so that two runs give the same bytes. */
const SALT = 'BT00'

/** @throws what the engine calls fatal */
export async function engineRun(
  history: History,
  variant: Variant,
  progress: (nowMs: number) => void = () => {},
): Promise<BacktestRun> {
  const { rules, fees, capitalUsdt, seed } = variant
  const journal = createMemoryJournal()
  const books = memoryBooks()
  const run = await replayWindow({
    history,
    rules,
    journal,
    books,
    salt: SALT,
    isOwner: () => true,
    telemetry: silentTelemetry(),
    balanceUsdt: capitalUsdt,
    seed,
    fees: fees.table,
    progress: ({ nowMs }) => progress(nowMs),
  })
  await journal.drained()
  const recorded = recordedPrices(history)
  const trades = factsOf(journal.stored, rules.strategy.entryAprMin).map(facts =>
    tradeOf(facts, books, run.lastPrices, recorded),
  )
  return backtestRun({
    name: 'hedgerow',
    how: 'engine',
    history,
    capitalUsdt,
    rows: books.rows,
    postings: books.postings,
    trades,
    equity: run.equity,
    decisions: run.decisions,
    events: [],
    checks: {
      residuals: run.residuals,
      funding: checkFunding(history, trades, fundingPaid(books)),
      journal: await verifyActors(journal, [...journal.stored.actors.keys()]),
    },
  })
}

/** Settlements as the ledger has them: of each row the amount, the quantity and the instant. */
export const fundingPaid = ({ rows }: { rows: readonly BookedRow[] }) =>
  rows
    .filter(({ row }) => row.kind === 'settlement')
    .map(({ row, hedgeId }) => ({
      hedgeId,
      symbol: row.symbol,
      amount: row.funding,
      qty: row.qty,
      settledAtMs: Math.floor(row.atMs / 1000) * 1000,
    }))

function factsOf(stored: MemoryStored, entryAprMin: number): TradeFacts[] {
  return [...stored.actors.values()]
    .sort((a, b) => a.ordinal - b.ordinal)
    .map(({ row }) => JSON.parse(row) as ActorRow)
    .filter(({ kind }) => kind === 'hedge')
    .map(({ state, sinceMs, snapshot }) => {
      const { context } = JSON.parse(snapshot) as { context: HedgeContext }
      const { plan, failure, unwindBecause, enteredAtMs } = context
      const left = unwindBecause === 'flatten' ? END_OF_RECORDS : unwindBecause
      return {
        id: plan.hedgeId,
        symbol: plan.symbol,
        direction: plan.direction,
        route: plan.route ?? 'spot-first',
        state,
        openedAtMs: enteredAtMs || plan.decidedAtMs,
        closedAtMs: state === 'closed' ? sinceMs : null,
        notionalUsdt: plan.notionalUsdt,
        expected: plan.expected,
        because: `carry-above-entry: found ${plan.expected.cautiousApr}, limit ${entryAprMin}`,
        leftBecause: failure ?? left ?? 'still open',
      }
    })
}
