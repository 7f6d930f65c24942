/** Who hears what of the books: hedges of their settlements and interest, people of what does not tie out or cannot be booked. */
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
