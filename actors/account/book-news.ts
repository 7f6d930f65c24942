/** Who hears what of the books: hedges of their settlements and interest, people of what does not tie out or cannot be booked. */
import { interestBase } from '../../src/domain/books/interest.ts'
import { isUnexplained, rowFault } from '../../src/domain/books/ledger.ts'
import type { TransactionRow } from '../../src/domain/books/transaction.ts'
import { backoffMs } from '../../src/domain/risk/restarts.ts'
import { livingPlans } from '../trading/claims.ts'
import type { World } from '../world.ts'

/** The first wait after books that failed, and the longest; of the wall's time, like all that a network or a person takes. */
const FAILED_FIRST_MS = 1_000
const FAILED_LAST_MS = 30_000
/** So long the books may be behind before a person is told. */
const LATE_MS = 600_000

/** Books that cannot be read or written are tried again, later and later; after a while a person is told. */
export function createLateBooks(world: () => World) {
  let failures = 0
  let sinceMs = 0
  return {
    booked(): undefined {
      failures = 0
      world().alerts.clear('ledger.late')
      return undefined
    },
    /** @returns how long to wait, in engine milliseconds */
    failed(error: unknown): number {
      const { clock, alerts, telemetry, speed } = world()
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

export function tellResidual({ alerts }: World, coin: string, residual: string) {
  if (residual === '0') alerts.clear('ledger.residual', coin)
  else alerts.raise('page', 'ledger.residual', { coin, residual })
}

/** Of a row that was just booked. */
export function tellRow(world: World, row: TransactionRow, hedgeId: string | undefined) {
  const fault = rowFault(row)
  if (fault) world.telemetry.inputRefused('transaction-row', fault, { row: row.id })
  if (isUnexplained(row)) tellUnexplained(world, row)
  if (row.kind === 'interest') tellInterest(world, row, hedgeId)
  if (row.kind !== 'settlement') return
  world.telemetry.fundingSettled(row.symbol, Number(row.funding))
  world.telemetry.log.info('funding.settled', { symbol: row.symbol, amountUsdt: row.funding })
  tellSettlement(world, row, hedgeId)
}

/** A hedge that knows of it already does not count it again. */
export function tellSettlement(world: World, row: TransactionRow, hedgeId: string | undefined) {
  if (!hedgeId || row.kind !== 'settlement') return
  const event = { type: 'funding.settled', amountUsdt: row.funding, settledAtMs: row.atMs }
  world.runtime().deliver(`hedge:${hedgeId}`, event)
}

function tellUnexplained({ alerts }: World, { id, venueKind, coin, symbol, change, atMs }: TransactionRow) {
  alerts.raise('ticket', 'ledger.suspense', { subject: id, kind: venueKind, coin, symbol, change, atMs })
}

/** The debt has grown: its hedge must hold more of the perpetual. */
function tellInterest(world: World, row: TransactionRow, hedgeId: string | undefined) {
  const plan = livingPlans(world).find(each => each.hedgeId === hedgeId)
  if (!plan) return
  const base = interestBase(plan, [row])
  world.telemetry.log.info('interest.accrued', { coin: row.coin, base })
  world.runtime().deliver(`hedge:${hedgeId}`, { type: 'interest.accrued', rowId: row.id, base })
}
