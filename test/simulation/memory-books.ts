/** The ledger's store in memory, for engines on a virtual clock. */
import type { Books } from '../../actors/bookkeeper.ts'
import type { Records } from '../../actors/recorder.ts'
import type { RiskBooks } from '../../actors/risk-figures.ts'
import { balances, openingPostings, type Posting } from '../../src/domain/ledger.ts'
import { memoryRiskBooks } from '../../src/store/memory-risk-books.ts'

export type MemoryBooks = Books & Records & RiskBooks & { postings: Posting[]; unexplained(): Posting[] }

export function memoryBooks(): MemoryBooks {
  const postings: Posting[] = []
  const seen = new Set<string>()
  let span: { openedAtMs: number; newestAtMs: number } | undefined
  return {
    postings,
    unexplained: () => postings.filter(({ kind }) => kind === 'suspense'),
    span: async () => span,
    async open(coins, atMs) {
      postings.push(...openingPostings(coins, atMs))
      span = { openedAtMs: atMs, newestAtMs: atMs }
    },
    async book(entries) {
      const fresh = entries.filter(({ row }) => !seen.has(row.id))
      for (const { row, postings: added } of fresh) {
        seen.add(row.id)
        postings.push(...added)
        if (span) span.newestAtMs = Math.max(span.newestAtMs, row.atMs)
      }
      return fresh.map(({ row }) => row)
    },
    accountBalances: async () => balances(postings),
    ...memoryRiskBooks(postings),
    async keepFills() {},
    async keepOrders() {},
  }
}
