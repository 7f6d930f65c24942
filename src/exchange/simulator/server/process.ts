/**
 * The simulator as a process of its own: reads the command line, says one JSON line when ready, saves and exits in order.
 * With `--parent` it outlives the parent's death, so that a restarted engine finds its exchange as an engine finds Bybit; left
 * alone for `--linger` (10 minutes) it saves and goes.
 */
import { parseArgs } from 'node:util'
import { FaultPlanError, readFaults } from '../faults/plan.ts'
import { SIMULATOR_KEY, SIMULATOR_SECRET } from './accounts.ts'
import type { CoreFactory, SimulatorOptions } from './options.ts'
import { startSimulatorServer } from './server.ts'

const USAGE =
  'usage: simulator-process [--port N] [--seed N] [--speed N] [--balance USDT] [--start-at MS] [--not-before MS] [--uid NUMBER] [--state FILE] [--instruments FILE]... [--faults FILE] [--recorded FILE] [--parent] [--linger MS]'
const LOOK_EVERY_MS = 5_000

export type ReadyLine = { url: string; port: number; pid: number }

/** Runs until a signal, POST /simulator/stop, or being left alone ends it. Exit codes: 0 saved, 1 failed, 2 bad usage. */
export async function runSimulatorProcess(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  core?: CoreFactory,
): Promise<void> {
  const asked = readArguments(args)
  if ('fault' in asked) return exit(2, `${asked.fault}\n${USAGE}`)
  // A dead parent leaves closed pipes behind; writing into them must not end the account's keeper.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const key = env.BYBIT_API_KEY || SIMULATOR_KEY
  const secret = env.BYBIT_API_SECRET || SIMULATOR_SECRET
  const failed = (error: Error) => exit(1, `simulator: ${error.message}`)
  try {
    const { parent, lingerMs, uid, ...rest } = asked
    const stopAsked = () => void stop()
    const server = await startSimulatorServer({
      ...rest,
      keys: [{ key, secret, ...(uid !== undefined && { uid }) }],
      noted: words => process.stderr.write(`simulator: ${words}\n`),
      failed,
      stopAsked,
      ...(core && { core }),
    })
    let stopping = false
    const stop = async () => {
      if (stopping) return
      stopping = true
      await server.close().then(() => exit(0), failed)
    }
    process.on('SIGTERM', () => void stop())
    process.on('SIGINT', () => void stop())
    if (parent) watchParent(server.traffic, lingerMs, () => void stop())
    const { url, port } = server
    process.stdout.write(`${JSON.stringify({ url, port, pid: process.pid } satisfies ReadyLine)}\n`)
  } catch (error) {
    failed(error as Error)
  }
}

function exit(code: number, line?: string): void {
  if (line !== undefined) process.stderr.write(`${line}\n`)
  process.exit(code)
}

type Asked = Pick<
  SimulatorOptions,
  | 'port'
  | 'seed'
  | 'speed'
  | 'balance'
  | 'stateFile'
  | 'startAtMs'
  | 'notBeforeMs'
  | 'instruments'
  | 'faults'
  | 'recorded'
> & { uid?: string }

function readArguments(
  args: readonly string[],
): (Asked & { parent: boolean; lingerMs: number }) | { fault: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        port: { type: 'string', default: '0' },
        seed: { type: 'string', default: '1' },
        speed: { type: 'string', default: '1' },
        balance: { type: 'string', default: '100000' },
        'start-at': { type: 'string' },
        'not-before': { type: 'string' },
        uid: { type: 'string' },
        state: { type: 'string' },
        parent: { type: 'boolean', default: false },
        linger: { type: 'string', default: '600000' },
        instruments: { type: 'string', multiple: true },
        faults: { type: 'string' },
        recorded: { type: 'string' },
      },
    })
    if (values.uid !== undefined && !/^\d{1,15}$/.test(values.uid))
      throw new TypeError(`--uid: expected an account number, found ${values.uid}`)
    const numberOf = (
      name: 'port' | 'seed' | 'speed' | 'start-at' | 'not-before' | 'linger',
      fits: (found: number) => boolean,
    ) => {
      const found = Number(values[name])
      if (Number.isFinite(found) && fits(found)) return found
      throw new TypeError(`--${name}: expected a fitting number, found ${values[name]}`)
    }
    if (!/^\d{1,15}(\.\d{1,8})?$/.test(values.balance))
      throw new TypeError(`--balance: expected an amount of USDT, found ${values.balance}`)
    return {
      port: numberOf('port', port => Number.isInteger(port) && port >= 0 && port < 65_536),
      seed: numberOf('seed', seed => Number.isInteger(seed) && seed >= 0),
      speed: numberOf('speed', speed => speed > 0 && speed <= 10_000),
      balance: values.balance,
      parent: values.parent,
      lingerMs: numberOf('linger', ms => ms >= 0),
      ...(values.instruments && { instruments: values.instruments }),
      ...(values.faults !== undefined && { faults: readFaults(values.faults) }),
      ...(values.recorded !== undefined && { recorded: values.recorded }),
      ...(values.state !== undefined && { stateFile: values.state }),
      ...(values['start-at'] !== undefined && { startAtMs: numberOf('start-at', ms => ms > 0) }),
      ...(values['not-before'] !== undefined && { notBeforeMs: numberOf('not-before', ms => ms > 0) }),
      ...(values.uid !== undefined && { uid: values.uid }),
    }
  } catch (error) {
    if (error instanceof TypeError || error instanceof FaultPlanError) return { fault: error.message }
    throw error
  }
}

/** Ends the process when the parent is gone and nobody has used the simulator for `lingerMs`. */
function watchParent(
  traffic: () => { requests: number; sockets: number },
  lingerMs: number,
  stop: () => void,
): void {
  let aloneMs = 0
  let before = -1
  const everyMs = Math.min(LOOK_EVERY_MS, Math.max(10, lingerMs / 4))
  const look = () => {
    const { requests, sockets } = traffic()
    aloneMs = sockets > 0 || requests !== before ? 0 : aloneMs + everyMs
    before = requests
    if (aloneMs >= lingerMs) stop()
  }
  process.stdin.on('error', () => {})
  process.stdin.once('close', () => setInterval(look, everyMs))
  process.stdin.resume()
}
