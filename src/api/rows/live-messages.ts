/**
 * What one reader of the live feed is told next: rows of actors that moved, open hedges whose figures changed, and the
 * engine's summary. The same for every transport. All of it is state: a reader that was away gets the present.
 */
import type { Clock } from '../../clock/clock.ts'
import type { EngineSummary, EngineView } from '../engine-view.ts'
import type { LiveFeed } from '../routes/live-feed.ts'
import type { Holding } from './rows.ts'

export type LiveMessage = {
  event: 'state' | 'holdings' | 'engine' | 'beat'
  /** Where to go on from, on frames that move the cursor. */
  id?: string
  data: object
}

export type LiveReader = {
  /** At least a beat. */
  next(): LiveMessage[]
  /** Is there anything to tell at once? */
  hasMoved(): boolean
}

/** Prices move all the time: hedges are valued this often, once for all readers. Wall time. */
const VALUED_EVERY_MS = 500

/** Gives readers that go on from their cursor. */
export function liveMessages(feed: LiveFeed, view: EngineView, clock: Clock) {
  let valuedAtMs = Number.NEGATIVE_INFINITY
  let valued: { row: Holding; text: string }[] = []
  const holdings = () => {
    if (clock.nowMs() - valuedAtMs >= VALUED_EVERY_MS) {
      valuedAtMs = clock.nowMs()
      valued = view.holdings().map(row => ({ row, text: JSON.stringify(row) }))
    }
    return valued
  }

  return (from: string | undefined): LiveReader => {
    let cursor = from
    let toldEngine = ''
    let toldHoldings: Map<string, string> | undefined

    const holdingsFrame = (): LiveMessage[] => {
      const now = holdings()
      const rows = now.filter(({ row, text }) => toldHoldings?.get(row.id) !== text).map(({ row }) => row)
      const present = new Map(now.map(({ row, text }) => [row.id, text]))
      const removed = [...(toldHoldings?.keys() ?? [])].filter(id => !present.has(id))
      const reset = toldHoldings === undefined
      toldHoldings = present
      if (!reset && rows.length === 0 && removed.length === 0) return []
      return [{ event: 'holdings', data: { reset, rows, removed } }]
    }

    const stateFrame = (): LiveMessage[] => {
      const frame = feed.frame(cursor)
      if (!frame) return []
      const { reset, rows, removed } = frame
      cursor = frame.cursor
      return [{ event: 'state', id: cursor, data: { reset, rows, removed } }]
    }

    const engine = (): LiveMessage[] => {
      const summary = view.summary()
      const text = engineText(summary)
      if (text === toldEngine) return []
      toldEngine = text
      return [{ event: 'engine', data: summary }]
    }

    return {
      next() {
        const told = [...stateFrame(), ...engine(), ...holdingsFrame()]
        return told.length > 0 ? told : [{ event: 'beat', data: {} }]
      },
      hasMoved: () => feed.hasMoved(cursor),
    }
  }
}

/** The summary without its clock: time alone is no news. */
const engineText = ({ nowMs: _, ...rest }: EngineSummary) => JSON.stringify(rest)
