/** Reports of backtests and sweeps that lie in the data folder: the list, and one of them as its file shows it. */
import { Link } from 'wouter'
import type { AnswerTo } from '../../../api/rows/answers.ts'
import { amountText, instantText } from '../../../wording/figures.ts'
import { useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'

type Report = AnswerTo<'/api/reports'>[number]

const COLUMNS: readonly Column<Report>[] = [
  {
    head: 'Report',
    value: ({ title }) => title,
    cell: ({ name, title }) => <Link href={`/reports/${encodeURIComponent(name)}`}>{title}</Link>,
  },
  {
    head: 'File',
    value: ({ name }) => name,
    cell: ({ name }) => <span className="font-mono text-[12px]">{name}</span>,
  },
  { head: 'Written', unit: 'UTC', value: ({ writtenAtMs }) => instantText(writtenAtMs) },
  {
    head: 'Size',
    unit: 'kB',
    figure: true,
    value: ({ bytes }) => bytes,
    cell: ({ bytes }) => amountText(bytes / 1000, { places: 0 }),
  },
]

const EVERY_MS = 10_000

export function ReportsPage({ name }: { name: string | undefined }) {
  return name === undefined ? <List /> : <Report name={name} />
}

function List() {
  const { data, error } = useRows('/api/reports', EVERY_MS)
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Reports" />
      <DataTable
        title="Backtests and sweeps"
        note="equity and draw-down, where the money came from, every trade with its decision, each symbol, and hashes of what it was made of"
        rows={data}
        error={error}
        columns={COLUMNS}
        rowKey={({ name }) => name}
        file="reports"
        empty={
          <>
            No report is there yet. <code>hedgerow backtest --report</code> and{' '}
            <code>hedgerow sweep --report</code> write one where this page looks.
          </>
        }
      />
    </div>
  )
}

/** In a frame that runs nothing and loads nothing: a report is a file that anybody may have written. */
function Report({ name }: { name: string }) {
  const { data, error } = useRows('/api/reports', EVERY_MS)
  const report = data?.find(each => each.name === name)
  const file = `/api/reports/${encodeURIComponent(name)}`
  return (
    <div className="flex h-full min-h-[75dvh] flex-col gap-2.5 p-3">
      <PageTitle title={report?.title ?? name}>
        {report && (
          <span className="text-[13px] text-soft">written {instantText(report.writtenAtMs)} UTC</span>
        )}
        <span className="ml-auto flex items-center gap-3">
          <Link href="/reports">All reports</Link>
          <a href={file} download={name}>
            Download
          </a>
        </span>
      </PageTitle>
      {report ? (
        <iframe
          title={report.title}
          src={file}
          sandbox=""
          className="panel min-h-0 w-full grow"
          style={{ minHeight: '79dvh' }}
        />
      ) : (
        <p className={error ? 'text-bad' : 'text-soft'} role={error ? 'alert' : undefined}>
          {error instanceof Error
            ? error.message
            : data
              ? `No report is called ${name}. It may have been removed from the data folder.`
              : 'Loading…'}
        </p>
      )}
    </div>
  )
}
