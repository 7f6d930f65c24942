/**
 * The one live store of the page: what the stream last told. Frames are state, not history, so applying one is a plain
 * assignment; all frames of one animation frame are applied together, and readers hear of it once.
 */
import type { ActorSummary } from '../../api/engine-view.ts'
import type { AnswerTo } from '../../api/rows/answers.ts'
import type { Holding, LegHolding } from '../../api/rows/rows.ts'

// Figures that a feed no longer tells, as they were last: a figure that goes to null keeps its last value, and the row says that
// it has such ones. What was never known stays unknown.

/** Some of its figures are the last that were known. */
export type LastKnown = { isOld?: boolean }

/** The row with what `before` still knew of these fields. */
export function withLastKnown<Row extends object>(
  before: (Row & LastKnown) | undefined,
  row: Row,
  fields: readonly (keyof Row)[],
): Row & LastKnown {
  if (!before) return row
  const kept = fields.filter(
    field => row[field] === null && before[field] !== null && before[field] !== undefined,
  )
  if (kept.length === 0) return row
  return { ...row, ...Object.fromEntries(kept.map(field => [field, before[field]])), isOld: true }
}

export type ActorRow = ActorSummary & { since: string }

export type EngineState = AnswerTo<'/api/engine'>

type Frame<Row> = { reset: boolean; rows: Row[]; removed: string[] }
export type StateFrame = Frame<ActorRow>
export type HoldingsFrame = Frame<Holding>

/** `lost`: trying again. `paused`: the tab is hidden. `signed-out`: the engine does not know us. */
export type Line = 'connecting' | 'live' | 'lost' | 'paused' | 'signed-out'

export type Live = {
  line: Line
  engine: EngineState | null
  /** When `engine` was heard, on the page's own clock: engine time goes on from there. */
  heardAtMs: number
  actors: ReadonlyMap<string, ActorRow>
  /** Open hedges, valued; null before the first word of them. */
  holdings: ReadonlyMap<string, HeldRow> | null
}

/** An open hedge; while a book is not trusted, with the last figures that were known. */
export type HeldRow = Holding & LastKnown

export type Change = (live: Live) => Live

const EMPTY: Live = { line: 'connecting', engine: null, heardAtMs: 0, actors: new Map(), holdings: null }

export function createLiveStore(onFrame: (run: () => void) => void) {
  let live = EMPTY
  let waiting: Change[] = []
  const readers = new Set<() => void>()

  const apply = () => {
    const changes = waiting
    waiting = []
    live = changes.reduce((state, change) => change(state), live)
    for (const hear of readers) hear()
  }

  return {
    get: () => live,
    /** Applied with the next animation frame. */
    change(change: Change): void {
      waiting.push(change)
      if (waiting.length === 1) onFrame(apply)
    },
    subscribe(hear: () => void): () => void {
      readers.add(hear)
      return () => readers.delete(hear)
    },
  }
}

export type LiveStore = ReturnType<typeof createLiveStore>

/** The rows a frame carries, over those that were there. */
function merged<Row extends { id: string }>(before: Iterable<[string, Row]>, frame: Frame<Row>) {
  const rows = new Map(frame.reset ? [] : before)
  for (const row of frame.rows) rows.set(row.id, row)
  for (const id of frame.removed) rows.delete(id)
  return rows
}

export const withFrame =
  (frame: StateFrame): Change =>
  live => ({ ...live, actors: merged(live.actors, frame) })

export const withHoldings =
  (frame: HoldingsFrame): Change =>
  live => {
    const { holdings } = live
    const rows = frame.rows.map(row => remembered(holdings?.get(row.id), row))
    return { ...live, holdings: merged<HeldRow>(holdings ?? [], { ...frame, rows }) }
  }

/** What a feed tells of an open hedge. */
const TOLD = [
  ...['notionalUsdt', 'deltaUsdt', 'basisBps', 'fundingRate', 'fundingApr'],
  ...['nextFundingAtMs', 'nextFundingUsdt', 'basisUsdt', 'netUsdt'],
] as (keyof Holding)[]

function remembered(before: HeldRow | undefined, row: Holding): HeldRow {
  const leg = (name: 'spot' | 'perp') =>
    withLastKnown<LegHolding>(before?.[name], row[name], ['price', 'valueUsdt'])
  return withLastKnown<Holding>(before, { ...row, spot: leg('spot'), perp: leg('perp') }, TOLD)
}

export const withEngine =
  (engine: EngineState, heardAtMs: number): Change =>
  live => ({ ...live, engine, heardAtMs })

export const withLine =
  (line: Line): Change =>
  live => ({ ...live, line })
