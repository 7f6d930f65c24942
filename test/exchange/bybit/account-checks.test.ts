/** The one list by which start, doctor and alerts judge an account: each fault by name, with what to change. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import {
  type AccountLook,
  type AccountNeeds,
  examineAccount,
  judgeAccount,
} from '../../../src/exchange/bybit/account-checks.ts'
import { createBybitExchange } from '../../../src/exchange/bybit/venue.ts'
import { type Envelope, WireFailure } from '../../../src/exchange/bybit/wire/wire.ts'
import { list, reply, type Script, SERVER_MS, scriptedWire } from '../../support/exchange/scripted-wire.ts'

const DAY_MS = 86_400_000

const NEEDS: AccountNeeds = {
  pairs: [
    { symbol: 'BTCUSDT', coin: 'BTC' },
    { symbol: '1000PEPEUSDT', coin: 'PEPE' },
  ],
  borrows: false,
  leverage: 3,
  expiryAlertMs: 14 * DAY_MS,
}

const GOOD: AccountLook = {
  atMs: SERVER_MS,
  identity: {
    uid: '1',
    masterUid: null,
    isReadOnly: false,
    permissions: { spot: true, contract: true, withdraw: false, transfer: false },
    expiresAtMs: null,
    isAddressBound: true,
    accountType: 'unified',
    marginMode: 'regular',
    positionMode: 'one-way',
  },
  settings: {
    isDeltaNeutral: true,
    beyondPriceLimit: { spot: 'move', linear: 'move' },
    paysFeesInMnt: { spot: false, linear: false },
  },
  spotMargin: false,
  collateral: { BTC: true, PEPE: true },
  leverage: { BTCUSDT: '3', '1000PEPEUSDT': '3.0' },
}

const identity = (change: Partial<AccountLook['identity']>) => ({
  ...GOOD,
  identity: { ...GOOD.identity, ...change },
})
const permissions = (change: Partial<AccountLook['identity']['permissions']>) =>
  identity({ permissions: { ...GOOD.identity.permissions, ...change } })
const faultsOf = (look: AccountLook, needs: Partial<AccountNeeds> = {}) =>
  judgeAccount(look, { ...NEEDS, ...needs })
    .filter(({ grade }) => grade !== 'ok')
    .map(({ name, grade, says }) => `${grade} ${name}: ${says}`)

test('a good account has no fault, and every check says what it found', () => {
  expect(faultsOf(GOOD)).toEqual([])
  for (const { says } of judgeAccount(GOOD, NEEDS)) expect(says).not.toBe('')
})

test('the page Before real money in RUNBOOK.md has each of these checks, and no other of the account', () => {
  const page = readFileSync('RUNBOOK.md', 'utf8').split('## Before real money')[1]?.split('\n## ')[0] ?? ''
  const ticked = [...page.matchAll(/^- \[ \] (`.*?`): (?=[^`]*$|\S)/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name.replace(/^account: /, '')),
  )
  const machine = ['node', 'configuration', 'data folder', 'disk', 'API token', 'exchange', 'clock']
  expect(ticked).toEqual([...machine, ...judgeAccount(GOOD, NEEDS).map(({ name }) => name)])
})

test.each([
  ['a read-only key', identity({ isReadOnly: true }), /^refuse key rights: .*read-only/],
  ['no right to trade spot', permissions({ spot: false }), /^refuse key: spot: .*trade spot/],
  ['no right to trade contracts', permissions({ contract: false }), /^refuse key: contracts: .*contracts/],
  ['a right to withdraw', permissions({ withdraw: true }), /^refuse key: withdrawal: .*remove that right/],
  [
    'a key that ended',
    identity({ expiresAtMs: SERVER_MS - DAY_MS }),
    /^refuse key expiry: .*expired on 2023-11-13/,
  ],
  [
    'a key that ends in three days',
    identity({ expiresAtMs: SERVER_MS + 3 * DAY_MS }),
    /^warn key expiry: .*2023-11-17, in 3 days/,
  ],
  ['a key for every address', identity({ isAddressBound: false }), /^advice key addresses/],
  ['a classic account', identity({ accountType: 'classic' }), /^refuse account type: .*not a Unified/],
  ['an account that is not shown', identity({ accountType: 'unknown' }), /^refuse account type/],
  ['isolated margin', identity({ marginMode: 'isolated' }), /^refuse margin mode: .*isolated.*cross margin/],
  ['portfolio margin', identity({ marginMode: 'portfolio' }), /^refuse margin mode: .*portfolio/],
  ['a margin mode that nobody knows', identity({ marginMode: 'unknown' }), /^refuse margin mode/],
  ['hedge mode', identity({ positionMode: 'hedge' }), /^refuse position mode: .*one-way/],
  [
    'another leverage',
    { ...GOOD, leverage: { BTCUSDT: '10', '1000PEPEUSDT': '3' } },
    /^warn leverage: .*expected 3.*found BTCUSDT 10\.$/,
  ],
  [
    'a coin that is no collateral',
    { ...GOOD, collateral: { BTC: true, PEPE: false } },
    /^warn collateral: .*PEPE/,
  ],
  ['spot margin that nobody needs', { ...GOOD, spotMargin: true }, /^warn spot margin: .*would borrow/],
  [
    'refused prices on spot',
    { ...GOOD, settings: { ...GOOD.settings, beyondPriceLimit: { spot: 'refuse', linear: 'move' } } },
    /^advice price limits: .*on spot,/,
  ],
  [
    'no Delta Neutral Mode',
    { ...GOOD, settings: { ...GOOD.settings, isDeltaNeutral: false } },
    /^advice delta neutral/,
  ],
  [
    'fees in MNT',
    { ...GOOD, settings: { ...GOOD.settings, paysFeesInMnt: { spot: true, linear: false } } },
    /^advice fees in MNT: .*spot/,
  ],
] as [string, AccountLook, RegExp][])('%s is one fault, named with what to change', (_name, look, says) => {
  expect(faultsOf(look)).toEqual([expect.stringMatching(says)])
})

test('spot margin is needed only where coins are borrowed', () => {
  expect(faultsOf(GOOD, { borrows: true })).toEqual([expect.stringMatching(/^warn spot margin: .*off/)])
  expect(faultsOf({ ...GOOD, spotMargin: true }, { borrows: true })).toEqual([])
})

test('leverage 0 leaves it as it is, and portfolio margin has none', () => {
  const tenfold = { ...GOOD, leverage: { BTCUSDT: '10', '1000PEPEUSDT': '10' } }
  expect(faultsOf(tenfold, { leverage: 0 })).toEqual([])
  expect(faultsOf({ ...GOOD, leverage: { BTCUSDT: null, '1000PEPEUSDT': null } })).toEqual([])
})

test('what is not shown is advice, never a refusal of a key that may trade', () => {
  const blind = identity({
    isReadOnly: 'unknown',
    permissions: { spot: 'unknown', contract: 'unknown', withdraw: 'unknown', transfer: 'unknown' },
    expiresAtMs: 'unknown',
    isAddressBound: 'unknown',
    positionMode: 'unknown',
  })
  const look: AccountLook = { ...blind, spotMargin: 'unknown', collateral: 'unknown' }
  for (const fault of faultsOf(look)) expect(fault).toMatch(/^advice .*not shown/)
})

/** An account over a wire; what is set is remembered. */
function account(script: Partial<Script> = {}, info: object = {}) {
  const set: Record<string, unknown> = {
    leverage: '10',
    spotMargin: '0',
    deltaEnable: false,
    lpaSpot: false,
    lpaPerp: false,
  }
  const answers: Record<string, () => Envelope> = {
    '/v5/user/query-api': () =>
      reply({
        readOnly: 0,
        permissions: { Spot: ['SpotTrade'], ContractTrade: ['Order'], Derivatives: [], Wallet: [] },
        ips: ['10.0.0.1'],
        expiredAt: '1970-01-01T00:00:00Z',
        userID: 7,
      }),
    '/v5/account/info': () => reply({ marginMode: 'REGULAR_MARGIN', unifiedMarginStatus: 6, ...info }),
    '/v5/account/user-setting-config': () => reply({ ...set, smsef: false, fmsef: false }),
    '/v5/spot-margin-trade/state': () => reply({ spotMarginMode: set.spotMargin }),
    '/v5/account/collateral-info': () => list(),
  }
  const wire = scriptedWire({
    get: (path, { symbol }) =>
      answers[path]?.() ?? list({ symbol: symbol ?? 'BTCUSDT', positionIdx: 0, leverage: set.leverage }),
    post: (path, body) => {
      if (path.endsWith('set-leverage')) set.leverage = body.buyLeverage
      if (path.endsWith('switch-mode')) set.spotMargin = body.spotMarginMode
      if (path.endsWith('set-delta-mode')) set.deltaEnable = body.deltaEnable === '1'
      if (path.endsWith('set-limit-px-action'))
        set[body.category === 'spot' ? 'lpaSpot' : 'lpaPerp'] =
          body.category === 'spot' ? body.modifyEnable : !body.modifyEnable
      return reply({})
    },
    ...script,
  })
  const clock = new VirtualClock(SERVER_MS)
  const exchange = createBybitExchange(wire, {
    name: 'test',
    clock,
    orderDeadlineMs: 5_000,
    report: () => {},
  })
  const examine = (manage: boolean, needs = NEEDS) =>
    examineAccount(exchange, needs, { atMs: SERVER_MS, manage })
  const faults = async (manage = false) =>
    (await examine(manage))
      .filter(({ grade }) => grade !== 'ok')
      .map(({ name, grade, says }) => `${grade} ${name}: ${says}`)
  return { exchange, wire, examine, faults, clock }
}

describe('what the engine may change by itself', () => {
  test('is said and left alone without account.manage', async () => {
    const { faults, wire } = account()
    expect(await faults()).toEqual([
      expect.stringMatching(/leverage/),
      expect.stringMatching(/price limits/),
      expect.stringMatching(/delta neutral/),
    ])
    expect(wire.asked.filter(({ path }) => path.includes('set-'))).toEqual([])
  })

  test('is set with it, and stays so', async () => {
    const { examine, faults } = account()
    const changed = (await examine(true)).filter(({ says }) => says.startsWith('changed by the engine'))
    expect(changed.map(({ name }) => name)).toEqual(['leverage', 'price limits', 'delta neutral'])
    expect(await faults()).toEqual([])
  })

  test('spot margin is on while something borrows, and off while nothing does', async () => {
    const { examine, exchange } = account()
    const isOn: boolean[] = []
    for (const borrows of [true, false]) {
      await examine(true, { ...NEEDS, borrows })
      isOn.push(await exchange.spotMarginReady())
    }
    expect(isOn).toEqual([true, false])
  })

  test('that the exchange refuses stays a fault, with its words', async () => {
    const { faults } = account({ post: () => reply({}, 110013, 'cannot set leverage due to risk limit') })
    expect((await faults(true))[0]).toMatch(
      /^warn leverage: .*tried to change it and failed: 110013 cannot set/,
    )
  })
})

describe('an account that cannot be looked at', () => {
  test.each([
    [10003, /^refuse key: BYBIT_API_KEY .*HEDGEROW_MODE/],
    [10004, /^refuse key: BYBIT_API_SECRET/],
    [10010, /^refuse key: .*other addresses/],
    [33004, /^refuse key: .*expired/],
  ] as const)('code %i names what to change', async (code, says) => {
    const { faults } = account({ get: () => reply({}, code, 'no') })
    expect(await faults()).toEqual([expect.stringMatching(says)])
  })

  test('a key without any right is refused by name', async () => {
    const { faults } = account({ get: () => reply({}, 10005, 'Permission denied') })
    expect(await faults()).toContainEqual(expect.stringMatching(/^refuse account type: .*allow the API key/))
  })

  test.each([
    ['HTTP 502', /^away exchange: .*did not answer.*HTTP 502/],
    ['HTTP 403', /^away exchange: .*blocks this address/],
  ])('an exchange that answers %s is away, not a throw and not the account’s fault', async (said, says) => {
    const { faults } = account({ get: () => Promise.reject(new WireFailure(said)) })
    expect(await faults()).toEqual([expect.stringMatching(says)])
  })
})

describe('a key that is refused while the engine runs', () => {
  test.each([
    [33004, /expired/],
    [10003, /BYBIT_API_KEY/],
    [10010, /other addresses/],
    [10005, /permission/],
  ] as const)(
    'code %i on a reading holds orders back by name, until a reading is answered',
    async (code, says) => {
      let refuse = true
      const { exchange, wire, clock } = account({
        get: () => (refuse ? reply({}, code, 'no') : list({ coin: [] })),
      })
      expect(exchange.keyRefusal()).toBeUndefined()
      expect(exchange.orderEntryReady()).toBe(true)
      await exchange.wallet().catch(() => {})
      expect(exchange.keyRefusal()).toEqual({ code, says: expect.stringMatching(says), sinceMs: SERVER_MS })
      expect(exchange.orderEntryReady()).toBe(false)
      const order = { orderLinkId: '0123456789-PX0000', market: 'linear', symbol: 'BTCUSDT', side: 'Buy' }
      const rest = { qty: '1', limitPrice: '1', timeInForce: 'IOC', reduceOnly: true }
      expect(await exchange.placeOrder({ ...order, ...rest } as never)).toMatchObject({ reason: 'not-sent' })
      expect(wire.asked.filter(({ path }) => path === 'order.create')).toEqual([])
      clock.advanceTo(SERVER_MS + 60_000)
      await exchange.wallet().catch(() => {})
      expect(exchange.keyRefusal()?.sinceMs).toBe(SERVER_MS)
      refuse = false
      await exchange.wallet()
      expect(exchange.keyRefusal()).toBeUndefined()
      expect(exchange.orderEntryReady()).toBe(true)
    },
  )

  test('a setting that may not be read is no refused key', async () => {
    const { exchange } = account({ get: () => reply({}, 10005, 'Permission denied') })
    await exchange.settings()
    expect(exchange.keyRefusal()).toBeUndefined()
  })
})
