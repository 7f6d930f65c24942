/** From starting the process to the first judgement of a market, of a real `hedgerow run`: with an empty folder, and again. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

export type StartupBenchRow = {
  start: string
  listeningMs: number
  firstJudgementMs: number
}

const CLI = join(import.meta.dirname, '../../src/cli.ts')
const TOKEN = 'bench-token-of-no-worth'
const PATIENCE_MS = 90_000
/** The API answers a caller only so often. */
const ASK_EVERY_MS = 100

export async function benchStartup(again = 2): Promise<StartupBenchRow[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'hedgerow-bench-start-'))
  try {
    const rows = [{ start: 'empty folder', ...(await start(dataDir)) }]
    for (let time = 1; time <= again; time++) rows.push({ start: `again ${time}`, ...(await start(dataDir)) })
    return rows
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function start(dataDir: string): Promise<Omit<StartupBenchRow, 'start'>> {
  const startMs = performance.now()
  const child = spawn(process.execPath, [CLI, 'run'], {
    cwd: dataDir,
    env: {
      PATH: process.env.PATH,
      HEDGEROW_MODE: 'sim',
      HEDGEROW_DATA_DIR: dataDir,
      HEDGEROW_PORT: '0',
      HEDGEROW_API_TOKEN: TOKEN,
      HEDGEROW_LOG: 'error',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await listening(child)
    const listeningMs = Math.round(performance.now() - startMs)
    const untilMs = startMs + PATIENCE_MS
    while (performance.now() < untilMs) {
      if ((await judgements(url)) > 0)
        return { listeningMs, firstJudgementMs: Math.round(performance.now() - startMs) }
      await pause(ASK_EVERY_MS)
    }
    throw new Error(`bench: expected a judgement within ${PATIENCE_MS} ms, found none`)
  } finally {
    await ended(child)
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.once('exit', code => reject(new Error(`bench: the engine ended with code ${code}: ${text}`)))
    child.stdout?.on('data', chunk => {
      text += String(chunk)
      const url = /hedgerow at (http\S+)/.exec(text)?.[1]
      if (url) resolve(url)
    })
  })
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { headers: { authorization: `Bearer ${TOKEN}` } })
  return answer.ok ? answer.json() : undefined
}

async function judgements(url: string): Promise<number> {
  const found = await ask(`${url}/api/opportunities`)
  return Array.isArray(found) ? found.length : 0
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const end = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGTERM')
  await end
}

if (import.meta.main) console.table(await benchStartup())
