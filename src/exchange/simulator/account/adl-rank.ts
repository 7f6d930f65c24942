/** Where a position stands in the queue of those that are reduced when insurance runs out. */

import { type AccountState, dec, type PositionState, type World } from '../world.ts'
import { leverageOf, positionNumbers } from './accounts.ts'

/**
 * 0 without a position, else 1 to 5 by return on margin: profit over cost, times leverage. A delta-neutral account ranks two
 * lower; the steps are the simulator's own, Bybit ranks against everybody.
 */
export function adlRank(world: World, account: AccountState, position: PositionState): number {
  if (dec(position.size).isZero()) return 0
  const { unrealised } = positionNumbers(world, account, position)
  const gain = unrealised.div(position.cost).times(leverageOf(account, position.symbol))
  const rank = [-0.05, 0.05, 0.2, 0.5].reduce((sum, step) => sum + (gain.gt(step) ? 1 : 0), 1)
  return Math.max(1, rank - (account.deltaNeutral ? 2 : 0))
}
