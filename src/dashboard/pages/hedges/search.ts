/** A search over hedges as it stands in the address: each part left out matches all. */
import type { StoredHedge } from '../../../api/rows/books.ts'

export type Search = {
  symbol: string
  /** The name of a reason, such as carry-gone. */
  reason: string
  result: string
  /** UTC days, both among what is found. */
  from: string
  until: string
}

export const RESULTS = [
  { value: 'gain', name: 'closed with a gain' },
  { value: 'loss', name: 'closed with a loss' },
  { value: 'open', name: 'open' },
  { value: 'failed', name: 'failed' },
  { value: 'never', name: 'never entered' },
] as const

/** What an address asks for. */
export const searchOf = (params: URLSearchParams): Search => ({
  symbol: params.get('symbol') ?? '',
  reason: params.get('reason') ?? '',
  result: params.get('result') ?? '',
  from: params.get('from') ?? '',
  until: params.get('until') ?? '',
})

const DAY_MS = 86_400_000

/** Hedges that stood at some time between both days, and match the rest. */
export function matching(hedges: readonly StoredHedge[], search: Search): StoredHedge[] {
  const { symbol, reason, result, from, until } = search
  const fromMs = from === '' ? Number.NEGATIVE_INFINITY : Date.parse(from)
  const untilMs = until === '' ? Number.POSITIVE_INFINITY : Date.parse(until) + DAY_MS
  return hedges.filter(hedge => {
    const { enteredAtMs, sinceMs, state } = hedge
    const beganMs = enteredAtMs > 0 ? enteredAtMs : sinceMs
    const endedMs = state === 'closed' ? sinceMs : Number.POSITIVE_INFINITY
    return (
      (symbol === '' || hedge.symbol === symbol) &&
      (reason === '' || reasonOf(hedge) === reason) &&
      (result === '' || isResult(hedge, result)) &&
      beganMs < untilMs &&
      endedMs >= fromMs
    )
  })
}

function isResult({ state, netUsdt, enteredAtMs }: StoredHedge, result: string): boolean {
  const isClosed = state === 'closed'
  switch (result) {
    case 'gain':
      return isClosed && Number(netUsdt ?? 0) > 0
    case 'loss':
      return isClosed && Number(netUsdt ?? 0) < 0
    case 'open':
      return !isClosed
    case 'failed':
      return state.startsWith('failed')
    default:
      return isClosed && !(enteredAtMs > 0)
  }
}

/** The name of why it closed or failed; a person's own words are one each. */
export function reasonOf({ failure, unwindBecause }: Pick<StoredHedge, 'failure' | 'unwindBecause'>): string {
  const text = failure ?? unwindBecause ?? ''
  return /^[a-z]+(-[a-z]+)*(?=: found )/.exec(text)?.[0] ?? text
}

const distinct = (words: readonly string[]) => [...new Set(words)].filter(word => word !== '').sort()

/** What there is to choose from. */
export const symbolsOf = (hedges: readonly StoredHedge[]) => distinct(hedges.map(({ symbol }) => symbol))
/** The same for reasons. */
export const reasonsOf = (hedges: readonly StoredHedge[]) => distinct(hedges.map(reasonOf))
