/** The migrations in order. Imported, not found in a folder: a bundle or another working directory changes nothing. */
import { Tables } from './migrations/20261122091213-tables.ts'
import { JournalExpect } from './migrations/20261122091300-journal-expect.ts'
import { AlertLife } from './migrations/20261122101500-alert-life.ts'
import { SpreadOrders } from './migrations/20261122120000-spread-orders.ts'
import { BooksTables } from './migrations/20261122130000-books.ts'
import { TermsTableAdded } from './migrations/20261201070000-terms.ts'

export const migrations = [
  { name: '20261122091213-tables', class: Tables },
  { name: '20261122091300-journal-expect', class: JournalExpect },
  { name: '20261122101500-alert-life', class: AlertLife },
  { name: '20261122120000-spread-orders', class: SpreadOrders },
  { name: '20261122130000-books', class: BooksTables },
  { name: '20261201070000-terms', class: TermsTableAdded },
]
