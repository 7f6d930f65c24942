/** What was realised by period, on the capital that was really used, for the account and each symbol; expected beside received. */
import { useState } from 'react'
import { Link } from 'wouter'
import type { Returns } from '../../api/rows/closing.ts'
import { amountText, instantText, lengthText, percentText } from '../../wording/figures.ts'
import { useRows } from '../data/use-rows.ts'
import { Amount } from '../show/amount.tsx'
import { Choice } from '../show/choice.tsx'
import { type Column, DataTable } from '../show/data-table.tsx'

type Row = Returns['rows'][number]

const PERIODS = [
  { name: 'Day', value: 'day' },
  { name: 'Week', value: 'week' },
  { name: 'Month', value: 'month' },
  { name: 'In all', value: 'all' },
] as const
type By = (typeof PERIODS)[number]['value']

const money = (head: string, unit: string, value: (row: Row) => string): Column<Row> => ({
  ...{ head, unit, value, figure: true },
  cell: row => <Amount value={value(row)} />,
})

const COLUMNS: readonly Column<Row>[] = [
  {
    head: 'Period',
    unit: 'UTC',
    value: ({ fromMs }) => instantText(fromMs).slice(0, 10),
    cell: ({ fromMs, untilMs }) => periodText(fromMs, untilMs),
  },
  {
    head: 'Symbol',
    value: ({ symbol }) => symbol || 'account',
    cell: ({ symbol }) =>
      symbol ? <Link href={`/symbols/${symbol}`}>{symbol}</Link> : <strong>Account</strong>,
  },
  { head: 'Hedges', figure: true, value: ({ hedges }) => hedges },
  {
    ...money('Funding', 'received', row => row.fundingUsdt),
  },
  {
    head: 'Expected',
    unit: 'of what was held',
    figure: true,
    value: row => row.expectedFundingUsdt,
    cell: ({ expectedFundingUsdt }) => <Amount value={expectedFundingUsdt} plain />,
  },
  money('Fees', 'paid −', row => row.feesUsdt),
  money('Borrow', 'paid −', row => row.borrowUsdt),
  money('Basis and slip', 'realised', row => row.tradingUsdt),
  {
    ...money('Net', 'realised', row => row.netUsdt),
    cell: row => (
      <strong className="font-semibold">
        <Amount value={row.netUsdt} />
      </strong>
    ),
  },
  {
    head: 'Capital',
    unit: 'in use, average',
    figure: true,
    value: ({ capitalUsdt }) => capitalUsdt,
    cell: ({ capitalUsdt, usedMs }) => (
      <span>
        {usedMs > 0 ? amountText(capitalUsdt, { places: 0 }) : 'none'}
        <span className="block text-[11px] text-faint">{usedMs > 0 ? `for ${lengthText(usedMs)}` : ' '}</span>
      </span>
    ),
  },
  {
    head: 'APR',
    unit: 'on that capital',
    figure: true,
    value: ({ apr }) => apr,
    cell: ({ apr }) =>
      apr === null ? (
        <span className="text-faint" title="Less than a day of use is too short to annualise">
          under a day
        </span>
      ) : (
        <span className={`font-semibold ${apr > 0 ? 'text-good' : apr < 0 ? 'text-bad' : ''}`}>
          {percentText(apr, { places: 1, sign: true })}
        </span>
      ),
  },
]

export function ReturnsPanel({ symbol }: { symbol?: string }) {
  const [by, setBy] = useState<By>('all')
  const { data, error } = useRows('/api/returns', 10_000, { by })
  const isShown = data?.by === by
  return (
    <DataTable
      title="Earned by period"
      note="USDT realised, including parts of open hedges, from the ledger"
      rows={isShown ? data.rows.filter(row => symbol === undefined || row.symbol === symbol) : undefined}
      error={error}
      columns={COLUMNS}
      rowKey={row => `${row.fromMs} ${row.symbol}`}
      file={`earned-by-${by}`}
      {...(by === 'all' ? {} : { sortedBy: '-Period' })}
      empty={symbol ? `No hedge of ${symbol} has traded yet.` : 'No hedge has traded yet.'}
      maxHeight={360}
      filter={symbol === undefined}
      actions={<Choice name="Period" options={PERIODS} chosen={by} onChoose={setBy} />}
    />
  )
}

/** The last instant is not of the period. */
function periodText(fromMs: number, untilMs: number): string {
  const [from, until] = [fromMs, untilMs - 1].map(atMs => instantText(atMs).slice(0, 10))
  return from === until ? (from ?? '') : `${from} to ${until?.slice(5)}`
}
