/**
 * Commands that set a machine up: check it, begin a configuration, install the service, complete words in a shell. `service
 * install` starts nothing: an engine that trades is started by a person.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import { nodePath, renderUnit, UNIT_DEFAULTS, type UnitOptions } from '../../run/service/unit.ts'
import { asking, withExamples } from '../kit/asking.ts'
import type { Shell } from '../kit/completion.ts'
import { CliFailure } from '../kit/failure.ts'
import { pairs, print, printJson } from '../kit/output.ts'
import { configOption } from './run-commands.ts'

export function doctorCommand(program: Command): void {
  asking(program, {
    usage: 'doctor',
    description: 'check this machine, the configuration and a running engine',
    examples: ['hedgerow doctor', 'hedgerow doctor --config /etc/hedgerow/hedgerow.yaml'],
    json: 'an array of {name, ok, detail}.',
  })
    .addOption(configOption())
    .action(async options => (await import('./doctor.ts')).doctor(options))
}

export function configCommands(program: Command): void {
  const config = program.command('config').description('check the configuration, or begin one')
  withExamples(config.command('check'), ['hedgerow config check --config /etc/hedgerow/hedgerow.yaml'])
    .description('read the file and the environment, and name every fault')
    .addOption(configOption())
    .option('--json', 'print JSON')
    .action(async ({ config: file, json }: { config?: string; json?: boolean }) => {
      const { readConfig } = await import('../../config/config.ts')
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

const HERE = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

export function serviceCommands(program: Command): void {
  const service = program.command('service').description('run under systemd')
  withUnitOptions(
    withExamples(service.command('print'), ['hedgerow service print --user hedgerow']),
    UNIT_DEFAULTS.appDir,
  )
    .description('print the unit')
    .option('--json', 'print JSON')
    .action(({ json, ...options }: UnitOptions & { json?: boolean }) => {
      const unit = unitText(options)
      if (json) printJson({ options, unit })
      else process.stdout.write(unit)
    })
  withUnitOptions(withExamples(service.command('install'), ['sudo hedgerow service install']), HERE)
    .description('write the unit and say how to start it')
    .option('--to <file>', 'where to write it', '/etc/systemd/system/hedgerow.service')
    .action(({ to, ...options }: UnitOptions & { to: string }) => install(options, to))
}

const withUnitOptions = (command: Command, appDir: string) =>
  command
    .option('--user <name>', 'the system user it runs as', UNIT_DEFAULTS.user)
    .option('--app-dir <folder>', 'where the program lies', appDir)
    .option('--data-dir <folder>', 'where its data lies', UNIT_DEFAULTS.dataDir)
    .option('--config-dir <folder>', 'where hedgerow.yaml lies', UNIT_DEFAULTS.configDir)

function unitText(options: UnitOptions): string {
  try {
    return renderUnit(options)
  } catch (error) {
    if (error instanceof RangeError) throw new CliFailure(error.message, 2)
    throw error
  }
}

function install(options: UnitOptions, to: string): void {
  const unit = unitText(options)
  const node = nodePath(options.appDir)
  if (!existsSync(node))
    throw new CliFailure(
      `--app-dir: expected an installed checkout, found no ${node}; run npm ci there first`,
    )
  try {
    writeFileSync(to, unit, { mode: 0o644 })
  } catch (error) {
    throw new CliFailure(
      `cannot write ${to} (${(error as NodeJS.ErrnoException).code}): run this as root, or give --to`,
    )
  }
  print(nextSteps(options, to))
}

const nextSteps = ({ user, configDir }: UnitOptions, to: string) => `wrote ${to}

Then, as root:
  useradd --system --no-create-home --shell /usr/sbin/nologin ${user}
  install -d -m 0700 /etc/credstore     # hedgerow.bybit-api-key and hedgerow.bybit-api-secret, mode 0600
  install -d ${configDir}               # hedgerow.yaml, and 'environment' with HEDGEROW_MODE=…
  systemctl daemon-reload
  systemctl enable --now hedgerow
  systemctl status hedgerow`

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']
const WORDS_COMMAND = 'complete-words'

export function completionCommands(program: Command): void {
  withExamples(program.command('completion'), [
    'source <(hedgerow completion bash)          # now; or into /etc/bash_completion.d/hedgerow',
    'hedgerow completion zsh > ~/.zfunc/_hedgerow',
    'hedgerow completion fish > ~/.config/fish/completions/hedgerow.fish',
  ])
    .description('print the completion script of a shell: bash, zsh or fish')
    .argument('<shell>', 'bash, zsh or fish', shell)
    .action(async (wanted: Shell) => {
      const { completionScript } = await import('../kit/completion.ts')
      process.stdout.write(completionScript(program, wanted))
    })
  program
    .command(WORDS_COMMAND, { hidden: true })
    .argument('<kind>')
    .argument('[of]')
    .action(async (kind: string, of: string | undefined) =>
      (await import('../kit/completion.ts')).completeWords(kind, of),
    )
}

function shell(text: string): Shell {
  const known = SHELLS.find(each => each === text)
  if (known) return known
  throw new InvalidArgumentError(`expected bash, zsh or fish, found ${text}`)
}
