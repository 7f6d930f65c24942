/**
 * Whose rows, and under which right. Reading needs the account alone; writing needs the lease's epoch too, and every
 * writing transaction locks it: a process that lost the account can no longer change its books.
 */
import type { EntityManager } from '@mikro-orm/postgresql'
import type { Database } from '../database.ts'
import { FencedError } from '../schema/records.ts'

export type AccountScope = {
  account: string
  /** The lease's epoch; without it the store can only be read. */
  epoch?: bigint
}

/** A fresh unit of work for reading. */
export const reading = ({ orm }: Database): EntityManager => orm.em.fork()

/** Runs `work` in one transaction under the account's fence. Throws `FencedError` when the account has a new owner. */
export function writing<Result>(
  { orm }: Database,
  { account, epoch }: AccountScope,
  work: (em: EntityManager) => Promise<Result>,
): Promise<Result> {
  if (epoch === undefined)
    throw new Error(`the books of ${account} were opened for reading: expected the lease's epoch`)
  return orm.em.fork().transactional(async em => {
    const [fence] = await em.execute<{ epoch: string }[]>(
      'select epoch::text as epoch from lease where account = ? for share',
      [account],
    )
    if (fence?.epoch !== String(epoch))
      throw new FencedError(
        `store: the account is held under epoch ${fence?.epoch ?? 'none'}, this writer has epoch ${epoch}`,
      )
    return work(em)
  })
}

/** Rows as they are stored, less the column that says whose they are. */
export function withoutAccount<Row extends { account: string }>({
  account: _account,
  ...row
}: Row): Omit<Row, 'account'> {
  return row
}
