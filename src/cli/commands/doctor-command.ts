/** `doctor`: what it checks is loaded when it runs. */
import type { Command } from 'commander'
import { asking } from '../kit/asking.ts'
import { configOption } from './process-commands.ts'

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
