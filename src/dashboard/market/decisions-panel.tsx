/** What was decided about a symbol, the newest first: each change of mind with the figures it was made from. */
import { useQuery } from '@tanstack/react-query'
import type { DecisionRow } from '../../api/rows/results.ts'
import { instantText, percentText, storyInstantText } from '../../wording/figures.ts'
import { reasonText } from '../../wording/reasons.ts'
import { ask } from '../data/client.ts'
import { type Column, DataTable } from '../show/data-table.tsx'

const SHOWN = 100
const TONES: Readonly<Record<string, string>> = { tempting: 'accent', leave: 'warn', blind: 'bad' }

const COLUMNS: readonly Column<DecisionRow>[] = [
  {
    head: 'Decided',
    unit: 'UTC',
    value: ({ atMs }) => instantText(atMs),
    cell: ({ atMs }) => storyInstantText(atMs),
  },
  {
    head: 'About',
    value: ({ about }) => about,
    cell: ({ about }) => (about === 'entry' ? 'a new hedge' : 'its open hedge'),
  },
  {
    head: 'Verdict',
    value: ({ verdict }) => verdict,
    cell: ({ verdict }) => (
      <span className="chip" data-tone={TONES[verdict]}>
        {verdict}
      </span>
    ),
  },
  {
    head: 'Net APR',
    figure: true,
    value: row => aprOf(row),
    cell: row => (aprOf(row) === null ? '–' : percentText(aprOf(row), { places: 1, sign: true })),
  },
  {
    head: 'Why',
    value: row => reasonText(row),
    cell: row => <span className="text-soft">{reasonText(row)}</span>,
  },
  { head: 'Found', value: ({ found }) => found, hidden: true },
  { head: 'Limit', value: ({ limit }) => limit, hidden: true },
]

/** Where a sum was made. */
function aprOf({ detail }: DecisionRow): number | null {
  const carry: unknown = detail.carry
  if (typeof carry !== 'object' || carry === null || !('aprOnCapital' in carry)) return null
  return typeof carry.aprOnCapital === 'number' ? carry.aprOnCapital : null
}

export function DecisionsPanel({ symbol }: { symbol: string }) {
  const { data, error } = useQuery({
    queryKey: ['decisions', symbol],
    queryFn: ({ signal }) =>
      ask('/api/opportunities/{symbol}/decisions', { params: { symbol }, query: { limit: SHOWN }, signal }),
    refetchInterval: 5000,
  })
  return (
    <DataTable
      title="Decisions"
      note="changes of mind, with their figures"
      rows={data?.rows}
      error={error}
      columns={COLUMNS}
      rowKey={({ atMs, about }) => `${atMs} ${about}`}
      file={`decisions-${symbol}`}
      empty="Nothing was decided about it yet."
      maxHeight={360}
    />
  )
}
