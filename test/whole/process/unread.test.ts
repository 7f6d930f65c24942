/** Nobody reads what the engine writes: it goes on all the same, answers, and ends in order. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { freePort } from '../../support/process/free-port.ts'
import { eventually } from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

// A whole program starts here, a database among it: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 })

const ROOT = new URL('../../..', import.meta.url).pathname
let site: ReturnType<typeof freshFolder>
beforeEach(() => {
  site = freshFolder()
})
afterEach(() => site.remove())

/** A pipe that is full, and held open by a reader that never reads. */
function fullPipe(): { fd: number; close(): void } {
  const path = join(site.folder, 'full')
  execFileSync('mkfifo', [path])
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  const block = Buffer.alloc(4_096)
  for (let isFull = false; !isFull; ) {
    try {
      writeSync(fd, block)
    } catch {
      isFull = true
    }
  }
  // The engine's own way in, opened as a shell would: it may block.
  const own = openSync(path, constants.O_WRONLY)
  return {
    fd: own,
    close() {
      closeSync(own)
      closeSync(fd)
    },
  }
}

const HOLD = '\x13'
const GO_ON = '\x11'
const HELD_MS = 6_000

test('an engine whose terminal is held with Ctrl-S goes on trading, and is shown again from Ctrl-Q on', async () => {
  const port = await freePort()
  const env = {
    PATH: process.env.PATH,
    USER: 'ada',
    HEDGEROW_PORT: String(port),
    HEDGEROW_LOG: 'debug',
    TERM: 'xterm',
  }
  const command = `stty ixon; exec ${ROOT}node_modules/.bin/node ${ROOT}src/cli.ts run`
  // A terminal of its own, as a person has one: what is typed goes through the kernel's line discipline.
  const terminal = spawn('script', ['-qfec', command, '/dev/null'], {
    cwd: site.folder,
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(terminal, 'exit')
  let shown = 0
  terminal.stdout.on('data', (text: Buffer) => {
    shown += text.length
  })
  const get = async (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined)
  const settled = async () =>
    /^hedgerow_transitions_total\{[^}]*kind="hedge"[^}]*\} (\d+)/m.exec(
      (await (await get('/metrics'))?.text()) ?? '',
    )?.[1]
  try {
    await eventually('an engine that is ready', async () => (await get('/readyz'))?.status === 200)
    await eventually('a hedge', settled)
    terminal.stdin.write(HOLD)
    await pause(1_000)
    const [before, stepsBefore] = [shown, Number(await settled())]
    await pause(HELD_MS)
    expect(shown, 'the terminal is really held').toBe(before)
    expect((await get('/readyz'))?.status).toBe(200)
    await eventually('another step of a hedge', async () => Number(await settled()) > stepsBefore)
    expect(shown).toBe(before)
    terminal.stdin.write(GO_ON)
    await eventually('a terminal that shows again', () => shown > before)
    terminal.stdin.write('\x03')
    expect(await ended).toEqual([0, null])
  } finally {
    terminal.kill('SIGKILL')
  }
})

test('an engine whose output is a full pipe starts, answers, and stops', async () => {
  const pipe = fullPipe()
  const port = await freePort()
  const env = { PATH: process.env.PATH, USER: 'ada', HEDGEROW_PORT: String(port), HEDGEROW_LOG: 'debug' }
  const engine = spawn(`${ROOT}node_modules/.bin/node`, [`${ROOT}src/cli.ts`, 'run'], {
    cwd: site.folder,
    env,
    stdio: ['ignore', pipe.fd, pipe.fd],
  })
  const ended = once(engine, 'exit')
  try {
    const isReady = async () =>
      (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.status === 200
    await eventually('an engine that is ready', isReady)
    engine.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
  } finally {
    engine.kill('SIGKILL')
    pipe.close()
  }
})
