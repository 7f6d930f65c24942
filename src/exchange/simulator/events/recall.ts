/**
 * The lending pool takes a coin back. What accounts owe of it is repaid at once: from what lies free of it, the rest bought
 * with USDT at the index price (borrowed, where there is too little). Nothing can be borrowed afterwards.
 */
import { lockedOf } from '../account/accounts.ts'
import { moveMoney, repay } from '../account/wallet.ts'
import { pushWallet } from '../pushes/private.ts'
import { coinPrice, dec, heldOf, type World } from '../world.ts'

export function recall(world: World, coin: string): void {
  world.state.lending[coin] = '0'
  for (const account of Object.values(world.state.accounts)) {
    if (!dec(heldOf(account, coin).borrowed).gt(0)) continue
    repay(world, account, coin, lockedOf(world, account, coin))
    const owed = dec(heldOf(account, coin).borrowed)
    const price = coinPrice(world, coin)
    if (owed.gt(0) && coin !== 'USDT' && price.gt(0)) {
      const row = { market: 'none' as const, qty: owed.toFixed(), price: price.toFixed() }
      const cost = owed.times(price).toDecimalPlaces(8)
      moveMoney(world, account, { ...row, coin: 'USDT', type: 'CURRENCY_SELL', cashFlow: cost.negated() })
      moveMoney(world, account, { ...row, coin, type: 'CURRENCY_BUY', cashFlow: owed })
      repay(world, account, coin, lockedOf(world, account, coin))
    }
    pushWallet(world, account, [coin, 'USDT'])
  }
}
