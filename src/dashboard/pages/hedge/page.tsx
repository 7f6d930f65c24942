/** One hedge, open or closed: what it holds, what it made, what one may do now, and how it came to be so. */
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { FillRow, FundingRow, HedgeDetail } from '../../../api/rows/books.ts'
import type { Holding, LegHolding, OrderAtWork } from '../../../api/rows/rows.ts'
import {
  amountText,
  bpsText,
  countText,
  instantText,
  lengthText,
  percentText,
  priceText,
  qtyText,
  shortInstantText,
  signTone,
  storyInstantText,
} from '../../../wording/figures.ts'
import { facing, orderOf, orderText, routeWords } from '../../../wording/hedges.ts'
import { spokenReason } from '../../../wording/reasons.ts'
import { ask } from '../../data/client.ts'
import { useActor, useLive } from '../../data/use-live.ts'
import { PageTitle } from '../../shell/layout.tsx'
import { Amount } from '../../show/amount.tsx'
import { Age, Countdown } from '../../show/countdown.tsx'
import { type Column, DataTable } from '../../show/data-table.tsx'
import { Failed, Panel } from '../../show/panel.tsx'
import { StateChip } from '../../show/state-chip.tsx'
import { Tile, Tiles } from '../../show/tile.tsx'
import { Commands } from './commands.tsx'
import { Decided, Execution, Profit } from './result-panels.tsx'
import { StoryPanel } from './story-panel.tsx'

export function HedgePage({ id }: { id: string }) {
  const version = useActor(`hedge:${id}`)?.version
  const holding = useLive(live => live.holdings?.get(id))
  const { data: hedge, error } = useQuery({
    queryKey: ['hedge', id, version],
    queryFn: ({ signal }) => ask('/api/hedges/{id}', { params: { id }, signal }),
    placeholderData: before => before,
    refetchInterval: 5000,
  })
  if (!hedge)
    return (
      <div className="p-3">
        <PageTitle title={`Hedge ${id}`} />
        {error ? <Failed error={error} /> : <p className="p-4 text-soft">Loading…</p>}
      </div>
    )
  const state = holding?.state ?? hedge.state
  const because = hedge.failure ?? hedge.unwindBecause
  return (
    <div className="flex flex-col gap-2.5 p-3">
      <PageTitle title={`${hedge.symbol} hedge`}>
        <span className="font-mono text-[13px] text-soft">{id}</span>
        <StateChip state={state} inner />
        <span className="text-[13px] text-soft" title={facing(hedge.direction).does}>
          {facing(hedge.direction).name}
        </span>
        <span className="text-[13px] text-soft">
          {holding ? <Since sinceMs={holding.sinceMs} /> : `since ${instantText(hedge.sinceMs)} UTC`}
        </span>
        <div className="ml-auto flex items-center gap-3">
          <Link href={`/inspector/${encodeURIComponent(`hedge:${id}`)}`}>Chart</Link>
          <Commands actorId={`hedge:${id}`} />
        </div>
      </PageTitle>
      {because && (
        <p className="panel px-4 py-2.5 text-[13px]">
          <strong className="font-semibold">
            {hedge.failure ? 'Failed' : holding ? 'Closing' : 'Closed'} because
          </strong>{' '}
          {spokenReason(because)}.
        </p>
      )}
      <Figures hedge={hedge} holding={holding} />
      <div className="grid items-start gap-2.5 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-2.5">
          <Profit hedge={hedge} />
          <Execution hedge={hedge} />
          <Decided hedge={hedge} />
          <Fills rows={hedge.fills} />
          <Funding rows={hedge.funding} />
        </div>
        <div className="flex min-w-0 flex-col gap-2.5">
          {holding && <Legs holding={holding} />}
          <StoryPanel hedgeId={id} />
        </div>
      </div>
    </div>
  )
}

const Since = ({ sinceMs }: { sinceMs: number }) => (
  <>
    for <Age sinceMs={sinceMs} />
  </>
)

type Both = { hedge: HedgeDetail; holding: Holding | undefined }

function Figures({ hedge, holding }: Both) {
  const net = holding ? holding.netUsdt : hedge.profit.netUsdt
  return (
    <Tiles>
      <Tile
        name={holding ? 'Net so far' : 'Net'}
        unit="USDT"
        tone={net === null ? undefined : signTone(net)}
        note={netNote(hedge, holding)}
      >
        {net === null ? '–' : amountText(net, { sign: true })}
      </Tile>
      <Tile
        name="Funding"
        unit="USDT"
        tone={signTone(hedge.fundingUsdt)}
        note={`${countText(hedge.settlements, 'settlement')}`}
      >
        {amountText(hedge.fundingUsdt, { sign: true })}
      </Tile>
      {holding ? <OpenFigures holding={holding} /> : <ClosedFigures hedge={hedge} />}
    </Tiles>
  )
}

/** Of what is held; of a closed one and one on its way out, what was planned. */
function netNote({ plannedNetUsdt }: HedgeDetail, holding: Holding | undefined): string {
  const expected = holding?.expectedNetUsdt
  return expected
    ? `expected ${amountText(expected, { sign: true })} of what is held`
    : `planned ${amountText(plannedNetUsdt, { sign: true })}`
}

function OpenFigures({ holding }: { holding: Holding }) {
  const { nextFundingAtMs, nextFundingUsdt, isLevel, deltaBase, deltaUsdt, baseCoin } = holding
  return (
    <>
      <Tile
        name="Next funding"
        unit="USDT"
        note={nextFundingAtMs ? <Countdown atMs={nextFundingAtMs} /> : 'not known'}
      >
        {nextFundingUsdt ? amountText(nextFundingUsdt, { sign: true }) : '–'}
      </Tile>
      <Tile
        name="Delta"
        unit="USDT"
        tone={isLevel ? undefined : 'bad'}
        note={`${isLevel ? 'level' : 'not level'} · ${qtyText(deltaBase)} ${baseCoin}`}
      >
        {deltaUsdt ? amountText(deltaUsdt) : '–'}
      </Tile>
      <Tile
        name="Basis"
        note={holding.entryBasisBps === null ? ' ' : `${bpsText(holding.entryBasisBps)} at entry`}
      >
        {holding.basisBps === null ? '–' : bpsText(holding.basisBps)}
      </Tile>
      <Tile
        name="Held"
        unit="USDT"
        note={`${percentText(holding.filledShare, { places: 0 })} of the plan · binds ${amountText(holding.capitalUsdt, { places: 0 })}`}
      >
        {amountText(holding.heldUsdt, { places: 0 })}
      </Tile>
    </>
  )
}

function ClosedFigures({ hedge: { enteredAtMs, sinceMs, result, plannedUsdt } }: { hedge: HedgeDetail }) {
  const livedMs = enteredAtMs > 0 ? sinceMs - enteredAtMs : 0
  return (
    <>
      <Tile name="Fees" unit="USDT" note="paid, both legs in and out">
        {amountText(result.feesUsdt)}
      </Tile>
      <Tile name="Lived" note={livedMs > 0 ? `from ${shortInstantText(enteredAtMs)}` : ' '}>
        {livedMs > 0 ? lengthText(livedMs) : 'never entered'}
      </Tile>
      <Tile name="Closed" note="UTC">
        {shortInstantText(sinceMs)}
      </Tile>
      <Tile name="Planned" unit="USDT" note="notional">
        {amountText(plannedUsdt, { places: 0 })}
      </Tile>
    </>
  )
}

function Legs({ holding }: { holding: Holding }) {
  const { spot, perp, baseCoin, direction, route, ordersAtWork } = holding
  const { does, ...legs } = facing(direction)
  return (
    <Panel title="Legs" note={`coins of ${baseCoin}; prices in USDT a coin`}>
      <p className="border-b border-line px-4 py-2 text-[13px] text-soft">
        <span className="text-ink">{capital(legs.name)}</span>: {does}. Entered with{' '}
        <span className="text-ink">{routeWords(route).name}</span>: {routeWords(route).does}.
      </p>
      <table className="w-full text-[13px]">
        <thead>
          <tr className="border-b border-line text-[12px] text-soft">
            <th scope="col" className="px-4 py-1.5 text-left font-medium">
              Leg
            </th>
            <th scope="col" className="num px-3 font-medium">
              Coins
            </th>
            <th scope="col" className="num px-3 font-medium">
              Filled at
            </th>
            <th scope="col" className="num px-3 font-medium">
              Price now
            </th>
            <th scope="col" className="num px-3 font-medium">
              Worth USDT
            </th>
            <th scope="col" className="px-4 text-left font-medium">
              Order
            </th>
          </tr>
        </thead>
        <tbody>
          <LegLine name={legs.spot} leg={spot} sign={legs.spotSign} order={orderOf(ordersAtWork, 'spot')} />
          <LegLine name={legs.perp} leg={perp} sign={legs.perpSign} order={orderOf(ordersAtWork, 'perp')} />
        </tbody>
      </table>
      {ordersAtWork.length > 0 && (
        <ul className="border-t border-line px-4 py-2 text-[13px]" aria-label="Orders at work">
          {ordersAtWork.map(order => (
            <li key={order.orderLinkId}>
              <span className="text-soft">{ORDER_LEGS[order.leg]}:</span> {orderText(order)}{' '}
              <span className="font-mono text-[11px] text-faint">{order.orderLinkId}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const ORDER_LEGS = { spot: 'Spot', perp: 'Perpetual', both: 'Both legs' }

type LegLineParts = { name: string; leg: LegHolding; sign: string; order: OrderAtWork | undefined }

const LegLine = ({ name, leg, sign, order }: LegLineParts) => (
  <tr className="border-b border-line last:border-0">
    <th scope="row" className="px-4 py-2 text-left font-medium">
      {name}
    </th>
    <td className="num live px-3">
      {Number(leg.base) === 0 ? '' : sign}
      {qtyText(leg.base)}
    </td>
    <td className="num px-3">{leg.entryPrice === null ? '–' : priceText(leg.entryPrice)}</td>
    <td className="num live px-3">{leg.price === null ? '–' : priceText(leg.price)}</td>
    <td className="num px-3">
      <Amount value={leg.valueUsdt} plain />
    </td>
    <td className="px-4 leading-tight">
      {order ? (
        <span className="whitespace-nowrap text-accent">{order.rests ? 'rests' : 'at work'}</span>
      ) : (
        <span className="whitespace-nowrap text-faint">none</span>
      )}
      <span className="block whitespace-nowrap text-[11px] text-faint">{leg.orders} so far</span>
    </td>
  </tr>
)

const marketName = (market: FillRow['market']) => (market === 'linear' ? 'perp' : market)

/** What a market counts in: coins, or contracts of so many, such as 1000PEPE. */
const unitOf = (symbol: string) => symbol.replace(/USDT$/, '')

const FILLS: readonly Column<FillRow>[] = [
  {
    head: 'Filled',
    unit: 'UTC',
    value: ({ filledAtMs }) => instantText(filledAtMs),
    cell: ({ filledAtMs }) => storyInstantText(filledAtMs),
  },
  {
    head: 'Market',
    value: ({ market }) => marketName(market),
    cell: ({ market, side }) => `${side} ${marketName(market)}`,
  },
  { head: 'Side', value: ({ side }) => side, hidden: true },
  { head: 'Maker', value: ({ maker }) => (maker ? 'maker' : 'taker'), hidden: true },
  {
    head: 'Qty',
    figure: true,
    value: ({ qty }) => qty,
    cell: ({ qty, symbol }) => `${qtyText(qty)} ${unitOf(symbol)}`,
  },
  { head: 'Of', value: ({ symbol }) => unitOf(symbol), hidden: true },
  { head: 'Price', figure: true, value: ({ price }) => price, cell: ({ price }) => priceText(price) },
  {
    head: 'Fee',
    figure: true,
    value: ({ fee }) => fee,
    cell: ({ fee, feeCoin }) => `${qtyText(fee, 6)} ${feeCoin}`,
  },
  { head: 'Fee coin', value: ({ feeCoin }) => feeCoin, hidden: true },
  {
    head: 'Order',
    value: ({ orderLinkId }) => orderLinkId,
    cell: ({ orderLinkId }) => (
      <span className="whitespace-nowrap font-mono text-[11px] text-faint">{orderLinkId}</span>
    ),
  },
]

const Fills = ({ rows }: { rows: FillRow[] }) => (
  <DataTable
    title="Fills"
    rows={rows}
    columns={FILLS}
    rowKey={({ execId }) => execId}
    file="fills"
    sortedBy="-Filled"
    empty="Nothing was filled."
    maxHeight={320}
    filter={false}
  />
)

const FUNDING: readonly Column<FundingRow>[] = [
  { head: 'Settled', unit: 'UTC', value: ({ settledAtMs }) => instantText(settledAtMs) },
  {
    head: 'Amount',
    unit: 'received +',
    figure: true,
    value: ({ amount }) => amount,
    cell: ({ amount }) => <Amount value={amount} digits={4} />,
  },
  {
    head: 'Position',
    unit: 'contracts',
    figure: true,
    value: ({ qty }) => qty,
    cell: ({ qty }) => qtyText(qty),
  },
  {
    head: 'Mark price',
    figure: true,
    value: ({ markPrice }) => markPrice,
    cell: ({ markPrice }) => priceText(markPrice),
  },
]

const Funding = ({ rows }: { rows: FundingRow[] }) => (
  <DataTable
    title="Funding"
    rows={rows}
    columns={FUNDING}
    rowKey={({ transactionId }) => transactionId}
    file="hedge-funding"
    sortedBy="-Settled"
    empty="No settlement has passed while it stood."
    maxHeight={320}
    filter={false}
  />
)
