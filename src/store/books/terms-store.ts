/** The exchange's terms as they were last read: what a solvency verdict rests on after a restart, or while they cannot be read. */
import type { JsonObject } from '../../domain/json.ts'
import type { Database } from '../database.ts'
import { TermsTable } from '../schema/operator.ts'
import { type AccountScope, reading, writing } from './account-scope.ts'

/** `name`: 'collateral', or 'risk-tiers SYMBOL'. */
type ReadTerms = { name: string; terms: JsonObject; readAtMs: number }

export type TermsStore = {
  /** The newest reading of a name replaces the one before. */
  keepTerms(read: ReadTerms): Promise<void>
  /** All names, each as last read. */
  lastTerms(): Promise<ReadTerms[]>
}

/** In the database of one account. Both verbs throw what the database throws. */
export function createTermsStore(database: Database, scope: AccountScope): TermsStore {
  const { account } = scope
  return {
    async keepTerms(read) {
      await writing(database, scope, em => em.upsert(TermsTable, { account, ...read }))
    },
    async lastTerms() {
      const found = await reading(database).find(TermsTable, { account })
      return found.map(({ name, terms, readAtMs }) => ({ name, terms, readAtMs }))
    },
  }
}

/** The same in memory. */
export function memoryTerms(): TermsStore {
  const known = new Map<string, ReadTerms>()
  return {
    keepTerms: async read => void known.set(read.name, read),
    lastTerms: async () => [...known.values()],
  }
}
