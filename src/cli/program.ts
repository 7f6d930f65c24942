/**
 * The whole command line as one commander program. What a command does is loaded when it runs, so that help, completion
 * and questions to a running engine answer at once.
 */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { lookCommands } from './commands/look-commands.ts'
import {
  backtestCommands,
  dataCommands,
  processCommands,
  simulateCommands,
  sweepCommand,
} from './commands/run-commands.ts'
import {
  completionCommands,
  configCommands,
  doctorCommand,
  serviceCommands,
} from './commands/set-up-commands.ts'
import { actCommands } from './commands/steer-commands.ts'

const ENVIRONMENT = `
Environment (a .env file here is read too; the shell wins):
  HEDGEROW_MODE          sim (default), replay, demo, testnet, live
  HEDGEROW_PORT, _HOST   where the API listens (8787 on 127.0.0.1)
  HEDGEROW_DATA_DIR      where data is kept (.hedgerow)
  HEDGEROW_DATABASE_URL  a PostgreSQL server (default: an embedded one)
  HEDGEROW_API_TOKEN     the token of the API (default: the one in the data folder)
  HEDGEROW_SEED, _SPEED  of the simulation (1, 60)
  HEDGEROW_HISTORY_DIR   recorded history for replay and backtest
  BYBIT_API_KEY, BYBIT_API_SECRET
  NO_COLOR               any value: no colours

Exit codes: 0 done, 1 failed, 2 bad usage.`

/** Commander's own words about bad usage; as JSON for whoever asked for it. */
const writeUsageFault = (text: string, write: (text: string) => void) =>
  write(
    process.argv.includes('--json')
      ? `${JSON.stringify({ error: text.trim().replace(/^error: /, ''), exitCode: 2 })}\n`
      : text,
  )

/** The whole command line. It reads arguments and ends the process only through commander's own throw. */
export function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const program = new Command('hedgerow')
    .description('Crash-safe, delta-neutral funding carry on Bybit.')
    .version(version)
    .addHelpText('after', ENVIRONMENT)
    .exitOverride()
    .configureOutput({ outputError: writeUsageFault })
  program.commandsGroup('Run:')
  processCommands(program)
  backtestCommands(program)
  sweepCommand(program)
  dataCommands(program)
  simulateCommands(program)
  program.commandsGroup('Look:')
  lookCommands(program)
  program.commandsGroup('Steer:')
  actCommands(program)
  program.commandsGroup('Set up:')
  doctorCommand(program)
  configCommands(program)
  serviceCommands(program)
  completionCommands(program)
  program.addHelpCommand(
    new Command('help').argument('[command]').description('show the help of a command').helpGroup('Set up:'),
  )
  return program
}
