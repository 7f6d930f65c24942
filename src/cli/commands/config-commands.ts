/**
 * `config check`: is it right, and what does the engine make of it. `config init`: a file to start from.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { withExamples } from '../kit/asking.ts'
import { CliFailure } from '../kit/failure.ts'
import { pairs, print, printJson } from '../kit/output.ts'
import { configOption } from './process-commands.ts'

export function configCommands(program: Command): void {
  const config = program.command('config').description('check the configuration, or begin one')
  withExamples(config.command('check'), ['hedgerow config check --config /etc/hedgerow/hedgerow.yaml'])
    .description('read the file and the environment, and name every fault')
    .addOption(configOption())
    .option('--json', 'print JSON')
    .action(async ({ config: file, json }: { config?: string; json?: boolean }) => {
      const { readConfig } = await import('../kit/read-config.ts')
      const { shownConfig } = await import('../../config/shown-config.ts')
      const shown = shownConfig(readConfig(file))
      if (json) return printJson(shown)
      const { rules, alerts, ...rest } = shown
      print(pairs({ ...rest, ...rules.strategy, ...rules.execution, ...rules.limits, ...alerts }))
      print('the configuration is right')
    })
  withExamples(config.command('init'), ['hedgerow config init --to hedgerow.yaml'])
    .description('write a hedgerow.yaml with every key explained')
    .option('--to <file>', 'where to write it', 'hedgerow.yaml')
    .option('--force', 'write over a file that is there')
    .action(async ({ to, force }: { to: string; force?: boolean }) => {
      const { configTemplate } = await import('../../config/template.ts')
      writeNew(resolve(to), configTemplate(), force === true)
      print(`wrote ${resolve(to)}`)
    })
}

function writeNew(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new CliFailure(`${path} is there already: --force writes over it`)
  }
}
