/** Whatever happens at the exchange, in any order: nothing is made or lost, every row explains itself, and a rerun is the same. */
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import type { Happening } from '../../../../src/exchange/simulator/events/agenda-shape.ts'
import type { ExchangeState } from '../../../../src/exchange/simulator/exchange-state.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { type Desk, HOUR, openDesk, START_MS, sum } from '../../../support/exchange/simulator-core.ts'
import { often } from '../../../support/properties.ts'

const universe = builtInUniverse(['SOLUSDT', 'WIFUSDT'])
const MINUTE = 60_000

const happening = fc.constantFrom(
  (atMs: number): Happening => ({ kind: 'delisting', symbol: 'WIFUSDT', atMs: atMs + HOUR }),
  (atMs: number): Happening => ({ kind: 'adl', symbol: 'SOLUSDT', atMs, share: '0.37' }),
  (atMs: number): Happening => ({
    kind: 'premium',
    symbol: 'WIFUSDT',
    atMs,
    premium: -0.05,
    untilMs: atMs + HOUR,
  }),
  (atMs: number): Happening => ({ kind: 'reject', market: 'spot', symbol: 'SOLUSDT', atMs, count: 1 }),
  (atMs: number): Happening => ({ kind: 'lending', coin: 'SOL', atMs, inventory: '50' }),
)
const side = fc.constantFrom('Buy', 'Sell')
const qty = fc.integer({ min: 1, max: 400 }).map(String)
type Request = { path: string; params: JsonObject }
const request = fc.oneof(
  fc
    .record({
      category: fc.constantFrom('spot', 'linear'),
      symbol: fc.constantFrom('SOLUSDT', 'WIFUSDT'),
      side,
      qty,
    })
    .map(
      (one): Request => ({
        path: '/v5/order/create',
        params: { ...one, orderType: 'Market', marketUnit: 'baseCoin', isLeverage: '1' },
      }),
    ),
  fc.record({ side, qty }).map(
    (one): Request => ({
      path: '/v5/spread/order/create',
      params: { ...one, symbol: 'SOLUSDT_SOL/USDT', orderType: 'Market' },
    }),
  ),
  fc.constantFrom<Request>(
    { path: '/v5/account/repay', params: { coin: 'SOL' } },
    { path: '/v5/account/borrow', params: { coin: 'SOL', amount: '3' } },
  ),
)
const step = fc.record({
  waitMs: fc.integer({ min: 0, max: 40 * MINUTE }),
  what: fc.oneof(request, happening),
})
type Step = { waitMs: number; what: Request | ((atMs: number) => Happening) }

function play(desk: Desk, steps: readonly Step[]): void {
  for (const { waitMs, what } of steps) {
    desk.core.advance(desk.core.nowMs() + waitMs)
    if (typeof what === 'function') desk.core.schedule(what(desk.core.nowMs() + MINUTE))
    else desk.request('POST', what.path, what.params)
  }
  desk.core.advance(desk.core.nowMs() + 2 * HOUR)
}

function expectWhole(desk: Desk): void {
  const { accounts, house } = desk.core.save().state as unknown as ExchangeState
  for (const coin of universe.coins) {
    const parts = [...Object.values(accounts).map(account => account.coins[coin]?.wallet), house[coin]]
    expect(sum(parts).toFixed(), coin).toBe(coin === 'USDT' ? '100500' : '0')
  }
}

function expectExplained(desk: Desk): void {
  const rows = desk.log({ startTime: String(START_MS), endTime: String(desk.core.nowMs()) })
  for (const row of rows)
    expect(row.change).toBe(
      new Decimal(row.cashFlow ?? 0)
        .plus(row.funding || 0)
        .minus(row.fee ?? 0)
        .toFixed(),
    )
  for (const coin of new Set(rows.map(row => row.currency ?? ''))) {
    const { walletBalance, spotBorrow } = desk.coin(coin)
    const changes = sum(rows.filter(row => row.currency === coin).map(row => row.change))
    expect(changes.toFixed(), coin).toBe(new Decimal(walletBalance ?? 0).minus(spotBorrow ?? 0).toFixed())
  }
}

test('through delistings, deleveraging, squeezes, spreads, loans and repayments', () => {
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 2, maxLength: 10 }),
      fc.integer({ min: 1, max: 1000 }),
      (steps, seed) => {
        const desk = openDesk({ seed, universe })
        desk.core.deposit('2002', 'USDT', '500')
        play(desk, steps)
        expectWhole(desk)
        expectExplained(desk)
        const again = openDesk({ seed, universe })
        again.core.deposit('2002', 'USDT', '500')
        play(again, steps)
        expect(JSON.stringify(again.core.save())).toBe(JSON.stringify(desk.core.save()))
        const saved = desk.core.save()
        const restored = createSimulatedBybit({ seed, startAtMs: START_MS, universe, saved })
        expect(JSON.stringify(restored.save())).toBe(JSON.stringify(saved))
      },
    ),
    often(10),
  )
})
