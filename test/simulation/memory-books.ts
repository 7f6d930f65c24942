/** The ledger's store in memory, for engines on a virtual clock. */
import type { Books } from '../../actors/bookkeeper.ts'
import { balances, openingPostings, type Posting } from '../../src/domain/ledger.ts'
import { type Amount, amount } from '../../src/domain/units.ts'

export type MemoryBooks = Books & { postings: Posting[]; unexplained(): Posting[] }

export function memoryBooks(): MemoryBooks {
  const postings: Posting[] = []
  const seen = new Set<string>()
  let newestAtMs: number | undefined
  return {
    postings,
    unexplained: () => postings.filter(({ kind }) => kind === 'suspense'),
    newestAtMs: async () => newestAtMs,
    async open(coins, atMs) {
      postings.push(...openingPostings(coins, atMs))
      newestAtMs = atMs
    },
    async book(entries) {
      const fresh = entries.filter(({ row }) => !seen.has(row.id))
      for (const { row, postings: added } of fresh) {
        seen.add(row.id)
        postings.push(...added)
        newestAtMs = Math.max(newestAtMs ?? 0, row.atMs)
      }
      return fresh.map(({ row }) => row)
    },
    async walletBalances() {
      const wallets = Object.entries(balances(postings)).filter(([account]) => account.startsWith('wallet:'))
      return Object.fromEntries(
        wallets.map(([account, sum]): [string, Amount] => [account.slice('wallet:'.length), amount(sum)]),
      )
    },
    async appendEquity() {},
  }
}
