/**
 * `service print` shows the systemd unit, `service install` writes it and says what a person does next. It starts
 * nothing: an engine that trades is started by a person.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { nodePath, renderUnit, UNIT_DEFAULTS, type UnitOptions } from '../../run/service/unit.ts'
import { withExamples } from '../kit/asking.ts'
import { CliFailure } from '../kit/failure.ts'
import { print, printJson } from '../kit/output.ts'

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
