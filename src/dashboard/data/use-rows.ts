/** Reads that are asked again while somebody looks, and pages that are loaded as far as somebody reads. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { AnswerTo, PagedPath, PagedRow, Path } from '../../api/rows/answers.ts'
import { ask } from './client.ts'

/** Paths with nothing to fill in. */
type Plain = Exclude<Path, `${string}{${string}`>

/** Asked every `everyMs` of the wall's time while the tab is in sight. */
export function useRows<P extends Plain>(
  path: P,
  everyMs: number,
  query?: Readonly<Record<string, string | number>>,
) {
  return useQuery({
    queryKey: [path, query],
    queryFn: ({ signal }) => askPlain(path, { query, signal }),
    refetchInterval: everyMs,
    placeholderData: before => before,
  })
}

/** More than there will be: of lists that come at once. */
export const ROWS_KEPT_MAX = 100_000

const PAGE_ROWS = 200
/** As many as the API gives at once. */
const ALL_ROWS = 1000

/** A list from its newest row on; older pages on demand, the newest asked again every `everyMs`. */
export function usePages<P extends PagedPath>(path: P, everyMs: number) {
  const query = useInfiniteQuery({
    queryKey: [path],
    queryFn: ({ pageParam, signal }) => pageOf(path, PAGE_ROWS, pageParam, signal),
    initialPageParam: '',
    getNextPageParam: page => page.next,
    // Only the newest page moves: asking all of them again would cost more with each page read.
    refetchInterval: ({ state }) => (state.data && state.data.pages.length > 1 ? false : everyMs),
  })
  return {
    /** Undefined before the first page is there. */
    rows: query.data?.pages.flatMap(({ rows }) => rows) as PagedRow<P>[] | undefined,
    error: query.error,
    more: query.hasNextPage ? () => void query.fetchNextPage() : undefined,
    isLoadingMore: query.isFetchingNextPage,
    /** Every row there is, to its end: for a file. */
    all: () => allPages(path),
  }
}

async function allPages<P extends PagedPath>(path: P): Promise<PagedRow<P>[]> {
  const rows: PagedRow<P>[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page: { rows: PagedRow<P>[]; next: string | null } = await pageOf(path, ALL_ROWS, cursor)
    rows.push(...page.rows)
    cursor = page.next
  }
  return rows
}

type PageOf<P extends PagedPath> = { rows: PagedRow<P>[]; next: string | null }

const pageOf = <P extends PagedPath>(path: P, limit: number, cursor: string, signal?: AbortSignal) =>
  askPlain(path, { query: cursor ? { limit, cursor } : { limit }, ...(signal && { signal }) }) as Promise<
    PageOf<P>
  >

/** Without names to fill in what is given is one thing for all paths, which the compiler does not see of a generic one. */
const askPlain = <P extends Plain>(path: P, given: { query?: object | undefined; signal?: AbortSignal }) =>
  (ask as (path: P, given: object) => Promise<AnswerTo<P>>)(path, given)
