/** The first factor on all prices that liquidates an account: floats may try it, they never change it. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RiskTier } from '../../../src/domain/market/collateral.ts'
import { firstFactor } from '../../../src/domain/risk/liquidation.ts'
import {
  type AccountFacts,
  type HoldingFacts,
  judgeSolvency,
  maintenanceRateAt,
} from '../../../src/domain/risk/solvency.ts'
import { baseQty, usdt } from '../../../src/domain/units.ts'
import { RULES } from '../../support/domain/sample-market.ts'

const RULES_HERE = { ...RULES.strategy, ...RULES.limits }

const decimal = (least: number, most: number, places: number) =>
  fc.integer({ min: least, max: most }).map(units => new Decimal(units).div(10 ** places).toFixed())

const TIERS: readonly RiskTier[] = [
  { upToUsdt: '2000', maintenanceRate: '0.01', initialRate: '0.02' },
  { upToUsdt: '50000', maintenanceRate: '0.025', initialRate: '0.05' },
  { upToUsdt: '1000000', maintenanceRate: '0.1', initialRate: '0.2' },
]

const holding = (coin: string): fc.Arbitrary<HoldingFacts> =>
  fc.record(
    {
      coin: fc.constant(coin),
      spotBase: decimal(-100_000, 100_000, 2).map(text => baseQty(text)),
      perpBase: decimal(-100_000, 100_000, 2).map(text => baseQty(text)),
      price: decimal(1, 5_000_000, 4),
      markPrice: decimal(1, 5_000_000, 4),
      perpEntryPrice: decimal(1, 5_000_000, 4),
      collateral: decimal(0, 100, 2).map(ratio => ({
        tiers: [
          { upToBase: '500', ratio },
          { upToBase: null, ratio: '0.5' },
        ],
        enabled: true,
        restricted: false,
      })),
      riskTiers: fc.constant(TIERS),
    },
    { requiredKeys: ['coin', 'spotBase', 'perpBase', 'price', 'markPrice', 'perpEntryPrice'] },
  )

/** Level legs with a buffer, as the engine holds them: what liquidates is a small difference of large sums. */
const carry = fc.tuple(decimal(1, 100_000, 2), decimal(1, 5_000_000, 4), decimal(1, 2000, 3)).map(
  ([base, price, buffer]): AccountFacts => ({
    usdt: usdt(new Decimal(base).times(price).times(buffer)),
    holdings: [
      {
        coin: 'XRP',
        spotBase: baseQty(base),
        perpBase: baseQty(new Decimal(base).neg()),
        price,
        markPrice: price,
        perpEntryPrice: price,
        riskTiers: TIERS,
      },
    ],
  }),
)

const account = fc.oneof(
  carry,
  fc.record({
    usdt: decimal(-10_000_000, 100_000_000, 2).map(text => usdt(text)),
    holdings: fc.tuple(holding('XRP'), holding('SOL')),
  }),
)

test('is the one that exact sums give, to the last bit', () => {
  fc.assert(
    fc.property(account, facts => {
      const exactly = (factor: number) => maintenanceRateAt(facts, RULES_HERE, factor)?.gte(1) ?? true
      const { liquidationUp, liquidationDown } = judgeSolvency(facts, RULES_HERE)
      expect(liquidationUp).toBe(firstFactor(exactly, 'up'))
      expect(liquidationDown).toBe(firstFactor(exactly, 'down'))
    }),
    { numRuns: 60 },
  )
})
