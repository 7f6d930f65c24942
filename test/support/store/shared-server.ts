/**
 * Vitest's global set-up: names one folder for the database server of this run, and stops the server when all is over.
 * The server itself starts with the first test that asks for it, so runs without such tests pay nothing.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { silentStoreLog } from '../../../src/store/database.ts'
import { startEmbedded } from '../../../src/store/embedded/embedded.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    databaseDir: string
  }
}

export function setup(project: TestProject): () => Promise<void> {
  const databaseDir = mkdtempSync(join(tmpdir(), 'hedgerow-test-'))
  // Root runs the server as nobody, who must be able to walk in.
  chmodSync(databaseDir, 0o755)
  project.provide('databaseDir', databaseDir)
  return async () => {
    if (existsSync(join(databaseDir, 'postgres', 'data', 'postmaster.pid'))) {
      const server = await startEmbedded({ dataDir: databaseDir, log: silentStoreLog })
      await server.stop()
    }
    rmSync(databaseDir, { recursive: true, force: true })
  }
}
