/** The thread that reads one Parquet file, which is given it whole. */
import { parentPort, workerData } from 'node:worker_threads'
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { cellText, namesOf } from '../../exchange/simulator/history/rows.ts'

export type ParquetRead = { names: string[]; rows: string[][] } | { fault: string }

const ROWS_MAX = 20_000_000

async function read(bytes: Uint8Array): Promise<ParquetRead> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const metadata = await parquetMetadataAsync(file)
  if (Number(metadata.num_rows) > ROWS_MAX)
    return { fault: `${metadata.num_rows} rows, at most ${ROWS_MAX} are read` }
  const items = await parquetReadObjects({ file, metadata, compressors })
  const names = namesOf(items)
  return { names, rows: items.map(item => names.map(name => cellText(item[name]))) }
}

read(workerData as Uint8Array)
  .catch((error: unknown): ParquetRead => ({ fault: error instanceof Error ? error.message : String(error) }))
  .then(answer => parentPort?.postMessage(answer))
