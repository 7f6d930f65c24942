/** The command line as a person runs it: a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { inject } from 'vitest'

export const ROOT = new URL('../../..', import.meta.url).pathname
const NODE = join(ROOT, 'node_modules/.bin/node')

export type Ended = { code: number | null; out: string; err: string }
export type Running = Ended & { child: ChildProcess; ended: Promise<Ended> }
type Where = { cwd: string; env?: Record<string, string> }

/** What the commands of one run compile is shared: most of a command's time is compiling. */
const compiled = () => join(inject('databaseDir'), 'compiled')

/** Starts it; what it says is there as it comes. */
export function start(args: readonly string[], { cwd, env = {} }: Where): Running {
  const child = spawn(NODE, [join(ROOT, 'src/cli.ts'), ...args], {
    cwd,
    env: { PATH: process.env.PATH, USER: 'ada', NODE_COMPILE_CACHE: compiled(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const running: Running = {
    code: null,
    out: '',
    err: '',
    child,
    ended: Promise.resolve({ code: null, out: '', err: '' }),
  }
  child.stdout.on('data', chunk => {
    running.out += String(chunk)
  })
  child.stderr.on('data', chunk => {
    running.err += String(chunk)
  })
  running.ended = new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', code => {
      running.code = code
      resolve({ code, out: running.out, err: running.err })
    })
  })
  return running
}
