/**
 * From which factor on all prices an account is liquidated, found by halving. Each try is decided in floats where the two sums are
 * so far apart that no rounding could turn them; the exact sums are asked only beside the border.
 */
import { Decimal } from 'decimal.js'
import type { Band } from '../market/collateral.ts'

/** One holding, read once for the many prices that it is tried at. Prices in USDT per base coin. */
type WeighedHolding = {
  coin: string
  price: Decimal
  mark: Decimal
  perp: Decimal
  perpSize: Decimal
  entry: Decimal
  spot: Decimal
  /** Coins that the spot counts for. */
  counted: Decimal
  /** Of the perpetual's value. */
  bands: readonly Band[]
}
/** What an account holds, read once: USDT of its wallet, negative is owed, and every coin. */
export type Weighed = { usdt: Decimal; holdings: readonly WeighedHolding[] }

/** Of everything that is added up: a million times what rounding makes of these sums. */
const MARGIN = 1e-9

/**
 * Is the account liquidated with all prices times a factor? Undefined where floats cannot tell.
 *
 * @param borrowRate - maintenance margin of what is owed, a fraction of its value
 */
export function glimpseOf(
  { usdt, holdings }: Weighed,
  borrowRate: number,
): (factor: number) => boolean | undefined {
  const owned = usdt.toNumber()
  const seen = holdings.map(inFloats)
  return factor => {
    let balance = owned
    let maintenance = 0
    let size = Math.abs(owned)
    for (const { price, mark, perp, entry, spot, counted, bands } of seen) {
      const value = Math.abs(perp * mark) * factor
      const coins = (spot > 0 ? counted : spot) * price * factor
      balance += (mark * factor - entry) * perp + coins
      maintenance += overFloats(value, bands) + (spot < 0 ? -coins * borrowRate : 0)
      size += value + Math.abs(entry * perp) + Math.abs(coins)
    }
    const surplus = balance - maintenance
    const isClear = Math.abs(surplus) > size * MARGIN && Math.abs(balance) > size * MARGIN
    return isClear ? surplus < 0 || balance < 0 : undefined
  }
}

type Floats = Record<'price' | 'mark' | 'perp' | 'entry' | 'spot' | 'counted', number> & {
  bands: { upTo: number; rate: number }[]
}

const inFloats = ({ price, mark, perp, entry, spot, counted, bands }: WeighedHolding): Floats => ({
  price: price.toNumber(),
  mark: mark.toNumber(),
  perp: perp.toNumber(),
  entry: entry.toNumber(),
  spot: spot.toNumber(),
  counted: counted.toNumber(),
  bands: bands.map(({ upTo, rate }) => ({
    upTo: upTo === null ? Number.POSITIVE_INFINITY : new Decimal(upTo).toNumber(),
    rate: new Decimal(rate).toNumber(),
  })),
})

/** As `overBands`. */
function overFloats(amount: number, bands: Floats['bands']): number {
  let below = 0
  let sum = 0
  for (const { upTo, rate } of bands) {
    if (amount <= below) break
    const top = Math.min(amount, upTo)
    sum += Math.max(0, top - below) * rate
    below = Math.max(below, top)
  }
  return sum
}

const RISE_MAX = 1000
const STEP = 1.1
const BISECTIONS = 40

/** The first factor away from 1 at which it is so; 1 when it is so already, null: no rise to a thousandfold, no fall, makes it so. */
export function firstFactor(isGone: (factor: number) => boolean, toward: 'up' | 'down'): number | null {
  if (isGone(1)) return 1
  const step = toward === 'up' ? STEP : 1 / STEP
  let safe = 1
  let lost = step
  while (!isGone(lost)) {
    safe = lost
    lost *= step
    if (lost > RISE_MAX || lost < 1 / RISE_MAX) return null
  }
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (safe + lost) / 2
    if (isGone(middle)) lost = middle
    else safe = middle
  }
  return lost
}
