/** Persisted steps of an actor: any of them by its number, also of actors that have ended and from before a restart. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { AnswerTo } from '../../../api/rows/answers.ts'
import { ask } from '../../data/client.ts'

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

export type StoredStep = AnswerTo<'/api/actors/{id}/transitions'>['rows'][number]

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
