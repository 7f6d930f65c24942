/** Equity over time with its draw-down below it. */
import { useMemo, useState } from 'react'
import type { EquityPoint } from '../../../api/rows/books.ts'
import { amountText, percentText } from '../../../wording/figures.ts'
import { useEngineNowMs } from '../../data/use-live.ts'
import { useRows } from '../../data/use-rows.ts'
import { Curve } from '../../show/curve.tsx'
import { Empty, Failed, Panel } from '../../show/panel.tsx'
import { drawDown } from './draw-down.ts'

const SPANS = [
  { name: '1 d', ms: 86_400_000 },
  { name: '7 d', ms: 7 * 86_400_000 },
  { name: '30 d', ms: 30 * 86_400_000 },
  { name: 'All', ms: Number.POSITIVE_INFINITY },
] as const

const equityText = (value: number) => amountText(value.toFixed(2), { places: 0 })
const preciseText = (value: number) => amountText(value.toFixed(2), { places: value > 1000 ? 1 : 2 })
/** A small fall keeps a digit that is not 0. */
const fallText = (value: number) => percentText(value, { places: value > -0.0005 && value < 0 ? 4 : 2 })

export function EquityPanel({ className }: { className?: string }) {
  const [spanMs, setSpanMs] = useState<number>(Number.POSITIVE_INFINITY)
  const nowMs = useEngineNowMs(60_000)
  const sinceMs = Number.isFinite(spanMs) ? Math.max(0, Math.floor((nowMs - spanMs) / 600_000) * 600_000) : 0
  const { data: points, error, isPending } = useRows('/api/equity', 10_000, { points: 1200, sinceMs })
  const curves = useMemo(() => curvesOf(points ?? []), [points])
  const { worst, equity, falls } = curves
  return (
    <Panel
      title="Equity"
      note={
        <>
          USDT, UTC
          {falls[0].length > 1 && (
            <>
              {' '}
              · worst draw-down <span className="live text-ink">{fallText(worst)}</span>
            </>
          )}
        </>
      }
      className={`flex flex-col ${className ?? ''}`}
      actions={<Spans chosen={spanMs} onChoose={setSpanMs} />}
    >
      {error && !points ? (
        <Failed error={error} />
      ) : isPending ? (
        <Empty>Loading…</Empty>
      ) : equity[0].length < 2 ? (
        <Empty>The first points appear within minutes of trading.</Empty>
      ) : (
        <Curves {...curves} />
      )}
    </Panel>
  )
}

const Spans = ({ chosen, onChoose }: { chosen: number; onChoose: (ms: number) => void }) => (
  <fieldset className="flex gap-1">
    <legend className="sr-only">Period shown</legend>
    {SPANS.map(({ name, ms }) => (
      <button
        key={name}
        type="button"
        className="btn"
        data-quiet=""
        aria-pressed={ms === chosen}
        data-tone={ms === chosen ? 'accent' : undefined}
        onClick={() => onChoose(ms)}
      >
        {name}
      </button>
    ))}
  </fieldset>
)

/** The equity, and beneath it how far it stands below its highest. */
function Curves({ equity, falls, worst, last }: ReturnType<typeof curvesOf>) {
  const range = Math.max(...equity[1]) - Math.min(...equity[1])
  return (
    <div className="flex flex-1 flex-col px-2 pb-1 pt-1" data-curves="">
      <p
        className="h-4 px-2 text-right text-[12px] tabular-nums text-soft"
        data-readout=""
        aria-hidden="true"
      />
      <Curve
        label={`Equity curve, now ${equityText(last)} USDT`}
        data={equity}
        height={178}
        grow
        colour="accent"
        figure={range > 20 ? equityText : preciseText}
        sync="equity"
      />
      <p className="px-2 text-[11px] text-faint">Draw-down from the highest equity so far</p>
      <Curve
        label={`Draw-down, worst ${fallText(worst)}`}
        data={falls}
        height={64}
        colour="bad"
        figure={fallText}
        sync="equity"
        axis={false}
      />
    </div>
  )
}

type Drawn = [number[], number[]]

function curvesOf(points: readonly EquityPoint[]) {
  const seconds = points.map(({ atMs }) => atMs / 1000)
  const values = points.map(({ equityUsdt }) => Number(equityUsdt))
  const falls = drawDown(values)
  return {
    equity: [seconds, values] as Drawn,
    falls: [seconds, falls] as Drawn,
    worst: Math.min(0, ...falls),
    last: values.at(-1) ?? 0,
  }
}
