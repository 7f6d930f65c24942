/** One symbol explained: what is made of it and why, its hedge and what would close it, its past, and what was decided. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Opportunity } from '../../../api/rows/books.ts'
import type { DecisionRow } from '../../../api/rows/results.ts'
import {
  agoText,
  bpsText,
  instantText,
  percentText,
  priceText,
  storyInstantText,
} from '../../../wording/figures.ts'
import { reasonText } from '../../../wording/reasons.ts'
import { ask } from '../../data/client.ts'
import { useActor, useEngineNowMs, useLive } from '../../data/use-live.ts'
import { useRows } from '../../data/use-rows.ts'
import { CarryPanel } from '../../market/carry-panel.tsx'
import { HistoryPanel } from '../../market/history-panel.tsx'
import { ClosingPanel, ExitPanel } from '../../money/exit-panel.tsx'
import { ReturnsPanel } from '../../money/returns-panel.tsx'
import { PageTitle } from '../../shell/layout.tsx'
import { Countdown, StateChip } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Empty, Failed, Panel } from '../../show/panel.tsx'
import { standing } from '../opportunities/standing.ts'

// What was decided about a symbol, the newest first: each change of mind with the figures it was made from.

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

function DecisionsPanel({ symbol }: { symbol: string }) {
  const { data, error } = useQuery({
    queryKey: ['decisions', symbol],
    queryFn: ({ signal }) =>
      ask('/api/opportunities/{symbol}/decisions', { params: { symbol }, query: { limit: SHOWN }, signal }),
    refetchInterval: 5000,
  })
  return (
    <DataTable
      title="Decisions"
      note="changes of verdict, with their figures"
      rows={data?.rows}
      error={error}
      columns={COLUMNS}
      rowKey={({ atMs, about }) => `${atMs} ${about}`}
      file={`decisions-${symbol}`}
      empty="No decision yet."
      maxHeight={360}
    />
  )
}

export function SymbolPage({ symbol }: { symbol: string }) {
  const { data, error } = useRows('/api/opportunities', 3000)
  const judged = data?.find(row => row.symbol === symbol)
  const holdings = useLive(live => live.holdings)
  const held = [...(holdings?.values() ?? [])].filter(row => row.symbol === symbol)
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <Title symbol={symbol} hedgeIds={held.map(({ id }) => id)} />
      {!data && (error ? <Failed error={error} /> : <Empty>Loading…</Empty>)}
      {data && !judged && (
        <p className="panel px-4 py-2.5 text-[13px] text-soft">
          {symbol} is not tracked now, or was not judged yet. <Link href="/opportunities">All that are</Link>
        </p>
      )}
      {judged && <Verdict judged={judged} isHeld={held.length > 0} />}
      <div className="grid items-start gap-2.5 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-2.5">
          {judged && <HistoryPanel symbol={symbol} />}
          {judged && <CarryPanel judged={judged} />}
        </div>
        <div className="flex min-w-0 flex-col gap-2.5">
          {held.map(({ id }) => (
            <div key={id} className="flex flex-col gap-2.5">
              <ExitPanel hedgeId={id} called={held.length > 1 ? id : undefined} />
              <ClosingPanel hedgeId={id} called={held.length > 1 ? id : undefined} />
            </div>
          ))}
          <DecisionsPanel symbol={symbol} />
        </div>
      </div>
      <ReturnsPanel symbol={symbol} />
    </div>
  )
}

function Title({ symbol, hedgeIds }: { symbol: string; hedgeIds: readonly string[] }) {
  const state = useActor(`symbol:${symbol}`)?.state
  return (
    <PageTitle title={symbol}>
      {state && <StateChip state={state} inner />}
      <div className="ml-auto flex flex-wrap items-center gap-3 text-[13px]">
        {hedgeIds.map(id => (
          <Link key={id} href={`/hedges/${id}`}>
            Hedge <span className="font-mono text-[12px]">{id}</span>
          </Link>
        ))}
        <Link href={`/hedges?symbol=${encodeURIComponent(symbol)}`}>Its past hedges</Link>
        <Link href={`/inspector/${encodeURIComponent(`symbol:${symbol}`)}`}>Chart</Link>
      </div>
    </PageTitle>
  )
}

function Verdict({ judged, isHeld }: { judged: Opportunity; isHeld: boolean }) {
  const nowMs = useEngineNowMs()
  const { word, tone, why } = standing(judged)
  const { market, judgedAtMs } = judged
  return (
    <Panel
      title={isHeld ? 'Where it stands' : 'Is it worth a hedge?'}
      note={`judged ${agoText(nowMs - judgedAtMs)}`}
    >
      <p className="px-4 py-2.5 text-[13px]">
        <span className="chip mr-2" data-tone={tone}>
          {word}
        </span>
        {capital(why)}.
      </p>
      <dl className="flex flex-wrap gap-x-8 gap-y-1 border-t border-line px-4 py-2 text-[13px]">
        <Fact name="Mark price">{market.markPrice === null ? '–' : priceText(market.markPrice)}</Fact>
        <Fact name="Funding rate now">
          {market.fundingRate === null ? '–' : bpsText(Number(market.fundingRate) * 10_000)}
        </Fact>
        <Fact name="Next settlement">
          {market.nextFundingAtMs === null ? '–' : <Countdown atMs={market.nextFundingAtMs} />}
        </Fact>
        <Fact name="Basis">{market.basisBps === null ? '–' : bpsText(market.basisBps)}</Fact>
      </dl>
    </Panel>
  )
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div className="flex gap-2">
    <dt className="text-soft">{name}</dt>
    <dd className="live tabular-nums">{children}</dd>
  </div>
)

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)
