/** The chart of a kind and its layout. Both never change once made; the old picture stays until the new one is ready. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { ask } from '../../data/client.ts'
import { type Chart, readChart } from './chart.ts'
import { drawingOf } from './drawing.ts'
import { type ChartLayout, type LayoutDirection, layOut } from './layout.ts'

const FOR_EVER = { staleTime: Number.POSITIVE_INFINITY, gcTime: Number.POSITIVE_INFINITY }

export function useChart(hash: string | null | undefined): Chart | undefined {
  const { data } = useQuery({
    queryKey: ['chart', hash],
    queryFn: ({ signal }) => ask('/api/charts/{kind}', { params: { kind: hash ?? '' }, signal }),
    enabled: Boolean(hash),
    ...FOR_EVER,
  })
  return useMemo(() => (data && data.hash === hash ? readChart(data) : undefined), [data, hash])
}

export type LaidOut = { hash: string; layout: ChartLayout }

export function useLayout(
  chart: Chart | undefined,
  folded: ReadonlySet<string>,
  direction: LayoutDirection,
): { laidOut: LaidOut | undefined; error: unknown } {
  const key = [...folded].sort().join(' ')
  const { data, error } = useQuery({
    queryKey: ['layout', chart?.hash, direction, key],
    queryFn: async (): Promise<LaidOut> => {
      if (!chart) throw new Error('layout: expected a chart')
      return { hash: chart.hash, layout: await layOut(drawingOf(chart, folded), direction) }
    },
    enabled: chart !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    ...FOR_EVER,
  })
  return { laidOut: data?.hash === chart?.hash ? data : undefined, error }
}
