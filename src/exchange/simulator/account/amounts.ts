/**
 * What a holding, a debt and a position amount to. The first part of a holding counts as collateral by the coin's ratio, the
 * next by less, and the rest not at all; dollars count whole. Limits are in the coin and derived from how deep its market is.
 */
import { Decimal } from 'decimal.js'
import {
  type AccountState,
  collateralRatioOf,
  dec,
  type PositionState,
  type SimExchange,
  ZERO,
} from '../exchange-state.ts'

/** `upTo` undefined: without end. */
type CollateralTier = { from: Decimal; upTo: Decimal | undefined; ratio: Decimal }

const ONE = new Decimal(1)
const isDollar = (coin: string) => coin === 'USDT' || coin === 'USDC'

/** The tiers of a coin, from 0 up, in the coin. */
export function collateralTiersOf(exchange: SimExchange, coin: string): CollateralTier[] {
  if (isDollar(coin)) return [{ from: ZERO, upTo: undefined, ratio: ONE }]
  const listing = exchange.universe.byCoin(coin)
  const ratio = collateralRatioOf(exchange, coin)
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
  return collateralTiersOf(exchange, coin).reduce((sum, { from, upTo, ratio }) => {
    const part = Decimal.max(0, (upTo ? Decimal.min(qty, upTo) : qty).minus(from))
    return sum.plus(part.times(ratio))
  }, ZERO)
}

/**
 * What a position's text says, read once and again only when it changed: prices change a thousand times as often, and at each
 * of them somebody asks.
 */
export type PositionAmounts = {
  /** Signed contracts. */
  size: Decimal
  /** Σ qty × price of what is open. */
  cost: Decimal
  /** The same in floats, for looks that may only decide not to look closer. */
  sizeFloat: number
  costFloat: number
}

const read = new WeakMap<PositionState, PositionAmounts & { sizeText: string; costText: string }>()

/**
 * What a position's text says, read once and again only when it changed: prices change a thousand times as often, and at each
 * of them somebody asks.
 */
export function amountsOf(position: PositionState): PositionAmounts {
  const { size, cost } = position
  const last = read.get(position)
  if (last?.sizeText === size && last.costText === cost) return last
  const amounts = {
    size: dec(size),
    cost: dec(cost),
    sizeFloat: Number(size),
    costFloat: Number(cost),
    sizeText: size,
    costText: cost,
  }
  read.set(position, amounts)
  return amounts
}

/** Of a debt made by unrealised loss, per coin; more than that bears interest. */
export const freeBorrowLimit = (coin: string): Decimal => new Decimal(coin === 'USDT' ? 10_000 : 0)

/** A loss on contracts beyond what the wallet holds of their coin is borrowed. */
export function lossBorrow(wallet: string, unrealised: Decimal): Decimal {
  const left = unrealised.plus(wallet)
  return unrealised.isNegative() && left.isNegative() ? left.negated() : ZERO
}

/** What bears interest of a coin's whole debt. */
export const bearing = (coin: string, spotBorrow: string, fromLoss: Decimal): Decimal =>
  dec(spotBorrow).plus(Decimal.max(0, fromLoss.minus(freeBorrowLimit(coin))))
