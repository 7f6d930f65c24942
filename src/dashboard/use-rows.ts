/** Reads that are asked again while somebody looks, and pages that are loaded as far as somebody reads. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ask } from './client.ts'
import type { Page } from './rows.ts'

/** Asked every `everyMs` of the wall's time while the tab is in sight. */
export function useRows<Row>(path: string, everyMs: number) {
  return useQuery({
    queryKey: [path],
    queryFn: ({ signal }) => ask<Row>(path, signal),
    refetchInterval: everyMs,
    placeholderData: before => before,
  })
}

const PAGE_ROWS = 200

/** A list from its newest row on; older pages on demand, the newest asked again every `everyMs`. */
export function usePages<Row>(path: string, everyMs: number) {
  const query = useInfiniteQuery({
    queryKey: [path],
    queryFn: ({ pageParam, signal }) =>
      ask<Page<Row>>(
        `${path}?limit=${PAGE_ROWS}${pageParam ? `&cursor=${encodeURIComponent(pageParam)}` : ''}`,
        signal,
      ),
    initialPageParam: '',
    getNextPageParam: page => page.next,
    // Only the newest page moves: asking all of them again would cost more with each page read.
    refetchInterval: ({ state }) => (state.data && state.data.pages.length > 1 ? false : everyMs),
  })
  return {
    rows: query.data?.pages.flatMap(({ rows }) => rows) ?? [],
    error: query.error,
    isPending: query.isPending,
    more: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
    isLoadingMore: query.isFetchingNextPage,
  }
}
