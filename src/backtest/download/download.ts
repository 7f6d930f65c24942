/**
 * Downloads what is missing of each table, piece by piece, oldest first, a few tables at a time. What has come is kept whatever
 * happens next, so that the same command goes on where an earlier one ended.
 */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { Span } from '../../exchange/simulator/history/files.ts'
import { builtInUniverse } from '../../exchange/simulator/universe/universe.ts'
import { atSource, type Pair, type Source } from './source.ts'
import {
  common,
  isSpan,
  joined,
  LONGEST_INTERVAL_MS,
  merged,
  missingOf,
  piecesOf,
  priceRows,
  type Recorded,
  type RecordedRow,
  readTable,
  type TableKind,
  type TableName,
  within,
  writeTable,
} from './tables.ts'

/** Nothing is known for `fromMs <= t < toMs`. `of`: which market's price. */
type Gap = Span & {
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

/** One table to complete: the pieces of it that the exchange is still to be asked for. */
export type Work = {
  table: TableName
  pair: Pair
  /** What was wanted, less what lies before the perpetual's launch and ahead of now. */
  span: Span
  /** Nothing is settled for good after it. */
  knownUntilMs: number
  known: Recorded
  pieces: Span[]
}

type Told = { done: number; label: string }
export type Downloaded = { table: TableName; recorded: Recorded; fresh: number; gaps: Gap[] }

/** One page each: Bybit gives 1000 klines and 200 settlements at a time. */
const KLINES = 1000 * HOUR_MS
const SETTLEMENTS = 200 * LONGEST_INTERVAL_MS
/** A settlement that was a moment ago may not be listed yet. */
const SETTLED_FOR_GOOD_MS = HOUR_MS
const TABLES_AT_ONCE = 4
/** A table is written whole each time: at first after each piece, and the longer it is, the more seldom. */
const isWorthWriting = (unwritten: number, written: number) =>
  unwritten >= Math.min(10, Math.max(1, written / 4))

/** Can the simulated exchange of `replay` and `backtest` trade it? Prices of any other would stop them. */
export const isReplayable = (symbol: string): boolean =>
  builtInUniverse().find('linear', symbol) !== undefined

/** What is to be done for one table. @throws DownloadFault when the table that is there cannot be read */
export function workOf(folder: string, table: TableName, pair: Pair, wanted: Span, nowMs: number): Work {
  const hour = (atMs: number) => Math.floor(atMs / HOUR_MS) * HOUR_MS
  const isFunding = table.kind === 'funding'
  const fromMs = Math.max(wanted.fromMs, hour(pair.launchedAtMs))
  const toMs = Math.min(wanted.toMs, nowMs)
  // An hour that is not over has no place in a table of hours.
  const span = isFunding
    ? { fromMs, toMs }
    : { fromMs: Math.ceil(fromMs / HOUR_MS) * HOUR_MS, toMs: hour(toMs) }
  const known = readTable(folder, table)
  const pieces = missingOf(span, known.covered).flatMap(each =>
    piecesOf(each, isFunding ? SETTLEMENTS : KLINES),
  )
  const knownUntilMs = isFunding ? nowMs - SETTLED_FOR_GOOD_MS : span.toMs
  return { table, pair, span, knownUntilMs, known, pieces }
}

/**
 * Completes every table.
 * @param tell - hears how many pieces are done, and which is next
 * @throws the first failure, after everything that came before it is written
 */
export async function download(
  source: Source,
  folder: string,
  works: readonly Work[],
  tell: (told: Told) => void,
): Promise<Downloaded[]> {
  const results = new Map<Work, Downloaded>()
  const waiting = [...works]
  let done = 0
  let failure: { error: unknown } | undefined

  async function complete(work: Work): Promise<void> {
    let { known } = work
    let fresh = 0
    let [unwritten, written] = [0, 0]
    const keep = () => {
      if (unwritten > 0 && known.rows.length > 0) writeTable(folder, work.table, known)
      written += unwritten
      unwritten = 0
    }
    try {
      for (const piece of work.pieces) {
        if (failure) return
        tell({ done, label: labelOf(work.table, piece) })
        const rows = await rowsOf(source, work, piece)
        const before = known.rows.length
        known = merged(known, rows, coveredBy(piece, work.knownUntilMs))
        fresh += known.rows.length - before
        unwritten++
        done++
        if (isWorthWriting(unwritten, written)) keep()
      }
    } finally {
      keep()
    }
    const gaps = gapsOf(work.table.kind, known, work.span)
    results.set(work, { table: work.table, recorded: known, fresh, gaps })
  }

  async function worker(): Promise<void> {
    for (let work = waiting.shift(); work && !failure; work = waiting.shift())
      await complete(work).catch((error: unknown) => {
        failure ??= { error }
      })
  }

  await Promise.all(Array.from({ length: TABLES_AT_ONCE }, worker))
  if (failure) throw atSource(failure.error, source.where, source.name === 'simulator')
  return works.flatMap(work => results.get(work) ?? [])
}

function coveredBy({ fromMs, toMs }: Span, knownUntilMs: number): Span | undefined {
  const covered = { fromMs, toMs: Math.min(toMs, knownUntilMs) }
  return isSpan(covered) ? covered : undefined
}

async function rowsOf(source: Source, { table, pair }: Work, piece: Span): Promise<RecordedRow[]> {
  if (table.kind === 'funding') {
    const settled = await source.settlements(pair.symbol, piece)
    return settled.map(({ atMs, rate }) => ({ atMs, values: [rate] }))
  }
  const [perp, spot] = await Promise.all([
    source.hourlyOpens('linear', pair.symbol, piece),
    source.hourlyOpens('spot', pair.spot ?? '', piece),
  ])
  return priceRows(perp, spot)
}

const labelOf = ({ symbol, kind }: TableName, { fromMs }: Span) =>
  `${symbol} ${kind} ${new Date(fromMs).toISOString().slice(0, 10)}`
