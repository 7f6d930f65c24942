/** Persisted steps of an actor: any of them by its number, also of actors that have ended and from before a restart. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { TransitionView } from '../../api/engine-view.ts'
import type { PastStep } from '../../api/inspection-view.ts'
import { ask } from '../client.ts'

const pathOf = (actorId: string, seq: number | 'last') =>
  `/api/actors/${encodeURIComponent(actorId)}/at/${seq}`

/** The actor after one step; steps never change. */
export function usePast(actorId: string, seq: number | undefined) {
  return useQuery({
    queryKey: ['past', actorId, seq],
    queryFn: ({ signal }) => ask<PastStep>(pathOf(actorId, seq ?? 'last'), signal),
    enabled: seq !== undefined && seq >= 0,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** The last step of an actor that does not run: what deep links to closed hedges show. */
export function useLastStep(actorId: string, enabled: boolean) {
  return useQuery({
    queryKey: ['past', actorId, 'last'],
    queryFn: ({ signal }) => ask<PastStep>(pathOf(actorId, 'last'), signal),
    enabled,
    refetchInterval: query => (query.state.data ? false : 3000),
  })
}

export type StoredStep = TransitionView & { at: string }

/** Steps around one: enough to walk along. */
export function useSteps(actorId: string, around: number) {
  const fromSeq = Math.max(0, Math.floor((around - 60) / 40) * 40)
  return useQuery({
    queryKey: ['steps', actorId, fromSeq],
    queryFn: ({ signal }) =>
      ask<{ rows: StoredStep[]; next: number | null }>(
        `/api/actors/${encodeURIComponent(actorId)}/transitions?fromSeq=${fromSeq}&limit=200`,
        signal,
      ),
    placeholderData: keepPreviousData,
    staleTime: 5000,
  })
}
