/** Carries out `simulate`: days over threads with their progress, each failure as it comes, a summary at the end. */
import { systemClock } from '../../clock/clock.ts'
import { type FaultPlan, FaultPlanError, readFaults } from '../../exchange/simulator/faults/plan.ts'
import type { DayReport } from '../../simulate/judge/judge.ts'
import { type Summary, summarise } from '../../simulate/judge/judge.ts'
import { type Only, onlyOf } from '../../simulate/plan/events.ts'
import { HAZARD_NAMES, type HazardName } from '../../simulate/plan/hazards.ts'
import { openPool, runDays } from '../../simulate/pool.ts'
import { shrinkDay, shrunkText } from '../../simulate/shrink-day.ts'
import { lengthText } from '../../wording/figures.ts'
import { CliFailure } from '../kit/failure.ts'
import { print, table } from '../kit/output.ts'
import { startProgress } from '../kit/screen.ts'

const SHOWN_MAX = 20

function simulateText(summary: Summary): string {
  const { days, failed, orders, crashes, apart, restMsMax, residualDays, unexplained, journalSteps } = summary
  const { seconds, notionalSeconds } = apart
  return [
    `${days} simulated days of 24 hours each, ${failed.length} failed.`,
    ...failed.slice(0, SHOWN_MAX).map(({ seed, broken }) => `  seed ${seed}: ${broken[0]}`),
    ...(failed.length > SHOWN_MAX ? [`  and ${failed.length - SHOWN_MAX} more`] : []),
    '',
    table(summary.hedges, {
      route: 'ROUTE',
      direction: 'DIRECTION',
      planned: 'PLANNED',
      opened: 'OPENED',
      closed: 'CLOSED',
    }),
    '',
    table(counts(summary.struck), { what: 'FAULT', times: 'STRUCK' }),
    '',
    table(counts(summary.happened), { what: 'HAPPENED', times: 'TIMES' }),
    '',
    table(
      [
        { what: 'orders that arrived', figure: String(orders) },
        { what: 'crashes between commits', figure: String(crashes) },
        { what: 'journal steps folded again', figure: String(journalSteps) },
        { what: 'stretches a lot or more apart', figure: String(apart.stretches) },
        { what: 'seconds apart, p50 / p99 / max', figure: three(seconds) },
        { what: 'USDT × seconds apart, p50 / p99 / max', figure: three(notionalSeconds) },
        { what: 'longest time to rest after faults', figure: `${Math.round(restMsMax / 1_000)} s` },
        { what: 'days with a residual', figure: String(residualDays) },
        { what: 'unexplained postings', figure: String(unexplained) },
      ],
      { what: 'FIGURE', figure: 'VALUE' },
    ),
    ...callLines(summary),
    '',
    table(metRows(summary), { what: 'FAULT OR HAPPENING', states: 'MET HEDGES THAT WERE' }),
  ].join('\n')
}

/** One day alone. */
function dayText(report: DayReport): string {
  const { seed, symbols, broken, hedges } = report
  return [
    `Day ${seed}, ${symbols.join(' and ')}: ${broken.length === 0 ? 'good' : 'failed'}.`,
    ...broken.map(line => `  ${line}`),
    ...(report.story.length > 0 ? ['', ...report.story] : []),
    '',
    table(
      hedges.map(({ id, symbol, direction, route, state, because }) => ({
        id: id.replace(/^hedge:/, ''),
        symbol,
        direction,
        route,
        state: state.split(' ')[0],
        because,
      })),
      {
        id: 'HEDGE',
        symbol: 'SYMBOL',
        direction: 'DIRECTION',
        route: 'ROUTE',
        state: 'STATE',
        because: 'WHY',
      },
    ),
    '',
    simulateText(summarise([report])),
    '',
    `Journal ${report.journalHash}`,
  ].join('\n')
}

const counts = (of: Readonly<Record<string, number>>) =>
  Object.entries(of).map(([what, times]) => ({ what, times: String(times) }))

const three = ({ p50, p99, max }: Summary['apart']['seconds']) =>
  [p50, p99, max].map(value => value.toFixed(value < 100 ? 2 : 0)).join(' / ')

/** Which states of a hedge each fault and happening has met; what it never met, no day has tried. */
function metRows({ met }: Summary): { what: string; states: string }[] {
  const states = new Map<string, string[]>()
  for (const pair of Object.keys(met).sort()) {
    const [what = '', state = ''] = pair.split(' in ')
    states.set(what, [...(states.get(what) ?? []), state])
  }
  return [...states].map(([what, list]) => ({ what, states: list.join(', ') }))
}

function callLines({ calls }: Summary): string[] {
  const rows = Object.entries(calls).map(([why, times]) => ({ why, times: String(times) }))
  return rows.length === 0 ? [] : ['', table(rows, { why: 'A PERSON WAS CALLED BECAUSE', times: 'TIMES' })]
}

export type SimulateOptions = {
  days: number
  seed?: number
  fromSeed: number
  jobs: number
  faults?: string
  /** Names of hazards, comma-separated, `all` or `none`; all when left out. */
  hazards?: string
  keepGoing?: boolean
  /** Some events of the one day alone, as a shrunken day names them. */
  only?: string
  shrink?: boolean
  json?: boolean
}

/** Days tried at most before a shrunken day is told as it is. */
const SHRINK_RUNS_MAX = 200

/** `simulate --shrink`. @returns the exit code: 1 when the day failed */
async function shrinkOne(options: SimulateOptions, seed: number): Promise<number> {
  const { jobs, json = false } = options
  const said = { faults: faultsOf(options.faults), hazards: hazardsOf(options.hazards) }
  const pool = openPool(jobs, said)
  const progress = startProgress({ total: SHRINK_RUNS_MAX, name: 'shrink', json })
  try {
    const found = await shrinkDay({
      seed,
      options: said,
      runsMax: SHRINK_RUNS_MAX,
      run: only => pool.run({ seed, only }),
      tried: (runs, events) => progress.at(runs, `day ${runs}, of ${events} events`),
    })
    progress.end()
    print(json ? JSON.stringify(found, null, 2) : shrunkText(found))
    return found.kind === undefined ? 0 : 1
  } finally {
    await pool.close()
  }
}

/** @returns the exit code: 1 when a day failed */
export async function simulate(options: SimulateOptions): Promise<number> {
  const of = (option: string) => new CliFailure(`--${option}: it is of one day: say --seed`, 2)
  if (options.only !== undefined && options.seed === undefined) throw of('only')
  if (!options.shrink) return runAll(options)
  if (options.seed === undefined) throw of('shrink')
  if (options.only !== undefined) throw new CliFailure('--only: a day that is to be shrunk is run whole', 2)
  return shrinkOne(options, options.seed)
}

async function runAll(options: SimulateOptions): Promise<number> {
  const { days, seed, fromSeed, jobs, json = false, keepGoing = false, faults: file } = options
  const hazards = hazardsOf(options.hazards)
  const faults = faultsOf(file)
  const seeds = seed === undefined ? Array.from({ length: days }, (_, at) => fromSeed + at) : [seed]
  const clock = systemClock()
  const startedAtMs = clock.nowMs()
  const progress = startProgress({ total: seeds.length, name: 'simulate', json })
  const reports: DayReport[] = []
  let failures = 0
  const left = () => {
    const eachMs = (clock.nowMs() - startedAtMs) / reports.length
    return lengthText(eachMs * (seeds.length - reports.length))
  }
  await runDays({
    seeds,
    jobs,
    faults,
    hazards,
    only: keptOf(options.only),
    done(report) {
      reports.push(report)
      if (report.broken.length > 0) {
        failures++
        progress.end()
        process.stderr.write(`${failureText(report, options)}\n`)
      }
      progress.at(
        reports.length,
        `${reports.length} of ${seeds.length} days, ${failures} failed, ${left()} left`,
      )
      return keepGoing || failures === 0
    },
  })
  progress.end()
  const summary = summarise(reports)
  const [only] = reports
  if (seed !== undefined && only) print(json ? JSON.stringify(only, null, 2) : dayText(only))
  else print(json ? JSON.stringify(summary, null, 2) : simulateText(summary))
  if (!json) {
    const tookMs = clock.nowMs() - startedAtMs
    process.stderr.write(
      `took ${lengthText(tookMs)}, ${(tookMs / 1_000 / reports.length).toFixed(1)} s a day\n`,
    )
  }
  return failures > 0 ? 1 : 0
}

/** What broke, the command that shows it again, and the story of the day. */
const failureText = ({ seed, broken, story }: DayReport, { faults, hazards }: SimulateOptions) =>
  [
    `day ${seed} failed: ${broken[0]}${broken.length > 1 ? ` (and ${broken.length - 1} more)` : ''}; again: hedgerow simulate --seed ${seed}${faults === undefined ? '' : ` --faults ${faults}`}${hazards === undefined ? '' : ` --hazards '${hazards}'`}`,
    ...story.map(line => `  ${line}`),
  ].join('\n')

function hazardsOf(asked: string | undefined): readonly HazardName[] | undefined {
  if (asked === undefined) return undefined
  if (asked === 'all') return HAZARD_NAMES
  const names = asked === 'none' ? [] : asked.split(',').map(name => name.trim())
  return names.map(name => {
    const found = HAZARD_NAMES.find(one => one === name)
    if (!found)
      throw new CliFailure(
        `--hazards: expected all, none, or some of ${HAZARD_NAMES.join(', ')}; found ${name}`,
        2,
      )
    return found
  })
}

function keptOf(text: string | undefined): Only | undefined {
  if (text === undefined) return undefined
  const only = onlyOf(text)
  if (only) return only
  throw new CliFailure(`--only: expected numbers of events and an end such as 3,17/21600; found ${text}`, 2)
}

function faultsOf(file: string | undefined): FaultPlan | undefined {
  if (file === undefined) return undefined
  try {
    return readFaults(file)
  } catch (error) {
    if (error instanceof FaultPlanError) throw new CliFailure(`--faults: ${error.message}`, 2)
    throw error
  }
}
