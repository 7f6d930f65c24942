import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { createNotifier } from '../../../src/run/service/notify.ts'
import { renderCommand, renderUnit, unitDefaults } from '../../../src/run/service/unit.ts'
import { silentLog } from '../../../src/telemetry/log.ts'

const UNIT_DEFAULTS = unitDefaults('hedgerow')
const ROOT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '')
const has = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hedgerow-service-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('the unit', () => {
  test('is the one in docker/, for the defaults', () => {
    expect(readFileSync(join(ROOT, 'docker/hedgerow.service'), 'utf8')).toBe(renderUnit(UNIT_DEFAULTS))
  })

  test('opens a data folder of its own choice for writing, and a home for reading', () => {
    const unit = renderUnit({ ...UNIT_DEFAULTS, dataDir: '/srv/hedgerow', appDir: '/home/ada/hedgerow' })
    expect(unit).toContain('ReadWritePaths=/srv/hedgerow')
    expect(unit).not.toContain('StateDirectory=')
    expect(unit).toContain('ProtectHome=read-only')
    expect(unit).toContain(
      'ExecStart=/home/ada/hedgerow/node_modules/node/bin/node /home/ada/hedgerow/src/cli.ts run',
    )
  })

  test.each([
    { user: 'ada\nExecStartPre=/bin/sh' },
    { user: '' },
    { appDir: 'relative' },
    { dataDir: '/var/%h' },
    { configDir: '/etc/two words' },
  ])('refuses a value that would change its meaning: %o', more => {
    expect(() => renderUnit({ ...UNIT_DEFAULTS, ...more })).toThrow(RangeError)
  })

  test('of another account has its own folders, credentials, identifier and command', () => {
    const second = unitDefaults('hedgerow-second')
    const [unit, command] = [renderUnit(second), renderCommand(second)]
    expect(unit).toContain('StateDirectory=hedgerow-second\n')
    expect(unit).toContain('EnvironmentFile=-/etc/hedgerow-second/environment\n')
    expect(unit).toContain('LoadCredential=bybit-api-key:hedgerow-second.bybit-api-key\n')
    expect(unit).toContain('LoadCredential=hedgerow-api-token:hedgerow-second.api-token\n')
    expect(unit).toContain('SyslogIdentifier=hedgerow-second\n')
    expect(`${unit}${command}`, 'nothing of the first account').not.toMatch(
      /[/:]hedgerow[./ ]bybit|lib\/hedgerow\b(?!-)|etc\/hedgerow\b(?!-)/,
    )
    expect(() => renderUnit(unitDefaults('two words'))).toThrow(RangeError)
    expect(() => renderCommand(unitDefaults('$(id)'))).toThrow(RangeError)
  })

  test('has a command that speaks of the same installation: folder, environment, configuration', () => {
    const configDir = join(folder, 'etc')
    mkdirSync(configDir)
    writeFileSync(join(configDir, 'environment'), 'HEDGEROW_MODE=sim\nHEDGEROW_PORT=18787\n')
    writeFileSync(join(configDir, 'hedgerow.yaml'), 'limits: {hedgesMax: 3}\n')
    const command = join(folder, 'hedgerow')
    writeFileSync(
      command,
      renderCommand({ ...UNIT_DEFAULTS, appDir: ROOT, configDir, dataDir: join(folder, 'data') }),
      { mode: 0o755 },
    )
    const shown = JSON.parse(
      execFileSync(command, ['config', 'check', '--json'], { cwd: folder, encoding: 'utf8' }),
    )
    expect(shown).toMatchObject({
      mode: 'sim',
      port: 18787,
      dataDir: join(folder, 'data'),
      file: join(configDir, 'hedgerow.yaml'),
      rules: { limits: { hedgesMax: 3 } },
    })
    const other = execFileSync(command, ['config', 'check', '--json'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, HEDGEROW_PORT: '18788' },
    })
    expect(JSON.parse(other).port, 'a variable of this shell wins').toBe(18788)
  })

  const analyze = has('systemd-analyze', '--version')
  test.skipIf(!analyze)(
    `passes systemd-analyze verify${analyze ? '' : ' (skipped: no systemd here)'}`,
    () => {
      const path = join(folder, 'hedgerow.service')
      writeFileSync(path, renderUnit({ ...UNIT_DEFAULTS, appDir: ROOT }))
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' })
      expect(stderr.split('\n').filter(line => line.includes('hedgerow.service'))).toEqual([])
      expect(status).toBe(0)
    },
  )
})

/** A manager's end of the socket: prints each datagram as one JSON line. */
const LISTENER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print(json.dumps('bound'), flush=True)
while True:
    print(json.dumps(s.recv(65536).decode()), flush=True)
`

const canListen = has('python3', '-c', 'import socket') && has('systemd-notify', '--version')
const why = canListen ? '' : ' (skipped: needs python3 and systemd-notify)'

describe.skipIf(!canListen)(`messages to systemd${why}`, () => {
  let listener: ChildProcess
  let heard: string
  let env: Record<string, string | undefined>

  beforeEach(async () => {
    const socket = join(folder, 'notify')
    listener = spawn('python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] })
    heard = ''
    listener.stdout?.on('data', chunk => {
      heard += String(chunk)
    })
    await expect.poll(() => heard).toContain('bound')
    env = { NOTIFY_SOCKET: socket, PATH: process.env.PATH }
  })
  afterEach(() => listener.kill())

  // systemd-notify ends each message with a barrier, which is no news.
  const messages = () =>
    heard
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as string)
      .filter(line => line !== 'bound' && !line.startsWith('BARRIER'))
  const notifier = (clock = new VirtualClock(0)) => createNotifier({ env, pid: 42, clock, log: silentLog() })

  test('READY is said only when told, after what was said before it', async () => {
    const notify = notifier()
    expect(notify.enabled).toBe(true)
    void notify.status('reconciling\n3 hedges')
    await notify.ready('trading')
    await notify.stopping('told to stop')
    await expect.poll(messages).toHaveLength(3)
    expect(messages()).toEqual([
      'STATUS=reconciling 3 hedges',
      'READY=1\nSTATUS=trading',
      'STOPPING=1\nSTATUS=told to stop',
    ])
  })

  test('the watchdog is fed while the engine is well, and only then', async () => {
    env.WATCHDOG_USEC = '3000000'
    env.WATCHDOG_PID = '42'
    const clock = new VirtualClock(0)
    const notify = notifier(clock)
    let well = true
    const stop = notify.watch(() => well)
    while (clock.step(1000));
    well = false
    while (clock.step(5000));
    well = true
    while (clock.step(6000));
    stop()
    while (clock.step(20_000));
    await notify.status('end')
    await expect.poll(messages).toContain('STATUS=end')
    expect(messages()).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1', 'STATUS=end'])
  })

  test('children of the engine cannot speak for it', () => {
    env.WATCHDOG_USEC = '3000000'
    notifier()
    const left = execFileSync(process.execPath, ['-p', 'JSON.stringify(process.env)'], {
      env,
      encoding: 'utf8',
    })
    expect(left).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/)
  })

  test('a watchdog meant for another process is not fed', () => {
    Object.assign(env, { WATCHDOG_USEC: '3000000', WATCHDOG_PID: '43' })
    const clock = new VirtualClock(0)
    notifier(clock).watch(() => true)
    expect(clock.nextDueAtMs()).toBeUndefined()
  })
})

test('outside systemd nothing is said and nothing fails', async () => {
  const clock = new VirtualClock(0)
  const notify = createNotifier({ env: {}, pid: 42, clock, log: silentLog() })
  expect(notify.enabled).toBe(false)
  await notify.ready('trading')
  notify.watch(() => true)()
  expect(clock.nextDueAtMs()).toBeUndefined()
})

test('a systemd-notify that is missing is logged, and the engine goes on', async () => {
  const said: string[] = []
  const log = { ...silentLog(), error: (message: string) => void said.push(message) }
  const notify = createNotifier({
    env: { NOTIFY_SOCKET: join(folder, 'none'), PATH: folder },
    pid: 42,
    clock: new VirtualClock(0),
    log,
  })
  await notify.ready('trading')
  expect(said).toEqual(['systemd.untold'])
})
