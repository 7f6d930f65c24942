import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maintenanceOf, riskTiers } from '../../../../src/exchange/simulator/universe/limits.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, type Row, UID } from '../../../support/exchange/simulator-core.ts'

const universe = builtInUniverse(['SOLUSDT', 'WIFUSDT'])
const [sol, wif] = universe.listings
if (!sol || !wif) throw new Error('universe: expected SOL and WIF')
const open = (balances: Record<string, string> = { USDT: '100000' }) =>
  openDesk({ universe, accounts: [{ uid: UID, balances }] })
const trade = (desk: Desk, category: string, symbol: string, side: string, qty: string, more = {}) =>
  desk.create({ category, symbol, side, orderType: 'Market', marketUnit: 'baseCoin', qty, ...more })
const post = (desk: Desk, path: string, params = {}) => desk.request('POST', path, params)
/** To a minute and second of the next hour. */
const until = (desk: Desk, minute: number, second = 0) =>
  desk.core.advance(Math.ceil(desk.core.nowMs() / HOUR) * HOUR + minute * 60_000 + second * 1000)

describe('risk tiers', () => {
  test('follow the published deduction: maintenance margin has no jump where a tier begins', () => {
    const tiers = riskTiers(wif)
    expect(tiers.length).toBeGreaterThan(3)
    for (const [at, tier] of tiers.entries()) {
      const before = tiers[at - 1]
      const expected = before
        ? before.limit.times(tier.maintenanceRate.minus(before.maintenanceRate)).plus(before.deduction)
        : new Decimal(0)
      expect(tier.deduction.toFixed()).toBe(expected.toFixed())
    }
  })

  test('ask never less for more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900_000 }),
        fc.integer({ min: 1, max: 90_000 }),
        (value, more) => {
          const [low, high] = [value, value + more].map(one => maintenanceOf(wif, new Decimal(one)))
          expect(high?.gte(low ?? 0)).toBe(true)
        },
      ),
    )
  })

  test('are what risk-limit lists and what the position says', () => {
    const desk = open()
    const rows = desk.list('/v5/market/risk-limit', { category: 'linear', symbol: 'WIFUSDT' })
    expect(rows[0]).toMatchObject({
      isLowestRisk: 1,
      maxLeverage: '50.00',
      initialMargin: '0.02',
      mmDeduction: '',
    })
    trade(desk, 'linear', 'WIFUSDT', 'Sell', '1000')
    expect(desk.position('WIFUSDT')).toMatchObject({ riskId: 1, riskLimitValue: rows[0]?.riskLimitValue })
  })

  test('bound a position by its leverage, and the refusal says what leverage would do', () => {
    const desk = open({ USDT: '1000000' })
    const leverage = { category: 'linear', symbol: 'WIFUSDT', buyLeverage: '50', sellLeverage: '50' }
    post(desk, '/v5/position/set-leverage', leverage)
    const sell = (qty: string) => trade(desk, 'linear', 'WIFUSDT', 'Sell', qty)
    expect(sell('300000')).toMatchObject({ retCode: 0 })
    const refused = sell('100000')
    expect(refused).toMatchObject({ retCode: 110090 })
    expect(refused.retMsg).toMatch(/leverage to 25 or below/)
  })
})

describe('collateral', () => {
  test('counts in tiers: less of what is more, and nothing beyond the last', () => {
    const desk = open()
    const [row] = desk.list('/v5/spot-margin-trade/collateral', { currency: 'SOL' }) as unknown as {
      collateralRatioList: Row[]
    }[]
    const [first, second, last] = row?.collateralRatioList ?? []
    expect(first).toMatchObject({ minQty: '0', collateralRatio: '0.9' })
    expect(last).toMatchObject({ minQty: second?.maxQty, maxQty: '', collateralRatio: '0' })
    const top = new Decimal(second?.maxQty ?? 0)
    const worth = (qty: Decimal) => {
      const rich = open({ SOL: qty.toFixed() })
      return new Decimal(rich.wallet().totalWalletBalance ?? 0)
    }
    expect(worth(top.times(2)).toFixed()).toBe(worth(top).toFixed())
    expect(worth(top).lt(worth(top.div(2)).times(2))).toBe(true)
  })

  test('can be switched off, but not for dollars, and not on past the platform limit', () => {
    const desk = open({ SOL: '100' })
    expect(Number(desk.wallet().totalMarginBalance)).toBeGreaterThan(0)
    const set = (coin: string, collateralSwitch: string) =>
      post(desk, '/v5/account/set-collateral-switch', { coin, collateralSwitch }).retCode
    expect(set('SOL', 'OFF')).toBe(0)
    expect(desk.wallet().totalMarginBalance).toBe('0')
    expect(desk.coin('SOL').collateralSwitch).toBe(false)
    expect(set('USDT', 'OFF')).not.toBe(0)
    const atMs = desk.core.nowMs() + 1000
    desk.core.schedule({ kind: 'collateral', coin: 'SOL', atMs, restriction: 2 })
    desk.core.advance(atMs)
    expect(desk.coin('SOL').colRes).toBe('2')
    expect(set('SOL', 'ON')).not.toBe(0)
  })
})

describe('a loss on contracts beyond the wallet', () => {
  test('is a loan, free up to the limit and bearing interest beyond it', () => {
    // SOL as collateral and no dollar: of a long and a short one loses at any time.
    const desks = ['Buy', 'Sell'].map(side => {
      const desk = open({ SOL: '30000' })
      trade(desk, 'linear', 'SOLUSDT', side, '9000')
      until(desk, 5)
      return desk
    })
    const lossOf = (desk: Desk) =>
      Number(desk.list('/v5/account/borrow-history', { currency: 'USDT' })[0]?.unrealisedLoss ?? 0)
    const desk = desks.find(one => lossOf(one) > 0) ?? open()
    const [row] = desk.list('/v5/account/borrow-history', { currency: 'USDT' })
    const loss = new Decimal(row?.unrealisedLoss ?? 0)
    expect(loss.gt(0)).toBe(true)
    expect(row?.freeBorrowedAmount).toBe(Decimal.min(loss, 10_000).toFixed())
    const spot = new Decimal(row?.borrowAmount ?? 0).minus(loss)
    expect(row?.InterestBearingBorrowSize).toBe(spot.plus(Decimal.max(0, loss.minus(10_000))).toFixed())
    const [debt] = [desk.get('/v5/spot-margin-trade/liability', { currency: 'USDT' })]
    expect(Number(debt?.derivativesBorrow)).toBeGreaterThan(0)
    expect(new Decimal(desk.coin('USDT').borrowAmount ?? 0).gt(desk.coin('USDT').spotBorrow ?? 0)).toBe(true)
  })
})

describe('spot margin', () => {
  const short = (desk: Desk, qty: string) => trade(desk, 'spot', 'SOLUSDT', 'Sell', qty, { isLeverage: '1' })

  test('ends where the lending pool does', () => {
    const desk = open()
    const left = () =>
      Number(
        desk.get('/v5/spot-margin-trade/flexible-available-inventory', { currency: 'SOL' })
          .availableInventory,
      )
    const before = left()
    expect(short(desk, '10')).toMatchObject({ retCode: 0 })
    expect(left()).toBeCloseTo(before - 10, 6)
    const atMs = desk.core.nowMs() + 1000
    desk.core.schedule({ kind: 'lending', coin: 'SOL', atMs, inventory: '5' })
    desk.core.advance(atMs)
    expect(short(desk, '6')).toMatchObject({ retCode: 170207 })
    desk.core.schedule({ kind: 'lending', coin: 'SOL', atMs: atMs + 1000, inventory: '0' })
    desk.core.advance(atMs + 1000)
    expect(short(desk, '1')).toMatchObject({ retCode: 170344 })
    const [row] = desk.list('/v5/market/instruments-info', { category: 'spot', symbol: 'SOLUSDT' })
    expect(row).toMatchObject({ marginTrading: 'none' })
  })

  test('is repaid by hand from the coin itself, or with a conversion, never from 04:00 to 05:30', () => {
    const desk = open()
    short(desk, '10')
    expect(post(desk, '/v5/account/no-convert-repay', { coin: 'SOL' })).toMatchObject({ retCode: 176015 })
    until(desk, 4, 30)
    const repay = () => post(desk, '/v5/account/repay', { coin: 'SOL', amount: '4' })
    expect(repay().retCode).not.toBe(0)
    until(desk, 5, 29)
    expect(repay().retCode).not.toBe(0)
    until(desk, 5, 30)
    const owed = new Decimal(desk.coin('SOL').spotBorrow ?? 0)
    expect(repay()).toMatchObject({ retCode: 0, result: { resultStatus: 'P' } })
    expect(desk.coin('SOL').spotBorrow).toBe(owed.minus(4).toFixed())
    const rows = desk.log({ startTime: String(desk.core.nowMs()) })
    expect(rows.map(row => [row.type, row.currency])).toEqual([
      ['CURRENCY_BUY', 'SOL'],
      ['CURRENCY_SELL', 'USDT'],
    ])
  })

  test('repays itself each half hour from what lies free, unless that is switched off', () => {
    const desk = open()
    const borrow = () => post(desk, '/v5/account/borrow', { coin: 'SOL', amount: '5' })
    expect(borrow()).toMatchObject({ retCode: 0 })
    expect(desk.coin('SOL')).toMatchObject({ walletBalance: '5', spotBorrow: '5' })
    until(desk, 0)
    expect(desk.coin('SOL')).toMatchObject({ walletBalance: '0', spotBorrow: '0' })
    const off = { currency: 'SOL', autoRepayMode: '0' }
    expect(post(desk, '/v5/spot-margin-trade/set-auto-repay-mode', off)).toMatchObject({ retCode: 0 })
    borrow()
    until(desk, 0)
    expect(Number(desk.coin('SOL').spotBorrow)).toBeGreaterThan(4.9)
  })
})

test('the fees are those of the VIP level, in fee-rate and in executions', () => {
  const desk = openDesk({ universe, vipLevel: 'VIP-1' })
  const linear = { category: 'linear', symbol: 'SOLUSDT' }
  expect(desk.one('/v5/account/fee-rate', linear)).toMatchObject({
    takerFeeRate: '0.0004',
    makerFeeRate: '0.00018',
  })
  trade(desk, 'linear', 'SOLUSDT', 'Sell', '10')
  expect(desk.fills('linear')[0]?.feeRate).toBe('0.0004')
  expect(desk.get('/v5/user/query-api').vipLevel).toBe('VIP-1')
})

test('pre-check gives the rates that the filled order then has', () => {
  const desk = open()
  trade(desk, 'linear', 'WIFUSDT', 'Buy', '100000')
  const order = { category: 'linear', symbol: 'SOLUSDT', side: 'Sell', orderType: 'Market', qty: '1000' }
  const checked = post(desk, '/v5/order/pre-check', order).result as Record<string, number>
  expect(checked.postImrE4).toBeGreaterThan(checked.preImrE4 ?? 0)
  expect(desk.position('SOLUSDT').side).toBe('')
  desk.create(order)
  const wallet = desk.wallet()
  expect(Math.abs(Number(wallet.accountIMRate) * 10_000 - (checked.postImrE4 ?? 0))).toBeLessThan(5)
  expect(Math.abs(Number(wallet.accountMMRate) * 10_000 - (checked.postMmrE4 ?? 0))).toBeLessThan(5)
})

test('what happens to a price beyond the limit can be changed for both markets', () => {
  const desk = open()
  const far = (category: string) => ({
    category,
    symbol: 'SOLUSDT',
    side: 'Buy',
    orderType: 'Limit',
    timeInForce: 'IOC',
    qty: '1',
    price: new Decimal(desk.touch(category, 'SOLUSDT').ask).times(2).toFixed(2),
  })
  expect(desk.create(far('spot'))).toMatchObject({ retCode: 170193 })
  expect(desk.create(far('linear'))).toMatchObject({ retCode: 0 })
  const set = (category: string, modifyEnable: boolean) =>
    post(desk, '/v5/account/set-limit-px-action', { category, modifyEnable })
  expect(set('spot', true)).toMatchObject({ retCode: 0 })
  expect(set('linear', false)).toMatchObject({ retCode: 0 })
  expect(desk.get('/v5/account/user-setting-config')).toMatchObject({ lpaSpot: true, lpaPerp: true })
  expect(desk.create(far('spot'))).toMatchObject({ retCode: 0 })
  expect(desk.create(far('linear'))).toMatchObject({ retCode: 110120 })
})
