/**
 * `npm run bench`: what the engine costs, as tables. Nothing is asserted: ratios within one run count, absolute figures
 * belong to the machine, and a busy machine spoils both (its load is printed first).
 */
import { cpus, loadavg } from 'node:os'
import { benchActors } from './actors.ts'
import { benchJournal } from './journal.ts'
import { benchResume } from './resume.ts'
import { benchScreen } from './screen.ts'
import { benchSimulation } from './simulation.ts'
import { benchStartup } from './startup.ts'
import { benchUniverse } from './universe.ts'

const STAGES: readonly [name: string, run: () => Promise<object[]>][] = [
  [
    'Durable actors beside a raw group-commit loop (target: ratio 0.70 or more, p99 ratio 2 or less)',
    benchActors,
  ],
  ['The journal alone beside the same loop', () => benchJournal({ rounds: 3 })],
  ['Process start to first judgement', benchStartup],
  ['Hedges: rows to running actors', benchResume],
  ['Virtual time', benchSimulation],
  ['A whole exchange, simulated', benchUniverse],
  ['Screening (target: 8 times the sum of the columns or less)', benchScreen],
]

const load = () =>
  loadavg()
    .map(each => each.toFixed(1))
    .join(' ')

console.info(`node ${process.version}, ${cpus().length} processors, load ${load()}`)
for (const [name, run] of STAGES) {
  const startMs = performance.now()
  console.info(`\n${name}`)
  try {
    console.table(await run())
  } catch (error) {
    // One stage that fails must not hide the others.
    process.exitCode = 1
    console.error(error)
  }
  console.info(`${((performance.now() - startMs) / 1000).toFixed(1)} s, load ${load()}`)
}
