/**
 * The folder of an installation, where recorded history is in it, and the fault that a start ends with. Loads next to nothing:
 * commands that only need a place start at once.
 */
import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Config } from '../../config/config.ts'

/** Why the engine did not start, in one message that names what to change. The command line prints it and exits with 1. */
export class StartFault extends Error {
  override name = 'StartFault'
}

/** Passes a failure on as a StartFault. For failures whose message says all: a stack would only hide it. */
export const asStartFault =
  (before = '') =>
  (error: unknown): never => {
    throw new StartFault(before + (error instanceof Error ? error.message : String(error)), { cause: error })
  }

/** Where `data import` and `data download` bring records to. */
export const ownHistory = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'history')

/** Where records are read from. */
export const historyFolder = (config: Pick<Config, 'dataDir' | 'historyDir'>): string =>
  config.historyDir ?? ownHistory(config)

/**
 * The folder that holds everything of an installation; only its owner may look into it. Under root the embedded server runs
 * as nobody and must be able to walk through, though not to list. @throws StartFault
 */
export function prepareDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir)
    chmodSync(dataDir, process.getuid?.() === 0 ? 0o711 : 0o700)
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error)
    throw new StartFault(
      `HEDGEROW_DATA_DIR: expected a folder that can be written at ${dataDir}, found: ${found}`,
    )
  }
}

/** Level by level: Node's own recursive way never comes back from a place such as /proc. */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another start may have been quicker.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}
