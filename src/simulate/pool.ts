/** Many days over worker threads: each day is one seed and knows nothing of the others, so their order does not matter. */
import { Worker } from 'node:worker_threads'
import type { DayReport } from './judge/judge.ts'
import type { DayOptions } from './plan/plan.ts'

type Days = DayOptions & {
  seeds: readonly number[]
  jobs: number
  /** Told of each day as it ends. Says whether to go on. */
  done: (report: DayReport) => boolean
}

const WORKER = new URL('./worker.ts', import.meta.url)

type Answer = { seed: number; report?: DayReport; error?: string }

/** Runs them all, or until `done` says no. @throws when a day could not be run at all: a fault of the program */
export async function runDays({ seeds, jobs, done, ...options }: Days): Promise<void> {
  const left = [...seeds]
  let goesOn = true
  const thread = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(WORKER, { workerData: options })
      const next = () => {
        const seed = goesOn ? left.shift() : undefined
        if (seed === undefined) void worker.terminate().then(() => resolve())
        else worker.postMessage(seed)
      }
      worker.on('error', reject)
      worker.on('message', ({ seed, report, error }: Answer) => {
        if (report) {
          goesOn = done(report) && goesOn
          return next()
        }
        goesOn = false
        reject(new Error(`the day of seed ${seed} could not be run: ${error}`))
        void worker.terminate()
      })
      next()
    })
  await Promise.all(Array.from({ length: Math.max(1, Math.min(jobs, seeds.length)) }, thread))
}
