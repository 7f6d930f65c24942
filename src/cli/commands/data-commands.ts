/** `data import`, `data check` and `data download`: bring records into the data folder. What they do is loaded when they run. */
import { type Command, Option } from 'commander'
import { withExamples } from '../kit/asking.ts'
import { dayOf, words } from './backtest-commands.ts'
import type { DownloadOptions } from './data-download.ts'
import type { CheckOptions, ImportOptions } from './data-import.ts'

export function dataCommands(program: Command): void {
  const data = program.command('data').description('recorded history')
  importCommand(data)
  withExamples(data.command('check'), ['hedgerow data check', 'hedgerow data check --data ./history --json'])
    .description(
      'find gaps, rates filled forward, interval switches and impossible bases in recorded history',
    )
    .option(
      '--data <folder>',
      'recorded history (else HEDGEROW_HISTORY_DIR, else what `data import` brought)',
    )
    .option('--exchange <name>', 'whose records, where several exchanges’ are there')
    .option('--json', 'print JSON')
    .action(async (options: CheckOptions) => {
      const { checkData } = await import('./data-import.ts')
      process.exitCode = checkData(options)
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

function importCommand(data: Command): void {
  withExamples(
    data.command('import <files...>'),
    [
      'hedgerow data import funding.csv.gz SOL_1h.csv.gz',
      'hedgerow data import BTC-spot-1h.zip BTC-um-1h.zip --exchange binance',
      'hedgerow data import rates.csv --map time=When --map rate=Paid --symbol SOLUSDT --zone +08:00',
    ],
    '\nCSV, TSV, JSON, JSON lines and Parquet, plain, gzipped or zipped; columns as Bybit, Binance, OKX, ccxt, Tardis and\nCryptoDataDownload name them. Every row is checked first: one bad row, and nothing is imported.\n',
  )
    .description('check tables of funding, prices or candles and bring them into the data folder')
    .option('--map <field=column>', 'what a column means; may be given several times', collected)
    .option('--symbol <symbol>', 'the contract of tables that do not name it')
    .option('--exchange <name>', 'the exchange of tables that do not name it')
    .addOption(new Option('--market <leg>', 'the leg of candles').choices(['spot', 'perp']))
    .option('--zone <zone>', 'of times that name none: UTC or an offset such as +08:00')
    .option('--skip-bad', 'leave out rows that cannot be read')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: ImportOptions) => {
      const { importData } = await import('./data-import.ts')
      await importData(files, options)
    })
}

const collected = (text: string, before: string[] = []): string[] => [...before, text]
