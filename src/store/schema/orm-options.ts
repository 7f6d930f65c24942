/** The ORM's settings that the engine, the command line and the checks share. */

import { Migrator } from '@mikro-orm/migrations'
import { defineConfig } from '@mikro-orm/postgresql'
import { migrations } from '../migrations.ts'
import { tables } from './tables.ts'

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
