/** One thread of a run of days: is told a seed, and perhaps which of its events alone; answers with the day's report. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadConfig } from '../config/config.ts'
import { runDay } from './day/run-day.ts'
import type { DayOptions } from './plan/plan.ts'
import type { DayAsked } from './pool.ts'

const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } })
const options = workerData as DayOptions

parentPort?.on('message', ({ seed, only }: DayAsked) => {
  runDay(seed, rules, { ...options, only }).then(
    report => parentPort?.postMessage({ seed, report }),
    (error: unknown) =>
      parentPort?.postMessage({
        seed,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  )
})
