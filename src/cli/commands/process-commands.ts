/**
 * Commands that become a process: the engine, the simulator, the migration. The engine's code is loaded only then, so
 * that `--help` and the questions to a running engine answer at once.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Command, Option } from 'commander'
import type { Config } from '../../config/config.ts'
import { withExamples } from '../kit/asking.ts'
import { CliFailure } from '../kit/failure.ts'
import { print } from '../kit/output.ts'

/** What this file needs of `src/main.ts`. A number is the exit code. */
export type MainModule = {
  /** Resolves when the engine has stopped, in order. */
  runEngine(config: Config, between?: object, options?: { json?: boolean }): Promise<unknown>
  /** Brings the database to this version's tables and rows. */
  migrate(config: Config): Promise<unknown>
}

const MAIN = new URL('../../main.ts', import.meta.url)
const SIMULATOR = new URL('../../exchange/simulator/server/simulator-process.ts', import.meta.url)

export const configOption = () =>
  new Option('--config <file>', 'the file of strategy and limits (else hedgerow.yaml here, if there is one)')

export function processCommands(program: Command): void {
  withExamples(program.command('run'), ['hedgerow run', 'HEDGEROW_SPEED=20 HEDGEROW_PORT=8800 hedgerow run'])
    .description('run the engine until it is told to stop')
    .addOption(configOption())
    .option('--json', 'mode replay: print the report as JSON')
    .action(async ({ config, json = false }: { config?: string; json?: boolean }) => {
      const read = await readConfig(config)
      const code = await (await loadMain()).runEngine(read, {}, { json })
      if (typeof code === 'number') process.exitCode = code
    })
  withExamples(program.command('migrate'), ['HEDGEROW_DATABASE_URL=postgres://… hedgerow migrate'])
    .description('bring the database to this version')
    .addOption(configOption())
    .action(async ({ config }: { config?: string }) => {
      const read = await readConfig(config)
      const said = await (await loadMain()).migrate(read)
      print(typeof said === 'string' ? said : 'the database is up to date')
    })
  withExamples(program.command('simulator'), ['hedgerow simulator --port 9797 --seed 7 --speed 60'])
    .description('run the simulated Bybit by itself; it prints one JSON line when it is ready')
    .option('--port <port>', 'TCP port, 0 for any free one', '9797')
    .option('--seed <seed>', 'seed of all chance', '1')
    .option('--speed <speed>', 'times as fast as the wall clock', '1')
    .option('--balance <usdt>', 'what the account starts with', '100000')
    .option('--state <file>', 'keep the account in this file')
    .option('--faults <file>', 'YAML or JSON: what goes wrong, how often, and when')
    .option('--recorded <file>', 'play these recorded frames on the public sockets')
    .option(
      '--instruments <file...>',
      "list what these files of Bybit's instruments-info say (json or json.gz)",
    )
    .action(runSimulator)
}

const readConfig = async (file: string | undefined): Promise<Config> =>
  (await import('../kit/read-config.ts')).readConfig(file)

async function loadMain(): Promise<MainModule> {
  return (await import(MAIN.href)) as MainModule
}

async function runSimulator(options: Record<string, string | string[]>): Promise<void> {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    [value].flat().flatMap(each => [`--${name}`, each]),
  )
  const child = spawn(process.execPath, [fileURLToPath(SIMULATOR), ...flags], { stdio: 'inherit' })
  // A terminal tells the whole group, a supervisor only us: the second signal is harmless to it.
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
  if (code === 2) throw new CliFailure('the simulator refused its options', 2)
  if (code !== 0) throw new CliFailure(`the simulator ended with code ${code}`)
}
