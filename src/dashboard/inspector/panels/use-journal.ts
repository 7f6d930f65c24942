/** What an actor heard before anybody looked, from its journal: page by page backwards, across restarts of the engine. */
import { useInfiniteQuery } from '@tanstack/react-query'
import type { LogLine } from '../../../api/inspection-view.ts'
import { ask } from '../../data/client.ts'
import type { StoredStep } from './use-past.ts'

const AT_ONCE = 100
const STRIDE = 50

/** Steps before the oldest line that is known by itself, oldest first; `more` reads on, and is left out at the beginning. */
export function useJournal(actorId: string, log: readonly LogLine[], lastSeq: number) {
  const known = log.find(({ seq }) => seq !== null)?.seq ?? lastSeq + 1
  // Where the journal takes over moves in strides: not all of it is read again whenever the oldest live line falls off.
  const before = Math.ceil(known / STRIDE) * STRIDE
  const isWhole = lastSeq + 1 >= before
  const query = useInfiniteQuery({
    queryKey: ['journal', actorId, before, isWhole],
    queryFn: async ({ pageParam, signal }) => {
      const fromSeq = Math.max(0, pageParam - AT_ONCE)
      const limit = Math.max(1, pageParam - fromSeq)
      const { rows } = await ask('/api/actors/{id}/transitions', {
        ...{ params: { id: actorId }, query: { fromSeq, limit }, signal },
      })
      return { fromSeq, lines: rows.filter(({ seq }) => seq < pageParam).map(lineOf) }
    },
    initialPageParam: before,
    getNextPageParam: ({ fromSeq }) => (fromSeq > 0 ? fromSeq : null),
    enabled: known > 0,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return {
    lines: (query.data?.pages ?? [])
      .toReversed()
      .flatMap(({ lines }) => lines)
      .filter(({ seq }) => seq !== null && seq < known),
    more: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
    isLoading: query.isFetching,
  }
}

/** A step as the journal has it. Its number is below all that were heard live. */
const lineOf = ({ seq, atMs, event, from, to, effects }: StoredStep): LogLine => ({
  n: seq - Number.MAX_SAFE_INTEGER,
  atMs,
  seq,
  event: event as LogLine['event'],
  from,
  to,
  ignored: false,
  edges: [],
  effects: effects.map(({ type }) => ({ type, to: null, event: null })),
  by: typeof event.by === 'string' ? event.by : null,
})
