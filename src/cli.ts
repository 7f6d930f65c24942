#!/usr/bin/env node
/**
 * The command line. Exit codes: 0 done, 1 failed, 2 bad usage. Output is for people unless --json asks otherwise;
 * errors go to the error output, in one sentence where one is enough.
 */
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { loadEnvFile } from 'node:process'
import { CommanderError } from 'commander'

/** Compiling is most of a start. What was compiled is kept in the data folder, which nobody else may write into. */
function keepCompiled(dataDir: string): void {
  if (existsSync(dataDir)) enableCompileCache(join(dataDir, 'compiled'))
}

/** Settings of a folder: what this shell has set already stays. @throws CliFailure */
async function readDotEnv(): Promise<void> {
  if (!existsSync('.env')) return
  try {
    loadEnvFile('.env')
  } catch (error) {
    const { CliFailure } = await import('./cli/kit/failure.ts')
    const found = (error as NodeJS.ErrnoException).code ?? String(error)
    throw new CliFailure(`.env: expected a file that can be read, found ${found}`, 2)
  }
}

/** Whoever asks for JSON gets JSON, failures too. */
const asJson = () => process.argv.includes('--json')

async function main(): Promise<void> {
  // A reader such as `head` that has seen enough is no failure.
  process.stdout.on('error', error => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error
    process.exit()
  })
  try {
    await readDotEnv()
    keepCompiled(process.env.HEDGEROW_DATA_DIR || '.hedgerow')
    const { buildProgram } = await import('./cli/program.ts')
    await buildProgram().parseAsync(process.argv)
  } catch (error) {
    // Commander has said it already; 0 is --help and --version.
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2
      return
    }
    const { explained } = await import('./cli/kit/failure.ts')
    const { exitCode, ...failure } = explained(error)
    process.stderr.write(
      asJson()
        ? `${JSON.stringify({ error: failure.text, ...failure.more, exitCode })}\n`
        : `hedgerow: ${failure.text}\n`,
    )
    process.exitCode = exitCode
  }
}

await main()
