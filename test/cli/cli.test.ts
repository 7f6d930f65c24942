import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import type { Listening } from '../../src/api/server.ts'
import { apiToken } from '../../src/api/token.ts'
import { explained } from '../../src/cli/failure.ts'
import { systemClock } from '../../src/clock.ts'
import { silentTelemetry } from '../../src/telemetry.ts'
import { type SmallView, smallView } from '../api/small-view.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const NODE = join(ROOT, 'node_modules/.bin/node')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

type Ended = { code: number | null; out: string; err: string }

/** The command line as a person runs it: a process of its own, in an empty folder. */
function hedgerow(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(NODE, [join(ROOT, 'src/cli.ts'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, USER: 'ada', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended: Ended = { code: null, out: '', err: '' }
  child.stdout.on('data', chunk => {
    ended.out += String(chunk)
  })
  child.stderr.on('data', chunk => {
    ended.err += String(chunk)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => resolve({ ...ended, code }))
  })
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

describe('usage', () => {
  const COMMANDS = [
    'run',
    'simulator',
    'migrate',
    'status',
    'actors',
    'send',
    'halt',
    'resume',
    'flatten',
    'link',
    'doctor',
    'config',
    'service',
  ]

  test('help names every command, and every command has help', async () => {
    const { code, out } = await hedgerow(['--help'])
    expect(code).toBe(0)
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'))
    for (const command of [['send'], ['config', 'check'], ['service', 'install']]) {
      const help = await hedgerow([...command, '--help'])
      expect([help.code, help.out]).toEqual([
        0,
        expect.stringContaining(`Usage: hedgerow ${command.join(' ')}`),
      ])
    }
  })

  test.each([
    [['nonsense']],
    [[]],
    [['send', 'engine']],
    [['status', '--nonsense']],
    [['send', 'engine', 'go', '--data', 'no json']],
    [['flatten']],
    [['service', 'print', '--user', 'two words']],
    [['status', '--url', 'nowhere']],
  ])('bad usage ends with 2: %j', async args => {
    const { code, out, err } = await hedgerow(args)
    expect(code).toBe(2)
    expect(out).toBe('')
    expect(err).not.toBe('')
  })

  test('faults in the configuration end with 2, all of them named', async () => {
    const { code, err } = await hedgerow(['run'], {
      HEDGEROW_MODE: 'fast',
      HEDGEROW_PORT: 'x',
      HEDGEROW_NONSENSE: '1',
    })
    expect(code).toBe(2)
    for (const key of ['HEDGEROW_MODE', 'HEDGEROW_PORT', 'HEDGEROW_NONSENSE']) expect(err).toContain(key)
    expect(err).not.toContain(' at ')
  })
})

describe('without an engine', () => {
  test('a question names the address where nobody answered and ends with 1', async () => {
    const briefly = createServer()
    const port = await listen(briefly)
    await new Promise(resolve => briefly.close(resolve))
    const { code, err } = await hedgerow(['status'], { HEDGEROW_PORT: String(port) })
    expect(code).toBe(1)
    expect(err).toContain(`no engine answers at http://127.0.0.1:${port} (ECONNREFUSED)`)
  })

  test('config init writes a file that config check finds right, and never over another', async () => {
    const first = await hedgerow(['config', 'init'])
    expect(first.code).toBe(0)
    expect(existsSync(join(folder, 'hedgerow.yaml'))).toBe(true)
    expect((await hedgerow(['config', 'init'])).code).toBe(1)
    const check = await hedgerow(['config', 'check', '--json'], {
      BYBIT_API_KEY: 'keykeykey',
      BYBIT_API_SECRET: 'sesamesesame',
    })
    expect(check.code).toBe(0)
    expect(JSON.parse(check.out)).toMatchObject({
      mode: 'sim',
      keys: 'set',
      file: join(folder, 'hedgerow.yaml'),
    })
    expect(check.out).not.toMatch(/sesame|keykey/)
    rmSync(join(folder, 'hedgerow.yaml'))
  })

  test('service print prints the unit, service install writes it where it may', async () => {
    const { code, out } = await hedgerow(['service', 'print'])
    expect([code, out]).toEqual([0, readFileSync(join(ROOT, 'docker/hedgerow.service'), 'utf8')])
    const to = join(folder, 'hedgerow.service')
    const install = await hedgerow([
      'service',
      'install',
      '--to',
      to,
      '--user',
      'ada',
      '--data-dir',
      '/srv/ada',
    ])
    expect(install.code).toBe(0)
    expect(install.out).toContain('systemctl daemon-reload')
    expect(readFileSync(to, 'utf8')).toMatch(/^User=ada$/m)
    expect((await hedgerow(['service', 'install', '--to', '/proc/none/x'])).code).toBe(1)
  })

  test('doctor looks at the machine and changes nothing', async () => {
    const { out } = await hedgerow(['doctor', '--json'], {
      HEDGEROW_PORT: '0',
      HEDGEROW_DATA_DIR: 'never-made',
    })
    const names = (JSON.parse(out) as { name: string; ok: boolean }[]).map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining(['node', 'configuration', 'data folder', 'disk', 'engine', 'port']),
    )
    expect(existsSync(join(folder, 'never-made'))).toBe(false)
    const bad = await hedgerow(['doctor'], { HEDGEROW_MODE: 'live' })
    expect([bad.code, bad.out]).toEqual([1, expect.stringContaining('BYBIT_API_KEY')])
  })
})

test('the simulator says where it is, and ends in order when told', async () => {
  const args = ['simulator', '--port', '0', '--seed', '7']
  const child = spawn(NODE, [join(ROOT, 'src/cli.ts'), ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>(resolve => child.on('close', resolve))
  let out = ''
  child.stdout.on('data', chunk => {
    out += String(chunk)
  })
  await expect.poll(() => out, { timeout: 20_000 }).toContain('\n')
  const { url } = JSON.parse(out) as { url: string }
  expect((await fetch(`${url}/v5/market/time`)).status).toBe(200)
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  await expect(fetch(`${url}/v5/market/time`)).rejects.toThrow()
})

test('an unforeseen failure shows no secret of this shell', () => {
  const env = { BYBIT_API_SECRET: 'sesame', HEDGEROW_DATABASE_URL: 'postgres://u:open@h/d' }
  const { text, exitCode } = explained(new Error('sesame refused by postgres://u:open@h/d (open)'), env)
  expect(exitCode).toBe(1)
  expect(text).not.toMatch(/sesame|u:open|\(open\)/)
})

describe('with an engine', () => {
  let view: SmallView
  let server: Listening
  let env: Record<string, string>

  beforeEach(async () => {
    view = smallView()
    const dataDir = join(folder, 'data')
    const api = createApi({
      view,
      token: apiToken(dataDir),
      host: '127.0.0.1',
      port: 0,
      telemetry: silentTelemetry(),
      clock: systemClock(),
    })
    server = await api.listen()
    env = { HEDGEROW_PORT: String(server.port), HEDGEROW_DATA_DIR: dataDir }
  })
  afterEach(() => server.close())

  test('status and actors are columns for people and JSON for programs, without colour in a pipe', async () => {
    const status = await hedgerow(['status'], env)
    expect(status.code).toBe(0)
    expect(status.out).toMatch(/^engine +trading$/m)
    expect(status.out).not.toContain('\u001b')
    expect(JSON.parse((await hedgerow(['status', '--json'], env)).out)).toMatchObject({ state: 'trading' })
    const actors = await hedgerow(['actors', '--kind', 'hedge'], env)
    expect(actors.out.trim().split('\n')).toHaveLength(2)
    expect(actors.out).toMatch(/hedge\/AAAAAAAAAA +hedge +hedged/)
    const rows = JSON.parse((await hedgerow(['actors', '--json', '--url', server.url], env)).out) as {
      id: string
    }[]
    expect(rows.map(({ id }) => id)).toEqual(['engine', 'hedge/AAAAAAAAAA'])
  })

  test('an event arrives with its data and its sender; an illegal one says what would be legal', async () => {
    const bad = await hedgerow(['send', 'hedge/AAAAAAAAAA', 'hedge.retry'], env)
    expect(bad.code).toBe(1)
    expect(bad.err).toContain('hedge.unwind')
    const sent = await hedgerow(
      ['send', 'hedge/AAAAAAAAAA', 'hedge.unwind', '--data', '{"because":"test"}'],
      env,
    )
    expect([sent.code, sent.out]).toEqual([0, 'hedge/AAAAAAAAAA is now unwinding (step 4)\n'])
    expect(view.commands.at(-1)).toMatchObject({
      event: { type: 'hedge.unwind', because: 'test' },
      command: { by: 'ada', source: 'cli' },
    })
    expect((await hedgerow(['send', 'nobody', 'hedge.unwind'], env)).code).toBe(1)
  })

  test('halt, resume and flatten do as they say', async () => {
    expect((await hedgerow(['halt', '--because', 'maintenance'], env)).code).toBe(0)
    expect(view.summary().halt).toMatchObject({ by: 'ada', because: 'maintenance' })
    expect((await hedgerow(['resume'], env)).code).toBe(0)
    expect(view.summary().halt).toBeNull()
    expect((await hedgerow(['flatten', '--yes'], env)).code).toBe(0)
    expect(view.commands.at(-1)?.what).toBe('flatten')
  })

  test('a login link signs a browser in', async () => {
    const { out } = await hedgerow(['link'], env)
    const code = new URLSearchParams(new URL(out.trim()).hash.slice(1)).get('login')
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${server.url}/api/session`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ token: code }),
    })
    expect(answer.status).toBe(204)
  })

  test('a wrong token is said to be one, without being shown', async () => {
    const { code, err } = await hedgerow(['status'], { ...env, HEDGEROW_API_TOKEN: 'sesame-sesame-sesame' })
    expect(code).toBe(1)
    expect(err).toContain('does not know HEDGEROW_API_TOKEN')
    expect(err).not.toContain('sesame')
  })

  test('something else on the port is not taken for an engine', async () => {
    const other = createServer((_, answer) => answer.end('<html>hello</html>'))
    const port = await listen(other)
    const { code, err } = await hedgerow(['status'], { ...env, HEDGEROW_PORT: String(port) })
    expect([code, err]).toEqual([1, expect.stringContaining('no Hedgerow engine')])
    await new Promise(resolve => other.close(resolve))
  })
})
