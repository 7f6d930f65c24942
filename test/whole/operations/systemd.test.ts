/** The unit under a real systemd, set up word by word as RUNBOOK says, killed, frozen and stopped. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../support/process/processes.ts'

const ROOT = new URL('../../..', import.meta.url).pathname.replace(/\/$/, '')
const has = (program: string, ...args: string[]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0
const canBoot =
  process.getuid?.() === 0 && has('systemd-nspawn', '--version') && has('ip', '-V') && has('pgrep', '-V')
if (!canBoot) console.log('systemd.test.ts is skipped: it needs root, systemd-nspawn, iproute2 and procps')

const TOKEN = 'systemd-token-0123456789'
const LONG = { withinMs: 240_000 }

let machine: ChildProcess
let pid1 = ''
/** Runs a command inside the machine. Throws when it fails. */
const inside = (...command: string[]): string =>
  execFileSync(
    'nsenter',
    [
      '-t',
      pid1,
      '-a',
      'env',
      '-i',
      'PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'HOME=/root',
      ...command,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  ).trim()
const shell = (text: string) => inside('sh', '-ec', text)
const property = (name: string) => inside('systemctl', 'show', 'hedgerow', '-p', name, '--value')
const hedgeIds = () =>
  (JSON.parse(inside('hedgerow', 'hedges', '--json')) as { id: string }[]).map(({ id }) => id)
const journal = () => inside('journalctl', '-u', 'hedgerow', '--no-pager', '-o', 'cat')

/** The service runs again, as another process than before. */
const running = (than = '') =>
  eventually(
    'a running service',
    () => property('SubState') === 'running' && !['0', than].includes(property('MainPID')),
    {
      ...LONG,
      seen: () => shell('journalctl -u hedgerow --no-pager -n 30'),
    },
  )

async function boot() {
  machine = spawn(join(ROOT, 'test/support/operations/systemd-machine.sh'), [ROOT], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  if (!machine.stdout) throw new Error('expected the output of the machine')
  const [first] = (await once(machine.stdout, 'data')) as [Buffer]
  pid1 = first.toString().trim()
  await eventually('a booted machine', () => /running|degraded/.test(state()), LONG)
}
const state = () =>
  spawnSync('nsenter', ['-t', pid1, '-a', 'systemctl', 'is-system-running'], { encoding: 'utf8' }).stdout ??
  ''

describe.skipIf(!canBoot)('the service', () => {
  let hedges: string[] = []

  beforeAll(async () => {
    await boot()
    shell(`cd /opt/hedgerow
      node_modules/node/bin/node src/cli.ts service install > /tmp/next-steps
      useradd --system --no-create-home --shell /usr/sbin/nologin hedgerow
      install -d -m 0700 /etc/credstore
      install -d /etc/hedgerow
      printf ${TOKEN} > /etc/credstore/hedgerow.api-token
      chmod 600 /etc/credstore/hedgerow.api-token
      hedgerow config init --to /etc/hedgerow/hedgerow.yaml
      printf 'HEDGEROW_MODE=sim\\nHEDGEROW_SPEED=10\\n' > /etc/hedgerow/environment
      mkdir -p /etc/systemd/system/hedgerow.service.d
      printf '[Service]\\nWatchdogSec=12\\n' > /etc/systemd/system/hedgerow.service.d/test.conf
      systemctl daemon-reload
      hedgerow config check`)
  })
  afterAll(async () => {
    machine?.stdin?.end()
    if (machine?.exitCode === null) await once(machine, 'exit')
  })

  test('is started by the steps that the installation prints, and ready when systemctl returns', async () => {
    expect(shell('cat /tmp/next-steps')).toContain('systemctl enable --now hedgerow')
    shell('systemctl enable -q --now hedgerow')
    expect(property('SubState')).toBe('running')
    expect(inside('hedgerow', 'doctor')).toMatch(/service +hedgerow\.service/)
    await eventually('a hedge', () => hedgeIds().length > 0, LONG)
    hedges = hedgeIds()
  })

  test.each(['SIGKILL to the engine', 'SIGKILL to all of it'])(
    'starts again after %s, with its hedges',
    async what => {
      const before = property('MainPID')
      shell(what === 'SIGKILL to the engine' ? `kill -9 ${before}` : 'systemctl kill -s KILL hedgerow')
      await running(before)
      expect(hedgeIds()).toEqual(expect.arrayContaining(hedges))
    },
  )

  test('takes what rests off the order book after the engine was killed, before it starts again', () => {
    expect(journal()).toMatch(/guard\.\w+/)
  })

  test('starts again by its watchdog when it stands still', async () => {
    const before = property('MainPID')
    shell(`kill -STOP ${before}`)
    await running(before)
    expect(journal()).toContain("result 'watchdog'")
    inside('hedgerow', 'reconciliation')
  })

  test('stops in order, leaves nothing running, and its hedges open', () => {
    shell('systemctl stop hedgerow')
    expect(property('Result')).toBe('success')
    expect(
      spawnSync('nsenter', ['-t', pid1, '-a', 'pgrep', '-u', 'hedgerow']).status,
      'no process is left',
    ).toBe(1)
  })

  test('is not started again over a fault in its configuration, which the journal names', async () => {
    shell(`echo 'limits: {hedgesMax: many}' > /etc/hedgerow/hedgerow.yaml; systemctl start hedgerow || true`)
    await eventually('the end of it', () => property('ActiveState') === 'failed', LONG)
    expect(property('ExecMainStatus')).toBe('2')
    expect(journal()).toContain('limits.hedgesMax')
  })

  test('is exposed to little: systemd counts 2 of 10 at most', () => {
    const [, exposure = '10'] =
      /hedgerow\.service: ([\d.]+)/.exec(inside('systemd-analyze', 'security', 'hedgerow', '--no-pager')) ??
      []
    expect(Number(exposure)).toBeLessThanOrEqual(2)
  })
})
