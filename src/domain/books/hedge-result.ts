/**
 * What a hedge earned, from its postings: funding, fees, trading (basis and slippage), interest. Fees taken in the base coin
 * are valued at the price of the fill that caused them, so that trading is free of fees; interest in the coin at the hedge's
 * last fill before it, so that it stays what it was when the price moves; a fee in a third coin at that coin's price of its moment,
 * as if it had been cash; what is still held or owed, at the prices given.
 * The parts always add up to the change of the wallets in USDT.
 */
import { Decimal } from 'decimal.js'
import { type Amount, amount, type Price, type Usdt, usdt } from '../units.ts'
import type { AccountKind, Posting } from './ledger.ts'

const CASH = 'USDT'

export type HedgeResult = {
  /** Positive is received. */
  fundingUsdt: Usdt
  /** Positive is paid. */
  feesUsdt: Usdt
  /** Basis and slippage. While the perpetual is open its unrealised part is not in the log, so not here. */
  tradingUsdt: Usdt
  /** Positive is received: a borrowed coin's is negative. */
  interestUsdt: Usdt
  /** funding − fees + trading + interest. */
  netUsdt: Usdt
  /** Coins other than USDT: + is still there (dust once the hedge is closed), − is still owed. */
  inventory: { coin: string; qty: Amount }[]
  /** Coins that could not be valued because no price was given; they count as 0. */
  unvalued: string[]
}

/**
 * @param postings - one hedge's, oldest first
 * @param prices - USDT per coin, for what is still held or owed and for fees in a third coin
 */
export function hedgeResult(
  postings: Iterable<Posting>,
  prices: Readonly<Record<string, Price | Amount>>,
): HedgeResult {
  const totals: Record<AccountKind, Decimal> = {
    wallet: ZERO,
    trading: ZERO,
    fees: ZERO,
    funding: ZERO,
    interest: ZERO,
    equity: ZERO,
    suspense: ZERO,
  }
  const held = new Map<string, Decimal>()
  const lastFill = new Map<string, Decimal>()
  const unvalued = new Set<string>()
  const priceOf = (coin: string): Decimal => {
    const price = coin === CASH ? '1' : prices[coin]
    if (price === undefined) unvalued.add(coin)
    return new Decimal(price ?? 0)
  }
  for (const posting of postings) {
    const { kind, coin } = posting
    const third = thirdCoinPrice(posting)
    if (third) {
      const worth = third.times(posting.amount)
      if (kind === 'wallet') held.set(CASH, (held.get(CASH) ?? ZERO).plus(worth))
      else totals[kind] = totals[kind].plus(worth)
      continue
    }
    const own = ownFillPrice(posting)
    if (own) lastFill.set(coin, own)
    if (kind === 'wallet') held.set(coin, (held.get(coin) ?? ZERO).plus(posting.amount))
    else if (kind !== 'trading') {
      const price = own ?? (kind === 'interest' ? lastFill.get(coin) : undefined) ?? priceOf(coin)
      totals[kind] = totals[kind].plus(price.times(posting.amount))
    }
  }
  const inventory = [...held].filter(([coin, qty]) => coin !== CASH && !qty.isZero())
  const net = inventory.reduce(
    (sum, [coin, qty]) => sum.plus(qty.times(priceOf(coin))),
    held.get(CASH) ?? ZERO,
  )
  // Trading is what the others leave: paid and got for coins, base-coin fees given back at their fill's price.
  const outside = totals.equity.plus(totals.suspense)
  const earned = net.plus(outside)
  const funding = totals.funding.neg()
  const interest = totals.interest.neg()
  return {
    fundingUsdt: money(funding),
    feesUsdt: money(totals.fees),
    tradingUsdt: money(earned.minus(funding).minus(interest).plus(totals.fees)),
    interestUsdt: money(interest),
    netUsdt: money(earned),
    inventory: inventory.map(([coin, qty]) => ({ coin, qty: amount(qty) })),
    unvalued: [...unvalued],
  }
}

/** USDT per coin of a posting by its own fill, where the coin is the one traded. */
const ownFillPrice = ({ coin, symbol, price }: Posting): Decimal | undefined =>
  symbol === `${coin}${CASH}` && !new Decimal(price).isZero() ? new Decimal(price) : undefined

/** USDT per coin, where a fee was taken in a coin that was not traded. */
const thirdCoinPrice = ({ coin, symbol, price }: Posting): Decimal | undefined =>
  coin !== CASH && symbol !== '' && symbol !== `${coin}${CASH}` && !new Decimal(price).isZero()
    ? new Decimal(price)
    : undefined

/** Fees that were taken in coins that were not traded, at their prices of then. Positive is paid. */
export const thirdCoinFees = (postings: readonly Posting[]): Usdt =>
  money(
    postings.reduce(
      (sum, posting) =>
        posting.kind === 'fees' ? sum.plus(thirdCoinPrice(posting)?.times(posting.amount) ?? 0) : sum,
      ZERO,
    ),
  )

const ZERO = new Decimal(0)
const money = (value: Decimal): Usdt => usdt(value.toDecimalPlaces(18))
