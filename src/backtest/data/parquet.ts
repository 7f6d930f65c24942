/**
 * Parquet as rows, read in a thread of its own: a damaged file can keep its decoder going for ever, or ask it for all the memory
 * there is, and a thread can be ended.
 */
import { Worker } from 'node:worker_threads'
import { rowsOfItems, TableFault, type TableRows } from '../../exchange/simulator/history/rows.ts'
import type { ParquetRead } from './parquet-worker.ts'

const WORKER = new URL('./parquet-worker.ts', import.meta.url)

/** A whole file of a gigabyte is read within minutes; a small one within a second. */
const READ_MS = { least: 5_000, perMb: 2_000 }
const HEAP_MB_MAX = 4_096

const usualMs = ({ length }: Uint8Array) => READ_MS.least + (length / 1024 / 1024) * READ_MS.perMb

/** @throws TableFault for bytes that are no Parquet, that no end comes of, or that hold more rows than memory should */
export async function parquetGrid(
  name: string,
  bytes: Uint8Array,
  withinMs = usualMs(bytes),
): Promise<TableRows> {
  const read = await readApart(bytes, withinMs)
  if ('fault' in read) throw new TableFault(`${name}: expected a whole Parquet file, found: ${read.fault}`)
  return rowsOfItems(
    name,
    read.names,
    read.rows.map((item, at) => ({ line: at + 1, item })),
  )
}

function readApart(bytes: Uint8Array, withinMs: number): Promise<ParquetRead> {
  const worker = new Worker(WORKER, {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  })
  return new Promise<ParquetRead>(resolve => {
    const timer = setTimeout(
      () => resolve({ fault: `no end of it within ${Math.round(withinMs / 1_000)} s` }),
      withinMs,
    )
    worker.once('message', (read: ParquetRead) => resolve(read))
    worker.once('error', error => resolve({ fault: error.message }))
    worker.once('exit', () => {
      clearTimeout(timer)
      resolve({ fault: 'its reader ended' })
    })
  }).finally(() => worker.terminate())
}
