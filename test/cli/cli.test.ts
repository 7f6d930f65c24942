import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { apiToken } from '../../src/api/access/sessions.ts'
import { createApi } from '../../src/api/app.ts'
import type { Listening } from '../../src/api/server.ts'
import { explained } from '../../src/cli/kit/failure.ts'
import { systemClock } from '../../src/clock/clock.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from '../../src/exchange/simulator/server/accounts.ts'
import { silentTelemetry } from '../../src/telemetry/telemetry.ts'
import { type SmallView, smallView } from '../support/api/small-view.ts'
import { type Ended, ROOT, start } from '../support/process/process.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-cli-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const hedgerow = (args: string[], env: Record<string, string> = {}): Promise<Ended> =>
  start(args, { cwd: folder, env }).ended

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

describe('usage', () => {
  const COMMANDS = [
    'run',
    'simulator',
    'backtest',
    'data',
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
    'explain',
    'hedges',
    'hedge',
    'opportunities',
    'funding',
    'ledger',
    'alerts',
    'audit',
    'account',
    'reconciliation',
    'profit',
    'logs',
    'unwind',
    'transitions',
    'completion',
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
    [['completion', 'tcsh']],
    [['ledger', '--limit', '0']],
    [['explain']],
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
  const simulator = start(args, { cwd: folder })
  await expect.poll(() => simulator.out).toContain('\n')
  const { url } = JSON.parse(simulator.out) as { url: string }
  expect((await fetch(`${url}/v5/market/time`)).status).toBe(200)
  const { out } = await hedgerow(['doctor', '--json'], {
    HEDGEROW_PORT: '0',
    HEDGEROW_EXCHANGE_URL: url,
    BYBIT_API_KEY: SIMULATOR_KEY,
    BYBIT_API_SECRET: SIMULATOR_SECRET,
  })
  const findings = JSON.parse(out) as { name: string; ok: boolean; detail: string }[]
  const accountOk = findings.filter(({ name, ok }) => name.startsWith('account: ') && ok)
  expect(accountOk.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['account: key: withdrawal', 'account: margin mode', 'account: position mode']),
  )
  simulator.child.kill('SIGTERM')
  expect((await simulator.ended).code).toBe(0)
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

  const dataDir = () => join(folder, 'data')
  const api = (port: number) =>
    createApi({
      view,
      token: apiToken(dataDir()),
      host: '127.0.0.1',
      port,
      telemetry: silentTelemetry(),
      clock: systemClock(),
    })

  beforeEach(async () => {
    view = smallView()
    server = await api(0).listen()
    env = { HEDGEROW_PORT: String(server.port), HEDGEROW_DATA_DIR: dataDir() }
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

  test('a command with its options left out does as it says', async () => {
    expect(await hedgerow(['halt'], env)).toMatchObject({ code: 0, err: '' })
    expect(view.summary().halt).toMatchObject({ by: 'ada', because: 'asked by a person' })
  })

  test('halt, resume and flatten do as they say', async () => {
    expect((await hedgerow(['halt', '--because', 'maintenance'], env)).code).toBe(0)
    expect(view.summary().halt).toMatchObject({ by: 'ada', because: 'maintenance' })
    expect((await hedgerow(['resume'], env)).code).toBe(0)
    expect(view.summary().halt).toBeNull()
    expect((await hedgerow(['flatten', '--yes', '--no-wait'], env)).code).toBe(0)
    expect(view.commands.at(-1)?.what).toBe('flatten')
  })

  test('flatten waits for the last hedge; one that fails ends the wait with a person called for', async () => {
    const waits = start(['flatten', '--yes'], { cwd: folder, env })
    await expect.poll(() => waits.err).toContain('unwinding 0 %')
    expect(waits.code).toBeNull()
    view.remove('hedge/AAAAAAAAAA')
    expect(await waits.ended).toMatchObject({
      code: 0,
      out: expect.stringContaining('every hedge is closed'),
    })
    view.move('hedge/BBBBBBBBBB', 'failed')
    const fails = await hedgerow(['flatten', '--yes'], env)
    expect([fails.code, fails.err]).toEqual([1, expect.stringContaining('hedge/BBBBBBBBBB')])
  })

  test('a watch tells each move once, goes on after a restart of the engine, and Ctrl-C ends it well', async () => {
    const watch = start(['actors', '--watch', '--kind', 'hedge'], { cwd: folder, env })
    await expect.poll(() => watch.out).toMatch(/hedge\/AAAAAAAAAA +hedged/)
    view.move('hedge/AAAAAAAAAA', 'unwinding')
    await expect.poll(() => watch.out).toMatch(/unwinding/)
    const { port } = server
    await server.close()
    await expect.poll(() => watch.err).toContain('away')
    server = await api(port).listen()
    view.move('hedge/AAAAAAAAAA', 'failed')
    await expect.poll(() => watch.out).toMatch(/failed/)
    watch.child.kill('SIGINT')
    const { code, out } = await watch.ended
    expect(code).toBe(0)
    expect(out.trim().split('\n')).toHaveLength(3)
    expect(out).not.toContain('\u001b')
  })

  test('a watched status is one JSON object a line, at each change', async () => {
    const watch = start(['status', '--watch', '--json'], { cwd: folder, env })
    const states = () =>
      watch.out
        .split('\n')
        .slice(0, -1)
        .map(line => (JSON.parse(line) as { state: string }).state)
    await expect.poll(states).toEqual(['trading'])
    view.move('engine', 'halted')
    await expect.poll(states).toEqual(['trading', 'halted'])
    watch.child.kill('SIGTERM')
    expect((await watch.ended).code).toBe(0)
  })

  test('failures under --json are JSON, whoever refuses', async () => {
    const wrong = [
      { args: ['send', 'nobody', 'hedge.unwind'], exitCode: 1 },
      { args: ['send', 'hedge/AAAAAAAAAA', 'hedge.retry'], exitCode: 1, status: 409 },
      { args: ['actors', '--kind', 'foo'], exitCode: 2 },
      { args: ['status', '--nonsense'], exitCode: 2 },
    ]
    for (const { args, ...expected } of wrong) {
      const { code, err } = await hedgerow([...args, '--json'], env)
      expect([args, code, JSON.parse(err)]).toEqual([
        args,
        expected.exitCode,
        { error: expect.any(String), ...expected },
      ])
    }
  })

  test('a kind that no actor is of is answered with those there are', async () => {
    const { code, err } = await hedgerow(['actors', '--kind', 'foo'], env)
    expect([code, err]).toEqual([2, expect.stringContaining('expected one of engine, hedge; found foo')])
  })

  test('a closed hedge takes no event, and no other hedge is offered in its place', async () => {
    const { code, err } = await hedgerow(['send', 'hedge:AAAAAAAAAA', 'hedge.unwind'], env)
    expect([code, err]).toEqual([1, 'hedgerow: hedge AAAAAAAAAA is closed: it accepts no more events\n'])
  })

  test('what others wrote never reaches the terminal as a command to it', async () => {
    const actor = view.actor('hedge/AAAAAAAAAA')
    expect(actor).toBeDefined()
    view.move('hedge/BBBBBBBBBB\u001b]0;owned\u0007\u001b[2J\nforged', 'failed')
    const { out } = await hedgerow(['actors'], env)
    expect(out).toContain('hedge/BBBBBBBBBB forged')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
    expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/)
  })

  test('an unknown actor is answered with the nearest names', async () => {
    const { code, err } = await hedgerow(['send', 'hedge/AAAAAAAAAB', 'hedge.unwind'], env)
    expect([code, err]).toEqual([1, expect.stringContaining('did you mean hedge/AAAAAAAAAA?')])
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

  test('no token at all is another fault than a wrong one', async () => {
    const nowhere = { ...env, HEDGEROW_DATA_DIR: join(folder, 'nowhere') }
    const { code, err } = await hedgerow(['status'], nowhere)
    expect(code).toBe(1)
    expect(err).toContain('there is none here')
    expect(err).not.toContain('does not know')
  })

  test('something else on the port is not taken for an engine', async () => {
    const other = createServer((_, answer) => answer.end('<html>hello</html>'))
    const port = await listen(other)
    const { code, err } = await hedgerow(['status'], { ...env, HEDGEROW_PORT: String(port) })
    expect([code, err]).toEqual([1, expect.stringContaining('no Hedgerow engine')])
    await new Promise(resolve => other.close(resolve))
  })
})
