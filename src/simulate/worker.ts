/** One thread of a run of days: is told a seed, answers with its report. */
import { parentPort, workerData } from 'node:worker_threads'
import { loadConfig } from '../config/config.ts'
import type { FaultPlan } from '../exchange/simulator/faults/plan.ts'
import { runDay } from './run-day.ts'

const { rules } = loadConfig({ cwd: '/', env: { HEDGEROW_MODE: 'paper' } })
const { faults } = workerData as { faults?: FaultPlan }

parentPort?.on('message', (seed: number) => {
  runDay(seed, rules, faults).then(
    report => parentPort?.postMessage({ seed, report }),
    (error: unknown) =>
      parentPort?.postMessage({
        seed,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      }),
  )
})
