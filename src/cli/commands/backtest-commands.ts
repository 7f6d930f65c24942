/**
 * `backtest`: the engine over recorded history beside its baselines. What it does is loaded when it runs.
 */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { withExamples } from '../kit/asking.ts'
import type { BacktestOptions } from './backtest.ts'
import { configOption } from './process-commands.ts'

export function backtestCommands(program: Command): void {
  withExamples(
    program.command('backtest'),
    [
      'hedgerow backtest --data ./history',
      'hedgerow backtest --compare --json --out report.json',
      'hedgerow backtest --symbols SOLUSDT --from 2025-10-01 --to 2025-12-01 --fees vip3 --spread off',
      'hedgerow backtest --study --fees vip1',
    ],
    '\nJSON: one report: what was run on what, and for each variant the engine and its baselines with figures, trades, equity, reasons',
  )
    .description('run the engine over recorded history, beside baselines')
    .addOption(configOption())
    .option(
      '--data <folder>',
      'recorded history (else HEDGEROW_HISTORY_DIR, else what `data import` brought)',
    )
    .option('--from <day>', 'the first day, such as 2025-09-01, UTC', dayOf)
    .option('--to <day>', 'the day after the last', dayOf)
    .option('--symbols <symbols>', 'perpetuals with commas between (else all with prices and funding)', words)
    .option('--exchange <name>', 'whose records, where several exchanges’ are there')
    .option(
      '--fees <level>',
      'vip0 to vip5, supreme, or a YAML or JSON file of spot and perp, taker and maker',
      'vip0',
    )
    .addOption(
      new Option('--spread <on|off>', 'may the native spread be taken').choices(['on', 'off']).default('on'),
    )
    .option('--routes <routes>', 'routes with commas between, in place of those that cross the book', words)
    .option(
      '--capital <usdt>',
      'what the account starts with (else what the limits let the symbols bind)',
      amountOf,
    )
    .option('--seed <seed>', 'of the modelled order books', wholeOf, 1)
    .option('--patient', 'a patient strategy for large coins in place of the configured horizon and bars')
    .option('--compare', 'vary the fees (vip0, vip3) and the spread route')
    .option(
      '--study',
      'the engine’s decisions and the baselines on settled funding alone: no prices, no orders',
    )
    .option('--half-spread-bps <bps>', 'of each book in the study', numberOf, 0)
    .option('--json', 'print JSON')
    .option('--out <file>', 'write the report to this file')
    .action(async (options: BacktestOptions) => {
      const { backtest } = await import('./backtest.ts')
      process.exitCode = await backtest(options)
    })
}

/** A day in UTC as its first instant. @throws InvalidArgumentError for anything else */
export function dayOf(text: string): number {
  const atMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError('Expected a day such as 2025-09-01.')
  return atMs
}

/** Words with commas between. @throws InvalidArgumentError when one is empty */
export function words(text: string): string[] {
  const found = text.split(',').map(word => word.trim())
  if (found.some(word => word === '')) throw new InvalidArgumentError('Expected words with commas between.')
  return found
}

function wholeOf(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(text)
}

function numberOf(text: string): number {
  if (!/^\d{1,4}(\.\d{1,6})?$/.test(text))
    throw new InvalidArgumentError('Expected a number of bps such as 1.5.')
  return Number(text)
}

function amountOf(text: string): string {
  if (!/^\d{1,12}(\.\d{1,8})?$/.test(text) || Number(text) === 0)
    throw new InvalidArgumentError('Expected an amount of USDT such as 10000.')
  return text
}
