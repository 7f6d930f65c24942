/** What an actor heard before anybody looked, from its journal: page by page backwards, across restarts of the engine. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { LogLine } from '../../../api/inspection-view.ts'
import type { AnswerTo } from '../../../api/rows/answers.ts'
import { ask } from '../../data/client.ts'

// Persisted steps of an actor: any of them by its number, also of actors that have ended and from before a restart.

const stepAt = (id: string, seq: number | 'last', signal: AbortSignal) =>
  ask('/api/actors/{id}/at/{seq}', { params: { id, seq }, signal })

/** The actor after one step; steps never change. */
export function usePast(actorId: string, seq: number | undefined) {
  return useQuery({
    queryKey: ['past', actorId, seq],
    queryFn: ({ signal }) => stepAt(actorId, seq ?? 'last', signal),
    enabled: seq !== undefined && seq >= 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The last step of an actor that does not run: what deep links to closed hedges show. */
export function useLastStep(actorId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['past', actorId, 'last'],
    queryFn: ({ signal }) => stepAt(actorId, 'last', signal),
    enabled,
    refetchInterval: query => (query.state.data ? false : 3000),
  })
}

type StoredStep = AnswerTo<'/api/actors/{id}/transitions'>['rows'][number]

/** Steps around one: enough to walk along. */
export function useSteps(actorId: string, around: number) {
  const fromSeq = Math.max(0, Math.floor((around - 60) / 40) * 40)
  return useQuery({
    queryKey: ['steps', actorId, fromSeq],
    queryFn: ({ signal }) =>
      ask('/api/actors/{id}/transitions', {
        params: { id: actorId },
        query: { fromSeq, limit: 200 },
        signal,
      }),
    placeholderData: keepPreviousData,
    staleTime: 5000,
  })
}

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
