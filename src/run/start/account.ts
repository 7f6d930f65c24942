/** Who the account is: Bybit's UID, whatever key leads to it. */
import { createHash } from 'node:crypto'
import type { Config } from '../../config/config.ts'
import type { Exchange } from '../../exchange/exchange.ts'

export type AccountNames = {
  /** What the account is called in the database: its mode and its UID. */
  account: string
  /** What earlier versions called it: by a print of the key. */
  before: string
}

/**
 * Asks the exchange who the key belongs to. The same UID in the same mode is the same account, and another mode never shares
 * rows with it. Bybit's demo tells no UID: there the key is the account.
 * @throws ExchangeFailure, or an Error when the exchange does not say who the account is
 */
export async function accountNames(
  { mode, keys }: Pick<Config, 'mode' | 'keys'>,
  exchange: Pick<Exchange, 'account'>,
): Promise<AccountNames> {
  const print = keys ? createHash('sha256').update(keys.key).digest('hex').slice(0, 8) : 'built-in'
  const before = `${mode}-${print}`
  const { uid } = await exchange.account()
  if (uid !== null) return { account: `${mode}-${uid}`, before }
  if (mode === 'demo') return { account: before, before }
  throw new Error('the exchange does not say who the account is (its UID)')
}
