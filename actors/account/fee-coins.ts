/**
 * What a fee in a third coin was worth when it was taken: by the wallet that was read within a few minutes of it, else by the candle of
 * its minute. Rows of the log carry the price of what was traded, which says nothing of that coin.
 */
import { Decimal } from 'decimal.js'
import { isFeeInThirdCoin } from '../../src/domain/books/ledger.ts'
import type { TransactionRow } from '../../src/domain/books/transaction.ts'
import { type Amount, amount } from '../../src/domain/units.ts'
import type { Wallet } from '../../src/exchange/exchange.ts'
import type { Ports } from '../ports.ts'

const MINUTE_MS = 60_000
/** A wallet read so near the fee says its price. */
const NEAR_MS = 5 * MINUTE_MS
/** Candles asked for: the minute of the fee, or the last one traded in before it. */
const CANDLES_MS = 60 * MINUTE_MS
const REMEMBERED_MAX = 1_000

/** Remembers what was asked for: rows are listed again and again. */
export function createFeeCoins(ports: () => Ports<'clock' | 'exchange' | 'telemetry'>) {
  const shown = new Map<string, { price: Amount; atMs: number }>()
  const known = new Map<string, Amount>()

  const candle = async (coin: string, atMs: number): Promise<Amount | undefined> => {
    const { exchange, telemetry } = ports()
    try {
      const candles = await exchange.klines('spot', `${coin}USDT`, 1, atMs - CANDLES_MS, atMs + 1)
      const last = candles.filter(each => each.atMs <= atMs).at(-1)
      return last && amount(last.close)
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error)
      telemetry.inputRefused('reading', `the price of ${coin} at ${atMs}: ${because}`)
      return undefined
    }
  }

  const priceOf = async ({ id, coin, atMs }: TransactionRow): Promise<Amount | undefined> => {
    const before = known.get(id)
    if (before) return before
    const read = shown.get(coin)
    const price =
      read && Math.abs(read.atMs - atMs) <= NEAR_MS ? read.price : ((await candle(coin, atMs)) ?? read?.price)
    if (price) known.set(id, price)
    const [oldest] = known.keys()
    if (known.size > REMEMBERED_MAX && oldest !== undefined) known.delete(oldest)
    return price
  }

  return {
    /** The wallet as it was just read. */
    heard({ coins }: Wallet): void {
      const atMs = ports().clock.nowMs()
      for (const { coin, equity, usdValue } of coins) {
        if (new Decimal(equity || 0).lte(0) || new Decimal(usdValue || 0).lte(0)) continue
        shown.set(coin, { price: amount(new Decimal(usdValue).div(equity).toDecimalPlaces(12)), atMs })
      }
    },
    /** USDT per coin, by row id, of rows that are fees in a third coin. What has no price is left out. */
    async pricesOf(rows: readonly TransactionRow[]): Promise<ReadonlyMap<string, Amount>> {
      const found = new Map<string, Amount>()
      for (const row of rows) {
        const price = isFeeInThirdCoin(row) ? await priceOf(row) : undefined
        if (price) found.set(row.id, price)
      }
      return found
    },
  }
}
