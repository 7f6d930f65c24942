/**
 * For the MikroORM command line: `MIKRO_ORM_CLI_CONFIG=./mikro-orm.config.ts npx mikro-orm migration:check`.
 * The engine itself opens its database through `src/store/database.ts`.
 */
import { defineConfig } from '@mikro-orm/postgresql'
import { ormOptions } from './src/store/schema/orm-options.ts'

export default defineConfig({
  ...ormOptions,
  clientUrl: process.env.HEDGEROW_DATABASE_URL ?? 'postgresql://127.0.0.1/hedgerow',
  ...(process.env.HEDGEROW_DATABASE_SOCKET
    ? { host: process.env.HEDGEROW_DATABASE_SOCKET, user: 'hedgerow', dbName: 'hedgerow' }
    : {}),
})
