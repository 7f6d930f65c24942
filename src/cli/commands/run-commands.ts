/**
 * Commands that run something: the engine, the simulator, a migration, backtests, simulated days, data. What they do is loaded
 * only then, so that `--help` and the questions to a running engine answer at once.
 */
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Config } from '../../config/config.ts'
import { withExamples } from '../kit/asking.ts'
import { CliFailure } from '../kit/failure.ts'
import { print } from '../kit/output.ts'
import type { BacktestOptions } from './backtest.ts'
import type { BackupOptions, RestoreOptions } from './backup.ts'
import type { DownloadOptions } from './data-download.ts'
import type { CheckOptions, ImportOptions } from './data-import.ts'
import type { SimulateOptions } from './simulate.ts'
import type { SweepOptions } from './sweep.ts'

/** What this file needs of `src/main.ts`. A number is the exit code. */
type MainModule = {
  /** Resolves when the engine has stopped, in order. */
  runEngine(config: Config, between?: object, options?: { json?: boolean }): Promise<unknown>
  /** Brings the database to this version's tables and rows. */
  migrate(config: Config): Promise<unknown>
}

/** What the end of an engine's log may take to be read. */
const UNREAD_MS = 2_000

const MAIN = new URL('../../main.ts', import.meta.url)
const SIMULATOR = new URL('../../exchange/simulator/server/simulator-process.ts', import.meta.url)

/** `--config`, the same for every command that reads one. */
export const configOption = () =>
  new Option('--config <file>', 'strategy and limits (default: hedgerow.yaml here, if there is one)')

/** Adds `run`, `migrate` and `simulator`. */
export function processCommands(program: Command): void {
  withExamples(program.command('run'), ['hedgerow run', 'HEDGEROW_SPEED=20 HEDGEROW_PORT=8800 hedgerow run'])
    .description('run the engine')
    .addOption(configOption())
    .option('--json', 'mode replay: print the report as JSON')
    .action(async ({ config, json = false }: { config?: string; json?: boolean }) => {
      const read = await readConfig(config)
      const code = await (await loadMain()).runEngine(read, {}, { json })
      if (typeof code === 'number') process.exitCode = code
      // The engine has stopped: log lines that nobody reads must not keep the process, and with it what waits for its end.
      if (read.mode !== 'replay') setTimeout(() => process.exit(), UNREAD_MS).unref()
    })
  withExamples(program.command('migrate'), ['HEDGEROW_DATABASE_URL=postgres://… hedgerow migrate'])
    .description('migrate the database to this version')
    .addOption(configOption())
    .action(async ({ config }: { config?: string }) => {
      const read = await readConfig(config)
      const said = await (await loadMain()).migrate(read)
      print(typeof said === 'string' ? said : 'the database is up to date')
    })
  withExamples(
    program.command('backup'),
    ['hedgerow backup --verify', 'hedgerow backup --to /srv/backups/hedgerow-2026-12-01.backup --json'],
    '\nJSON: {file, bytes, verified, takenAtMs, migrations, tables: [{table, rows, print}]}',
  )
    .description('write the whole database to one file, also while the engine runs')
    .addOption(configOption())
    .option('--to <file>', 'the file to write (default: hedgerow-TIME.backup here)')
    .option('--verify', 'restore it into a temporary database, and compare every row')
    .option('--json', 'print JSON')
    .action(async (options: BackupOptions) => (await import('./backup.ts')).backUp(options))
  withExamples(
    program.command('restore'),
    [
      'hedgerow restore hedgerow-2026-12-01T120000.backup',
      'HEDGEROW_DATABASE_URL=postgres://… hedgerow restore hedgerow.backup     # from the embedded database to a server',
    ],
    '\nJSON: {file, takenAtMs, migrations, tables: [{table, rows, print}]}',
  )
    .description('restore a backup into an empty database, and compare every row')
    .argument('<file>', 'a file written by `hedgerow backup`')
    .addOption(configOption())
    .option('--json', 'print JSON')
    .action(async (file: string, options: RestoreOptions) =>
      (await import('./backup.ts')).bringBack(file, options),
    )
  withExamples(program.command('simulator'), ['hedgerow simulator --port 9797 --seed 7 --speed 60'])
    .description('run only the simulated Bybit; it prints one JSON line when it is ready')
    .option('--port <port>', 'TCP port, 0 for any free one', '9797')
    .option('--seed <seed>', 'random seed', '1')
    .option('--speed <speed>', 'speed, as a multiple of real time', '1')
    .option('--balance <usdt>', 'starting balance', '100000')
    .option('--state <file>', 'keep the account in this file')
    .option('--faults <file>', 'YAML or JSON: which faults, how often, and when')
    .option('--recorded <file>', 'play these recorded frames on the public sockets')
    .option(
      '--instruments <file...>',
      "list the instruments in these files of Bybit's instruments-info (json or json.gz)",
    )
    .action(runSimulator)
}

const readConfig = async (file: string | undefined): Promise<Config> =>
  (await import('../../config/config.ts')).readConfig(file)

async function loadMain(): Promise<MainModule> {
  return (await import(MAIN.href)) as MainModule
}

async function runSimulator(options: Record<string, string | string[]>): Promise<void> {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    [value].flat().flatMap(each => [`--${name}`, each]),
  )
  const child = spawn(process.execPath, [fileURLToPath(SIMULATOR), ...flags], { stdio: 'inherit' })
  // A terminal tells the whole group, a supervisor only us: the second signal is harmless to it.
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', forward).on('SIGTERM', forward)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', resolve)
  })
  if (code === 2) throw new CliFailure('the simulator refused its options', 2)
  if (code !== 0) throw new CliFailure(`the simulator ended with code ${code}`)
}

/** Adds `backtest` and what belongs to it. */
export function backtestCommands(program: Command): void {
  withExamples(
    program.command('backtest'),
    [
      'hedgerow backtest --data ./history',
      'hedgerow backtest --compare --json --out report.json',
      'hedgerow backtest --symbols SOLUSDT --from 2025-10-01 --to 2025-12-01 --fees vip3 --spread off',
      'hedgerow backtest --study --fees vip1',
      'hedgerow backtest --shadow --from 2026-11-01 --to 2026-12-01',
    ],
    '\nJSON: one report: what was run, and on what, and for each variant the engine and its baselines with figures, trades, equity, reasons;\nwith --shadow {decisions, hedges, totals, differences, unexplained}',
  )
    .description('run the engine on recorded history and compare it with simpler rules')
    .addOption(configOption())
    .option(
      '--data <folder>',
      'recorded history (default: HEDGEROW_HISTORY_DIR, or what `data import` stored)',
    )
    .option('--from <day>', 'the first day, such as 2025-09-01, UTC', dayOf)
    .option('--to <day>', 'the day after the last', dayOf)
    .option(
      '--symbols <symbols>',
      'perpetuals, separated by commas (default: all with prices and funding)',
      words,
    )
    .option('--exchange <name>', 'which exchange, if there are records of several')
    .option(
      '--fees <level>',
      'vip0 to vip5, supreme, or a YAML or JSON file with taker and maker fees of spot and perp',
      'vip0',
    )
    .addOption(new Option('--spread <on|off>', 'allow spread orders').choices(['on', 'off']).default('on'))
    .option('--routes <routes>', 'routes, separated by commas (default: those that cross the book)', words)
    .option(
      '--capital <usdt>',
      'starting capital (default: what the limits allow the symbols to use)',
      amountOf,
    )
    .option('--seed <seed>', 'random seed of the modelled order books', wholeOf, 1)
    .option('--patient', 'use a patient strategy for large coins instead of the configured one')
    .option('--compare', 'repeat with other fees (vip0, vip3) and with and without spread orders')
    .option('--study', 'only decisions on settled funding: no prices, no orders')
    .option('--half-spread-bps <bps>', 'half spread of each order book in the study', numberOf, 0)
    .option(
      '--shadow',
      'what this engine’s own database recorded, decided again: each difference as fill, timing or decision',
    )
    .option('--account <name>', 'with --shadow: whose records, where the database has several accounts')
    .option('--json', 'print JSON')
    .option('--out <file>', 'write the report to this file')
    .option(
      '--report [file]',
      'write an HTML page: one file, nothing loaded from outside; by default where the pages list it',
    )
    .action(async (options: BacktestOptions) => {
      const { backtest } = await import('./backtest.ts')
      process.exitCode = await backtest(options)
    })
}

/** `sweep`: what it does is loaded when it runs. */
export function sweepCommand(program: Command): void {
  withExamples(
    program.command('sweep'),
    [
      'hedgerow sweep --data ./history --report sweep.html',
      'hedgerow sweep --set entryAprMin=0,0.01,0.02 --set fundingSlowHours=540,1080 --train 180 --test 60',
      'hedgerow sweep --symbols SOLUSDT,BTCUSDT --trials 50 --seed 7 --json --out sweep.json',
    ],
    '\nA fast screen, not a full run: decisions at settlements only, one spread for all books, no failing orders. The same records,\nconfiguration and seed give the same report.\n' +
      '\nJSON: {trials, rules, best, luck, sensitivity, walk: {windows}, bySymbol, equity}, and what they were run on',
  )
    .description('try many parameter sets on recorded history, and estimate how much is luck')
    .addOption(configOption())
    .option(
      '--data <folder>',
      'recorded history (default: HEDGEROW_HISTORY_DIR, or what `data import` stored)',
    )
    .option('--from <day>', 'the first day, such as 2025-09-01, UTC; earlier records only warm up', dayOf)
    .option('--to <day>', 'the day after the last', dayOf)
    .option('--symbols <symbols>', 'perpetuals, separated by commas (default: all with funding)', words)
    .option('--exchange <name>', 'which exchange, if there are records of several')
    .option(
      '--fees <level>',
      'vip0 to vip5, supreme, or a YAML or JSON file with taker and maker fees of spot and perp',
      'vip0',
    )
    .option('--half-spread-bps <bps>', 'half spread of each order book', numberOf, 0)
    .option(
      '--capital <usdt>',
      'capital of the account (default: what the limits allow the symbols to use)',
      amountOf,
    )
    .option('--set <key=values>', 'values to try, separated by commas; may be repeated', collected)
    .option(
      '--trials <count>',
      'at most this many parameter sets, drawn at random from the grid',
      countOf,
      243,
    )
    .option('--train <days>', 'days a walk-forward window chooses on', countOf, 180)
    .option('--test <days>', 'days after them that it is judged on', countOf, 60)
    .option('--seed <seed>', 'random seed', wholeOf, 1)
    .option('--workers <count>', 'threads', countOf, availableParallelism())
    .option('--json', 'print JSON')
    .option('--out <file>', 'write the report to this file')
    .option(
      '--report [file]',
      'write an HTML page: one file, nothing loaded from outside; by default where the pages list it',
    )
    .action(async (options: SweepOptions) => {
      const { sweep } = await import('./sweep.ts')
      await sweep(options)
    })
}

/** A day in UTC as its first instant. @throws InvalidArgumentError for anything else */
function dayOf(text: string): number {
  const atMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== text)
    throw new InvalidArgumentError('Expected a day such as 2025-09-01.')
  return atMs
}

/** Words with commas between. @throws InvalidArgumentError when one is empty */
function words(text: string): string[] {
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

/** Adds `data` with its import, check and download. */
export function dataCommands(program: Command): void {
  const data = program.command('data').description('recorded history')
  importCommand(data)
  withExamples(data.command('check'), ['hedgerow data check', 'hedgerow data check --data ./history --json'])
    .description('find gaps, forward-filled rates, interval changes and impossible bases in recorded history')
    .option(
      '--data <folder>',
      'recorded history (default: HEDGEROW_HISTORY_DIR, or what `data import` stored)',
    )
    .option('--exchange <name>', 'which exchange, if there are records of several')
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
    '\nNo key is needed. Nothing is fetched twice: the same command continues where it was interrupted.\n' +
      '\nJSON: {source, folder, files: [{file, kind, symbols, rows, fresh, fromMs, toMs}], gaps: [{symbol, kind, of, fromMs, toMs}], notes}',
  )
    .description('fetch settled funding and hourly prices from Bybit into the data folder')
    .option('--symbols <symbols>', 'perpetuals, separated by commas', words)
    .option('--from <day>', 'the first day, such as 2025-09-01, UTC (default: since the listing)', dayOf)
    .option('--to <day>', 'the day after the last (default: now)', dayOf)
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
    .option('--map <field=column>', 'what a column means; may be repeated', collected)
    .option('--symbol <symbol>', 'the contract, for tables that do not name it')
    .option('--exchange <name>', 'the exchange, for tables that do not name it')
    .addOption(new Option('--market <leg>', 'which leg candles belong to').choices(['spot', 'perp']))
    .option('--zone <zone>', 'time zone of times without one: UTC or an offset such as +08:00')
    .option('--skip-bad', 'leave out rows that cannot be read')
    .option('--json', 'print JSON')
    .action(async (files: string[], options: ImportOptions) => {
      const { importData } = await import('./data-import.ts')
      await importData(files, options)
    })
}

const collected = (text: string, before: string[] = []): string[] => [...before, text]

/** Adds `simulate`. */
export function simulateCommands(program: Command): void {
  withExamples(
    program.command('simulate'),
    [
      'hedgerow simulate --days 1000 --keep-going',
      'hedgerow simulate --seed 4711',
      'hedgerow simulate --seed 4711 --shrink',
      'hedgerow simulate --days 50 --from-seed 1001 --faults drill.yaml --json',
    ],
    '\nJSON: a summary of all days, with the seed of each failed day and what failed; with --seed, the full report of that day',
  )
    .description('run the engine through simulated days of faults and crashes, and judge each')
    .option('--days <count>', 'how many days', countOf, 100)
    .option('--seed <seed>', 'only the day with this seed', seedOf)
    .option('--from-seed <seed>', 'seed of the first day; the others follow', seedOf, 1)
    .option('--jobs <count>', 'threads', countOf, availableParallelism())
    .option('--faults <file>', 'YAML or JSON: these faults instead of random ones')
    .option(
      '--hazards <names>',
      'what else may happen to the account: all (default), none, or names separated by commas',
    )
    .option(
      '--shrink',
      'find the fewest events with which the day of --seed fails, and tell its story on a page',
    )
    .option('--only <events>', 'keep these events alone of the day of --seed, as --shrink names them')
    .option('--keep-going', 'continue after a failed day')
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
