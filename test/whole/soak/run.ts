/** `npm run soak`: one engine for a while, with what it keeps, holds open and writes measured from the outside. */
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { table } from '../../../src/cli/kit/output.ts'
import { builtInUniverse } from '../../../src/exchange/simulator/universe/universe.ts'
import { silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'
import { openJournal } from '../../support/process/journal-outside.ts'
import { freshFolder } from '../../support/store/fresh-folder.ts'
import { slopeOf } from './slope.ts'

const HELP = `Runs an engine on the simulated exchange, and measures what it keeps, holds open and writes.

Usage: npm run soak -- [options]

Options:
  --minutes <count>  how long, 2 to 1440 (default: 10)
  --symbols <count>  tracked symbols, 1 to 20 (default: 20)
  --speed <factor>   simulated seconds a second, 1 to 1000 (default: 20)
  --json             prints the report as JSON
  --help             this page

Exit code: 0 when memory did not surely grow by more than 64 MB an hour, 1 when it did, 2 for a wrong option.`

const EVERY_MS = 5_000
/** What is compiled, read and cached at first is no leak. */
const WARM_SHARE = 0.3
const GROWTH_MB_MAX = 64
const TOKEN = 'soak-token-of-no-worth'
const ROOT = path.resolve(import.meta.dirname, '../../..')

/** What is followed, by the names of the engine's own metrics. */
const FOLLOWED = {
  'resident memory, MB': ['hedgerow_process_resident_memory_bytes', 1 / 1024 / 1024],
  'heap used, MB': ['hedgerow_nodejs_heap_size_used_bytes', 1 / 1024 / 1024],
  'external memory, MB': ['hedgerow_nodejs_external_memory_bytes', 1 / 1024 / 1024],
  handles: ['hedgerow_nodejs_active_handles_total', 1],
  'file descriptors': ['hedgerow_process_open_fds', 1],
  timers: ['hedgerow_nodejs_active_resources{type="Timeout"}', 1],
  'loop delay p99, ms': ['hedgerow_nodejs_eventloop_lag_p99_seconds', 1_000],
} as const
type Name = keyof typeof FOLLOWED
const NAMES = Object.keys(FOLLOWED) as Name[]

type Sample = { atMs: number } & Partial<Record<Name, number>>

function whole(name: string, text: string, low: number, high: number): number {
  const found = Number(text)
  if (/^\d+$/.test(text) && found >= low && found <= high) return found
  throw new Error(`--${name}: expected a whole number from ${low} to ${high}, found ${text}`)
}

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '10' },
      symbols: { type: 'string', default: '20' },
      speed: { type: 'string', default: '20' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  return {
    minutes: whole('minutes', values.minutes, 2, 1_440),
    symbols: whole('symbols', values.symbols, 1, 20),
    speed: whole('speed', values.speed, 1, 1_000),
    ...{ json: values.json, help: values.help },
  }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.once('exit', code => reject(new Error(`the engine ended with code ${code}: ${text.slice(-2_000)}`)))
    child.stdout?.on('data', chunk => {
      if (text.length < 20_000) text += String(chunk)
      const url = /hedgerow at (http\S+)/.exec(text)?.[1]
      if (url) resolve(url)
    })
  })
}

/** One reading of all that is followed. */
async function sampled(url: string): Promise<Sample> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  const lines = (await answer.text()).split('\n')
  const sample: Sample = { atMs: performance.now() }
  for (const name of NAMES) {
    const [metric, factor] = FOLLOWED[name]
    const line = lines.find(each => each.startsWith(`${metric} `))
    if (line) sample[name] = Number(line.split(' ')[1]) * factor
  }
  return sample
}

/** Rows of the database so far. */
async function rowsOf(dataDir: string): Promise<Record<'transition' | 'posting', number>> {
  const embedded = await startEmbedded({ dataDir, log: silentStoreLog })
  const journal = await openJournal(embedded)
  try {
    return { transition: await journal.count('transition'), posting: await journal.count('posting') }
  } finally {
    await journal.close()
  }
}

function reportOf(samples: readonly Sample[]) {
  const fromMs =
    (samples[0]?.atMs ?? 0) + WARM_SHARE * ((samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0))
  const warm = samples.filter(({ atMs }) => atMs >= fromMs)
  return NAMES.map(name => {
    const points = warm.flatMap(({ atMs, [name]: value }) => (value === undefined ? [] : [{ atMs, value }]))
    const values = points.map(({ value }) => value)
    return {
      what: name,
      first: values[0] ?? null,
      last: values.at(-1) ?? null,
      most: values.length > 0 ? Math.max(...values) : null,
      slope: slopeOf(points) ?? null,
    }
  })
}

/** Runs the engine and gives what was measured of it. */
async function soaked({ minutes, symbols, speed }: ReturnType<typeof options>) {
  const { folder, remove } = freshFolder()
  const dataDir = path.join(folder, 'data')
  const names = builtInUniverse()
    .listings.slice(0, symbols)
    .map(({ perp }) => perp.symbol)
  writeFileSync(path.join(folder, 'hedgerow.yaml'), `strategy:\n  symbols: [${names.join(', ')}]\n`)
  const child = spawn(process.execPath, [path.join(ROOT, 'src/cli.ts'), 'run'], {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, HEDGEROW_MODE: 'sim', HEDGEROW_DATA_DIR: dataDir, HEDGEROW_PORT: '0' },
      ...{ HEDGEROW_API_TOKEN: TOKEN, HEDGEROW_SPEED: String(speed) },
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>(resolve => child.once('exit', resolve))
  try {
    const url = await listening(child)
    const untilMs = performance.now() + minutes * 60_000
    const samples: Sample[] = []
    let before: Awaited<ReturnType<typeof rowsOf>> | undefined
    let beforeMs = 0
    while (performance.now() < untilMs) {
      samples.push(await sampled(url))
      if (!before && samples.length > 5) [before, beforeMs] = [await rowsOf(dataDir), performance.now()]
      await pause(EVERY_MS)
    }
    const after = await rowsOf(dataDir)
    const hours = (performance.now() - beforeMs) / 3_600_000
    const rows = {
      transitionsAnHour: Math.round((after.transition - (before?.transition ?? 0)) / hours),
      postingsAnHour: Math.round((after.posting - (before?.posting ?? 0)) / hours),
    }
    return { minutes, symbols, speed, samples: samples.length, measured: reportOf(samples), ...rows }
  } finally {
    child.kill('SIGTERM')
    await ended
    remove()
  }
}

const figure = (value: number | null) => (value === null ? '–' : value.toFixed(1))

function shown({
  measured,
  transitionsAnHour,
  postingsAnHour,
  samples,
}: Awaited<ReturnType<typeof soaked>>): string {
  const rows = measured.map(({ what, first, last, most, slope }) => ({
    ...{ what, first: figure(first), last: figure(last), most: figure(most) },
    slope: slope ? `${slope.perHour.toFixed(1)} ± ${slope.within.toFixed(1)}` : '–',
  }))
  return [
    table(rows, { what: 'WHAT', first: 'FIRST', last: 'LAST', most: 'MOST', slope: 'AN HOUR' }),
    '',
    `${samples} readings; rows an hour: ${transitionsAnHour} transitions, ${postingsAnHour} postings`,
  ].join('\n')
}

async function main(): Promise<number> {
  const asked = options()
  if (asked.help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const report = await soaked(asked)
  process.stdout.write(`${asked.json ? JSON.stringify(report, null, 2) : shown(report)}\n`)
  const grows = report.measured.some(
    ({ what, slope }) => what === 'heap used, MB' && slope && slope.perHour - slope.within > GROWTH_MB_MAX,
  )
  return grows ? 1 : 0
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\nTry: npm run soak -- --help\n`,
  )
  process.exitCode = 2
}
