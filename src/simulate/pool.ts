/** Many days over worker threads: each day is one seed and knows nothing of the others, so their order does not matter. */
import { Worker } from 'node:worker_threads'
import type { DayReport } from './judge/judge.ts'
import type { Only } from './plan/events.ts'
import type { DayOptions } from './plan/plan.ts'

export type DayAsked = { seed: number; only?: Only | undefined }

const WORKER = new URL('./worker.ts', import.meta.url)

type Answer = { seed: number; report?: DayReport; error?: string }

/** Threads that run days, until they are closed. `run` rejects when a day could not be run at all: a fault of the program. */
export function openPool(jobs: number, options: Omit<DayOptions, 'only'>) {
  const threads = Array.from({ length: jobs }, () => new Worker(WORKER, { workerData: options }))
  const idle = [...threads]
  const waiting: ((worker: Worker) => void)[] = []
  const taken = () =>
    new Promise<Worker>(resolve => {
      const worker = idle.pop()
      if (worker) resolve(worker)
      else waiting.push(resolve)
    })
  const give = (worker: Worker) => {
    const next = waiting.shift()
    if (next) next(worker)
    else idle.push(worker)
  }
  return {
    async run(asked: DayAsked): Promise<DayReport> {
      const worker = await taken()
      const { report, error } = await answerOf(worker, asked)
      give(worker)
      if (report) return report
      throw new Error(`the day of seed ${asked.seed} could not be run: ${error}`)
    },
    async close(): Promise<void> {
      await Promise.all(threads.map(worker => worker.terminate()))
    },
  }
}

const answerOf = (worker: Worker, asked: DayAsked): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      worker.off('message', heard)
      worker.off('error', failed)
      end()
    }
    const heard = (answer: Answer) => settle(() => resolve(answer))
    const failed = (error: Error) => settle(() => reject(error))
    worker.on('message', heard)
    worker.on('error', failed)
    worker.postMessage(asked)
  })

type Days = DayOptions & {
  seeds: readonly number[]
  jobs: number
  /** Told of each day as it ends. Says whether to go on. */
  done: (report: DayReport) => boolean
}

/** Runs them all, or until `done` says no. @throws when a day could not be run at all: a fault of the program */
export async function runDays({ seeds, jobs, done, only, ...options }: Days): Promise<void> {
  const left = [...seeds]
  const threads = Math.max(1, Math.min(jobs, seeds.length))
  const pool = openPool(threads, options)
  let goesOn = true
  const runsOn = async () => {
    for (let seed = left.shift(); goesOn && seed !== undefined; seed = left.shift())
      goesOn = done(await pool.run({ seed, only })) && goesOn
  }
  try {
    await Promise.all(Array.from({ length: threads }, runsOn))
  } finally {
    await pool.close()
  }
}
