/**
 * What a coin counts for as collateral. The first part of a holding counts by the coin's ratio, the next by less, and the rest
 * not at all; dollars count whole. Limits are in the coin and derived from how deep its market is.
 */
import { Decimal } from 'decimal.js'
import { type AccountState, collateralRatio, type SimExchange } from '../exchange-state.ts'

/** `upTo` undefined: without end. */
type CollateralTier = { from: Decimal; upTo: Decimal | undefined; ratio: Decimal }

const ONE = new Decimal(1)
const ZERO = new Decimal(0)
const isDollar = (coin: string) => coin === 'USDT' || coin === 'USDC'

export function collateralTiers(exchange: SimExchange, coin: string): CollateralTier[] {
  if (isDollar(coin)) return [{ from: ZERO, upTo: undefined, ratio: ONE }]
  const listing = exchange.universe.byCoin(coin)
  const ratio = collateralRatio(exchange, coin)
  if (!listing || ratio.isZero()) return [{ from: ZERO, upTo: undefined, ratio: ZERO }]
  const { depthUsdtPerBps, firstPrice } = listing
  const first = new Decimal((depthUsdtPerBps * 25) / firstPrice).toSignificantDigits(2)
  const second = first.times(2)
  return [
    { from: ZERO, upTo: first, ratio },
    { from: first, upTo: second, ratio: Decimal.max(0, ratio.minus('0.2')) },
    { from: second, upTo: undefined, ratio: ZERO },
  ]
}

/** How much of a holding counts, in the coin. A debt counts whole. */
export function countedOf(exchange: SimExchange, account: AccountState, coin: string, qty: Decimal): Decimal {
  if (qty.lte(0)) return qty
  if (account.collateralOff?.[coin]) return ZERO
  return collateralTiers(exchange, coin).reduce((sum, { from, upTo, ratio }) => {
    const part = Decimal.max(0, (upTo ? Decimal.min(qty, upTo) : qty).minus(from))
    return sum.plus(part.times(ratio))
  }, ZERO)
}
