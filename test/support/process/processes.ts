/**
 * Programs of the project as processes of a test: started as a person starts them, heard, and ended by their own id when
 * the test is over, whatever became of it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'

const ROOT = new URL('../../..', import.meta.url).pathname
const NODE = `${ROOT}node_modules/.bin/node`

export type Ending = { code: number | null; signal: NodeJS.Signals | null }
export type Running = {
  pid: number
  out(): string
  err(): string
  kill(signal: NodeJS.Signals): void
  ended: Promise<Ending>
  /** Undefined while it runs. */
  ending(): Ending | undefined
}

type Launch = {
  script: string
  args?: readonly string[]
  cwd: string
  env?: Readonly<Record<string, string>>
}

/** What the programs of one run compile is shared: most of a start is compiling, and here are hundreds of starts. */
const compiled = () => join(inject('databaseDir'), 'compiled')

const started = new Set<ChildProcess>()

/** Starts one of the project's scripts (a path from the root) with nothing of this shell's settings but its PATH. */
export function launch({ script, args = [], cwd, env = {} }: Launch): Running {
  const child = spawn(NODE, [ROOT + script, ...args], {
    cwd,
    env: { PATH: process.env.PATH, USER: 'ada', NODE_COMPILE_CACHE: compiled(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.add(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', chunk => {
    said.out += String(chunk)
  })
  child.stderr.on('data', chunk => {
    said.err += String(chunk)
  })
  let ending: Ending | undefined
  const ended = new Promise<Ending>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      started.delete(child)
      ending = { code, signal }
      resolve(ending)
    })
  })
  return {
    pid: child.pid ?? 0,
    out: () => said.out,
    err: () => said.err,
    kill: signal => void child.kill(signal),
    ended,
    ending: () => ending,
  }
}

/** Ends what a failed test left running. */
export function endAll(): void {
  for (const child of started) child.kill('SIGKILL')
}

/** Asks until there is an answer. @throws with `what` and what was seen last when there is none in time */
export async function eventually<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  {
    withinMs = 120_000,
    everyMs = 50,
    seen = () => '',
  }: { withinMs?: number; everyMs?: number; seen?: () => string } = {},
): Promise<Answer> {
  const untilMs = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > untilMs) throw new Error(`waited ${withinMs} ms for: ${what}\n${seen()}`)
    await pause(everyMs)
  }
}

/** Where an engine listens, as it says itself; undefined when it ended first. */
export const addressOf = (engine: Running): Promise<string | undefined> =>
  eventually(
    'an engine that says where it listens, or ends',
    () => {
      const url = /^hedgerow at (\S+)/m.exec(engine.out())?.[1]
      if (url) return { url }
      return engine.ending() ? { url: undefined } : undefined
    },
    { everyMs: 10, seen: () => engine.out() + engine.err() },
  ).then(({ url }) => url)

/** A simulated exchange of the test's own. */
export async function startSimulator(
  cwd: string,
  options: Readonly<Record<string, string>>,
): Promise<{ url: string; process: Running }> {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
  const script = 'src/exchange/simulator/server/simulator-process.ts'
  const process = launch({ script, args, cwd })
  const line = await eventually('the simulator', () => /^\{.*\}$/m.exec(process.out())?.[0], {
    seen: () => process.err(),
  })
  return { url: (JSON.parse(line) as { url: string }).url, process }
}
