/** Parameter sets over worker threads. Each is answered by its number, so neither their order nor their count changes a result. */
import { Worker } from 'node:worker_threads'
import type { ParameterSet } from './grid.ts'
import type { Ground, Trial } from './trial.ts'

const WORKER = new URL('./worker.ts', import.meta.url)

type Answer = { at: number; trial?: Trial; error?: string }

/**
 * @param progress - trials done
 * @throws when a trial could not be run, and names its parameters
 */
export async function runTrials(
  ground: Ground,
  sets: readonly ParameterSet[],
  workers: number,
  progress: (done: number) => void,
): Promise<Trial[]> {
  const trials: Trial[] = []
  let [next, done] = [0, 0]
  const thread = () =>
    new Promise<void>((resolve, reject) => {
      const worker = new Worker(WORKER, { workerData: ground })
      const give = () => {
        const at = next++
        const set = sets[at]
        if (set) worker.postMessage({ at, set })
        else void worker.terminate().then(() => resolve())
      }
      worker.on('error', reject)
      worker.on('message', ({ at, trial, error }: Answer) => {
        if (!trial) {
          next = sets.length
          void worker.terminate()
          return reject(new Error(`${JSON.stringify(sets[at])}: ${error}`))
        }
        trials[at] = trial
        progress(++done)
        give()
      })
      give()
    })
  await Promise.all(Array.from({ length: Math.max(1, Math.min(workers, sets.length)) }, thread))
  return trials
}
