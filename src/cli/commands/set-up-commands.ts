/**
 * Commands that set a machine up: check it, begin a configuration, install the service, complete words in a shell. `service
 * install` starts nothing: an engine that trades is started by a person.
 */
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError } from 'commander'
import {
  nodePath,
  renderCommand,
  renderUnit,
  type UnitOptions,
  unitDefaults,
} from '../../run/service/unit.ts'
import { asking, withExamples } from '../kit/asking.ts'
import type { Shell } from '../kit/completion.ts'
import { CliFailure } from '../kit/failure.ts'
import { pairs, print, printJson } from '../kit/output.ts'
import { configOption } from './run-commands.ts'

/** Adds `doctor`. */
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

/** Adds `config` with its check and init. */
export function configCommands(program: Command): void {
  const config = program.command('config').description('check or create the configuration')
  withExamples(config.command('check'), ['hedgerow config check --config /etc/hedgerow/hedgerow.yaml'])
    .description('read the file and the environment, and report every error')
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
    .option('--force', 'overwrite an existing file')
    .action(async ({ to, force }: { to: string; force?: boolean }) => {
      const { configTemplate } = await import('../../config/shown-config.ts')
      writeNew(resolve(to), configTemplate(), force === true)
      print(`wrote ${resolve(to)}`)
    })
}

function writeNew(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw new CliFailure(`${path} exists: --force overwrites it`)
  }
}

const HERE = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** Adds `service` with its print and install. */
export function serviceCommands(program: Command): void {
  const service = program.command('service').description('run under systemd')
  withUnitOptions(withExamples(service.command('print'), ['hedgerow service print --user hedgerow']))
    .description('print the unit')
    .option('--json', 'print JSON')
    .action(({ json, ...given }: Partial<UnitOptions> & { json?: boolean }) => {
      const options = unitOptions(given)
      const unit = written(() => renderUnit(options))
      if (json) printJson({ options, unit })
      else process.stdout.write(unit)
    })
  withUnitOptions(
    withExamples(service.command('install'), [
      'sudo hedgerow service install',
      'sudo hedgerow service install --name hedgerow-second     # a second account',
    ]),
  )
    .description('write the unit and its command, and print how to start it')
    .option('--to <file>', 'where to write the unit (default: /etc/systemd/system/NAME.service)')
    .option('--command <file>', 'where to write its command (default: /usr/local/bin/NAME)')
    .action(({ to, command, ...given }: Partial<UnitOptions> & { to?: string; command?: string }) => {
      const options = unitOptions({ appDir: HERE, ...given })
      install(
        options,
        to ?? `/etc/systemd/system/${options.name}.service`,
        command ?? `/usr/local/bin/${options.name}`,
      )
    })
}

const withUnitOptions = (command: Command) =>
  command
    .option(
      '--name <name>',
      'name of the service, its command and its credentials; one per account',
      'hedgerow',
    )
    .option('--user <name>', 'the system user it runs as (default: hedgerow)')
    .option(
      '--app-dir <folder>',
      'folder of the program (default: print: /opt/hedgerow, install: this checkout)',
    )
    .option('--data-dir <folder>', 'data folder (default: /var/lib/NAME)')
    .option('--config-dir <folder>', 'folder of hedgerow.yaml (default: /etc/NAME)')

const unitOptions = ({ name = 'hedgerow', ...given }: Partial<UnitOptions>): UnitOptions => ({
  ...unitDefaults(name),
  ...given,
})

function written(render: () => string): string {
  try {
    return render()
  } catch (error) {
    if (error instanceof RangeError) throw new CliFailure(error.message, 2)
    throw error
  }
}

function install(options: UnitOptions, to: string, command: string): void {
  const files = [
    { path: to, text: written(() => renderUnit(options)), mode: 0o644 },
    { path: command, text: written(() => renderCommand(options)), mode: 0o755 },
  ]
  const node = nodePath(options.appDir)
  if (!existsSync(node))
    throw new CliFailure(
      `--app-dir: expected an installed checkout, found no ${node}; run npm ci there first`,
    )
  for (const { path, text, mode } of files) {
    try {
      writeFileSync(path, text, { mode })
      chmodSync(path, mode)
    } catch (error) {
      throw new CliFailure(
        `cannot write ${path} (${(error as NodeJS.ErrnoException).code}): run this as root, or give --to and --command`,
      )
    }
  }
  print(
    nextSteps(
      options,
      files.map(({ path }) => path),
    ),
  )
}

const nextSteps = (
  { name, user, configDir }: UnitOptions,
  files: readonly string[],
) => `wrote ${files.join(' and ')}

Then, as root:
  id ${user} >/dev/null 2>&1 || useradd --system --no-create-home --shell /usr/sbin/nologin ${user}
  install -d -m 0700 /etc/credstore     # ${name}.bybit-api-key and ${name}.bybit-api-secret, mode 0600
  install -d ${configDir}               # hedgerow.yaml, and 'environment' with HEDGEROW_MODE=… and, beside another engine, HEDGEROW_PORT=…
  systemctl daemon-reload
  systemctl enable --now ${name}
  ${name} doctor                        # and every other command: ${name} status, ${name} halt …`

const SHELLS: readonly Shell[] = ['bash', 'zsh', 'fish']
const WORDS_COMMAND = 'complete-words'

/** Adds `completion` and the hidden command its scripts ask. */
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
