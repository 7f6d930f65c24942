/** Numbers Bybit publishes per coin: lending rates, here about 5 % a year for dollars and 3 % for coins, and monies in USDT. */

/** Fraction of the amount owed per hour. */
export const borrowRate = (coin: string): string => (coin === 'USDT' ? '0.0000057' : '0.0000035')

/** What one unit of a money is worth in USDT; fixed, for markets that are not against USDT. */
const MONIES: ReadonlyMap<string, number> = new Map(
  Object.entries({
    USDT: 1,
    USDC: 1,
    USDE: 1,
    USD1: 1,
    RLUSD: 1,
    XUSD: 1,
    USD: 1,
    EUR: 1.15,
    GBP: 1.33,
    AED: 0.2723,
    PLN: 0.27,
    BRL: 0.18,
    TRY: 0.024,
  }),
)

/** Undefined for what is no money: its price is its market's. */
export const usdtOf = (coin: string): number | undefined => MONIES.get(coin)
