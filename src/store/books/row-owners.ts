/**
 * Rows of the transaction log and executions find each other by the trade's id, whichever is stored first: a spread's leg row
 * names no order but its execution does; a forced execution names no order but its row was given to the hedge it hit.
 */
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Pool } from 'pg'
import { execKey } from '../../domain/books/row-owner.ts'
import type { Market } from '../../domain/instrument.ts'

/** The hedges of stored executions, by `execKey`. */
export async function ownersOfExecs(
  pool: Pool,
  account: string,
  execIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ market: Market; exec_id: string; hedge_id: string }>(
    `select market, exec_id, hedge_id from fill
      where account = $1 and market in ('spot', 'linear') and exec_id = any($2) and hedge_id <> ''`,
    [account, execIds],
  )
  return new Map(rows.map(({ market, exec_id, hedge_id }) => [execKey(market, exec_id), hedge_id]))
}

/**
 * Gives what belongs to nobody yet to the hedge that its other half names, and drops the results of the hedges that gained:
 * they are written anew.
 * @param hedgeIds - hedges that gained something besides
 */
export async function matchOwners(
  em: EntityManager,
  account: string,
  execIds: readonly string[],
  hedgeIds: readonly string[],
): Promise<void> {
  const touched = new Set(hedgeIds)
  if (execIds.length > 0) {
    const trades = JSON.stringify(execIds)
    for (const statement of [POSTINGS_BY_FILLS, FILLS_BY_POSTINGS])
      for (const { hedge_id } of await em.execute<{ hedge_id: string }[]>(
        statement,
        [account, trades],
        'all',
      ))
        touched.add(hedge_id)
  }
  touched.delete('')
  if (touched.size > 0) {
    await em.execute(
      `delete from hedge where account = ? and hedge_id in (select json_array_elements_text(?::json))`,
      [account, JSON.stringify([...touched])],
    )
  }
}

const SAME_TRADE = `f.account = t.account and f.market = t.market and f.exec_id = t.trade_id
  and p.account = t.account and p.transaction_id = t.transaction_id
  and t.account = ? and t.trade_id in (select json_array_elements_text(?::json))`

const POSTINGS_BY_FILLS = `update posting p set hedge_id = f.hedge_id from transaction_log t, fill f
  where ${SAME_TRADE} and p.hedge_id = '' and f.hedge_id <> '' returning p.hedge_id`

/** Settlements are executions too by the exchange's word, and no fills by ours. */
const FILLS_BY_POSTINGS = `update fill f set hedge_id = p.hedge_id from transaction_log t, posting p
  where ${SAME_TRADE} and f.hedge_id = '' and f.cause <> 'funding' and p.hedge_id <> '' returning f.hedge_id`
