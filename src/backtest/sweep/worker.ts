/** One thread of a sweep: the history once, in shared memory; then parameter sets by number, each answered with its figures. */
import { parentPort, workerData } from 'node:worker_threads'
import type { ParameterSet } from './grid.ts'
import { engineTrial, type Ground } from './trial.ts'

const ground = workerData as Ground

parentPort?.on('message', ({ at, set }: { at: number; set: ParameterSet }) => {
  try {
    const { name: _, account: _account, units: _units, ...trial } = engineTrial(ground, set)
    parentPort?.postMessage({ at, trial })
  } catch (error) {
    parentPort?.postMessage({ at, error: error instanceof Error ? error.message : String(error) })
  }
})
