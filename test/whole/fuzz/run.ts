/** `npm run fuzz`: draws cases for every outer edge, and says what became of them. */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { table } from '../../../src/cli/kit/output.ts'
import { casesOf, EDGES } from './edges.ts'
import type { EdgeReport } from './kit.ts'

const HELP = `Draws input that nobody should send, for every edge at which something comes in.
Each case is refused with a clear error or accepted; whatever else happens is a fault.

Usage: npm run fuzz -- [options]

Options:
  --cases <count>  of all edges together, 10 to 10000000 (default: 20000)
  --seed <seed>    the same seed draws the same cases (default: of the clock)
  --only <text>    edges whose name contains it
  --json [file]    prints the report as JSON, or writes it to a file
  --help           this page

Exit code: 0 when there is no fault, 1 when there is one, 2 for a wrong option.`

const LIMIT_MS = 600_000

function whole(name: string, text: string, low: number, high: number): number {
  const found = Number(text)
  if (/^\d+$/.test(text) && found >= low && found <= high) return found
  throw new Error(`--${name}: expected a whole number from ${low} to ${high}, found ${text}`)
}

function options() {
  const args = process.argv
    .slice(2)
    .flatMap((arg, at, all) => (arg === '--json' && !isWord(all[at + 1]) ? ['--json='] : [arg]))
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string', default: '20000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      only: { type: 'string', default: '' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const { only, json, help } = values
  const edges = EDGES.filter(({ name }) => name.toLowerCase().includes(only.toLowerCase()))
  if (edges.length === 0)
    throw new Error(`--only: no edge contains ${only}; there are ${EDGES.map(({ name }) => name).join(', ')}`)
  return {
    cases: whole('cases', values.cases, 10, 10_000_000),
    seed: whole('seed', values.seed, 0, 2 ** 31),
    edges,
    json,
    help,
  }
}

const isWord = (text: string | undefined) => text !== undefined && !text.startsWith('--')

const rowOf = ({ edge, cases, refused, accepted, faults, seconds, slowestMs, keptMb }: EdgeReport) => ({
  edge,
  cases: String(cases),
  refused: String(refused),
  accepted: String(accepted),
  faults: String(faults.length),
  seconds: seconds.toFixed(1),
  slowest: `${slowestMs} ms`,
  kept: `${keptMb} MB`,
})

async function main(): Promise<number> {
  const { cases, seed, edges, json, help } = options()
  if (help) {
    process.stdout.write(`${HELP}\n`)
    return 0
  }
  const reports: EdgeReport[] = []
  const fewer = edges.length < EDGES.length
  for (const each of edges) {
    process.stderr.write(`${each.name}\n`)
    reports.push(
      await each.run({
        cases: fewer ? Math.ceil(cases / edges.length) : casesOf(each, cases),
        seed,
        limitMs: LIMIT_MS,
      }),
    )
  }
  const faults = reports.flatMap(report => report.faults.map(fault => ({ edge: report.edge, ...fault })))
  const report = JSON.stringify({ seed, edges: reports }, null, 2)
  if (json) writeFileSync(json, `${report}\n`)
  if (json === '') process.stdout.write(`${report}\n`)
  else {
    process.stdout.write(`${table(reports.map(rowOf), COLUMNS)}\nseed ${seed}\n`)
    for (const { edge, message, smallest } of faults)
      process.stdout.write(`\n${edge}: ${message}\n  ${smallest}\n`)
  }
  return faults.length > 0 ? 1 : 0
}

const COLUMNS = {
  edge: 'EDGE',
  cases: 'CASES',
  refused: 'REFUSED',
  accepted: 'ACCEPTED',
  faults: 'FAULTS',
  seconds: 'SECONDS',
  slowest: 'SLOWEST',
  kept: 'KEPT',
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\nTry: npm run fuzz -- --help\n`,
  )
  process.exitCode = 2
}
