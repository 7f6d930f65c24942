/** Every tracked symbol by what a hedge of it would bring, and why it is taken or not. */
import { useRef, useState } from 'react'
import { Link } from 'wouter'
import type { Opportunity } from '../../../api/rows/books.ts'
import { amountText, bpsText, lengthText, percentText } from '../../../wording/figures.ts'
import { facing, routeWords } from '../../../wording/hedges.ts'
import { type LastKnown, withLastKnown } from '../../data/store.ts'
import { useRows } from '../../data/use-rows.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { Amount, Countdown } from '../../show/amount.tsx'
import { Choice } from '../../show/choice.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Failed } from '../../show/panel.tsx'
import { standing } from './standing.ts'

// Tracked symbols with what is made of them; where a book is not trusted now, with the last sums and prices that were known.

type Row = Opportunity & LastKnown

/** Rows keep their place in an order by their figures while a feed is silent. */
function useOpportunities(everyMs: number): { rows: Row[] | undefined; error: unknown } {
  const { data, error } = useRows('/api/opportunities', everyMs)
  const known = useRef({ data, rows: undefined as Row[] | undefined })
  if (known.current.data !== data) {
    const before = new Map(known.current.rows?.map(row => [row.symbol, row]))
    known.current = { data, rows: data?.map(row => remembered(before.get(row.symbol), row)) }
  }
  return { rows: known.current.rows, error }
}

function remembered(before: Row | undefined, row: Opportunity): Row {
  const market = withLastKnown<Opportunity['market']>(before?.market, row.market, [
    ...([
      'markPrice',
      'fundingRate',
      'fundingIntervalMs',
      'nextFundingAtMs',
      'basisBps',
      'depthUsdt',
    ] as const),
  ])
  const kept = withLastKnown<Opportunity>(before, { ...row, market }, ['carry'])
  return market.isOld ? { ...kept, isOld: true } : kept
}

type Carry = NonNullable<Opportunity['carry']>

/** What decides: the funding's mean is known from a short past, and the allowance is what it may be too much by. */
const cautiousNet = ({ netUsdt, allowanceUsdt }: Carry): string =>
  String(Number(netUsdt) + Number(allowanceUsdt))

const ExpectedNet = ({ carry }: { carry: Carry }) => (
  <span
    title={`${amountText(carry.netUsdt, { sign: true })} USDT before the allowance of ${amountText(carry.allowanceUsdt, { sign: true })} for what the short past of its funding does not tell`}
  >
    <Amount value={cautiousNet(carry)} />
    <span className="block text-[11px] text-faint">in {lengthText(carry.horizonHours * HOUR_MS)}</span>
  </span>
)

const HOUR_MS = 3_600_000

const COLUMNS: readonly Column<Opportunity & LastKnown>[] = [
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
    head: 'Net APR',
    unit: 'after all costs, on capital',
    figure: true,
    value: ({ carry }) => carry?.aprOnCapital,
    cell: ({ carry }) =>
      carry ? (
        <span className={`live font-semibold ${carry.aprOnCapital > 0 ? 'text-good' : ''}`}>
          {percentText(carry.aprOnCapital, { places: 1, sign: true })}
        </span>
      ) : (
        <span className="text-faint">–</span>
      ),
  },
  {
    head: 'Taken?',
    value: row => standing(row).word,
    cell: row => (
      <span className="chip" data-tone={standing(row).tone}>
        {standing(row).word}
      </span>
    ),
  },
  {
    head: 'Why',
    value: row => standing(row).why,
    cell: row => <span className="text-soft">{standing(row).why}</span>,
  },
  {
    head: 'Kind',
    unit: 'entered how',
    value: ({ direction }) => direction,
    cell: ({ direction, carry }) =>
      direction ? (
        <span className="whitespace-nowrap" title={facing(direction).does}>
          {facing(direction).name}
          {carry && <span className="block text-[11px] text-faint">{routeWords(carry.route).name}</span>}
        </span>
      ) : (
        <span className="text-faint">–</span>
      ),
  },
  { head: 'Route', value: ({ carry }) => carry?.route, hidden: true },
  {
    head: 'Break-even',
    unit: 'of expected funding',
    figure: true,
    name: 'Break-even (h)',
    value: ({ carry }) => carry?.breakEvenHours,
    cell: ({ carry }) => (
      <span className="live">
        {carry?.breakEvenHours ? lengthText(carry.breakEvenHours * 3_600_000) : carry ? 'never' : '–'}
      </span>
    ),
  },
  {
    head: 'Expected net',
    unit: 'USDT after the allowance · if held',
    figure: true,
    value: ({ carry }) => carry && cautiousNet(carry),
    cell: ({ carry }) => (carry ? <ExpectedNet carry={carry} /> : '–'),
  },
  {
    head: 'Funding APR',
    unit: 'gross, now',
    figure: true,
    value: ({ carry }) => carry?.fundingApr,
    cell: ({ carry }) => (
      <span className="live">{carry ? percentText(carry.fundingApr, { places: 1 }) : '–'}</span>
    ),
  },
  {
    head: 'Rate',
    unit: 'now · settles',
    figure: true,
    name: 'Funding rate',
    value: ({ market }) => market.fundingRate,
    cell: ({ market }) => (
      <span>
        <span className="live">
          {market.fundingRate === null ? '–' : bpsText(Number(market.fundingRate) * 10_000)}
        </span>
        <span className="block text-[11px] text-faint">
          {market.nextFundingAtMs === null ? '–' : <Countdown atMs={market.nextFundingAtMs} />}
        </span>
      </span>
    ),
  },
  {
    head: 'Basis',
    figure: true,
    value: ({ market }) => market.basisBps,
    cell: ({ market }) => (
      <span className="live">{market.basisBps === null ? '–' : bpsText(market.basisBps)}</span>
    ),
  },
  {
    head: 'Depth',
    unit: 'USDT within 10 bps',
    figure: true,
    value: ({ market }) => market.depthUsdt,
    cell: ({ market }) => (
      <span className="live">
        {market.depthUsdt === null ? '–' : amountText(market.depthUsdt, { places: 0 })}
      </span>
    ),
  },
  { head: 'State', value: ({ market }) => market.state, hidden: true },
]

const SHOWN = [
  { name: 'All', value: '' },
  { name: 'Taken', value: 'taken' },
  { name: 'Tempting', value: 'tempting' },
  { name: 'Not worth it', value: 'not worth it' },
  { name: 'Blocked by', value: 'way' },
] as const
type Shown = (typeof SHOWN)[number]['value']

/** What is none of the others: blind, failed, held back, refused, cooling. */
const isShown = (row: Opportunity, wanted: Shown): boolean => {
  const { word } = standing(row)
  if (wanted !== 'way') return wanted === '' || word === wanted
  return !SHOWN.some(({ value }) => value === word)
}

export function OpportunitiesPage() {
  const { rows, error } = useOpportunities(2000)
  const [wanted, setWanted] = useState<Shown>('')
  const found = rows?.filter(row => isShown(row, wanted))
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title="Opportunities" />
      {error && !rows ? (
        <Failed error={error} />
      ) : (
        <DataTable
          title="Tracked symbols"
          note={`${rows?.length ?? '–'}, judged for the largest hedge the limits allow`}
          rows={found}
          columns={COLUMNS}
          rowKey={({ symbol }) => symbol}
          isOld={({ isOld = false }) => isOld}
          file="opportunities"
          sortedBy="-Net APR"
          empty={rows && rows.length > 0 ? 'No symbol matches now.' : 'No symbol has been judged yet.'}
          maxHeight={820}
          actions={<Choice name="Symbols shown" options={SHOWN} chosen={wanted} onChoose={setWanted} />}
        />
      )}
    </div>
  )
}
