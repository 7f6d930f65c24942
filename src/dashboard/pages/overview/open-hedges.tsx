/** What is held now: both legs, how level they are, what funding comes next, and the profit by its parts. */
import { Link } from 'wouter'
import type { Holding } from '../../../api/rows/rows.ts'
import {
  amountText,
  bpsText,
  instantText,
  percentText,
  priceText,
  qtyText,
} from '../../../wording/figures.ts'
import { facing, orderOf, orderText, routeWords } from '../../../wording/hedges.ts'
import type { HeldRow } from '../../data/store.ts'
import { useLive } from '../../data/use-live.ts'
import { Age, Amount, Countdown, StateChip } from '../../show/amount.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'

/** Profit by its parts as one bar: gains to the right of the middle line, costs to the left, to scale within the column. */
type Parts = { funding: string; fees: string; basis: string }

const PARTS = [
  { name: 'funding', up: 'fill-good', down: 'fill-bad' },
  { name: 'basis and slippage', up: 'fill-accent', down: 'fill-warn' },
  { name: 'fees', up: 'fill-faint', down: 'fill-faint' },
] as const

const WIDTH = 92
const HEIGHT = 10

/** Figures are told beside it: the bar is for the eye only. */
function ProfitBar({ funding, fees, basis }: Parts) {
  const sizes = [Number(funding), Number(basis), Number(fees)]
  const gains = sizes.filter(size => size > 0).reduce((sum, size) => sum + size, 0)
  const costs = sizes.filter(size => size < 0).reduce((sum, size) => sum - size, 0)
  const scale = WIDTH / 2 / Math.max(gains, costs, 0.01)
  let right = WIDTH / 2
  let left = WIDTH / 2
  const bars = PARTS.map(({ name, up, down }, at) => {
    const size = sizes[at] ?? 0
    const width = Math.abs(size) * scale
    const x = size >= 0 ? right : left - width
    if (size >= 0) right += width
    else left -= width
    return <rect key={name} x={x} y={1} width={width} height={HEIGHT - 2} className={size >= 0 ? up : down} />
  })
  return (
    <svg width={WIDTH} height={HEIGHT} aria-hidden="true" className="live ml-auto block">
      {bars}
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1={0} y2={HEIGHT} className="stroke-edge" />
    </svg>
  )
}

const COLUMNS: readonly Column<HeldRow>[] = [
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
  {
    head: 'State',
    unit: 'for',
    value: ({ state }) => state,
    cell: ({ state, sinceMs }) => (
      <span className="whitespace-nowrap">
        <StateChip state={state} />
        <span className="block text-[11px] text-faint">
          <Age sinceMs={sinceMs} />
        </span>
      </span>
    ),
  },
  { head: 'In state since (UTC)', value: ({ sinceMs }) => instantText(sinceMs), hidden: true },
  {
    head: 'Kind',
    unit: 'entered how',
    value: ({ direction }) => direction,
    cell: ({ direction, route }) => (
      <span className="whitespace-nowrap" title={`${facing(direction).does}; ${routeWords(route).does}`}>
        {facing(direction).name}
        <span className="block text-[11px] text-faint">{routeWords(route).name}</span>
      </span>
    ),
  },
  { head: 'Route', value: ({ route }) => route, hidden: true },
  {
    head: 'Spot leg',
    unit: 'coins · USDT',
    figure: true,
    value: ({ spot, direction }) => signed(facing(direction).spotSign, spot.base),
    cell: row => <Leg row={row} leg="spot" />,
  },
  {
    head: 'Perp leg',
    unit: 'coins, − short · USDT',
    figure: true,
    value: ({ perp, direction }) => signed(facing(direction).perpSign, perp.base),
    cell: row => <Leg row={row} leg="perp" />,
  },
  {
    head: 'Held',
    unit: 'USDT · of the plan',
    figure: true,
    value: ({ heldUsdt }) => heldUsdt,
    cell: ({ heldUsdt, filledShare }) => (
      <Two above={amountText(heldUsdt, { places: 0 })} below={percentText(filledShare, { places: 0 })} />
    ),
  },
  {
    head: 'Delta',
    unit: 'USDT',
    figure: true,
    value: ({ deltaUsdt }) => deltaUsdt,
    cell: ({ deltaUsdt, isLevel, deltaBase, baseCoin }) => (
      <span
        title={`${qtyText(deltaBase)} ${baseCoin} ${isLevel ? 'difference: less than one lot' : 'difference: not level'}`}
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
    unit: 'now · at entry',
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
      <span className="live">{fundingApr === null ? '–' : percentText(fundingApr, { places: 1 })}</span>
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
    cell: ({ netUsdt, fundingUsdt, feesUsdt, basisUsdt, expectedNetSoFarUsdt }) => (
      <span
        title={
          expectedNetSoFarUsdt === null
            ? 'on its way out'
            : `expected by now, with the costs of getting out: ${amountText(expectedNetSoFarUsdt, { sign: true })} USDT`
        }
      >
        <strong className="font-semibold">
          <Amount value={netUsdt} />
        </strong>
        {basisUsdt !== null && <ProfitBar funding={fundingUsdt} fees={feesUsdt} basis={basisUsdt} />}
      </span>
    ),
  },
  { head: 'Expected net by now (USDT)', value: row => row.expectedNetSoFarUsdt, hidden: true },
  { head: 'Expected net over the horizon (USDT)', value: row => row.expectedNetUsdt, hidden: true },
  { head: 'Planned (USDT)', value: ({ plannedUsdt }) => plannedUsdt, hidden: true },
  { head: 'Capital (USDT)', value: ({ capitalUsdt }) => capitalUsdt, hidden: true },
]

export function OpenHedges() {
  const holdings = useLive(live => live.holdings)
  return (
    <DataTable
      title="Open hedges"
      note="net = funding − fees + basis and slippage; before the cost of closing"
      rows={holdings ? [...holdings.values()] : undefined}
      columns={COLUMNS}
      rowKey={({ id }) => id}
      isOld={({ isOld = false }) => isOld}
      file="open-hedges"
      sortedBy="Hedge"
      empty="No open hedge. One opens when a symbol's carry pays its fees; see Opportunities."
    />
  )
}

/** For the file: − is short or owed. */
const signed = (sign: string, base: string) => (sign && Number(base) !== 0 ? `-${base}` : base)

function Leg({ row, leg }: { row: Holding; leg: 'spot' | 'perp' }) {
  const { entryPrice, price, base, valueUsdt } = row[leg]
  const { spotSign, perpSign } = facing(row.direction)
  const sign = Number(base) === 0 ? '' : leg === 'spot' ? spotSign : perpSign
  const order = orderOf(row.ordersAtWork, leg)
  const held =
    entryPrice === null
      ? 'nothing filled'
      : `filled at ${priceText(entryPrice)}, now ${price === null ? 'unknown' : priceText(price)}`
  return (
    <span title={order ? `${held}; ${orderText(order)}` : held}>
      <span className="live">
        {sign}
        {qtyText(base, 4)}
      </span>
      <span className="block text-[11px] text-faint">
        {order ? (
          <span className="text-accent">{order.rests ? 'order rests' : 'order in flight'}</span>
        ) : (
          <Amount value={valueUsdt} plain />
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
