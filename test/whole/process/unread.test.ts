/** Nobody reads what the engine writes: it goes on all the same, answers, and ends in order. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { freePort } from '../../support/process/free-port.ts'
import { eventually } from '../../support/process/processes.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'

// A whole program starts here, a database among it: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000 })

const ROOT = new URL('../../..', import.meta.url).pathname
const site = freshFolder()
afterEach(site.remove)

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
