/**
 * All tables, the migrations in order, and the ORM's settings that the engine, the command line and the checks share.
 * Migrations are imported, not found in a folder: a bundle or another working directory changes nothing.
 */
import { Migrator } from '@mikro-orm/migrations'
import { defineConfig } from '@mikro-orm/postgresql'
import { Tables } from '../migrations/20261122091213-tables.ts'
import { JournalExpect } from '../migrations/20261122091300-journal-expect.ts'
import { AlertLife } from '../migrations/20261122101500-alert-life.ts'
import { SpreadOrders } from '../migrations/20261122120000-spread-orders.ts'
import { BooksTables } from '../migrations/20261122130000-books.ts'
import { TermsTableAdded } from '../migrations/20261201070000-terms.ts'
import { UnreadTables } from '../migrations/20261201150000-unread-tables.ts'
import { CommandFromTelegramAdded } from '../migrations/20261201153000-command-telegram.ts'
import { journalTables } from './journal.ts'
import { operatorTables } from './operator.ts'
import { tradeTables } from './trade.ts'

export const migrations = [
  { name: '20261122091213-tables', class: Tables },
  { name: '20261122091300-journal-expect', class: JournalExpect },
  { name: '20261122101500-alert-life', class: AlertLife },
  { name: '20261122120000-spread-orders', class: SpreadOrders },
  { name: '20261122130000-books', class: BooksTables },
  { name: '20261201070000-terms', class: TermsTableAdded },
  { name: '20261201150000-unread-tables', class: UnreadTables },
  { name: '20261201153000-command-telegram', class: CommandFromTelegramAdded },
]

const tables = [...journalTables, ...tradeTables, ...operatorTables]

export const ormOptions = defineConfig({
  entities: tables,
  extensions: [Migrator],
  // Money and instants are strict: a row that lost a column is an error, not undefined.
  validateRequired: true,
  schemaGenerator: {
    // Functions and triggers are made by migrations; PostgreSQL tells too little of them to be compared.
    ignoreRoutines: true,
    ignoreTriggers: true,
    disableForeignKeys: false,
  },
  migrations: {
    path: 'src/store/migrations',
    snapshotName: '.snapshot',
    migrationsList: migrations,
    emit: 'ts',
    fileName: (timestamp, name) => `${timestamp}-${name ?? 'change'}`,
    // The default rewrites the snapshot from the database, and hand-written objects would show up as drops.
    snapshot: true,
    snapshotOnMigrate: false,
  },
})
