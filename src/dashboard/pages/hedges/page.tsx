/** Every hedge there was: searched by symbol, reason, result and time. The search stands in the address, so that it can be kept. */
import type { ReactNode } from 'react'
import { useSearchParams } from 'wouter'
import type { StoredHedge } from '../../../api/rows/books.ts'
import {
  amountText,
  countText,
  instantText,
  lengthText,
  percentText,
  shortInstantText,
} from '../../../wording/figures.ts'
import { shortReason, spokenReason } from '../../../wording/reasons.ts'
import { ROWS_KEPT_MAX, useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { Amount, StateChip } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Panel } from '../../show/panel.tsx'
import { FEES, FUNDING, WHICH_HEDGE } from './columns.tsx'

// A search over hedges as it stands in the address: each part left out matches all.

type Search = {
  symbol: string
  /** The name of a reason, such as carry-gone. */
  reason: string
  result: string
  /** UTC days, both among what is found. */
  from: string
  until: string
}

const RESULTS = [
  { value: 'gain', name: 'closed with a gain' },
  { value: 'loss', name: 'closed with a loss' },
  { value: 'open', name: 'open' },
  { value: 'failed', name: 'failed' },
  { value: 'never', name: 'never entered' },
] as const

/** What an address asks for. */
const searchOf = (params: URLSearchParams): Search => ({
  symbol: params.get('symbol') ?? '',
  reason: params.get('reason') ?? '',
  result: params.get('result') ?? '',
  from: params.get('from') ?? '',
  until: params.get('until') ?? '',
})

const DAY_MS = 86_400_000

/** Hedges that stood at some time between both days, and match the rest. */
function matching(hedges: readonly StoredHedge[], search: Search): StoredHedge[] {
  const { symbol, reason, result, from, until } = search
  const fromMs = from === '' ? Number.NEGATIVE_INFINITY : Date.parse(from)
  const untilMs = until === '' ? Number.POSITIVE_INFINITY : Date.parse(until) + DAY_MS
  return hedges.filter(hedge => {
    const { enteredAtMs, sinceMs, state } = hedge
    const beganMs = enteredAtMs > 0 ? enteredAtMs : sinceMs
    const endedMs = state === 'closed' ? sinceMs : Number.POSITIVE_INFINITY
    return (
      (symbol === '' || hedge.symbol === symbol) &&
      (reason === '' || reasonOf(hedge) === reason) &&
      (result === '' || isResult(hedge, result)) &&
      beganMs < untilMs &&
      endedMs >= fromMs
    )
  })
}

function isResult({ state, netUsdt, enteredAtMs }: StoredHedge, result: string): boolean {
  const isClosed = state === 'closed'
  switch (result) {
    case 'gain':
      return isClosed && Number(netUsdt ?? 0) > 0
    case 'loss':
      return isClosed && Number(netUsdt ?? 0) < 0
    case 'open':
      return !isClosed
    case 'failed':
      return state.startsWith('failed')
    default:
      return isClosed && !(enteredAtMs > 0)
  }
}

/** The name of why it closed or failed; a person's own words are one each. */
function reasonOf({ failure, unwindBecause }: Pick<StoredHedge, 'failure' | 'unwindBecause'>): string {
  const text = failure ?? unwindBecause ?? ''
  return /^[a-z]+(-[a-z]+)*(?=: found )/.exec(text)?.[0] ?? text
}

const distinct = (words: readonly string[]) => [...new Set(words)].filter(word => word !== '').sort()

/** What there is to choose from. */
const symbolsOf = (hedges: readonly StoredHedge[]) => distinct(hedges.map(({ symbol }) => symbol))
/** The same for reasons. */
const reasonsOf = (hedges: readonly StoredHedge[]) => distinct(hedges.map(reasonOf))

const COLUMNS: readonly Column<StoredHedge>[] = [
  ...WHICH_HEDGE,
  { head: 'State', value: ({ state }) => state, cell: ({ state }) => <StateChip state={state} /> },
  {
    head: 'Entered',
    unit: 'UTC',
    value: ({ enteredAtMs }) => (enteredAtMs > 0 ? instantText(enteredAtMs) : null),
    cell: ({ enteredAtMs }) => (enteredAtMs > 0 ? shortInstantText(enteredAtMs) : 'never'),
  },
  {
    head: 'Closed',
    unit: 'UTC',
    value: row => (isClosed(row) ? instantText(row.sinceMs) : null),
    cell: row => (isClosed(row) ? shortInstantText(row.sinceMs) : <span className="text-faint">open</span>),
  },
  {
    head: 'Lived',
    name: 'Lived (ms)',
    figure: true,
    value: row => (isClosed(row) && row.enteredAtMs > 0 ? row.sinceMs - row.enteredAtMs : null),
    cell: row => (isClosed(row) && row.enteredAtMs > 0 ? lengthText(row.sinceMs - row.enteredAtMs) : '–'),
  },
  FUNDING,
  FEES,
  {
    head: 'Net',
    unit: 'USDT, when closed',
    figure: true,
    value: row => row.netUsdt,
    cell: row => (
      <strong className="font-semibold">
        <Amount value={isClosed(row) ? (row.netUsdt ?? null) : null} />
      </strong>
    ),
  },
  {
    head: 'APR',
    unit: 'on capital used',
    figure: true,
    value: row => row.realisedAprOnCapital,
    cell: ({ realisedAprOnCapital: apr }) =>
      apr === null || apr === undefined ? (
        <span className="text-faint">–</span>
      ) : (
        percentText(apr, { places: 1, sign: true })
      ),
  },
  {
    head: 'Why',
    value: ({ failure, unwindBecause }) => failure ?? unwindBecause,
    cell: ({ failure, unwindBecause }) => (
      <span className="text-soft">{spokenReason(failure ?? unwindBecause)}</span>
    ),
  },
]

const isClosed = ({ state }: Pick<StoredHedge, 'state'>) => state === 'closed'

export function HedgesPage() {
  const [params, setParams] = useSearchParams()
  const search = searchOf(params)
  const { data, error } = useRows('/api/hedges', 10_000, { limit: ROWS_KEPT_MAX })
  const rows = data && matching(data, search)
  const set = (next: Partial<Search>) =>
    setParams(new URLSearchParams(Object.entries(next).filter(([, value]) => value !== '')), {
      replace: true,
    })
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Hedges" />
      <Panel
        title="Search"
        note={rows && data ? `${countText(rows.length, 'hedge')} of ${data.length}` : undefined}
      >
        <SearchForm
          search={search}
          all={data ?? []}
          onChange={part => set({ ...search, ...part })}
          onClear={() => set({})}
        >
          <Made closed={(rows ?? []).filter(isClosed)} />
        </SearchForm>
      </Panel>
      <DataTable
        title="All hedges"
        rows={rows}
        error={error}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        file="hedges"
        sortedBy="-Entered"
        empty={data && data.length > 0 ? 'No hedge matches.' : 'No hedge yet.'}
        maxHeight={720}
      />
    </div>
  )
}

function Made({ closed }: { closed: readonly StoredHedge[] }) {
  if (closed.length === 0) return null
  const net = closed.reduce((sum, { netUsdt }) => sum + Number(netUsdt ?? 0), 0)
  return (
    <span className="ml-auto text-[13px]">
      {countText(closed.length, 'closed hedge')} made{' '}
      <strong className="text-ink">{amountText(net.toFixed(2), { sign: true })} USDT</strong>
    </span>
  )
}

type FormParts = {
  search: Search
  all: readonly StoredHedge[]
  onChange: (part: Partial<Search>) => void
  onClear: () => void
  children: ReactNode
}

const SearchForm = ({ search, all, onChange, onClear, children }: FormParts) => (
  <form
    className="flex flex-wrap items-end gap-3 px-4 py-2.5 text-[12px] text-soft"
    onSubmit={event => event.preventDefault()}
  >
    <PickOne
      label="Symbol"
      value={search.symbol}
      options={symbolsOf(all)}
      onPick={symbol => onChange({ symbol })}
    />
    <PickOne
      label="Closed or failed because"
      value={search.reason}
      options={reasonsOf(all)}
      nameOf={shortReason}
      onPick={reason => onChange({ reason })}
    />
    <PickOne
      label="Result"
      value={search.result}
      options={RESULTS.map(({ value }) => value)}
      nameOf={value => RESULTS.find(each => each.value === value)?.name ?? value}
      onPick={result => onChange({ result })}
    />
    <Day label="From (UTC)" value={search.from} onPick={from => onChange({ from })} />
    <Day label="Until (UTC)" value={search.until} onPick={until => onChange({ until })} />
    <button type="button" className="btn" onClick={onClear}>
      Show all
    </button>
    {children}
  </form>
)

type PickParts = {
  label: string
  value: string
  options: readonly string[]
  nameOf?: (value: string) => string
  onPick: (value: string) => void
}

const PickOne = ({ label, value, options, nameOf = each => each, onPick }: PickParts) => (
  <label className="flex flex-col gap-1">
    {label}
    <select className="field" value={value} onChange={event => onPick(event.target.value)}>
      <option value="">any</option>
      {options.map(option => (
        <option key={option} value={option}>
          {nameOf(option)}
        </option>
      ))}
    </select>
  </label>
)

const Day = ({ label, value, onPick }: { label: string; value: string; onPick: (day: string) => void }) => (
  <label className="flex flex-col gap-1">
    {label}
    <input className="field" type="date" value={value} onChange={event => onPick(event.target.value)} />
  </label>
)
