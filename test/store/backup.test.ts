/** A backup shows one instant, comes back whole or not at all, and never over what is there. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { Client } from 'pg'
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { backup, restore } from '../../src/store/backup.ts'
import {
  type BareDatabase,
  openBareDatabase,
  openDatabase,
  silentStoreLog,
} from '../../src/store/database.ts'
import type { Embedded } from '../../src/store/embedded/embedded.ts'
import { createJournal } from '../../src/store/journal/journal.ts'
import { takeLease } from '../../src/store/lease.ts'
import { ACCOUNT, emptyDatabase, testServer } from '../support/store/test-database.ts'
import { testRecord } from '../support/store/test-records.ts'

const NOW_MS = Date.UTC(2026, 11, 1, 12)
let folder: string
let server: Embedded
const ends: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  server = await testServer()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-backup-'))
})
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  rmSync(folder, { recursive: true })
})

type Place = Awaited<ReturnType<typeof emptyDatabase>>

/** An account that has written `steps` steps, with values that no float and no careless quoting would survive. */
async function lived(steps: number): Promise<Place> {
  const place = await emptyDatabase(server)
  const database = await openDatabase({ ...place, log: silentStoreLog })
  const answer = await takeLease(database.client, { account: ACCOUNT, holder: 'test', lost: () => undefined })
  if (answer.kind !== 'held') throw new Error('expected the lease')
  const journal = createJournal(database.pool, { account: ACCOUNT, epoch: answer.lease.epoch })
  for (let seq = 0; seq < steps; seq++) {
    const record = testRecord('hedge:1', seq)
    const odd = {
      text: 'a "quote", a line\nend, ü and \u2028',
      money: '0.1000000000000000000000000001',
      big: 9007199254740991,
    }
    await journal.append({ ...record, event: { ...record.event, ...odd } })
  }
  await journal.close()
  await answer.lease.release()
  await database.close()
  return place
}
async function bare(place: Place): Promise<BareDatabase> {
  const database = await openBareDatabase({ ...place, log: silentStoreLog })
  ends.push(database.close)
  return database
}
const rowsOf = async ({ client }: { client: Client }, sql: string) => (await client.query(sql)).rows
const STEPS =
  'select actor_id, seq::text, event::text, effects::text, at_ms::text from transition order by seq'

test('what was kept comes back to the last character, and the engine writes on after it', async () => {
  const from = await bare(await lived(1_203))
  const file = join(folder, 'whole.backup')
  const kept = await backup(from.client, file, NOW_MS)
  expect(kept.tables.find(({ table }) => table === 'transition')?.rows).toBe(1_203)

  const place = await emptyDatabase(server)
  const into = await bare(place)
  expect(await restore(into.client, file, into.migrateTo)).toEqual(kept)
  expect(await rowsOf(into, STEPS)).toEqual(await rowsOf(from, STEPS))

  const opened = await openDatabase({ ...place, log: silentStoreLog })
  ends.push(opened.close)
  const answer = await takeLease(opened.client, { account: ACCOUNT, holder: 'next', lost: () => undefined })
  if (answer.kind !== 'held') throw new Error('expected the lease')
  const journal = createJournal(opened.pool, { account: ACCOUNT, epoch: answer.lease.epoch })
  await journal.append(testRecord('hedge:1', 1_203))
  await journal.append(testRecord('hedge:2', 0))
  expect(await rowsOf(into, 'select count(*)::int as steps from transition')).toEqual([{ steps: 1_205 }])
  await journal.close()
  await answer.lease.release()
})

test('it shows one instant, whatever is written meanwhile', async () => {
  const place = await lived(5)
  const from = await bare(place)
  const busy = new Client({ host: place.socketDir, user: place.user, database: place.database })
  await busy.connect()
  ends.push(() => busy.end())
  const query = from.client.query.bind(from.client) as (text: string, values?: unknown[]) => Promise<unknown>
  let writes = 0
  // Between any two questions of the backup another connection changes what it is about to read.
  const disturbed = async (text: string, values?: unknown[]) => {
    if (writes++ > 2) await busy.query(`update lease set taken_at_ms = taken_at_ms + 1, holder = 'meanwhile'`)
    return query(text, values)
  }
  const file = join(folder, 'instant.backup')
  await backup(Object.assign(from.client, { query: disturbed }) as Client, file, NOW_MS)
  expect(gunzipSync(readFileSync(file)).toString()).not.toContain('meanwhile')
})

test('a database that holds an account is left as it is', async () => {
  const from = await bare(await lived(2))
  const file = join(folder, 'over.backup')
  await backup(from.client, file, NOW_MS)
  const into = await bare(await lived(7))
  await expect(restore(into.client, file, into.migrateTo)).rejects.toThrow(/holds main already/)
  expect(await rowsOf(into, 'select count(*)::int as steps from transition')).toEqual([{ steps: 7 }])
})

test.each([
  ['is cut', (text: string) => text.slice(0, -200), /end missing|unexpected end/],
  [
    'has lost a row',
    (text: string) => text.replace(/\n\["main","hedge:1","2"[^\n]*/, ''),
    /otherwise than written: transition|foreign key/,
  ],
  [
    'has another amount',
    (text: string) => text.replace('0.1000000000000000000000000001', '0.1'),
    /otherwise than written: transition/,
  ],
  [
    'is of a newer version',
    (text: string) => text.replace('"migrations":["', '"migrations":["20991231000000-later","'),
    /newer version/,
  ],
  ['is something else', () => 'hello\n', /expected a backup/],
] as const)('a file that %s is refused, and nothing of it stays', async (_, spoil, said) => {
  const from = await bare(await lived(4))
  const file = join(folder, 'spoilt.backup')
  await backup(from.client, file, NOW_MS)
  writeFileSync(file, gzipSync(spoil(gunzipSync(readFileSync(file)).toString())))
  const into = await bare(await emptyDatabase(server))
  await expect(restore(into.client, file, into.migrateTo)).rejects.toThrow(said)
  const [there] = await rowsOf(into, `select to_regclass('transition') is not null as made`)
  if (there.made)
    expect(await rowsOf(into, 'select count(*)::int as steps from transition')).toEqual([{ steps: 0 }])
})
