import { describe, expect, test } from 'vitest'
import type { Side } from '../../../src/domain/instrument.ts'
import type { Fill } from '../../../src/domain/legs/order.ts'
import { amount, orderQty, price } from '../../../src/domain/units.ts'
import { legOutcome } from '../../../src/domain/work/leg-outcome.ts'
import { planFacing, REVERSE } from '../../support/domain/sample-account.ts'
import { XRP } from '../../support/domain/sample-market.ts'

const reverse = planFacing(XRP, REVERSE)
const long = planFacing(XRP, { ...REVERSE, direction: 'long-carry' })

const fill = (side: Side, fee: string, feeCoin: string, execId = 'E1'): Fill => ({
  execId,
  orderLinkId: '',
  orderId: '',
  market: 'spot',
  symbol: 'XRPUSDT',
  side,
  cause: 'trade',
  qty: orderQty('100'),
  price: price('2.5'),
  fee: amount(fee),
  feeCoin,
  maker: false,
  filledAtMs: 0,
})
const of = (side: Side, filledQty = '100') => ({ side, filledQty: orderQty(filledQty) })

describe('what an ended order did to its leg', () => {
  test('a borrowed sale raises what is owed by what was sold, for cash', () => {
    expect(legOutcome('spot', of('Sell'), [fill('Sell', '0.25', 'USDT')], reverse)).toEqual({
      base: '100',
      cashUsdt: '250',
      feesUsdt: '0.25',
    })
  })

  test('a buy-back lowers the debt by what arrived: the fee in the coin stays owed', () => {
    expect(legOutcome('spot', of('Buy'), [fill('Buy', '0.1', 'XRP')], reverse)).toEqual({
      base: '-99.9',
      cashUsdt: '-250',
      feesUsdt: '0.25',
    })
  })

  test('a perpetual bought grows the leg of reverse carry and shrinks that of long carry, in base coins', () => {
    const thousand = (plan: typeof reverse) => ({ ...plan, perp: { ...plan.perp, multiplier: 1000 } })
    const bought = [fill('Buy', '0.1', 'USDT')]
    expect(legOutcome('perp', of('Buy'), bought, thousand(reverse))).toMatchObject({ base: '100000' })
    expect(legOutcome('perp', of('Buy'), bought, thousand(long))).toMatchObject({ base: '-100000' })
  })

  test('a fee in a third coin moves neither direction’s leg', () => {
    const paid = [fill('Buy', '3', 'MNT')]
    expect(legOutcome('spot', of('Buy'), paid, long)).toMatchObject({ base: '100', feesUsdt: '0' })
    expect(legOutcome('spot', of('Buy'), paid, reverse)).toMatchObject({ base: '-100', feesUsdt: '0' })
  })

  test('is not known while executions are missing, and counts one told twice once', () => {
    const told = [fill('Sell', '0.25', 'USDT'), fill('Sell', '0.25', 'USDT')]
    expect(legOutcome('spot', of('Sell', '200'), told, reverse)).toBeUndefined()
    expect(legOutcome('spot', of('Sell'), told, reverse)).toMatchObject({ base: '100' })
  })
})
