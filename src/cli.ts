#!/usr/bin/env node
/**
 * The command line. Exit codes: 0 done, 1 failed, 2 bad usage. Output is for people unless --json asks otherwise;
 * errors go to the error output, in one sentence where one is enough.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { configCommands } from './cli/config-commands.ts'
import { doctorCommand } from './cli/doctor.ts'
import { engineCommands } from './cli/engine-commands.ts'
import { explained } from './cli/failure.ts'
import { processCommands } from './cli/process-commands.ts'
import { serviceCommands } from './cli/service-commands.ts'

const ENVIRONMENT = `
Environment:
  HEDGEROW_MODE          sim (default), replay, paper, demo, testnet, live
  HEDGEROW_PORT, _HOST   where the API listens (8787 on 127.0.0.1)
  HEDGEROW_DATA_DIR      where data is kept (.hedgerow)
  HEDGEROW_DATABASE_URL  a PostgreSQL server (else an embedded one)
  HEDGEROW_SEED, _SPEED  of the simulation (1, 60)
  HEDGEROW_HISTORY_DIR   recorded history for replay
  BYBIT_API_KEY, BYBIT_API_SECRET`

export function buildProgram(): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const program = new Command('hedgerow')
    .description('Supervised, crash-safe funding carry on Bybit with delta-neutral hedges.')
    .version(version)
    .addHelpText('after', ENVIRONMENT)
    .exitOverride()
  processCommands(program)
  engineCommands(program)
  doctorCommand(program)
  configCommands(program)
  serviceCommands(program)
  return program
}

async function main(): Promise<void> {
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
  })
  try {
    await buildProgram().parseAsync(process.argv)
  } catch (error) {
    // Commander has said it already; 0 is --help and --version.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    const { text, exitCode } = explained(error)
    process.stderr.write(`hedgerow: ${text}\n`)
    process.exitCode = exitCode
  }
}

await main()
