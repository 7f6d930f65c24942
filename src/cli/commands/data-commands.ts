/** `data import` and `data download`: bring records into the data folder. What they do is loaded when they run. */
import type { Command } from 'commander'
import { withExamples } from '../kit/asking.ts'
import { dayOf, words } from './backtest-commands.ts'
import type { DownloadOptions } from './data-download.ts'

export function dataCommands(program: Command): void {
  const data = program.command('data').description('recorded history')
  withExamples(data.command('import <files...>'), ['hedgerow data import funding.csv.gz SOL_1h.csv.gz'])
    .description('check tables of funding or prices and copy them into the data folder')
    .option('--json', 'print JSON')
    .action(async (files: string[], { json }: { json?: boolean }) => {
      const { importData } = await import('./data-import.ts')
      importData(files, json === true)
    })
  withExamples(
    data.command('download [symbol...]'),
    [
      'hedgerow data download SOLUSDT BTCUSDT',
      'hedgerow data download --symbols SOLUSDT,BTCUSDT --from 2025-09-01 --to 2025-12-01',
      'HEDGEROW_EXCHANGE_URL=http://127.0.0.1:9797 hedgerow data download SOLUSDT',
    ],
    '\nNo key is needed. What is there already is not fetched again: the same command goes on where it was broken off.\n' +
      '\nJSON: {source, folder, files: [{file, kind, symbols, rows, fresh, fromMs, toMs}], gaps: [{symbol, kind, of, fromMs, toMs}], notes}',
  )
    .description('fetch settled funding and hourly prices from Bybit into the data folder')
    .option('--symbols <symbols>', 'perpetuals with commas between', words)
    .option(
      '--from <day>',
      'the first day, such as 2025-09-01, UTC (else since the perpetual is there)',
      dayOf,
    )
    .option('--to <day>', 'the day after the last (else until now)', dayOf)
    .option('--json', 'print JSON')
    .action(async (symbols: string[], options: DownloadOptions) => {
      const { downloadData } = await import('./data-download.ts')
      await downloadData([...symbols, ...(options.symbols ?? [])], options)
    })
}
