/** Parquet files as the same rows of text cells as any other table. The reader is loaded only when there is one. */
import { namesOf, rowsOfItems, TableFault, type TableRows } from '../../exchange/simulator/history/rows.ts'

const ROWS_MAX = 20_000_000

/** @throws TableFault for bytes that are no Parquet, or hold more rows than memory should */
export async function parquetGrid(name: string, bytes: Uint8Array): Promise<TableRows> {
  const { parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  try {
    const metadata = await parquetMetadataAsync(file)
    if (Number(metadata.num_rows) > ROWS_MAX)
      throw new Error(`${metadata.num_rows} rows, at most ${ROWS_MAX} are read`)
    const items = await parquetReadObjects({ file, metadata, compressors })
    return rowsOfItems(
      name,
      namesOf(items),
      items.map((item, at) => ({ line: at + 1, item })),
    )
  } catch (error) {
    throw new TableFault(
      `${name}: expected a whole Parquet file, found: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
