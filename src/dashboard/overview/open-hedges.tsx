/** What is held now: both legs, how level they are, what funding comes next, and the profit by its parts. */
import { Link } from 'wouter'
import type { Holding, LegHolding } from '../../api/rows.ts'
import { useLive } from '../live/use-live.ts'
import { Amount } from '../show/amount.tsx'
import { Countdown } from '../show/countdown.tsx'
import { type Column, DataTable } from '../show/data-table.tsx'
import { bpsText, percentText, priceText, qtyText } from '../show/figures.ts'
import { StateChip } from '../show/state-chip.tsx'
import { ProfitBar } from './profit-bar.tsx'

const NONE: ReadonlyMap<string, Holding> = new Map()

const COLUMNS: readonly Column<Holding>[] = [
  {
    head: 'Hedge',
    value: ({ symbol }) => symbol,
    cell: ({ id, symbol }) => (
      <Link href={`/hedges/${id}`} className="block leading-tight">
        <span className="font-semibold">{symbol}</span>
        <span className="block font-mono text-[11px] text-faint">{id}</span>
      </Link>
    ),
  },
  { head: 'Id', value: ({ id }) => id, hidden: true },
  { head: 'State', value: ({ state }) => state, cell: ({ state }) => <StateChip state={state} /> },
  {
    head: 'Spot leg',
    unit: 'coins · worth USDT',
    figure: true,
    value: ({ spot }) => spot.base,
    cell: ({ spot }) => <Leg leg={spot} sign="" />,
  },
  {
    head: 'Perp leg',
    unit: 'coins short · worth',
    figure: true,
    value: ({ perp }) => perp.base,
    cell: ({ perp }) => <Leg leg={perp} sign="−" />,
  },
  {
    head: 'Delta',
    unit: 'USDT',
    figure: true,
    value: ({ deltaUsdt }) => deltaUsdt,
    cell: ({ deltaUsdt, isLevel, deltaBase, baseCoin }) => (
      <span
        title={`${qtyText(deltaBase)} ${baseCoin} ${isLevel ? 'apart: less than one lot' : 'apart: not level'}`}
      >
        <Amount value={deltaUsdt} plain />
        <span className={`block text-[11px] ${isLevel ? 'text-faint' : 'font-semibold text-bad'}`}>
          {isLevel ? 'level' : 'not level'}
        </span>
      </span>
    ),
  },
  {
    head: 'Basis',
    unit: 'bps · at entry',
    figure: true,
    value: ({ basisBps }) => basisBps,
    cell: ({ basisBps, entryBasisBps }) => (
      <Two
        above={basisBps === null ? '–' : bpsText(basisBps)}
        below={entryBasisBps === null ? '–' : bpsText(entryBasisBps)}
      />
    ),
  },
  {
    head: 'Next funding',
    unit: 'USDT · when',
    figure: true,
    value: ({ nextFundingUsdt }) => nextFundingUsdt,
    cell: ({ nextFundingUsdt, nextFundingAtMs }) => (
      <span>
        <Amount value={nextFundingUsdt} />
        <span className="block text-[11px] text-faint">
          {nextFundingAtMs === null ? '–' : <Countdown atMs={nextFundingAtMs} />}
        </span>
      </span>
    ),
  },
  {
    head: 'Funding APR',
    unit: 'gross, now',
    figure: true,
    value: ({ fundingApr }) => fundingApr,
    cell: ({ fundingApr }) => (
      <span className="live">{fundingApr === null ? '–' : percentText(fundingApr)}</span>
    ),
  },
  {
    head: 'Funding',
    unit: 'USDT so far',
    figure: true,
    value: ({ fundingUsdt }) => fundingUsdt,
    cell: ({ fundingUsdt, settlements }) => (
      <span>
        <Amount value={fundingUsdt} />
        <span className="block text-[11px] text-faint">{settlements} ×</span>
      </span>
    ),
  },
  {
    head: 'Fees',
    unit: 'USDT',
    figure: true,
    value: row => row.feesUsdt,
    cell: row => <Amount value={row.feesUsdt} />,
  },
  {
    head: 'Basis and slip',
    unit: 'USDT',
    figure: true,
    value: ({ basisUsdt }) => basisUsdt,
    cell: ({ basisUsdt }) => <Amount value={basisUsdt} />,
  },
  {
    head: 'Net',
    unit: 'USDT, not closed',
    figure: true,
    value: ({ netUsdt }) => netUsdt,
    cell: ({ netUsdt, fundingUsdt, feesUsdt, basisUsdt }) => (
      <span>
        <strong className="font-semibold">
          <Amount value={netUsdt} />
        </strong>
        <ProfitBar funding={fundingUsdt} fees={feesUsdt} basis={basisUsdt} />
      </span>
    ),
  },
  { head: 'Expected net (USDT)', value: ({ expectedNetUsdt }) => expectedNetUsdt, hidden: true },
  { head: 'Capital (USDT)', value: ({ capitalUsdt }) => capitalUsdt, hidden: true },
]

export function OpenHedges() {
  const holdings = useLive(live => live.holdings) ?? NONE
  return (
    <DataTable
      title="Open hedges"
      note="net = funding − fees + basis and slippage; what closing would cost is not in it"
      rows={[...holdings.values()]}
      columns={COLUMNS}
      rowKey={({ id }) => id}
      file="open-hedges"
      sortedBy="Hedge"
      empty="Nothing is held. A hedge opens when a symbol's carry pays its fees; Opportunities says what is missing."
    />
  )
}

function Leg({ leg, sign }: { leg: LegHolding; sign: string }) {
  return (
    <span
      title={
        leg.entryPrice === null
          ? 'nothing filled'
          : `filled at ${priceText(leg.entryPrice)}, now ${leg.price === null ? 'unknown' : priceText(leg.price)}`
      }
    >
      <span className="live">
        {sign}
        {qtyText(leg.base, 4)}
      </span>
      <span className="block text-[11px] text-faint">
        {leg.working ? (
          <span className="text-accent">order at work</span>
        ) : (
          <Amount value={leg.valueUsdt} plain />
        )}
      </span>
    </span>
  )
}

const Two = ({ above, below }: { above: string; below: string }) => (
  <span>
    <span className="live">{above}</span>
    <span className="block text-[11px] text-faint">{below}</span>
  </span>
)
