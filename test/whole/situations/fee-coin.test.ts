/** Fees taken in a third coin belong to the hedge whose fill they were taken for, at that coin's price of then (promise 6). */
import { Decimal } from 'decimal.js'
import { expect, test } from 'vitest'
import { hedgeResult } from '../../../src/domain/books/hedge-result.ts'
import { MINUTE_MS, type Running, running, START_AT_MS, SYMBOL } from '../../support/simulation/running.ts'

const isHedged = (world: Running) => () =>
  world.hedges().some(({ cell }) => cell?.state === 'hedged.watching')
/** What the exchange itself says the coin is worth. */
function priceOf({ core }: Running, coin: string): Decimal {
  const asked = {
    via: 'rest',
    method: 'GET',
    path: '/v5/account/wallet-balance',
    params: { accountType: 'UNIFIED' },
    uid: 'ours',
  } as const
  const { list } = core.request(asked).result as {
    list: { coin: { coin: string; equity: string; usdValue: string }[] }[]
  }
  const row = list[0]?.coin.find(each => each.coin === coin)
  return new Decimal(row?.usdValue ?? 0).div(row?.equity ?? 1)
}

test('with fees paid in MNT each hedge bears its own, and the parts of its profit still add up to the wallets', async () => {
  const world = await running({}, { balances: { USDT: '100000', MNT: '50' } })
  world.schedule({ kind: 'account', mntFees: true, atMs: START_AT_MS + 1_000 })
  expect(await world.until(isHedged(world))).toBe(true)
  await world.advance(world.clock.nowMs() + MINUTE_MS)
  const price = priceOf(world, 'MNT')
  const [hedge] = world.contexts()
  const hedgeId = hedge?.plan.hedgeId ?? ''
  const own = world.books.postings.filter(posting => posting.hedgeId === hedgeId)
  const fees = own.filter(({ kind, coin }) => kind === 'fees' && coin === 'MNT')
  expect(fees.length).toBeGreaterThan(0)
  const paidMnt = fees.reduce((sum, { amount }) => sum.plus(amount), new Decimal(0))
  const result = hedgeResult(own, {})
  // Three quarters of what the fee would be, at the coin's price.
  expect(Number(result.feesUsdt)).toBeCloseTo(paidMnt.times(price).toNumber(), 2)
  expect(Number(result.feesUsdt)).toBeGreaterThan(0)
  expect(result.unvalued).not.toContain('MNT')
  expect(result.inventory.map(({ coin }) => coin)).toEqual([SYMBOL.replace('USDT', '')])
  expect(Number(await world.books.feesSince(START_AT_MS))).toBeCloseTo(Number(result.feesUsdt), 12)
  expect(world.engine().bookkeeper.residuals().MNT).toBe('0')
  world.end()
})
