/** Who the account is, how it is set, and what its refusals call for. */
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { orderLinkId, refusalKindOf } from '../../../src/domain/legs/order.ts'
import { orderQty, price } from '../../../src/domain/units.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { type Envelope, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { list, reply, type Script, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

function venue(script: Partial<Script>) {
  const wire = scriptedWire(script)
  const reports: string[] = []
  const exchange = createBybitExchange(wire, {
    name: 'test',
    clock: new VirtualClock(SERVER_MS),
    orderDeadlineMs: 5_000,
    report: (kind, detail) => reports.push(`${kind} ${detail}`),
  })
  return { exchange, wire, reports }
}

const KEY = {
  readOnly: 0,
  permissions: {
    ContractTrade: ['Order', 'Position'],
    Spot: ['SpotTrade'],
    Wallet: ['AccountTransfer'],
    Derivatives: ['DerivativesTrade'],
  },
  ips: ['*'],
  deadlineDay: 88,
  expiredAt: '2030-05-15T03:13:24Z',
  userID: 53_888_001,
  isMaster: true,
  parentUid: '0',
}
const INFO = { marginMode: 'REGULAR_MARGIN', unifiedMarginStatus: 6 }

type Answers = { key?: object | Envelope; info?: object | Envelope; positions?: object[] | Envelope }
const isEnvelope = (answer: object): answer is Envelope => 'retCode' in answer
function identity({ key = KEY, info = INFO, positions = [{ positionIdx: 0 }] }: Answers = {}) {
  const answer = (given: object) => (isEnvelope(given) ? given : reply(given))
  const { exchange } = venue({
    get: path => {
      if (path === '/v5/user/query-api') return answer(key)
      if (path === '/v5/account/info') return answer(info)
      return Array.isArray(positions) ? list(...positions) : (positions as Envelope)
    },
  })
  return exchange.account()
}

describe('the account', () => {
  test('is known by its UID, with its key’s rights, end and addresses', async () => {
    expect(await identity()).toEqual({
      uid: '53888001',
      masterUid: null,
      isReadOnly: false,
      permissions: { spot: true, contract: true, withdraw: false, transfer: true },
      expiresAtMs: Date.parse('2030-05-15T03:13:24Z'),
      isAddressBound: false,
      accountType: 'unified',
      marginMode: 'regular',
      positionMode: 'one-way',
    })
  })

  test('a sub-account names its master, and a UID beyond a double’s digits is exact', async () => {
    const key = { ...KEY, isMaster: false, parentUid: '777', userIDInt64: '9007199254740993' }
    expect(await identity({ key })).toMatchObject({ uid: '9007199254740993', masterUid: '777' })
  })

  test.each([
    ['a read-only key', { key: { ...KEY, readOnly: 1 } }, { isReadOnly: true }],
    [
      'a key that may withdraw',
      { key: { ...KEY, permissions: { ...KEY.permissions, Wallet: ['Withdraw'] } } },
      { permissions: { spot: true, contract: true, withdraw: true, transfer: false } },
    ],
    [
      'a key without spot',
      { key: { ...KEY, permissions: { ...KEY.permissions, Spot: [] } } },
      { permissions: { spot: false, contract: true, withdraw: false, transfer: true } },
    ],
    [
      'a key without contracts',
      { key: { ...KEY, permissions: { ...KEY.permissions, ContractTrade: [], Derivatives: [] } } },
      { permissions: { spot: true, contract: false, withdraw: false, transfer: true } },
    ],
    [
      'a key that does not end',
      { key: { ...KEY, expiredAt: '1970-01-01T00:00:00Z' } },
      { expiresAtMs: null },
    ],
    ['a key bound to addresses', { key: { ...KEY, ips: ['18.181.170.164'] } }, { isAddressBound: true }],
    ['a classic account', { info: { ...INFO, unifiedMarginStatus: 1 } }, { accountType: 'classic' }],
    ['isolated margin', { info: { ...INFO, marginMode: 'ISOLATED_MARGIN' } }, { marginMode: 'isolated' }],
    ['portfolio margin', { info: { ...INFO, marginMode: 'PORTFOLIO_MARGIN' } }, { marginMode: 'portfolio' }],
    ['hedge mode', { positions: [{ positionIdx: 1 }, { positionIdx: 2 }] }, { positionMode: 'hedge' }],
  ] as [string, Answers, object][])('%s is seen as that', async (_name, answers, seen) => {
    expect(await identity(answers)).toMatchObject(seen)
  })

  test('what the exchange does not show stays unknown', async () => {
    const refused = reply({}, 10032, 'Demo trading are not supported.')
    expect(await identity({ key: refused })).toMatchObject({
      uid: null,
      isReadOnly: 'unknown',
      permissions: { spot: 'unknown', contract: 'unknown', withdraw: 'unknown', transfer: 'unknown' },
      expiresAtMs: 'unknown',
      isAddressBound: 'unknown',
      accountType: 'unified',
    })
    expect(await identity({ info: { marginMode: 'NEW_MODE', unifiedMarginStatus: 9 } })).toMatchObject({
      marginMode: 'unknown',
      accountType: 'unknown',
    })
    expect(await identity({ positions: reply({}, 10005, 'Permission denied') })).toMatchObject({
      positionMode: 'unknown',
    })
  })

  test.each([
    [33004, 'permission'],
    [10003, 'permission'],
    [10010, 'permission'],
    [10002, 'clock'],
  ] as const)('a key that opens nothing (%i) is refused with its reason', async (code, reason) => {
    await expect(identity({ key: reply({}, code, 'no') })).rejects.toMatchObject({
      kind: 'refused',
      refusal: { code, reason },
    })
  })
})

describe('settings', () => {
  const settings = (row: object) => venue({ get: () => reply(row) }).exchange.settings()

  test('are read in one meaning for both markets, though Bybit words them in two', async () => {
    const asSet = { lpaSpot: false, lpaPerp: false, deltaEnable: true, smsef: false, fmsef: true }
    expect(await settings(asSet)).toEqual({
      isDeltaNeutral: true,
      beyondPriceLimit: { spot: 'refuse', linear: 'move' },
      paysFeesInMnt: { spot: false, linear: true },
    })
    expect((await settings({ lpaSpot: true, lpaPerp: true })).beyondPriceLimit).toEqual({
      spot: 'move',
      linear: 'refuse',
    })
    expect((await settings({})).isDeltaNeutral).toBe('unknown')
  })

  const leverage = (posted: Envelope | Error, found: string) =>
    venue({
      post: () => (posted instanceof Error ? Promise.reject(posted) : posted),
      get: () => list({ symbol: 'BTCUSDT', leverage: found }),
    }).exchange.setLeverage('BTCUSDT', '3')

  test.each([
    ['set and found so', reply({}), '3', { kind: 'done' }],
    ['set before', reply({}, 110043, 'leverage not modified'), '3.0', { kind: 'done' }],
    ['found to be another', reply({}), '10', { kind: 'refused', detail: 'expected leverage 3, found 10' }],
    ['refused', reply({}, 110013, 'risk limit'), '10', { kind: 'refused', reason: 'above-maximum' }],
    ['lost on the way', new WireFailure('cut'), '3', { kind: 'unknown' }],
    ['not sent', new WireFailure('down', true, false), '3', { kind: 'refused', reason: 'not-sent' }],
  ] as const)('leverage that is %s is said to be that', async (_name, posted, found, says) => {
    expect(await leverage(posted, found)).toMatchObject(says)
  })
})

const order = {
  orderLinkId: orderLinkId('0123456789', 'perp', 'enter', 0),
  market: 'linear',
  symbol: 'BTCUSDT',
  side: 'Sell',
  qty: orderQty('0.01'),
  limitPrice: price('64000'),
  timeInForce: 'IOC',
  reduceOnly: false,
} as const

describe('an order book over REST', () => {
  const book = (row: object) => venue({ get: () => reply(row) }).exchange.orderBook('linear', 'BTCUSDT')
  const row = {
    s: 'BTCUSDT',
    b: [['65485.47', '47.08']],
    a: [['65557.7', '16.6']],
    ts: SERVER_MS,
    u: 230_704,
  }

  test('is whole and best first', async () => {
    const levels = {
      ...row,
      b: [
        ['1', '2'],
        ['3', '4'],
      ],
    }
    expect(await book(levels)).toMatchObject({
      market: 'linear',
      bids: [
        ['3', '4'],
        ['1', '2'],
      ],
      atMs: SERVER_MS,
    })
  })
  test('that is crossed or unreadable is no book', async () => {
    await expect(book({ ...row, b: [['70000', '1']] })).rejects.toMatchObject({ kind: 'garbled' })
    await expect(book({})).rejects.toMatchObject({ kind: 'garbled' })
  })
})

test.each([
  ['insufficient-balance', 'balance'],
  ['permission', 'permission'],
  ['account-setting', 'account-setting'],
  ['above-maximum', 'risk-limit'],
  ['not-trading', 'market'],
  ['price-out-of-band', 'price'],
  ['below-minimum', 'minimum'],
  ['rate-limited', 'transient'],
  ['clock', 'transient'],
  ['not-sent', 'transient'],
  ['bad-request', 'other'],
] as const)('a refusal for the reason %s is of the kind %s', (reason, kind) => {
  expect(refusalKindOf(reason)).toBe(kind)
})

test.each([
  ['position idx not match position mode', 'account-setting'],
  ['Not supported symbols', 'not-trading'],
  ['params error: qty invalid', 'bad-request'],
] as const)('10001 is told apart by its words: %s', async (words, reason) => {
  const { exchange } = venue({ trade: () => reply({}, 10001, words) })
  expect(await exchange.placeOrder(order)).toMatchObject({ kind: 'rejected', reason })
})

test('an account without spreads is no account without permission', async () => {
  const { exchange } = venue({ post: () => reply({}, 10005, 'Permission denied') })
  expect(await exchange.placeOrder({ ...order, market: 'spread' })).toMatchObject({ reason: 'not-trading' })
})

test('an announcement of an end names its markets and symbols', async () => {
  const row = {
    title: 'Delisting of XYZUSDT and 1000ABCUSDT Perpetual Contracts',
    description: 'Bybit will delist them.',
    tags: ['Derivatives'],
    url: 'https://announcements.bybit.com/a',
    dateTimestamp: SERVER_MS,
  }
  const spot = { ...row, title: 'Bybit to Delist the FOO/USDT Spot Trading Pair', tags: ['Spot'] }
  const others = [
    { ...row, title: 'Delisting of BARUSDT from Spot Margin Trading', tags: ['Spot'] },
    { ...row, title: 'Delisting of BTCUSDT-26JUN26 Futures Contract' },
    { ...row, title: 'Delisting of BAZUSDT', description: '', tags: [] },
  ]
  const { exchange } = venue({ get: () => list(row, spot, {}, ...others) })
  expect(await exchange.delistings()).toMatchObject([
    { symbols: ['XYZUSDT', '1000ABCUSDT'], markets: ['linear'] },
    { symbols: ['FOOUSDT'], markets: ['spot'] },
    // Something else of the symbol, a dated contract, and one that does not say of which market.
    { symbols: [] },
    { symbols: [] },
    { symbols: ['BAZUSDT'], markets: [] },
  ])
})
