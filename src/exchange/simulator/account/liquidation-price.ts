/** Where a contract's mark price would liquidate the account, if nothing else moved: what `liqPrice` estimates in cross margin. */
import type { Decimal } from 'decimal.js'
import type { JsonObject } from '../../../domain/json.ts'
import type { Listing } from '../universe/universe.ts'
import { type AccountState, dec, type PositionState, type World } from '../world.ts'
import { type AccountNumbers, accountNumbers, positionNumbers } from './accounts.ts'

/**
 * The mark price p at which margin balance + size × (p − mark) = maintenance margin + |size| × (p − mark) × (rate + taker fee).
 * Account-wide, so holding the coin itself does not count against it, though it would move too: Bybit's is an estimate likewise.
 *
 * @param rate - maintenance rate of the position's tier, a fraction of its value
 * @param numbers - of the account, where they are known
 * @returns on the price grid; '' without a position, and where the price is beyond what the contract can have
 */
export function liquidationPrice(
  world: World,
  account: AccountState,
  listing: Listing,
  position: PositionState,
  rate: Decimal,
  numbers?: AccountNumbers,
): string {
  const size = dec(position.size)
  if (size.isZero()) return ''
  const { margin, maintenance } = numbers ?? accountNumbers(world, account)
  const { mark } = positionNumbers(world, account, position)
  const growth = size.abs().times(rate.plus(world.fees.linear.taker))
  const price = mark.minus(margin.minus(maintenance).div(size.minus(growth)))
  const { minPrice = '0', maxPrice = '0' } = listing.perp.json.priceFilter as JsonObject as Record<
    string,
    string
  >
  return price.lte(minPrice) || price.gte(maxPrice) ? '' : price.toFixed(listing.perp.price.decimals)
}
