import { spawnSync } from 'node:child_process'
import { MikroORM } from '@mikro-orm/postgresql'
import { describe, expect, test } from 'vitest'
import {
  addressText,
  DatabaseTooNew,
  DatabaseUnavailable,
  openDatabase,
  silentStoreLog,
} from '../../src/store/database.ts'
import { EquityTable } from '../../src/store/schema/operator.ts'
import { ormOptions } from '../../src/store/schema/orm-options.ts'
import { emptyDatabase, openTestDatabase, testServer } from '../support/store/test-database.ts'

describe('the database', () => {
  test('migrated from empty is what the tables say, and migrating again changes nothing', async () => {
    const address = await emptyDatabase(await testServer())
    const first = await openDatabase({ ...address, log: silentStoreLog })
    expect((await first.orm.schema.getUpdateSchemaSQL()).trim()).toBe('')
    const migrated = await first.orm.migrator.getExecuted()
    await first.close()
    const second = await openDatabase({ ...address, log: silentStoreLog })
    expect(await second.orm.migrator.getExecuted()).toEqual(migrated)
    expect(await second.orm.migrator.getPending()).toEqual([])
    await second.close()
  })

  test('is migrated once by two engines that start together', async () => {
    const address = await emptyDatabase(await testServer())
    const both = await Promise.all([
      openDatabase({ ...address, log: silentStoreLog }),
      openDatabase({ ...address, log: silentStoreLog }),
    ])
    for (const database of both) {
      expect(await database.orm.migrator.getPending()).toEqual([])
      await database.close()
    }
  })

  test('has a migration for every change of its tables', async () => {
    const address = await emptyDatabase(await testServer())
    const { socketDir, user, database } = address
    const orm = await MikroORM.init({ ...ormOptions, host: socketDir, user, dbName: database })
    expect(await orm.migrator.checkSchema()).toBe(false)
    await orm.close()
  })

  test('is found up to date by the command of the ORM, run as its configuration says', async () => {
    const address = await emptyDatabase(await testServer())
    await (await openDatabase({ ...address, log: silentStoreLog })).close()
    const { socketDir, user, database } = address
    const checked = spawnSync(process.execPath, ['node_modules/.bin/mikro-orm', 'migration:check'], {
      env: {
        PATH: process.env.PATH,
        MIKRO_ORM_CLI_CONFIG: './mikro-orm.config.ts',
        HEDGEROW_DATABASE_URL: `postgresql://${user}@%2F/${database}?host=${socketDir}`,
      },
      encoding: 'utf8',
    })
    expect(checked.stdout + checked.stderr).toContain('No changes required')
    expect(checked.status).toBe(0)
  })

  test('goes forward from an older version with rows in it; tables that nothing reads are gone', async () => {
    const address = await emptyDatabase(await testServer())
    const { socketDir, user, database } = address
    const orm = await MikroORM.init({ ...ormOptions, host: socketDir, user, dbName: database })
    await orm.migrator.up({ to: '20261201070000-terms' })
    await orm.em.execute(`insert into funding_rate values ('SOLUSDT', 0, 0.0001)`)
    await orm.em.execute(`insert into equity values ('main', 0, 100, 90, '{}')`)
    await orm.close()
    const opened = await openDatabase({ ...address, log: silentStoreLog })
    const { rows } = await opened.pool.query(
      `select to_regclass('funding_rate') as gone, (select count(*)::int from equity) as kept`,
    )
    expect(rows).toEqual([{ gone: null, kept: 1 }])
    await opened.close()
  })

  test('written by a newer version is refused, by the name of what is unknown', async () => {
    const address = await emptyDatabase(await testServer())
    const database = await openDatabase({ ...address, log: silentStoreLog })
    await database.pool.query(`insert into mikro_orm_migrations (name) values ('29990101000000-hovercraft')`)
    await database.close()
    const opened = openDatabase({ ...address, log: silentStoreLog })
    await expect(opened).rejects.toBeInstanceOf(DatabaseTooNew)
    await expect(opened).rejects.toThrow('29990101000000-hovercraft')
  })

  test('that does not answer is asked again, then named without its password', async () => {
    const warned: string[] = []
    const opened = openDatabase({
      url: 'postgresql://trader:secret@127.0.0.1:1/books',
      bootPatienceMs: 400,
      log: { ...silentStoreLog, warn: message => warned.push(message) },
    })
    await expect(opened).rejects.toBeInstanceOf(DatabaseUnavailable)
    await expect(opened).rejects.toThrow(/trader@127\.0\.0\.1:1\/books.*ECONNREFUSED/)
    await expect(opened).rejects.not.toThrow('secret')
    expect(warned).toHaveLength(1)
    expect(addressText({ url: 'not a url secret' })).not.toContain('secret')
  })

  test('that is not there is told at once: waiting does not make it', async () => {
    const { socketDir, user } = await testServer()
    const opened = openDatabase({
      socketDir,
      user,
      database: 'nowhere',
      log: silentStoreLog,
      bootPatienceMs: 3_600_000,
    })
    await expect(opened).rejects.toThrow(/"nowhere" does not exist/)
  })

  test('survives the cut of all its connections, and its pool keeps its room', async () => {
    const database = await openTestDatabase()
    for (let round = 0; round < 15; round++) {
      const cut = database.orm.em.fork().transactional(async em => {
        await em.execute('select pg_terminate_backend(pg_backend_pid())')
      })
      await expect(cut).rejects.toThrow()
    }
    expect(await database.orm.em.fork().count(EquityTable)).toBe(0)
    await database.close()
  })
})
