/** Every command of a person: who, when, what, from where to where. */
import type { AuditRow } from '../../../api/rows/rows.ts'
import { instantText } from '../../../wording/figures.ts'
import { usePages } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { StateChip } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { MoreRows } from '../../show/panel.tsx'

const OUTCOMES: Readonly<Record<string, { word: string; tone: string }>> = {
  accepted: { word: 'accepted', tone: 'good' },
  illegal: { word: 'refused: not legal in that state', tone: 'warn' },
  moved: { word: 'refused: state had changed', tone: 'warn' },
}

const eventText = ({ event }: AuditRow) => {
  const { type, by: _, ...rest } = event
  const more = Object.entries(rest).map(([name, value]) => `${name} ${String(value)}`)
  return [String(type ?? ''), ...more].join(', ')
}

const COLUMNS: readonly Column<AuditRow>[] = [
  { head: 'At', unit: 'UTC', value: ({ atMs }) => instantText(atMs) },
  { head: 'Who', value: ({ operator }) => operator },
  { head: 'From', value: ({ source }) => source },
  {
    head: 'Actor',
    value: ({ target }) => target,
    cell: ({ target }) => <span className="font-mono text-[12px]">{target}</span>,
  },
  { head: 'Command', value: eventText },
  {
    head: 'Before',
    value: ({ before }) => before,
    cell: ({ before }) => before && <StateChip state={before} inner />,
  },
  {
    head: 'After',
    value: ({ after }) => after,
    cell: ({ after }) => after && <StateChip state={after} inner />,
  },
  {
    head: 'Outcome',
    value: ({ outcome }) => outcome,
    cell: ({ outcome }) => (
      <span className="chip" data-tone={OUTCOMES[outcome]?.tone}>
        {OUTCOMES[outcome]?.word ?? outcome}
      </span>
    ),
  },
  {
    head: 'Key',
    value: ({ idempotencyKey }) => idempotencyKey,
    cell: ({ idempotencyKey }) => (
      <span className="font-mono text-[11px] text-faint">{idempotencyKey.slice(0, 8)}</span>
    ),
  },
]

export function AuditPage() {
  const { rows, error, all, more, isLoadingMore } = usePages('/api/audit', 4000)
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Audit" />
      <DataTable
        title="Commands"
        rows={rows}
        error={error}
        columns={COLUMNS}
        rowKey={({ idempotencyKey }) => idempotencyKey}
        file="audit"
        allRows={all}
        empty="No command yet."
        footer={<MoreRows more={more} isLoading={isLoadingMore} />}
      />
    </div>
  )
}
