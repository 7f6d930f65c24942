/** What people were told: each alert from its beginning to its end, and who took it. */
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Link } from 'wouter'
import type { AlertRow } from '../../../api/rows/rows.ts'
import { instantText, lengthText } from '../../../wording/figures.ts'
import { ask, command } from '../../data/client.ts'
import { ROWS_KEPT_MAX, useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Failed } from '../../show/panel.tsx'
import { byUrgency, detailText, placeOf, subjectText } from './alert-words.ts'

const PATH = '/api/alerts'

const COLUMNS: readonly Column<AlertRow>[] = [
  { head: 'Raised', unit: 'UTC', value: ({ raisedAtMs }) => instantText(raisedAtMs) },
  {
    head: 'Severity',
    value: ({ severity }) => severity,
    cell: ({ severity }) => (
      <span className="chip" data-tone={severity === 'page' ? 'bad' : 'warn'}>
        {severity}
      </span>
    ),
  },
  {
    head: 'What',
    value: ({ message }) => message,
    cell: ({ message, name }) => (
      <span>
        {message} <span className="block font-mono text-[11px] text-faint">{name}</span>
      </span>
    ),
  },
  {
    head: 'About',
    value: ({ subject }) => subject,
    cell: ({ subject }) => <About subject={subject} />,
  },
  { head: 'Details', value: detailText, cell: row => <span className="text-soft">{detailText(row)}</span> },
  {
    head: 'Ended',
    value: ({ clearedAtMs }) => (clearedAtMs === null ? '' : instantText(clearedAtMs)),
    cell: ({ clearedAtMs, raisedAtMs }) =>
      clearedAtMs === null ? (
        <span className="font-semibold text-warn">stands</span>
      ) : (
        `after ${lengthText(clearedAtMs - raisedAtMs)}`
      ),
  },
  {
    head: 'Taken',
    value: ({ acknowledgedBy }) => acknowledgedBy,
    cell: row => <Take alert={row} />,
  },
]

function About({ subject }: { subject: string }) {
  const place = placeOf(subject)
  if (!place) return <span>{subjectText(subject)}</span>
  return <Link href={place}>{subject}</Link>
}

function Take({ alert: { alertId, acknowledgedBy, clearedAtMs, message } }: { alert: AlertRow }) {
  const queries = useQueryClient()
  const take = useMutation({
    mutationFn: () => command(`/api/alerts/${encodeURIComponent(alertId)}/acknowledge`),
    onSettled: () => queries.invalidateQueries({ queryKey: [PATH] }),
  })
  if (acknowledgedBy !== null) return <span className="text-soft">by {acknowledgedBy}</span>
  if (clearedAtMs !== null) return <span className="text-faint">nobody</span>
  return (
    <span>
      <button
        type="button"
        className="btn"
        onClick={() => take.mutate()}
        disabled={take.isPending}
        title={`Take: ${message}`}
      >
        Acknowledge
      </button>
      {take.error && (
        <span role="alert" className="ml-2 text-bad">
          {take.error.message}
        </span>
      )}
    </span>
  )
}

export function AlertsPage() {
  const { data, error } = useRows(PATH, 3000)
  const sorted = useMemo(() => byUrgency(data ?? []), [data])
  const standing = sorted.filter(({ clearedAtMs }) => clearedAtMs === null).length
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Alerts" />
      {error && !data ? (
        <Failed error={error} />
      ) : (
        <DataTable
          title="Alerts"
          note={`${standing} standing`}
          rows={data && sorted}
          columns={COLUMNS}
          rowKey={({ alertId }) => alertId}
          file="alerts"
          allRows={() => ask(PATH, { query: { limit: ROWS_KEPT_MAX } })}
          empty="No alert so far."
        />
      )}
    </div>
  )
}
