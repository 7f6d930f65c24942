/** A real engine with its simulated exchange, as processes of their own, for a browser to look at. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

const ROOT = path.resolve(import.meta.dirname, '../../..')
const NODE = path.join(ROOT, 'node_modules/.bin/node')
export const TOKEN = 'token-of-the-inspector-tests-0123456789'

export type EngineProcess = {
  url: string
  pid(): number | undefined
  /** The process of its simulated exchange. */
  exchange(): { url: string; pid: number }
  /** As after a power cut. */
  kill(): Promise<void>
  start(): Promise<void>
  /** In order, and its folder removed. */
  stop(): Promise<void>
  ask<Answer>(path: string): Promise<Answer>
  send(actorId: string, event: object): Promise<number>
}

/** @param more - variables of the environment beside the usual ones */
export async function engineProcess(more: Record<string, string> = {}): Promise<EngineProcess> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const dataDir = mkdtempSync(path.join(tmpdir(), 'hedgerow-inspector-'))
  // A connection of its own for each question: one kept for the next may be closed by the engine as that is sent.
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    'content-type': 'application/json',
    connection: 'close',
  }
  let child: ChildProcess | undefined
  let said = ''

  const ended = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = new Promise(resolve => child?.once('exit', resolve))
    child.kill(signal)
    await exit
  }
  const start = async () => {
    child = spawn(NODE, [path.join(ROOT, 'src/cli.ts'), 'run'], {
      cwd: dataDir,
      env: {
        PATH: process.env.PATH,
        HOME: dataDir,
        HEDGEROW_DATA_DIR: dataDir,
        HEDGEROW_PORT: String(port),
        HEDGEROW_API_TOKEN: TOKEN,
        HEDGEROW_SEED: '7',
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', chunk => {
        said = (said + String(chunk)).slice(-4000)
      })
    await until(async () => {
      if (child?.exitCode !== null) throw new Error(`the engine ended: ${said}`)
      return (await fetch(`${url}/readyz`).catch(() => undefined))?.ok
    }, 180_000)
  }
  await start()
  return {
    url,
    pid: () => child?.pid,
    exchange: () =>
      JSON.parse(readFileSync(path.join(dataDir, 'simulator.json'), 'utf8')) as { url: string; pid: number },
    kill: () => ended('SIGKILL'),
    start,
    async stop() {
      await ended('SIGTERM')
      rmSync(dataDir, { recursive: true, force: true })
    },
    ask: async <Answer>(at: string) => (await (await fetch(url + at, { headers })).json()) as Answer,
    send: async (actorId, event) =>
      (
        await fetch(`${url}/api/actors/${encodeURIComponent(actorId)}/events`, {
          method: 'POST',
          headers,
          body: JSON.stringify(event),
        })
      ).status,
  }
}

/** Waits for a condition; it is asked again a few times a second. */
export async function until(isSo: () => Promise<unknown>, atMostMs: number): Promise<void> {
  const deadline = AbortSignal.timeout(atMostMs)
  while (!(await isSo())) {
    if (deadline.aborted) throw new Error(`waited ${atMostMs} ms for ${isSo}`)
    await pause(150)
  }
}

function freePort(): Promise<number> {
  const server = createServer()
  return new Promise(resolve =>
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      server.close(() => resolve(port))
    }),
  )
}
