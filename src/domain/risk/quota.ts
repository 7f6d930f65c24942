/**
 * How much may still be asked of the exchange, by endpoint. Bybit counts requests of one account in a rolling second per
 * endpoint, and requests of one address in five; it says what is left in each answer's headers. A share of every limit is kept
 * for orders that reduce risk, so that a burst of entries can never stand in an exit's way.
 *
 * Source: bybit-exchange/docs v5/rate-limit; carry.md d.8 (keep at least 30 % for exits). Times are the engine's.
 */

/** What one answer said of its endpoint's limit, or what is counted of it. */
export type QuotaRead = {
  /** As `endpointOf` names it, or `ADDRESS`. */
  endpoint: string
  /** Requests per window. */
  limit: number
  left: number
  /** When the limit is whole again; at or before `readAtMs` where nothing waits. */
  resetAtMs: number
  readAtMs: number
}

export type QuotaRules = {
  /** Fraction of each limit that only reducing orders may use, 0 to 1. */
  exitShare: number
}

export const QUOTA_RULES: QuotaRules = { exitShare: 0.3 }

/** One endpoint's use, for people. */
export type QuotaUse = {
  endpoint: string
  limit: number
  /** Requests that could leave now. */
  left: number
  /** Of these, what entering orders may use. */
  leftToEnter: number
  /** Nothing leaves before it; 0 when nothing is held back. */
  blockedUntilMs: number
}

/** The name under which all requests of this address are counted together. */
export const ADDRESS = 'address'

const SECOND_MS = 1_000
const ADDRESS_WINDOW_MS = 5 * SECOND_MS
const ADDRESS_LIMIT = 600
/** Bybit lifts the block of an address that asked too often after 10 minutes without a request. */
const ADDRESS_BLOCK_MS = 600_000
/** A limit's own window is a second: a longer block out of a header is not believed. */
const BLOCK_MS_MAX = 5 * SECOND_MS

const ORDER_PATH = /^\/v5\/order\/(create|amend|cancel|cancel-all|create-batch|amend-batch|cancel-batch)$/

/** Requests a second; 50 where nothing is said here. */
const PER_SECOND: Readonly<Record<string, number>> = {
  '/v5/spread/order/create': 20,
  '/v5/spread/order/amend': 20,
  '/v5/spread/order/cancel': 20,
  '/v5/spread/order/cancel-all': 5,
  '/v5/position/set-leverage': 10,
  '/v5/position/switch-mode': 10,
  '/v5/account/transaction-log': 25,
  '/v5/account/fee-rate': 5,
  '/v5/account/set-collateral-switch-batch': 5,
  '/v5/account/set-margin-mode': 5,
  '/v5/account/borrow': 1,
  '/v5/account/repay': 1,
  '/v5/account/no-convert-repay': 1,
  '/v5/user/query-api': 10,
}

/** The name under which a request is counted: order paths have a limit of their own in each market. */
export const endpointOf = (path: string, market = ''): string =>
  ORDER_PATH.test(path) ? `${path} ${market}` : path

/** The endpoint by which an order of this market is placed. */
export const placingEndpoint = (market: 'spot' | 'linear' | 'spread'): string =>
  market === 'spread' ? '/v5/spread/order/create' : endpointOf('/v5/order/create', market)

/** Requests per window that Bybit allows where its headers have not said otherwise. */
export function defaultLimit(endpoint: string): number {
  if (endpoint === ADDRESS) return ADDRESS_LIMIT
  const [path = '', market] = endpoint.split(' ')
  if (ORDER_PATH.test(path)) return market === 'spot' && path !== '/v5/order/amend' ? 20 : 10
  return PER_SECOND[path] ?? 50
}

type Count = {
  limit: number
  /** When each request of the last window left, oldest first. */
  sentAtMs: number[]
  read: { left: number; atMs: number } | undefined
  blockedUntilMs: number
}

export type Quota = {
  /** Counts one request. */
  sent(endpoint: string, nowMs: number): void
  /** Takes what an answer, or another count of the same account, said. */
  heard(read: QuotaRead): void
  /** Bybit refused for too many visits (10006): nothing leaves until the limit is whole again. */
  refused(endpoint: string, nowMs: number): void
  /** Bybit blocks the address (HTTP 403). */
  blocked(nowMs: number): void
  /** May an order that adds risk leave now? Never while the address is blocked: what it did could not be read. */
  mayEnter(endpoint: string, nowMs: number): boolean
  /** May an order that takes risk away leave now? It may use all that is left. */
  mayExit(endpoint: string, nowMs: number): boolean
  /** Every endpoint used so far, as it stands now. */
  reads(nowMs: number): QuotaRead[]
  use(nowMs: number): QuotaUse[]
}

const windowOf = (endpoint: string): number => (endpoint === ADDRESS ? ADDRESS_WINDOW_MS : SECOND_MS)

function leftOf(endpoint: string, count: Count, nowMs: number): number {
  if (nowMs < count.blockedUntilMs) return 0
  const sinceMs = nowMs - windowOf(endpoint)
  const own = count.limit - count.sentAtMs.filter(atMs => atMs > sinceMs).length
  const { read } = count
  if (!read || read.atMs <= sinceMs) return Math.max(0, own)
  // Others may use the same account: what the exchange said wins where it is less.
  const told = read.left - count.sentAtMs.filter(atMs => atMs > read.atMs).length
  return Math.max(0, Math.min(own, told))
}

/** An empty count. It holds no clock: every call says its time, which must not go backwards. */
export function createQuota(rules: QuotaRules = QUOTA_RULES): Quota {
  const counts = new Map<string, Count>()
  const countOf = (endpoint: string): Count => {
    const known = counts.get(endpoint)
    if (known) return known
    const fresh = { limit: defaultLimit(endpoint), sentAtMs: [], read: undefined, blockedUntilMs: 0 }
    counts.set(endpoint, fresh)
    return fresh
  }
  const left = (endpoint: string, nowMs: number) => {
    const count = counts.get(endpoint)
    return count ? leftOf(endpoint, count, nowMs) : defaultLimit(endpoint)
  }
  const kept = (endpoint: string) =>
    Math.ceil((counts.get(endpoint)?.limit ?? defaultLimit(endpoint)) * rules.exitShare)
  const leftToEnter = (endpoint: string, nowMs: number) => Math.max(0, left(endpoint, nowMs) - kept(endpoint))
  const isAddressBlocked = (nowMs: number) => nowMs < (counts.get(ADDRESS)?.blockedUntilMs ?? 0)

  return {
    sent(endpoint, nowMs) {
      const count = countOf(endpoint)
      const sinceMs = nowMs - windowOf(endpoint)
      while ((count.sentAtMs[0] ?? nowMs) <= sinceMs) count.sentAtMs.shift()
      count.sentAtMs.push(nowMs)
    },
    heard(read) {
      const count = countOf(read.endpoint)
      if (count.read && read.readAtMs < count.read.atMs) return
      if (read.limit > 0) count.limit = read.limit
      count.read = { left: read.left, atMs: read.readAtMs }
      if (read.left > 0) return
      const mostMs = read.endpoint === ADDRESS ? ADDRESS_BLOCK_MS : BLOCK_MS_MAX
      const untilMs = Math.min(read.resetAtMs, read.readAtMs + mostMs)
      count.blockedUntilMs = Math.max(count.blockedUntilMs, untilMs)
    },
    refused(endpoint, nowMs) {
      const count = countOf(endpoint)
      count.blockedUntilMs = Math.max(count.blockedUntilMs, nowMs + SECOND_MS)
    },
    blocked(nowMs) {
      countOf(ADDRESS).blockedUntilMs = nowMs + ADDRESS_BLOCK_MS
    },
    mayEnter: (endpoint, nowMs) => !isAddressBlocked(nowMs) && leftToEnter(endpoint, nowMs) > 0,
    mayExit: (endpoint, nowMs) => left(endpoint, nowMs) > 0,
    reads: nowMs =>
      [...counts].map(([endpoint, count]) => ({
        endpoint,
        limit: count.limit,
        left: leftOf(endpoint, count, nowMs),
        resetAtMs: Math.max(count.blockedUntilMs, (count.sentAtMs[0] ?? nowMs) + windowOf(endpoint)),
        readAtMs: nowMs,
      })),
    use: nowMs =>
      [...counts].map(([endpoint, { limit, blockedUntilMs }]) => ({
        endpoint,
        limit,
        left: left(endpoint, nowMs),
        leftToEnter: isAddressBlocked(nowMs) ? 0 : leftToEnter(endpoint, nowMs),
        blockedUntilMs: blockedUntilMs > nowMs ? blockedUntilMs : 0,
      })),
  }
}

/**
 * The part of the order quota that is left, 0 to 1: of the scarcest endpoint by which orders are placed, or of this address as a
 * whole. Undefined while nothing was asked.
 */
export function orderBudgetLeft(reads: readonly QuotaRead[]): number | undefined {
  const counted = new Set([ADDRESS, ...(['spot', 'linear', 'spread'] as const).map(placingEndpoint)])
  const parts = reads
    .filter(({ endpoint, limit }) => counted.has(endpoint) && limit > 0)
    .map(({ left, limit }) => left / limit)
  return parts.length > 0 ? Math.min(...parts) : undefined
}
