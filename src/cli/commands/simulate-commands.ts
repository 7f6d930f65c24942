/** `simulate`: seeded days of ordinary faults. What it does is loaded when it runs. */
import { availableParallelism } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { withExamples } from '../kit/asking.ts'
import type { SimulateOptions } from './simulate.ts'

export function simulateCommands(program: Command): void {
  withExamples(
    program.command('simulate'),
    [
      'hedgerow simulate --days 1000 --keep-going',
      'hedgerow simulate --seed 4711',
      'hedgerow simulate --days 50 --from-seed 1001 --faults drill.yaml --json',
    ],
    '\nJSON: a summary of all days, with each failed day’s seed and what was broken on it; with --seed, that day’s whole report',
  )
    .description('run the engine through seeded days of faults, crashes and people, and judge each')
    .option('--days <count>', 'how many days', countOf, 100)
    .option('--seed <seed>', 'one day alone, of this seed', seedOf)
    .option('--from-seed <seed>', 'the first day’s seed; the others follow', seedOf, 1)
    .option('--jobs <count>', 'threads', countOf, availableParallelism())
    .option('--faults <file>', 'YAML or JSON: in place of the faults that each seed draws')
    .option('--hazards <names>', 'what befalls the account beside: all, none, or names with commas between')
    .option('--keep-going', 'go on after a day that failed')
    .option('--json', 'print JSON')
    .action(async (options: SimulateOptions) => {
      const { simulate } = await import('./simulate.ts')
      process.exitCode = await simulate(options)
    })
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number, 1 or more.')
  return Number(text)
}

function seedOf(text: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new InvalidArgumentError('Expected a whole number of nine digits at most.')
  return Number(text)
}
