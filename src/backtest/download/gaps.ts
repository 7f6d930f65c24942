/** Holes in what was downloaded: of what the exchange was asked, what it does not have. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Span } from '../../exchange/simulator/history/files.ts'
import { common, isSpan, joined, within } from './spans.ts'
import { LONGEST_INTERVAL_MS, type Recorded, type RecordedRow, type TableKind } from './tables.ts'

/** Nothing is known for `fromMs <= t < toMs`. `of`: which market's price. */
export type Gap = Span & {
  kind: 'missing settlements' | 'missing price hours'
  of?: 'perp' | 'spot' | 'both'
}

/** Holes inside the part of `span` that is covered, oldest first. What was never asked for is no hole. */
export const gapsOf = (kind: TableKind, { rows, covered }: Recorded, span: Span): Gap[] =>
  joined(covered.map(known => common(known, span))).flatMap(known => {
    const inside = rows.filter(({ atMs }) => within(known, atMs))
    return kind === 'funding' ? settlementGaps(inside, known) : priceGaps(inside, known)
  })

/** Intervals change without notice (1, 2, 4 or 8 hours): only what is longer than the longest is surely a hole. */
function settlementGaps(rows: readonly RecordedRow[], { fromMs, toMs }: Span): Gap[] {
  const instants = rows.map(({ atMs }) => atMs)
  const begins = [fromMs, ...instants.map(atMs => atMs + LONGEST_INTERVAL_MS)]
  const ends = [...instants, toMs]
  return begins.flatMap((beginMs, at): Gap[] => {
    const gap = { fromMs: beginMs, toMs: ends[at] ?? toMs }
    const longEnough = at > 0 || gap.toMs - gap.fromMs > LONGEST_INTERVAL_MS
    return isSpan(gap) && longEnough ? [{ kind: 'missing settlements', ...gap }] : []
  })
}

function priceGaps(rows: readonly RecordedRow[], { fromMs, toMs }: Span): Gap[] {
  const known = new Map(rows.map(({ atMs, values }) => [atMs, values]))
  const gaps: Gap[] = []
  for (let atMs = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; atMs < toMs; atMs += HOUR_MS) {
    const [perp = '', spot = ''] = known.get(atMs) ?? []
    if (perp !== '' && spot !== '') continue
    const of = perp === spot ? 'both' : perp === '' ? 'perp' : 'spot'
    const last = gaps.at(-1)
    if (last?.toMs === atMs && last.of === of) last.toMs += HOUR_MS
    else gaps.push({ kind: 'missing price hours', of, fromMs: atMs, toMs: atMs + HOUR_MS })
  }
  return gaps
}
