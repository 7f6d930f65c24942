/** How a symbol's funding and basis were, with the entries and exits of our hedges drawn in. */
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
import { ask } from '../data/client.ts'
import { Choice } from '../show/choice.tsx'
import { Empty, Failed, Panel } from '../show/panel.tsx'

const Curves = lazy(async () => ({ default: (await import('./history-curves.tsx')).HistoryCurves }))

const SPANS = [
  { name: '12 h', value: 12 },
  { name: '2 d', value: 48 },
  { name: '7 d', value: 168 },
  { name: '30 d', value: 720 },
] as const
type Hours = (typeof SPANS)[number]['value']

export function HistoryPanel({ symbol, hedgeId }: { symbol: string; hedgeId?: string }) {
  const [hours, setHours] = useState<Hours>(48)
  const { data, error } = useQuery({
    queryKey: ['history', symbol, hours],
    queryFn: ({ signal }) =>
      ask('/api/opportunities/{symbol}/history', { params: { symbol }, query: { hours }, signal }),
    refetchInterval: 30_000,
  })
  const isEmpty = data && data.rates.length === 0 && data.basis.length < 2
  return (
    <Panel
      title="Funding and basis"
      note={`${symbol}, UTC · entries and exits of our hedges`}
      actions={<Choice name="Period shown" options={SPANS} chosen={hours} onChoose={setHours} />}
    >
      {!data ? (
        error ? (
          <Failed error={error} />
        ) : (
          <Empty>Asking the exchange…</Empty>
        )
      ) : isEmpty ? (
        <Empty>The exchange has no past of this market in this span.</Empty>
      ) : (
        <Suspense fallback={<p className="h-[250px] p-4 text-soft">Loading…</p>}>
          <Curves key={hours} history={data} hedgeId={hedgeId} />
        </Suspense>
      )}
    </Panel>
  )
}
