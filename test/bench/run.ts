/**
 * `npm run bench`: what the engine costs. First what is held against a floor, as ratios; then tables of absolute figures, which
 * belong to the machine. Nothing is asserted. A busy machine spoils all of it, so its load is printed.
 */
import { writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { benchActors } from './actors.ts'
import { benchCurves } from './curves.ts'
import { benchJournal } from './journal.ts'
import { benchJudging } from './judging.ts'
import { benchPushes } from './pushes.ts'
import { benchResume } from './resume.ts'
import { type BenchResult, type RatioRow, regressions, shown } from './rounds.ts'
import { ROWS } from './rows.ts'
import { benchScreen, benchSweep } from './screen.ts'
import { benchSimulation } from './simulation.ts'
import { benchSocket } from './socket.ts'
import { benchStartup } from './startup.ts'
import { benchUniverse } from './universe.ts'
import { benchVirtual } from './virtual.ts'

const RATIOS: readonly [name: string, run: () => Promise<RatioRow[]>][] = [
  ['Public pushes onto the board', () => benchPushes()],
  ['Judging', benchJudging],
  ["Pushes behind the SDK's socket", benchSocket],
  ['Durable actors beside a raw group-commit loop', () => benchActors()],
  ['Virtual days and backtests', benchVirtual],
  ['Screening', benchScreen],
  ['Curves', benchCurves],
]
const TABLES: readonly [name: string, run: () => Promise<object[]>][] = [
  ['The journal alone beside the same loop', () => benchJournal({ rounds: 3 })],
  ['Process start to first judgement', benchStartup],
  ['Hedges: rows to running actors', benchResume],
  ['Virtual time', benchSimulation],
  ['A whole exchange, simulated', benchUniverse],
  ['A sweep of parameter sets', benchSweep],
]

const HELP = `What the engine costs, beside floors and as figures of this machine. A busy machine spoils all of it.

Usage: npm run bench -- [options]

Options:
  --only <words>    only stages whose name holds these words: ${[...RATIOS, ...TABLES].map(([name]) => name.toLowerCase()).join('; ')}
  --rows            only what is held against a floor
  --json <file>     writes what was found
  --against <file>  names the ratios that are worse by more than 15 % than in a file written before; then ends with 1
  --help            this page
`

function options() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: '' },
        rows: { type: 'boolean', default: false },
        json: { type: 'string' },
        against: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    })
    return values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${HELP}`)
    process.exit(2)
  }
}

const { only, rows: isRowsOnly, json, against, help } = options()
if (help) {
  process.stdout.write(HELP)
  process.exit(0)
}

const load = () => loadavg().map(each => Number(each.toFixed(1)))

/** One stage that fails must not hide the others. */
async function stage<Row>(
  name: string,
  run: () => Promise<Row[]>,
  show: (rows: Row[]) => object[],
): Promise<Row[]> {
  if (!name.toLowerCase().includes(only.toLowerCase())) return []
  const startMs = performance.now()
  console.info(`\n${name}`)
  try {
    const rows = await run()
    console.table(show(rows))
    return rows
  } catch (error) {
    process.exitCode = 1
    console.error(error)
    return []
  } finally {
    console.info(`${((performance.now() - startMs) / 1000).toFixed(1)} s, load ${load().join(' ')}`)
  }
}

console.info(`node ${process.version}, ${cpus().length} processors, load ${load().join(' ')}`)
const found: BenchResult = {
  node: process.version,
  machine: `${cpus().length} processors, ${cpus()[0]?.model ?? 'unknown'}`,
  atMs: Date.now(),
  load: load(),
  rows: [],
  tables: {},
}
for (const [name, run] of RATIOS) found.rows.push(...(await stage(name, run, rows => rows.map(shown))))
for (const [name, run] of isRowsOnly ? [] : TABLES) {
  const rows = await stage(name, run, each => each)
  if (rows.length > 0) found.tables[name] = rows
}
const missing = only === '' ? ROWS.filter(name => !found.rows.some(row => row.what === name)) : []
const unknown = found.rows.filter(({ what }) => !ROWS.includes(what)).map(({ what }) => what)
for (const name of missing) console.info(`missing: ${name}`)
for (const name of unknown) console.info(`not listed in test/bench/rows.ts: ${name}`)
if (missing.length + unknown.length > 0) process.exitCode = 1
if (json) writeFileSync(json, `${JSON.stringify(found, null, 2)}\n`)
const worse = against ? regressions(found.rows, against) : []
for (const one of worse) console.info(`worse: ${one}`)
if (worse.length > 0) process.exitCode = 1
