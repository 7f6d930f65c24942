/**
 * Rows that name no order, given to their hedge by their execution: the legs of a native spread order carry no id of ours, so
 * whoever books by order ids alone leaves them to nobody.
 */
import type { Posting } from '../domain/ledger.ts'
import type { Fill } from '../domain/order.ts'
import { ownerOfRow, ownersOfFills } from '../domain/row-owner.ts'
import type { BookedRow } from './memory-books.ts'

type Booked = { rows: readonly BookedRow[]; postings: readonly Posting[] }

export function ownedRows({ rows, postings }: Booked, fills: readonly Fill[]): Booked {
  const facts = { claims: [], ownersOfExecs: ownersOfFills(fills) }
  const owners = new Map(
    rows.map(({ row, hedgeId }) => [row.id, hedgeId || (ownerOfRow(row, facts) ?? '')] as const),
  )
  return {
    rows: rows.map(({ row }) => ({ row, hedgeId: owners.get(row.id) ?? '' })),
    postings: postings.map(posting => ({ ...posting, hedgeId: owners.get(posting.rowId) ?? '' })),
  }
}
