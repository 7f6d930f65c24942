/** The legs as the exchange shows them: what is verified, what differs, and what a person may have taken over. */
import { describe, expect, test } from 'vitest'
import type { EnginePorts } from '../../../actors/ports.ts'
import { findLegs, verifyLegs } from '../../../actors/trading/hedge-legs.ts'
import type { Side } from '../../../src/domain/instrument.ts'
import type { JsonObject } from '../../../src/domain/json.ts'
import type { HedgeToStep } from '../../../src/domain/work/step.ts'
import { planOn, REVERSE } from '../../support/domain/sample-account.ts'
import { XRP } from '../../support/domain/sample-market.ts'

const LONG_PLAN = { ...planOn(XRP), targetBaseQty: '400' }
const REVERSE_PLAN = { ...planOn(XRP, REVERSE), targetBaseQty: '400' }
type Shown = { wallet?: string; owed?: string; contracts: string; side: Side }

function exchangeOf({ wallet = '0', owed = '0', contracts, side }: Shown) {
  const { perp, baseCoin } = LONG_PLAN
  return {
    positions: async () => [{ symbol: perp.symbol, qty: contracts, side }],
    wallet: async () => ({ coins: [{ coin: baseCoin, wallet, spotBorrowed: owed }] }),
    repay: async () => ({ kind: 'repaid' }),
  }
}
const portsOf = (shown: Shown) =>
  ({ exchange: exchangeOf(shown), bookSoon() {}, assertOwner() {} }) as unknown as EnginePorts
const hedge = (change: object = {}) =>
  ({
    plan: LONG_PLAN,
    phase: 'hedged',
    spotNetBase: '400',
    perpBase: '400',
    absentOrders: [],
    ...change,
  }) as unknown as HedgeToStep
const verify = (shown: Shown, of = hedge()) =>
  verifyLegs(portsOf(shown))(of as unknown as JsonObject, {
    id: 'e',
    actorId: 'hedge:1',
    redriven: false,
    ageMs: () => 0,
  })

describe('a long carry', () => {
  test('is verified when the exchange shows what it holds, and when it shows more: that is somebody’s own', async () => {
    const verified = { type: 'legs.verified', spotNetBase: '400', perpBase: '400' }
    expect(await verify({ wallet: '400', contracts: '400', side: 'Sell' })).toEqual(verified)
    expect(await verify({ wallet: '900', contracts: '700', side: 'Sell' })).toEqual(verified)
  })

  test.each([
    ['its perpetual is smaller', { wallet: '400', contracts: '399.9', side: 'Sell' }],
    ['its perpetual has turned', { wallet: '400', contracts: '400', side: 'Buy' }],
    ['coins are missing', { wallet: '399', contracts: '400', side: 'Sell' }],
  ] as const)('differs when %s', async (_, shown) => {
    expect(await verify(shown)).toMatchObject({ type: 'legs.differ' })
  })
})

describe('a reverse carry', () => {
  const reverse = hedge({ plan: REVERSE_PLAN })
  test('is verified by its debt and its long', async () => {
    expect(await verify({ owed: '400', contracts: '400', side: 'Buy' }, reverse)).toMatchObject({
      type: 'legs.verified',
    })
  })

  test('differs when its long is smaller', async () => {
    expect(await verify({ owed: '400', contracts: '300', side: 'Buy' }, reverse)).toMatchObject({
      type: 'legs.differ',
    })
  })
})

describe('what a person has a hedge adopt', () => {
  test('is never more than its plan and what it held: the rest is somebody else’s', async () => {
    const shown = { wallet: '31595', contracts: '31626', side: 'Sell' } as const
    expect(await findLegs(portsOf(shown), hedge())).toMatchObject({
      type: 'legs.found',
      spotBase: '400',
      perpBase: '400',
    })
  })

  test('is what is left of it where there is less', async () => {
    const shown = { wallet: '150', contracts: '200', side: 'Sell' } as const
    expect(await findLegs(portsOf(shown), hedge())).toMatchObject({ spotBase: '150', perpBase: '200' })
  })

  test('is the whole debt of a reverse carry, interest and all', async () => {
    const shown = { owed: '401.5', contracts: '400', side: 'Buy' } as const
    expect(await findLegs(portsOf(shown), hedge({ plan: REVERSE_PLAN }))).toMatchObject({
      spotBase: '401.5',
      perpBase: '400',
    })
  })
})
