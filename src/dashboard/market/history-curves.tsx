/** Two curves over the same time: what each settlement paid, and how far the perpetual stood above its spot. */
import { useMemo } from 'react'
import type { MarketHistory } from '../../api/rows/results.ts'
import { bpsText, countText } from '../../wording/figures.ts'
import { Curve, type Mark } from '../show/curve.tsx'

type Drawn = [number[], number[]]
type Parts = { history: MarketHistory; hedgeId: string | undefined }

export function HistoryCurves({ history, hedgeId }: Parts) {
  const { basis, rates, moves, isOwn } = useMemo(() => drawnOf(history, hedgeId), [history, hedgeId])
  const [lastRate, lastBasis] = [rates[1].at(-1), basis[1].at(-1)]
  return (
    <div className="px-2 pb-1 pt-1" data-curves="">
      <p
        className="h-4 px-2 text-right text-[12px] tabular-nums text-soft"
        data-readout=""
        aria-hidden="true"
      />
      <p className="px-2 text-[11px] text-faint">
        Funding of each settlement, bps of notional, + shorts receive
      </p>
      <Curve
        label={
          lastRate === undefined
            ? 'No settlement in this period'
            : `${countText(history.rates.length, 'settlement')}, the last ${bpsText(lastRate)}`
        }
        data={rates}
        height={100}
        colour="accent"
        figure={bpsText}
        sync="history"
        axis={false}
        shape="steps"
        marks={moves}
      />
      <p className="px-2 text-[11px] text-faint">Basis: perpetual above spot, bps</p>
      <Curve
        label={lastBasis === undefined ? 'No basis in this period' : `Basis, the last ${bpsText(lastBasis)}`}
        data={basis}
        height={130}
        colour="accent"
        figure={bpsText}
        sync="history"
        marks={moves}
      />
      <p className="sr-only">
        {moves.map(({ at, name }) => `${name} at ${new Date(at * 1000).toISOString()}`).join(', ')}
      </p>
      {moves.length > 0 && hedgeId !== undefined && !isOwn && (
        <p className="px-2 text-[11px] text-faint">This hedge was opened before the period shown.</p>
      )}
    </div>
  )
}

function drawnOf({ rates, basis, moves, fromMs, untilMs }: MarketHistory, hedgeId: string | undefined) {
  const inSpan = rates.filter(({ atMs }) => atMs >= fromMs && atMs <= untilMs)
  const marks: Mark[] = moves.map(({ atMs, kind, hedgeId: of }) => ({
    at: atMs / 1000,
    name: hedgeId === undefined || of === hedgeId ? kind : `other ${kind}`,
    colour: kind === 'entry' ? 'good' : 'warn',
  }))
  const bps = inSpan.map(({ rate }) => Number(rate) * 10_000)
  const seconds = inSpan.map(({ atMs }) => atMs / 1000)
  return {
    // Both begin and end together, so that what stands above one another happened at once.
    rates: spanned([seconds, bps], fromMs, untilMs),
    basis: spanned([basis.map(({ atMs }) => atMs / 1000), basis.map(each => each.bps)], fromMs, untilMs),
    moves: marks,
    isOwn: moves.some(each => each.hedgeId === hedgeId),
  }
}

/** The last value holds to the end. */
function spanned([seconds, values]: Drawn, fromMs: number, untilMs: number): Drawn {
  const [first, last] = [values[0], values.at(-1)]
  if (first === undefined || last === undefined) return [[], []]
  const [from, until] = [fromMs / 1000, untilMs / 1000]
  const isBefore = (seconds[0] ?? from) > from
  const isAfter = (seconds.at(-1) ?? until) < until
  return [
    [...(isBefore ? [from] : []), ...seconds, ...(isAfter ? [until] : [])],
    [...(isBefore ? [first] : []), ...values, ...(isAfter ? [last] : [])],
  ]
}
