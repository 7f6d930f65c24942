/** One thread of a run of days: is told a seed, answers with its report. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadConfig } from '../config/config.ts'
import { runDay } from './day/run-day.ts'
import type { DayOptions } from './plan/plan.ts'

const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'replay' } })
const options = workerData as DayOptions

parentPort?.on('message', (seed: number) => {
  runDay(seed, rules, options).then(
    report => parentPort?.postMessage({ seed, report }),
    (error: unknown) =>
      parentPort?.postMessage({
        seed,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  )
})
