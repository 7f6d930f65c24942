/** Reads of danger: what each field means, in our units, and that nothing unread is taken for calm. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { isRepayBarred } from '../../../src/exchange/bybit/account-settings.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { type Envelope, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { list, reply, type Script, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

function venue(script: Partial<Script>, atMs = SERVER_MS) {
  const wire = scriptedWire(script)
  const reports: string[] = []
  const clock = new VirtualClock(atMs)
  const exchange = createBybitExchange(wire, {
    name: 'scripted',
    clock,
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind}: ${detail}`),
  })
  return { wire, exchange, reports, clock }
}
const answering = (answers: Record<string, Envelope>) =>
  venue({ get: path => answers[path] ?? reply({}, 10001, `unexpected ${path}`) })

describe('positions', () => {
  const row = {
    positionIdx: 0,
    symbol: 'BTCUSDT',
    side: 'Sell',
    size: '0.5',
    avgPrice: '64000',
    markPrice: '65000',
    unrealisedPnl: '-500',
    leverage: '3',
    liqPrice: '90000.5',
    positionStatus: 'Normal',
    adlRankIndicator: 4,
    isReduceOnly: false,
  }
  const read = async (over: object) => {
    const { exchange } = answering({ '/v5/position/list': list({ ...row, ...over }) })
    return (await exchange.positions())[0]
  }

  test('say their place in the queue of forced closing, their leverage and where they would be liquidated', async () => {
    expect(await read({})).toMatchObject({
      adlRank: 4,
      status: 'normal',
      reduceOnly: false,
      liquidationPrice: '90000.5',
      leverage: '3',
    })
  })

  test.each([
    ['Liq', 'liquidating'],
    ['Adl', 'adl'],
  ])('of Bybit’s status %s are %s', async (positionStatus, status) => {
    expect(await read({ positionStatus, isReduceOnly: true })).toMatchObject({ status, reduceOnly: true })
  })

  test('without an estimate have no liquidation price, never one of 0', async () => {
    expect(await read({ liqPrice: '', leverage: '' })).toMatchObject({
      liquidationPrice: null,
      leverage: null,
    })
  })

  test('of a status that is not documented fail: it is not taken for a calm one', async () => {
    const { exchange } = answering({ '/v5/position/list': list({ ...row, positionStatus: 'Frozen' }) })
    await expect(exchange.positions()).rejects.toMatchObject({ kind: 'garbled' })
  })
})

describe('coins of the wallet', () => {
  const coin = {
    coin: 'SOL',
    walletBalance: '-2',
    borrowAmount: '2.5',
    spotBorrow: '2',
    accruedInterest: '0.001',
    equity: '-2.5',
    usdValue: '-300',
    marginCollateral: true,
    collateralSwitch: false,
    colRes: '1',
  }
  const read = async (over: object) => {
    const { exchange } = answering({
      '/v5/account/wallet-balance': list({ coin: [{ ...coin, ...over }] }),
    })
    return (await exchange.wallet()).coins[0]
  }

  test('say what is owed, for spot and in all, its interest, and how they count as collateral', async () => {
    expect(await read({})).toEqual({
      coin: 'SOL',
      wallet: '-2',
      borrowed: '2.5',
      spotBorrowed: '2',
      accruedInterest: '0.001',
      equity: '-2.5',
      usdValue: '-300',
      collateral: { taken: true, switchedOn: false, limit: 'near' },
    })
  })

  test.each([
    ['0', 'free'],
    ['2', 'reached'],
    ['-1', 'unknown'],
    [undefined, 'unknown'],
  ])('at colRes %s are %s', async (colRes, limit) => {
    expect((await read({ colRes }))?.collateral.limit).toBe(limit)
  })
})

describe('collateral', () => {
  const tiers = {
    currency: 'BTC',
    collateralRatioList: [
      { minQty: '1000000', maxQty: '', collateralRatio: '0' },
      { minQty: '0', maxQty: '1000000', collateralRatio: '0.85' },
    ],
  }
  const info = { currency: 'BTC', marginCollateral: true, collateralSwitch: true }
  const read = (over: { tiers?: object[]; info?: object[]; coins?: object[] } = {}) =>
    answering({
      '/v5/spot-margin-trade/collateral': list(...(over.tiers ?? [tiers])),
      '/v5/account/collateral-info': list(...(over.info ?? [info])),
      '/v5/account/wallet-balance': list({ coin: over.coins ?? [] }),
    })

  test('has tiers smallest first, the last without end', async () => {
    expect(await read().exchange.collateralTiers()).toEqual({
      BTC: {
        enabled: true,
        restricted: false,
        tiers: [
          { upToBase: '1000000', ratio: '0.85' },
          { upToBase: null, ratio: '0' },
        ],
      },
    })
  })

  test.each([
    ['the exchange does not take', { ...info, marginCollateral: false }],
    ['the account has switched off', { ...info, collateralSwitch: false }],
    ['nobody speaks of', { ...info, currency: 'ETH' }],
  ])('that %s does not count', async (_name, row) => {
    expect(await read({ info: [row] }).exchange.collateralTiers()).toMatchObject({ BTC: { enabled: false } })
  })

  test('at the platform’s limit is restricted', async () => {
    const { exchange } = read({ coins: [{ coin: 'BTC', colRes: '2' }] })
    expect(await exchange.collateralTiers()).toMatchObject({ BTC: { restricted: true } })
  })

  test('of one coin that cannot be read is left out and told, and harms no other', async () => {
    const { exchange, reports } = read({ tiers: [{ currency: 'ETH', collateralRatioList: 'x' }, tiers] })
    expect(Object.keys(await exchange.collateralTiers())).toEqual(['BTC'])
    expect(reports.join()).toContain('ETH')
  })
})

describe('risk tiers', () => {
  const tier = (riskLimitValue: string, over: object = {}) => ({
    symbol: 'BTCUSDT',
    riskLimitValue,
    maintenanceMargin: '0.005',
    initialMargin: '0.01',
    maxLeverage: '100.00',
    mmDeduction: '',
    ...over,
  })
  const read = (...rows: object[]) =>
    answering({ '/v5/market/risk-limit': list(...rows) }).exchange.riskTiers('BTCUSDT')

  test('come smallest first, rates as fractions of the value, the first without a deduction', async () => {
    const second = tier('2600000', {
      maintenanceMargin: '0.0056',
      initialMargin: '0.0111',
      maxLeverage: '90.00',
      mmDeduction: '1200',
    })
    expect(await read(second, tier('2000000'), tier('1', { symbol: 'OTHER' }))).toEqual([
      {
        upToUsdt: '2000000',
        maintenanceRate: '0.005',
        initialRate: '0.01',
        deductionUsdt: '0',
        leverageMax: '100.00',
      },
      {
        upToUsdt: '2600000',
        maintenanceRate: '0.0056',
        initialRate: '0.0111',
        deductionUsdt: '1200',
        leverageMax: '90.00',
      },
    ])
  })

  test('in per cent are refused: as fractions they would be a hundred times too safe or too strict', async () => {
    await expect(read(tier('150', { maintenanceMargin: '0.5', initialMargin: '1' }))).rejects.toMatchObject({
      kind: 'garbled',
      message: expect.stringContaining('initialMargin'),
    })
  })

  test('of a symbol that has none are a failure, not an empty list', async () => {
    await expect(read()).rejects.toMatchObject({ kind: 'garbled' })
  })
})

describe('borrowing', () => {
  const info = {
    currency: 'SOL',
    availableToBorrow: '300',
    freeBorrowingLimit: '10',
    hourlyBorrowRate: '0.00000147',
    borrowAmount: '5',
    borrowable: true,
  }
  const inventory = (availableInventory: string) => reply({ currency: 'SOL', availableInventory })
  const read = (row: object, lent: Envelope) =>
    answering({
      '/v5/account/collateral-info': list(row),
      '/v5/spot-margin-trade/flexible-available-inventory': lent,
    }).exchange.borrowTerms('SOL')

  test.each([
    ['the platform has less', '17.5', '17.5'],
    ['the account may less', '1000', '300'],
    ['the pool is empty', '0', '0'],
  ])('can be done up to the smaller of both: %s', async (_name, lent, availableBase) => {
    expect(await read(info, inventory(lent))).toEqual({
      coin: 'SOL',
      hourlyRate: '0.00000147',
      availableBase,
      freeLimit: '10',
      borrowedBase: '5',
      marginTrading: true,
    })
  })

  test('where the platform does not say what it has, the account’s own limit counts', async () => {
    expect(await read(info, reply({}, 10001, 'not here'))).toMatchObject({ availableBase: '300' })
  })

  test('of a coin that is not in the answer is a failure', async () => {
    await expect(read({ ...info, currency: 'BTC' }, inventory('1'))).rejects.toMatchObject({
      kind: 'garbled',
    })
  })

  test.each([
    ['1', true],
    ['0', false],
  ])('spot margin mode %s is %s', async (spotMarginMode, ready) => {
    const { exchange } = answering({ '/v5/spot-margin-trade/state': reply({ spotMarginMode }) })
    expect(await exchange.spotMarginReady()).toBe(ready)
  })
})

describe('paying back', () => {
  const hour = Math.floor(SERVER_MS / HOUR_MS) * HOUR_MS
  const at = (intoHourMs: number, post: Script['post'] = () => reply({ resultStatus: 'SU' })) =>
    venue({ post }, hour + intoHourMs)

  test('uses the coin alone, and pays all that can be paid', async () => {
    const { exchange, wire } = at(10 * MINUTE_MS)
    expect(await exchange.repay('SOL')).toEqual({ kind: 'repaid' })
    expect(wire.asked).toEqual([{ path: '/v5/account/no-convert-repay', params: { coin: 'SOL' } }])
  })

  test('is refused as a value in the minutes in which Bybit takes none, and nothing is sent', async () => {
    const { exchange, wire } = at(4.5 * MINUTE_MS)
    expect(await exchange.repay('SOL')).toMatchObject({
      kind: 'refused',
      reason: 'blackout',
      detail: expect.stringMatching(/^not sent/),
    })
    expect(wire.asked).toEqual([])
  })

  test.each([
    [3 * MINUTE_MS + 58_000, false],
    [4 * MINUTE_MS, true],
    [5 * MINUTE_MS + 29_999, true],
    [5 * MINUTE_MS + 31_000, false],
  ])('is barred %i ms into the hour: %s', (intoHourMs, barred) => {
    expect(isRepayBarred(hour + intoHourMs)).toBe(barred)
  })

  test.each([
    ['taken and not yet done', () => reply({ resultStatus: 'P' }), { kind: 'processing' }],
    ['failed', () => reply({ resultStatus: 'FA' }), { kind: 'refused', reason: 'other' }],
    ['of no known status', () => reply({}), { kind: 'unknown' }],
    ['a timeout of the server', () => reply({}, 10000, 'timeout'), { kind: 'unknown' }],
    [
      'more than is there',
      () => reply({}, 176015, 'low'),
      { kind: 'refused', reason: 'insufficient-balance' },
    ],
    ['too often', () => reply({}, 10006, 'visits'), { kind: 'refused', reason: 'rate-limited' }],
    [
      'a debt that is not there',
      () => reply({}, 10001, 'no liability'),
      { kind: 'refused', reason: 'other' },
    ],
    ['a drop', () => Promise.reject(new WireFailure('cut')), { kind: 'unknown' }],
    [
      'not sent at all',
      () => Promise.reject(new WireFailure('closed', true, false)),
      { kind: 'refused', detail: 'not sent: closed' },
    ],
  ])('that is %s is a value, never thrown', async (_name, post, answer) => {
    expect(await at(0, post as Script['post']).exchange.repay('SOL')).toMatchObject(answer)
  })
})

const fixtures = new URL('../../../../shared/fixtures/bybit-docs/', import.meta.url)
const present = existsSync(fixtures)
if (!present) console.log('skipped: no documented examples at ../shared/fixtures beside the checkout')

describe.skipIf(!present)('documented examples', () => {
  const example = (name: string) =>
    JSON.parse(readFileSync(new URL(`${name}.json`, fixtures), 'utf8')) as Envelope

  test('of maintenance say when, and what it stops', async () => {
    const { exchange, reports } = answering({ '/v5/system/status': example('system-status__1') })
    const notices = await exchange.systemNotices()
    expect(notices).toHaveLength(6)
    expect(notices[0]).toEqual({
      id: '4d95b2a0-587f-11f0-bcc9-56f28c94d6ea',
      title: 't06',
      state: 'completed',
      fromMs: 1_751_596_902_000,
      toMs: 1_751_597_011_000,
      products: ['futures', 'spot'],
    })
    expect(reports).toEqual([])
  })

  test('of deleveraging alerts hold every number that decides', async () => {
    const { exchange } = answering({ '/v5/market/adlAlert': example('market_adl-alert__1') })
    expect(await exchange.adlAlerts()).toEqual([
      {
        coin: 'USDT',
        symbol: 'BTCUSDT',
        balance: '92203504694.99632',
        pnlRatio: '-0.560973',
        insurancePnlRatio: '-0.3',
        adlTriggerThreshold: '10000',
        adlStopRatio: '-0.25',
      },
    ])
  })

  test('of collateral ratios and of a position are read', async () => {
    const { exchange } = answering({
      '/v5/spot-margin-trade/collateral': example('spot-margin-uta_tier-collateral-ratio__1'),
      '/v5/account/collateral-info': example('account_collateral-info__1'),
      '/v5/account/wallet-balance': example('account_wallet-balance__1'),
      '/v5/position/list': example('position_position__1'),
    })
    expect(await exchange.collateralTiers()).toMatchObject({ BTC: { enabled: true, restricted: false } })
    expect(await exchange.positions()).toMatchObject([{ adlRank: 2, liquidationPrice: null, leverage: '10' }])
  })
})

describe('notices and alerts that cannot be read', () => {
  test('are left out and told, and harm no other', async () => {
    const notice = { id: 'a', title: 't', state: 'canceled', begin: '1', end: '2', product: [4, 9] }
    const { exchange, reports } = answering({
      '/v5/system/status': list(notice, { ...notice, id: 'b', state: 'paused' }),
      '/v5/market/adlAlert': list({ coin: 'USDT', symbol: 'X' }, { coin: 'USDC', symbol: 'Y' }),
    })
    expect(await exchange.systemNotices()).toMatchObject([
      { id: 'a', state: 'cancelled', products: ['spread'] },
    ])
    expect(await exchange.adlAlerts()).toEqual([])
    expect(reports).toEqual([
      expect.stringMatching(/^unread-notice: b/),
      expect.stringMatching(/^unread-alert: X/),
    ])
  })
})
