/** `data import`: each file is read whole before it is copied, so that what the data folder holds can be run. */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { loadConfig } from '../../config/config.ts'
import {
  fundingOf,
  KNOWN_TABLES,
  openTable,
  pricesOf,
  symbolOfPrices,
} from '../../exchange/simulator/history/tables.ts'
import { ownHistory, prepareDataDir } from '../../run/data-folder.ts'
import { amountText, instantText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { print, printJson, table } from '../kit/output.ts'

type Imported = {
  file: string
  kind: 'funding' | 'prices'
  symbols: string[]
  rows: number
  fromMs: number
  toMs: number
}

export function importData(files: readonly string[], json: boolean): void {
  const { HEDGEROW_MODE: _, ...env } = process.env
  const config = loadConfig({ cwd: process.cwd(), env })
  const found = files.map(file => read(resolve(file)))
  prepareDataDir(config.dataDir)
  const folder = ownHistory(config)
  mkdirSync(folder, { recursive: true })
  for (const file of files) copyFileSync(resolve(file), join(folder, basename(file)))
  if (json) {
    printJson({ folder, files: found })
    return
  }
  print(
    table(
      found.map(({ file, kind, symbols, rows, fromMs, toMs }) => ({
        file,
        kind,
        symbols: symbols.length > 3 ? `${symbols.length} symbols` : symbols.join(', '),
        rows: amountText(rows, { places: 0 }),
        from: instantText(fromMs).slice(0, 16),
        to: instantText(toMs).slice(0, 16),
      })),
      { file: 'FILE', kind: 'KIND', symbols: 'SYMBOLS', rows: 'ROWS', from: 'FROM', to: 'TO' },
    ),
  )
  print(`in ${folder}`)
}

function read(file: string): Imported {
  if (!existsSync(file)) throw new CliFailure(`${file}: no such file`)
  if (!/\.csv(\.gz)?$/.test(file)) throw new CliFailure(`${file}: expected a table named .csv or .csv.gz`)
  try {
    const opened = openTable(file)
    if (!opened.kind)
      throw new CliFailure(
        `${opened.name}: expected the columns of ${KNOWN_TABLES}, found ${opened.names.join(', ')}`,
      )
    const lists =
      opened.kind === 'funding' ? fundingOf(opened) : new Map([[symbolOfPrices(opened), pricesOf(opened)]])
    const instants = [...lists.values()].flatMap(points => points.map(({ atMs }) => atMs))
    if (instants.length === 0) throw new CliFailure(`${opened.name}: expected at least one row, found none`)
    const [fromMs, toMs] = instants.reduce(
      ([least, most], atMs) => [Math.min(least, atMs), Math.max(most, atMs)],
      [Number.POSITIVE_INFINITY, 0],
    )
    return {
      file: opened.name,
      kind: opened.kind,
      symbols: [...lists.keys()],
      rows: instants.length,
      fromMs,
      toMs,
    }
  } catch (error) {
    if (error instanceof CliFailure) throw error
    throw new CliFailure(error instanceof Error ? error.message : String(error))
  }
}
