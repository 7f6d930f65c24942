/** An installation as a service has it: `npm ci --omit=dev` in a clean copy, then the very command of the systemd unit. */
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { renderUnit, unitDefaults } from '../../../src/run/service/unit.ts'
import { eventually } from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

const ROOT = new URL('../../..', import.meta.url).pathname

const place = freshFolder()
afterAll(() => place.remove())

/** The files that git knows, as a clone would have them. */
function copyTo(appDir: string): void {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  for (const file of listed.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(appDir, file)), { recursive: true })
    cpSync(join(ROOT, file), join(appDir, file), { force: true })
  }
}

test('without development packages the command of the unit starts an engine that is ready, and stops it in order', async () => {
  const appDir = join(place.folder, 'app')
  copyTo(appDir)
  execFileSync('npm', ['ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: appDir })
  const unit = renderUnit({ ...unitDefaults('hedgerow'), appDir })
  const [command = '', ...args] = (/^ExecStart=(.+)$/m.exec(unit)?.[1] ?? '').split(' ')
  const engine = spawn(command, args, {
    cwd: place.folder,
    env: {
      PATH: process.env.PATH,
      HEDGEROW_DATA_DIR: join(place.folder, 'data'),
      HEDGEROW_PORT: '0',
      HEDGEROW_SPEED: '20',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>(resolve => engine.once('close', resolve))
  let said = ''
  for (const out of [engine.stdout, engine.stderr])
    out.on('data', text => {
      said += String(text)
    })
  try {
    const url = await eventually(
      'the line that says where the engine listens',
      () => /^hedgerow at (\S+)/m.exec(said)?.[1],
      { seen: () => said.slice(-2000) },
    )
    await eventually('an engine that is ready', async () => (await fetch(`${url}/readyz`)).ok, {
      seen: () => said.slice(-2000),
    })
    engine.kill('SIGTERM')
    expect(await ended).toBe(0)
  } finally {
    engine.kill('SIGKILL')
  }
})
