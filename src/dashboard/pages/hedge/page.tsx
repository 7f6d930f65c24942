/** One hedge, open or closed: what it holds, what it made, what one may do now, and how it came to be so. */
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { HedgeDetail } from '../../../api/rows/books.ts'
import type { Holding } from '../../../api/rows/rows.ts'
import {
  amountText,
  bpsText,
  countText,
  instantText,
  lengthText,
  percentText,
  qtyText,
  shortInstantText,
  signTone,
} from '../../../wording/figures.ts'
import { facing } from '../../../wording/hedges.ts'
import { spokenReason } from '../../../wording/reasons.ts'
import { ask } from '../../data/client.ts'
import { useActor, useLive } from '../../data/use-live.ts'
import { HistoryPanel } from '../../market/history-panel.tsx'
import { ClosingPanel, ExitPanel } from '../../money/exit-panel.tsx'
import { PageTitle } from '../../shell/layout.tsx'
import { Age, Countdown, StateChip } from '../../show/amount.tsx'
import { Failed, Tile, Tiles } from '../../show/panel.tsx'
import { Commands } from './commands.tsx'
import { LegsPanel } from './legs.tsx'
import { Decided, Execution, Profit } from './result-panels.tsx'
import { StoryPanel } from './story-panel.tsx'
import { Fills, Funding } from './tables.tsx'

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
  const because = hedge.failure ?? hedge.unwindBecause
  return (
    <div className="flex flex-col gap-2.5 p-3" data-stale={holding?.isOld || undefined}>
      <Title hedge={hedge} holding={holding} />
      {holding?.isOld && (
        <p className="text-[13px] text-warn">
          A feed of {hedge.symbol} is not trusted now: grey figures are the last that were known.
        </p>
      )}
      {because && (
        <p className="panel px-4 py-2.5 text-[13px]">
          <strong className="font-semibold">
            {hedge.failure ? 'Failed' : holding ? 'Closing' : 'Closed'} because
          </strong>{' '}
          {spokenReason(because)}.
        </p>
      )}
      <Figures hedge={hedge} holding={holding} />
      <div className="grid items-start gap-2.5 lg:grid-cols-2 2xl:grid-cols-3">
        <div className="flex min-w-0 flex-col gap-2.5">
          {holding && <LegsPanel holding={holding} />}
          <Profit hedge={hedge} filledShare={holding?.filledShare} />
          <Execution hedge={hedge} />
        </div>
        <div className="flex min-w-0 flex-col gap-2.5">
          {holding && <ExitPanel hedgeId={id} />}
          {holding && <ClosingPanel hedgeId={id} />}
          <HistoryPanel symbol={hedge.symbol} hedgeId={id} />
          <Decided hedge={hedge} />
        </div>
        <div className="min-w-0 lg:col-span-2 2xl:col-span-1">
          <StoryPanel hedgeId={id} />
        </div>
      </div>
      <div className="grid items-start gap-2.5 lg:grid-cols-2">
        <Fills rows={hedge.fills} />
        <Funding rows={hedge.funding} />
      </div>
    </div>
  )
}

type Both = { hedge: HedgeDetail; holding: Holding | undefined }

const Title = ({ hedge, holding }: Both) => (
  <PageTitle title={`${hedge.symbol} hedge`}>
    <span className="font-mono text-[13px] text-soft">{hedge.id}</span>
    <StateChip state={holding?.state ?? hedge.state} inner />
    <span className="text-[13px] text-soft" title={facing(hedge.direction).does}>
      {facing(hedge.direction).name}
    </span>
    <span className="text-[13px] text-soft">
      {holding ? <Since sinceMs={holding.sinceMs} /> : `since ${instantText(hedge.sinceMs)} UTC`}
    </span>
    <div className="ml-auto flex items-center gap-3">
      <Link href={`/symbols/${hedge.symbol}`}>{hedge.symbol} explained</Link>
      <Link href={`/inspector/${encodeURIComponent(`hedge:${hedge.id}`)}`}>Chart</Link>
      <Commands actorId={`hedge:${hedge.id}`} name={`${hedge.symbol} ${hedge.id}`} />
    </div>
  </PageTitle>
)

const Since = ({ sinceMs }: { sinceMs: number }) => (
  <>
    for <Age sinceMs={sinceMs} />
  </>
)

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

/** For the time it was held: the whole horizon's stands with its parts, as what it would be if it were held so long. */
function netNote({ carry, plannedNetUsdt }: HedgeDetail, holding: Holding | undefined): string {
  if (!holding)
    return `planned ${amountText(plannedNetUsdt, { sign: true })} if held ${lengthText(carry.horizonHours * 3_600_000)}`
  const { expectedNetSoFarUsdt } = holding
  if (expectedNetSoFarUsdt === null) return 'on its way out'
  return `expected by now: ${amountText(expectedNetSoFarUsdt, { sign: true })}`
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
