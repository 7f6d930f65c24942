/** Lending rates, which Bybit publishes per coin: here about 5 % a year for dollars and 3 % for coins. */

/** Fraction of the amount owed per hour. */
export const borrowRate = (coin: string): string => (coin === 'USDT' ? '0.0000057' : '0.0000035')
