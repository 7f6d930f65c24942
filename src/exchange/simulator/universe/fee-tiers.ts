/** Published fees of some VIP levels, as fractions. Bybit's own page; they are read back through `fee-rate`. */
import type { FeeTable } from '../world.ts'

export type VipLevel = 'No VIP' | 'VIP-1' | 'Supreme VIP'

export const FEE_TIERS: Readonly<Record<VipLevel, FeeTable>> = {
  'No VIP': { spot: { taker: '0.001', maker: '0.001' }, linear: { taker: '0.00055', maker: '0.0002' } },
  'VIP-1': { spot: { taker: '0.0008', maker: '0.000675' }, linear: { taker: '0.0004', maker: '0.00018' } },
  'Supreme VIP': { spot: { taker: '0.00045', maker: '0.0003' }, linear: { taker: '0.0003', maker: '0' } },
}
