/** A real engine tells real servers what is wrong with it: when it begins, when it is over, and with its last breath. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, expect, test } from 'vitest'
import { startChatServer } from '../../support/alerts/servers.ts'
import {
  addressOf,
  endAll,
  eventually,
  launch,
  type Running,
  startSimulator,
} from '../../support/process/processes.ts'

const folders: string[] = []
const ends: (() => void)[] = []

afterEach(async () => {
  endAll()
  for (const folder of folders) await endExchange(join(folder, 'data/simulator.json'))
  for (const end of ends.splice(0)) end()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** An engine that ends itself leaves its exchange behind, for its next start. Here there is none. */
async function endExchange(place: string) {
  if (!existsSync(place)) return
  const { pid } = JSON.parse(readFileSync(place, 'utf8')) as { pid: number }
  const isGone = () => {
    try {
      return !process.kill(pid, 0)
    } catch {
      return true
    }
  }
  if (isGone()) return
  process.kill(pid, 'SIGKILL')
  await eventually('the end of the exchange', isGone)
}

type Heard = { occasion: string; name: string; subject: string; severity: string; detail: { cause?: string } }

async function engineWithEars(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hedgerow-alerts-'))
  folders.push(folder)
  const ears = await startChatServer()
  const pulse = await startChatServer()
  ends.push(ears.close, pulse.close)
  const engine = launch({
    script: 'src/cli.ts',
    args: ['run'],
    cwd: folder,
    env: {
      HEDGEROW_PORT: '0',
      HEDGEROW_DATA_DIR: join(folder, 'data'),
      HEDGEROW_LOG: 'info',
      HEDGEROW_ALERT_WEBHOOK_URL: `${ears.url}/hook`,
      HEDGEROW_ALERT_HEARTBEAT_URL: `${pulse.url}/alive`,
      ...env,
    },
  })
  const url = (await addressOf(engine)) ?? ''
  expect(url, engine.err()).not.toBe('')
  const heard = () => ears.asked.map(({ body }) => JSON.parse(body) as Heard)
  return { engine, url, folder, heard, pulse }
}

const databaseOf = (folder: string): number =>
  Number(readFileSync(join(folder, 'data/postgres/data/postmaster.pid'), 'utf8').split('\n')[0])

const reconciled = (engine: Running) =>
  eventually('a reconciled engine', () => engine.out().includes('"engine.reconciled"'), {
    withinMs: 120_000,
    seen: () => engine.out() + engine.err(),
  })

test('an exchange that falls silent is told of, and so is that it speaks again', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'hedgerow-silence-'))
  folders.push(cwd)
  const simulator = await startSimulator(cwd, { port: '0', speed: '60' })
  const { engine, heard } = await engineWithEars({ HEDGEROW_EXCHANGE_URL: simulator.url })
  await reconciled(engine)
  const silence = (occasion: string) => () =>
    heard().some(each => each.name === 'feed.silent' && each.occasion === occasion)
  const patience = { withinMs: 60_000, seen: () => JSON.stringify(heard()) }
  simulator.process.kill('SIGSTOP')
  await eventually('the silence', silence('raised'), patience)
  simulator.process.kill('SIGCONT')
  await eventually('the end of it', silence('cleared'), patience)
  expect(engine.ending(), engine.err()).toBeUndefined()
})

test('a database that is killed is started again: the engine goes on, and tells of both', async () => {
  const { engine, folder, heard } = await engineWithEars()
  await reconciled(engine)
  process.kill(databaseOf(folder), 'SIGKILL')
  const told = (occasion: string) => () =>
    heard().some(each => each.occasion === occasion && /lease|database/.test(each.name))
  const patience = { withinMs: 120_000, seen: () => JSON.stringify(heard()) }
  await eventually('word of it', told('raised'), patience)
  await eventually('the end of it', told('cleared'), patience)
  expect(engine.ending(), engine.err()).toBeUndefined()
})

test('an engine that must end itself says why before it does', async () => {
  const { engine, folder, heard, pulse } = await engineWithEars()
  await reconciled(engine)
  // While it was well the dead man's switch was pressed.
  await eventually('a pulse', () => pulse.asked.length > 0)
  // Another has the account: nothing of this one may leave any more.
  const client = new Client({
    host: join(folder, 'data/postgres/run'),
    user: 'hedgerow',
    database: 'hedgerow',
  })
  await client.connect()
  await client.query('update lease set epoch = epoch + 1')
  await client.end()
  const { code } = await engine.ended
  expect(code).toBe(1)
  const fatal = heard().find(({ name }) => name === 'engine.fatal')
  expect(fatal).toMatchObject({ occasion: 'raised', severity: 'page' })
  expect(fatal?.detail.cause).toMatch(/epoch|another/)
})
