/**
 * Who hears what of the books (hedges of their settlements and interest, people of what does not tie out or cannot be booked),
 * and how far back each reading of the log begins, for rows that come late.
 */
import { isUnexplained, rowFault } from '../../src/domain/books/ledger.ts'
import { interestBase, type TransactionRow } from '../../src/domain/books/transaction.ts'
import { backoffMs } from '../../src/domain/risk/restarts.ts'
import type { Ports } from '../ports.ts'
import { livingPlans } from '../trading/claims.ts'

/** The first wait after books that failed, and the longest; of the wall's time, like all that a network or a person takes. */
const FAILED_FIRST_MS = 1_000
const FAILED_LAST_MS = 30_000
/** So long the books may be behind before a person is told. */
const LATE_MS = 600_000

/** Books that cannot be read or written are tried again, later and later; after a while a person is told. */
export function createLateBooks(ports: () => Ports<'clock' | 'speed' | 'telemetry' | 'alerts'>) {
  let failures = 0
  let sinceMs = 0
  return {
    booked(): undefined {
      failures = 0
      ports().alerts.clear('ledger.late')
      return undefined
    },
    /** @returns how long to wait, in engine milliseconds */
    failed(error: unknown): number {
      const { clock, alerts, telemetry, speed } = ports()
      const because = error instanceof Error ? error.message : String(error)
      if (failures === 0) sinceMs = clock.nowMs()
      telemetry.inputRefused('reading', `the books: ${because}`)
      const ageMs = clock.nowMs() - sinceMs
      if (ageMs >= LATE_MS * speed) alerts.raise('page', 'ledger.late', { because, ageMs })
      return backoffMs(failures++, {
        backoffMs: FAILED_FIRST_MS * speed,
        backoffMsMax: FAILED_LAST_MS * speed,
      })
    },
  }
}

/** Raises the alert of a coin whose wallet and ledger differ (wallet less ledger, in the coin), and clears it at 0. */
export function tellResidual({ alerts }: Ports<'alerts'>, coin: string, residual: string) {
  if (residual === '0') alerts.clear('ledger.residual', coin)
  else alerts.raise('page', 'ledger.residual', { coin, residual })
}

/** Of a row that was just booked. */
export function tellRow(
  ports: Ports<'telemetry' | 'alerts' | 'runtime'>,
  row: TransactionRow,
  hedgeId: string | undefined,
) {
  const fault = rowFault(row)
  if (fault) ports.telemetry.inputRefused('transaction-row', fault, { row: row.id })
  if (isUnexplained(row)) tellUnexplained(ports, row)
  if (row.kind === 'interest') tellInterest(ports, row, hedgeId)
  if (row.kind !== 'settlement') return
  ports.telemetry.fundingSettled(row.symbol, Number(row.funding))
  ports.telemetry.log.info('funding.settled', { symbol: row.symbol, amountUsdt: row.funding })
  tellSettlement(ports, row, hedgeId)
}

/** A hedge that knows of it already does not count it again. */
export function tellSettlement(ports: Ports<'runtime'>, row: TransactionRow, hedgeId: string | undefined) {
  if (!hedgeId || row.kind !== 'settlement') return
  const event = { type: 'funding.settled', amountUsdt: row.funding, settledAtMs: row.atMs }
  ports.runtime().deliver(`hedge:${hedgeId}`, event)
}

function tellUnexplained(
  { alerts }: Ports<'alerts'>,
  { id, venueKind, coin, symbol, change, atMs }: TransactionRow,
) {
  alerts.raise('ticket', 'ledger.suspense', { subject: id, kind: venueKind, coin, symbol, change, atMs })
}

/** The debt has grown: its hedge must hold more of the perpetual. */
function tellInterest(
  ports: Ports<'telemetry' | 'runtime'>,
  row: TransactionRow,
  hedgeId: string | undefined,
) {
  const plan = livingPlans(ports).find(each => each.hedgeId === hedgeId)
  if (!plan) return
  const base = interestBase(plan, [row])
  ports.telemetry.log.info('interest.accrued', { coin: row.coin, base })
  ports.runtime().deliver(`hedge:${hedgeId}`, { type: 'interest.accrued', rowId: row.id, base })
}

/** Each reading begins so long before the newest booked row: rows of one instant may come one after the other. */
export const LOOKED_BACK_MS = 10_000
/** While the books tie out a late row is missed by nobody yet: the whole span is read this often. */
const WHOLE_EVERY_MS = 600_000
/** While they do not, sooner, then more and more rarely. */
const MISSING_FIRST_MS = 20_000
const MISSING_LAST_MS = 120_000
/** The first reading of a process goes back at least so far: what its forerunner booked last may have been told to nobody. */
const FIRST_SPAN_MS = 3_600_000
/** Where the rules do not say. */
const SPAN_MS = 6 * 3_600_000

/** Of one bookkeeper; all in engine milliseconds. */
export function createLookBack(ports: () => Ports<'clock' | 'pace' | 'rules'>) {
  let isFirst = true
  /** The whole span is due so long after this instant, at the pace of that moment. */
  let dueFromMs = 0
  let dueAfterMs = 0
  let waitMs = MISSING_FIRST_MS
  const isWholeDue = ({ clock, pace }: Ports<'clock' | 'pace'>) =>
    isFirst || clock.nowMs() >= dueFromMs + dueAfterMs * pace
  const due = (fromMs: number, afterMs: number) => {
    dueFromMs = fromMs
    dueAfterMs = afterMs
  }
  return {
    /** How far before the newest booked row this reading begins. */
    spanMs(): number {
      const { rules } = ports()
      const { lateRowsMs = SPAN_MS } = rules.limits
      if (isFirst) return Math.max(FIRST_SPAN_MS, lateRowsMs)
      return isWholeDue(ports()) ? Math.max(LOOKED_BACK_MS, lateRowsMs) : LOOKED_BACK_MS
    },
    /** After a reading. @param isTied - the wallet is explained, in every coin */
    looked(isTied: boolean): void {
      const { clock, pace } = ports()
      const nowMs = clock.nowMs()
      const isDue = isWholeDue(ports())
      isFirst = false
      if (isTied) {
        waitMs = MISSING_FIRST_MS
        if (isDue) due(nowMs, WHOLE_EVERY_MS)
        return
      }
      if (isDue || nowMs + waitMs * pace < dueFromMs + dueAfterMs * pace) due(nowMs, waitMs)
      if (isDue) waitMs = Math.min(MISSING_LAST_MS, waitMs * 2)
    },
  }
}
