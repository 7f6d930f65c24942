/** What was held: how long, what it made by parts, and why it closed. */
import type { StoredHedge } from '../../../api/rows/books.ts'
import { instantText, lengthText, shortInstantText } from '../../../wording/figures.ts'
import { spokenReason } from '../../../wording/reasons.ts'
import { ask } from '../../data/client.ts'
import { ROWS_KEPT_MAX, useRows } from '../../data/use-rows.ts'
import { Amount } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { BASIS, FEES, FUNDING, SLIPPAGE, WHICH_HEDGE } from '../hedges/columns.tsx'

const COLUMNS: readonly Column<StoredHedge>[] = [
  ...WHICH_HEDGE,
  {
    head: 'Closed',
    unit: 'UTC',
    value: ({ sinceMs }) => instantText(sinceMs),
    cell: ({ sinceMs }) => shortInstantText(sinceMs),
  },
  {
    head: 'Lived',
    figure: true,
    name: 'Lived (ms)',
    value: ({ enteredAtMs, sinceMs }) => (enteredAtMs > 0 ? sinceMs - enteredAtMs : null),
    cell: ({ enteredAtMs, sinceMs }) =>
      enteredAtMs > 0 ? lengthText(sinceMs - enteredAtMs) : 'never entered',
  },
  { head: 'Settlements', figure: true, value: ({ settlements }) => settlements },
  FUNDING,
  FEES,
  BASIS,
  SLIPPAGE,
  { head: 'Borrow (USDT)', value: row => row.borrowUsdt, hidden: true },
  { head: 'Dust (USDT)', value: row => row.dustUsdt, hidden: true },
  {
    head: 'Net',
    unit: 'USDT',
    figure: true,
    value: row => row.netUsdt,
    cell: row => (
      <strong className="font-semibold">
        <Amount value={row.netUsdt ?? null} />
      </strong>
    ),
  },
  {
    head: 'Why it closed',
    value: ({ unwindBecause }) => unwindBecause,
    cell: ({ unwindBecause }) => <span className="text-soft">{spokenReason(unwindBecause)}</span>,
  },
]

/** As many as the API gives unasked. */
const SHOWN = 200
const isClosed = ({ state }: StoredHedge) => state === 'closed'

export function ClosedHedges() {
  const { data, error } = useRows('/api/hedges', 5000)
  return (
    <DataTable
      title="Closed hedges"
      note={data && data.length >= SHOWN ? `of the last ${SHOWN} hedges; the file holds all` : undefined}
      rows={data?.filter(isClosed)}
      error={error}
      columns={COLUMNS}
      rowKey={({ id }) => id}
      file="closed-hedges"
      allRows={async () => (await ask('/api/hedges', { query: { limit: ROWS_KEPT_MAX } })).filter(isClosed)}
      sortedBy="-Closed"
      empty="None has closed yet."
      maxHeight={420}
    />
  )
}
