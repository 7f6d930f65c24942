/** What funding was received and paid: by day and symbol, and settlement by settlement. */
import { lazy, Suspense } from 'react'
import { Link } from 'wouter'
import type { FundingRow } from '../../../api/rows/books.ts'
import { amountText, instantText, priceText, qtyText } from '../../../wording/figures.ts'
import { usePages, useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { Amount } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Empty, Failed, MoreRows, Panel } from '../../show/panel.tsx'

const Bars = lazy(async () => ({ default: (await import('./bars.tsx')).FundingBars }))

const COLUMNS: readonly Column<FundingRow>[] = [
  { head: 'Settled', unit: 'UTC', value: ({ settledAtMs }) => instantText(settledAtMs) },
  {
    head: 'Symbol',
    value: ({ symbol }) => symbol,
    cell: ({ symbol }) => (
      <Link href={`/symbols/${symbol}`} className="font-semibold">
        {symbol}
      </Link>
    ),
  },
  {
    head: 'Hedge',
    value: ({ hedgeId }) => hedgeId,
    cell: ({ hedgeId }) =>
      hedgeId ? (
        <Link href={`/hedges/${hedgeId}`} className="font-mono text-[12px]">
          {hedgeId}
        </Link>
      ) : (
        <span className="text-faint">none of ours</span>
      ),
  },
  {
    head: 'Amount',
    unit: 'received +',
    figure: true,
    value: ({ amount }) => amount,
    cell: ({ amount }) => <Amount value={amount} digits={4} />,
  },
  { head: 'Coin', value: ({ coin }) => coin },
  {
    head: 'Position',
    unit: 'contracts',
    figure: true,
    value: ({ qty }) => qty,
    cell: ({ qty }) => qtyText(qty),
  },
  {
    head: 'Mark price',
    unit: 'USDT',
    figure: true,
    value: ({ markPrice }) => markPrice,
    cell: ({ markPrice }) => priceText(markPrice),
  },
  { head: 'Row', value: ({ transactionId }) => transactionId, hidden: true },
]

export function FundingPage() {
  const { rows, error, all, more, isLoadingMore } = usePages('/api/funding', 5000)
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Funding" />
      <ByStep />
      <DataTable
        title="Settlements"
        rows={rows}
        error={error}
        columns={COLUMNS}
        rowKey={({ transactionId }) => transactionId}
        file="funding"
        allRows={all}
        empty="No settlement has been booked yet."
        footer={<MoreRows more={more} isLoading={isLoadingMore} />}
      />
    </div>
  )
}

const DAY_MS = 86_400_000

function ByStep() {
  const { data, error } = useRows('/api/funding/totals', 10_000, { everyMs: DAY_MS })
  const total = (data ?? []).reduce((sum, { amountUsdt }) => sum + Number(amountUsdt), 0)
  return (
    <Panel
      title="Funding by day"
      note={`USDT, UTC days${data ? ` · together ${amountText(total.toFixed(2), { sign: true })}` : ''}`}
    >
      {!data ? (
        error ? (
          <Failed error={error} />
        ) : (
          <Empty>Loading…</Empty>
        )
      ) : data.length === 0 ? (
        <Empty>No settlement has been booked yet.</Empty>
      ) : (
        <Suspense fallback={<p className="h-[240px] p-4 text-soft">Loading…</p>}>
          <Bars totals={data} />
        </Suspense>
      )}
    </Panel>
  )
}
