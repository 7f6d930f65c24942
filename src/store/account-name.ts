/** Brings the rows of an account over to its new name. */
import type { Client } from 'pg'

/** Every table that says whose its rows are. */
const TABLES = `select table_name as name from information_schema.columns
  where column_name = 'account' and table_schema = current_schema() order by 1`

/**
 * Renames an account in all of its rows, in one transaction; does nothing when `to` is known already or `from` is not.
 * @param client - a session of its own that holds the locks of both names. @throws what the database throws, with nothing changed
 */
export async function renameAccount(client: Client, from: string, to: string): Promise<boolean> {
  await client.query('begin')
  try {
    const { rows } = await client.query<{ account: string }>(
      'select account from lease where account in ($1, $2)',
      [from, to],
    )
    const isDue = rows.length === 1 && rows[0]?.account === from
    if (isDue) {
      // A journal of months is more than a statement's usual time.
      await client.query('set local statement_timeout = 0')
      const { rows: tables } = await client.query<{ name: string }>(TABLES)
      for (const { name } of tables)
        await client.query(`update ${client.escapeIdentifier(name)} set account = $2 where account = $1`, [
          from,
          to,
        ])
    }
    await client.query('commit')
    return isDue
  } catch (error) {
    await client.query('rollback').catch(() => undefined)
    throw error
  }
}
