/** Carries out `data download`: checks what is asked for, shows the progress, and says what is there now and what is missing. */
import { mkdirSync } from 'node:fs'
import {
  type Downloaded,
  download,
  isReplayable,
  type Work,
  workOf,
} from '../../backtest/download/download.ts'
import { openSource, type Pair, type Source } from '../../backtest/download/source.ts'
import {
  clearLeftovers,
  DownloadFault,
  isSpan,
  rivalsOf,
  type TableKind,
  type TableName,
  tableName,
} from '../../backtest/download/tables.ts'
import { loadConfig } from '../../config/config.ts'
import type { Span } from '../../exchange/simulator/history/files.ts'
import { ownHistory, prepareDataDir } from '../../run/start/data-folder.ts'
import { amountText, instantText, lengthText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { didYouMean } from '../kit/known-actors.ts'
import { print, printJson, table } from '../kit/output.ts'
import { type ProgressBar, startProgress } from '../kit/screen.ts'

export type DownloadOptions = { symbols?: string[]; from?: number; to?: number; json?: boolean }

const day = (atMs: number) => new Date(atMs).toISOString().slice(0, 10)
const minute = (atMs: number) => instantText(atMs).slice(0, 16)

/** @throws CliFailure of what kept it from being done; what came before is in the folder */
export async function downloadData(symbols: readonly string[], options: DownloadOptions): Promise<void> {
  assertUsage(symbols, options)
  const { HEDGEROW_MODE: _, ...env } = process.env
  const config = loadConfig({ cwd: process.cwd(), env })
  const folder = ownHistory(config)
  let progress: ProgressBar | undefined
  let done = 0
  const waits = (waitMs: number, why: string) => progress?.at(done, `waiting ${lengthText(waitMs)}: ${why}`)
  let source: Source | undefined
  try {
    source = await openSource(config, waits)
    const { wanted, pairs } = askedOf(source, symbols, options)
    prepareDataDir(config.dataDir)
    mkdirSync(folder, { recursive: true })
    clearLeftovers(folder)
    const { tables, notes } = tablesOf(source.name, pairs)
    if (config.historyDir) notes.push(`replay and backtest read ${config.historyDir} (HEDGEROW_HISTORY_DIR)`)
    const works = tables.map(([name, pair]) => workOf(folder, name, pair, wanted, source?.nowMs ?? 0))
    notes.push(...rivalNotes(source.name, folder, tables))
    const total = works.reduce((sum, { pieces }) => sum + pieces.length, 0)
    progress = startProgress({ total, name: 'download', json: options.json })
    const found = await download(source, folder, works, told => {
      done = told.done
      progress?.at(done, told.label)
    })
    if (total > 0) progress.at(total)
    progress.end()
    notes.push(...emptyNotes(works, found))
    deliver({ source: source.where, folder, found, notes }, options.json === true)
  } catch (error) {
    progress?.end()
    if (!(error instanceof DownloadFault) && !isOfDisk(error)) throw error
    const more = progress ? '; what was fetched is kept: the same command continues from there' : ''
    throw new CliFailure(error.message + more)
  } finally {
    await source?.close()
  }
}

/** A full disk, a folder that may not be written: the system's words name the file. */
const isOfDisk = (error: unknown): error is Error =>
  error instanceof Error && 'syscall' in error && 'path' in error

function assertUsage(symbols: readonly string[], { from, to }: DownloadOptions): void {
  if (symbols.length === 0)
    throw new CliFailure('data download: expected perpetuals such as SOLUSDT, found none', 2)
  if (from !== undefined && to !== undefined && from >= to)
    throw new CliFailure(`--to: expected a day after --from ${day(from)}, found ${day(to)}`, 2)
}

/** The symbols, each once, as the exchange lists them, and the span on its own time. @throws CliFailure */
function askedOf(
  { pairs, nowMs, where, leftOut }: Source,
  symbols: readonly string[],
  { from, to }: DownloadOptions,
) {
  if (from !== undefined && from >= nowMs)
    throw new CliFailure(`--from: expected a day before ${minute(nowMs)} at ${where}, found ${day(from)}`, 2)
  const known = [...pairs.keys()]
  const found = [...new Set(symbols)].map(symbol => {
    const pair = pairs.get(symbol)
    if (pair) return pair
    const why = leftOut.find(detail => detail.startsWith(`${symbol}:`))
    throw new CliFailure(
      `${symbol}: expected a USDT perpetual that ${where} lists, found ${why ?? 'none of this name'}${didYouMean(symbol, known)}`,
    )
  })
  const wanted: Span = { fromMs: from ?? 0, toMs: to ?? nowMs }
  return { pairs: found, wanted }
}

type Named = readonly [TableName, Pair]

function tablesOf(source: Source['name'], pairs: readonly Pair[]): { tables: Named[]; notes: string[] } {
  const notes: string[] = []
  const tables = pairs.flatMap((pair): Named[] => {
    const { symbol, spot } = pair
    const named = (kind: TableKind): Named => [{ kind, symbol, source }, pair]
    if (spot !== undefined && isReplayable(symbol)) return [named('funding'), named('prices')]
    const why =
      spot === undefined ? 'has no spot market' : 'is not a market that replay and backtest can trade'
    notes.push(`${symbol} ${why}: its funding alone is fetched (\`backtest --study\`)`)
    return [named('funding')]
  })
  return { tables, notes }
}

/** Made-up history must never be read in place of Bybit's by accident. @throws CliFailure */
function rivalNotes(source: Source['name'], folder: string, tables: readonly Named[]): string[] {
  const other = source === 'bybit' ? 'simulator' : 'bybit'
  return [
    ...rivalsOf(
      folder,
      tables.map(([name]) => name),
    ),
  ].map(([file, others]) => {
    const mixed = others.find(name => name.includes(`_${other}_`))
    if (mixed !== undefined)
      throw new CliFailure(
        `${mixed} in ${folder} is of ${other === 'bybit' ? 'Bybit' : 'a simulator'}: expected one source in a data folder; name another with HEDGEROW_DATA_DIR`,
      )
    return `${others.join(', ')} and ${file} are of the same contract: of one exchange they are joined, else Bybit’s are taken`
  })
}

const emptyNotes = (works: readonly Work[], found: readonly Downloaded[]): string[] =>
  works.flatMap(({ span, pair, table: { kind, symbol } }, at) => {
    if ((found[at]?.recorded.rows.length ?? 0) > 0) return []
    const launched = pair.launchedAtMs > 0 ? ` (launched ${day(pair.launchedAtMs)})` : ''
    return [
      `${symbol} ${kind}: the exchange has none ${isSpan(span) ? 'in' : 'before the end of'} that span${launched}`,
    ]
  })

type Delivery = { source: string; folder: string; found: readonly Downloaded[]; notes: readonly string[] }

function deliver({ source, folder, found, notes }: Delivery, json: boolean): void {
  const files = found.map(({ table: name, recorded: { rows }, fresh }) => ({
    file: tableName(name),
    kind: name.kind,
    symbols: [name.symbol],
    rows: rows.length,
    fresh,
    fromMs: rows[0]?.atMs ?? null,
    toMs: rows.at(-1)?.atMs ?? null,
  }))
  const gaps = found.flatMap(({ table: { symbol }, gaps: holes }) => holes.map(hole => ({ symbol, ...hole })))
  if (json) {
    printJson({ source, folder, files, gaps, notes })
    return
  }
  const shown = files.map(({ symbols, fromMs, toMs, rows, fresh, ...rest }) => ({
    ...rest,
    symbol: symbols.join(),
    rows: amountText(rows, { places: 0 }),
    fresh: amountText(fresh, { places: 0 }),
    from: minute(fromMs ?? 0),
    to: minute(toMs ?? 0),
  }))
  const columns = { file: 'FILE', symbol: 'SYMBOL', rows: 'ROWS', fresh: 'NEW', from: 'FROM', to: 'TO' }
  print(table(shown, columns))
  for (const { symbol, kind, of, fromMs, toMs } of gaps.slice(0, GAPS_SHOWN))
    print(
      `${symbol}: ${kind}${of ? ` (${of})` : ''} from ${minute(fromMs)} to ${minute(toMs)}, ${lengthText(toMs - fromMs)}`,
    )
  if (gaps.length > GAPS_SHOWN) print(`and ${gaps.length - GAPS_SHOWN} more gaps (--json names all)`)
  for (const note of notes) print(note)
  print(`from ${source} in ${folder}`)
}

const GAPS_SHOWN = 20
