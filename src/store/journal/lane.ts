/**
 * One connection of the journal, kept for its prepared statement. It is given up at the first doubt and taken anew:
 * after a lost answer the old session may still be at work, and its answer must not be taken for the next one's.
 */
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg'
import { classifyFault } from '../database-faults.ts'

export type Lane = {
  query<Row extends object>(statement: QueryConfig): Promise<QueryResult<Row>>
  release(): void
}

/** A lane of this pool; its connection is taken with the first statement. */
export function openLane(pool: Pool): Lane {
  let client: PoolClient | undefined
  const drop = () => {
    const dropped = client
    client = undefined
    dropped?.release(true)
  }
  return {
    async query(statement) {
      client ??= await taken(pool)
      try {
        return await client.query(statement)
      } catch (error) {
        if (classifyFault(error) !== 'refused') drop()
        throw error
      }
    },
    // Not fit for others: its planner was set for this one statement.
    release: drop,
  }
}

/**
 * One plan for ever: look each row up by its key. Left to its statistics, which know nothing of the arrays and lag behind
 * a growing table, the planner now and then scans whole tables, and a batch takes half a second.
 */
const PLANNER = `
  set plan_cache_mode = force_generic_plan;
  set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off; set enable_bitmapscan = off`

async function taken(pool: Pool): Promise<PoolClient> {
  const client = await pool.connect()
  // A cut while idle shows at the next query; an 'error' event nobody hears would end the process.
  if (client.listenerCount('error') === 0) client.on('error', () => undefined)
  try {
    await client.query(PLANNER)
    return client
  } catch (error) {
    client.release(true)
    throw error
  }
}
