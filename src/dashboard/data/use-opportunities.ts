/** Tracked symbols with what is made of them; where a book is not trusted now, with the last sums and prices that were known. */
import { useRef } from 'react'
import type { Opportunity } from '../../api/rows/books.ts'
import { type LastKnown, withLastKnown } from './last-known.ts'
import { useRows } from './use-rows.ts'

type Row = Opportunity & LastKnown

/** Rows keep their place in an order by their figures while a feed is silent. */
export function useOpportunities(everyMs: number): { rows: Row[] | undefined; error: unknown } {
  const { data, error } = useRows('/api/opportunities', everyMs)
  const known = useRef({ data, rows: undefined as Row[] | undefined })
  if (known.current.data !== data) {
    const before = new Map(known.current.rows?.map(row => [row.symbol, row]))
    known.current = { data, rows: data?.map(row => remembered(before.get(row.symbol), row)) }
  }
  return { rows: known.current.rows, error }
}

function remembered(before: Row | undefined, row: Opportunity): Row {
  const market = withLastKnown<Opportunity['market']>(before?.market, row.market, [
    ...([
      'markPrice',
      'fundingRate',
      'fundingIntervalMs',
      'nextFundingAtMs',
      'basisBps',
      'depthUsdt',
    ] as const),
  ])
  const kept = withLastKnown<Opportunity>(before, { ...row, market }, ['carry'])
  return market.isOld ? { ...kept, isOld: true } : kept
}
