/**
 * One connection of the journal, kept for its prepared statement. It is given up at the first doubt and taken anew:
 * after a lost answer the old session may still be at work, and its answer must not be taken for the next one's.
 */
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg'
import { classifyFault } from './database-faults.ts'

export type Lane = {
  query<Row extends object>(statement: QueryConfig): Promise<QueryResult<Row>>
  release(): void
}

export function openLane(pool: Pool): Lane {
  let client: PoolClient | undefined
  const drop = (doubtful: boolean) => {
    const dropped = client
    client = undefined
    dropped?.release(doubtful)
  }
  return {
    async query(statement) {
      client ??= await taken(pool)
      try {
        return await client.query(statement)
      } catch (error) {
        if (classifyFault(error) !== 'refused') drop(true)
        throw error
      }
    },
    release: () => drop(false),
  }
}

async function taken(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect()
  // A cut while idle shows at the next query; an 'error' event nobody hears would end the process.
  if (client.listenerCount('error') === 0) client.on('error', () => undefined)
  return client
}
