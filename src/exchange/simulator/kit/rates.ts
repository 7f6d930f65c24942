/** Numbers Bybit publishes: fees by VIP level, lending rates (about 5 % a year for dollars, 3 % for coins), monies in USDT. */
import type { Market } from '../../../domain/instrument.ts'

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

/** Shares of an order's value, as fractions. */
export type FeeTable = Record<Market, { taker: string; maker: string }>
export type VipLevel = 'No VIP' | 'VIP-1' | 'Supreme VIP'

/** Published fees of some VIP levels, as fractions of the value. They are read back through `fee-rate`. */
export const FEE_TIERS: Readonly<Record<VipLevel, FeeTable>> = {
  'No VIP': { spot: { taker: '0.001', maker: '0.001' }, linear: { taker: '0.00055', maker: '0.0002' } },
  'VIP-1': { spot: { taker: '0.0008', maker: '0.000675' }, linear: { taker: '0.0004', maker: '0.00018' } },
  'Supreme VIP': { spot: { taker: '0.00045', maker: '0.0003' }, linear: { taker: '0.0003', maker: '0' } },
}
