import { createHash } from 'node:crypto'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, inject, test } from 'vitest'
import type { JsonObject } from '../../../../src/domain/json.ts'
import { createSimulatedBybit } from '../../../../src/exchange/simulator/create.ts'
import {
  addPremium,
  averagePremium,
  fundingRateText,
  noPremium,
} from '../../../../src/exchange/simulator/market/funding.ts'
import { builtInUniverse } from '../../../../src/exchange/simulator/universe/universe.ts'
import { HOUR, ioc, openDesk, START_MS, UID } from '../../../support/exchange/simulator-core.ts'
import { often } from '../../../support/properties.ts'

describe('the funding formula', () => {
  test('gives the interest plateau for every premium within 0.05 % of it', () => {
    fc.assert(
      fc.property(fc.double({ min: -0.0004, max: 0.0005, noNaN: true }), premium => {
        expect(fundingRateText(premium, 8 * HOUR, 0.005)).toBe('0.0001')
      }),
    )
    expect(fundingRateText(0, 4 * HOUR, 0.005)).toBe('0.00005')
    expect(fundingRateText(0, HOUR, 0.005)).toBe('0.0000125')
  })

  test('follows the premium beyond that, up to the cap on both sides', () => {
    expect(fundingRateText(0.002, 8 * HOUR, 0.005)).toBe('0.0015')
    expect(fundingRateText(-0.002, 8 * HOUR, 0.005)).toBe('-0.0015')
    expect(fundingRateText(0.5, 8 * HOUR, 0.005)).toBe('0.005')
    expect(fundingRateText(-0.5, 8 * HOUR, 0.005)).toBe('-0.005')
  })

  test('weighs the k-th minute k times', () => {
    const average = noPremium()
    for (const premium of [0.001, 0.002, 0.004]) addPremium(average, premium)
    expect(averagePremium(average)).toBeCloseTo((0.001 + 2 * 0.002 + 3 * 0.004) / 6, 12)
  })
})

describe('the opening scene', () => {
  const rates = (core: ReturnType<typeof openDesk>) =>
    core.list('/v5/market/tickers', { category: 'linear' }).filter(row => row.fundingIntervalHour === '1')

  test('for any seed and start, two hourly coins pay well at once, one of them turns right after it has paid', () => {
    const start = fc.integer({ min: 0, max: 24 * HOUR })
    fc.assert(
      fc.property(fc.integer(), start, (seed, offsetMs) => {
        const startAtMs = START_MS + offsetMs
        const desk = openDesk({ seed, startAtMs })
        const tempting = rates(desk).filter(row => Number(row.fundingRate) >= 0.001)
        expect(tempting.length).toBeGreaterThanOrEqual(2)
        for (const row of tempting) expect(Number(row.fundingRate)).toBeLessThanOrEqual(0.003)
        const paidAtMs = Math.ceil((startAtMs + 15 * 60_000) / HOUR) * HOUR
        desk.core.advance(paidAtMs + 3 * HOUR)
        const settled = (symbol: string, atMs: number) => {
          const history = desk.list('/v5/market/funding/history', { category: 'linear', symbol })
          return Number(history.find(row => row.fundingRateTimestamp === String(atMs))?.fundingRate)
        }
        const symbols = tempting.map(row => row.symbol ?? '')
        for (const symbol of symbols) expect(settled(symbol, paidAtMs)).toBeGreaterThan(0.001)
        const turned = symbols.filter(symbol => settled(symbol, paidAtMs + HOUR) < -0.0003)
        const lasting = symbols.filter(symbol =>
          [1, 2, 3].every(hours => settled(symbol, paidAtMs + hours * HOUR) > 0.001),
        )
        expect(turned).toHaveLength(1)
        expect(lasting).toHaveLength(1)
      }),
      often(15),
    )
  })

  test('a hedge opened at once and closed after the turn earns more than its four fees', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const desk = openDesk({ seed })
      const paying = rates(desk).filter(row => Number(row.fundingRate) >= 0.001)
      for (const { symbol = '' } of paying) {
        const spotSymbol = symbol.replace(/^1000/, '')
        const perSpot = symbol === spotSymbol ? 1 : 1000
        const contracts = Math.floor(2000 / Number(desk.touch('linear', symbol).bid) / 100) * 100
        const spot = { category: 'spot', symbol: spotSymbol, orderType: 'Market', marketUnit: 'baseCoin' }
        const perp = { category: 'linear', symbol, orderType: 'Market', qty: String(contracts) }
        const coins = contracts * perSpot
        expect(desk.create({ ...spot, side: 'Buy', qty: String(coins) }).retCode).toBe(0)
        expect(desk.create({ ...perp, side: 'Sell' }).retCode).toBe(0)
      }
      desk.core.advance(Math.ceil((START_MS + 15 * 60_000) / HOUR) * HOUR + 20 * 60_000)
      for (const { symbol = '' } of paying) {
        const { size = '0' } = desk.position(symbol)
        const coin = symbol.replace(/^1000|USDT$/g, '')
        const { walletBalance = '0' } = desk.coin(coin)
        const sold = new Decimal(walletBalance).toDecimalPlaces(coin === 'PEPE' ? 0 : 2, Decimal.ROUND_DOWN)
        const buy = {
          category: 'linear',
          symbol,
          side: 'Buy',
          orderType: 'Market',
          qty: size,
          reduceOnly: true,
        }
        expect(desk.create(buy).retCode).toBe(0)
        const sell = {
          category: 'spot',
          symbol: `${coin}USDT`,
          side: 'Sell',
          orderType: 'Market',
          qty: sold.toFixed(),
        }
        expect(desk.create(sell).retCode).toBe(0)
      }
      expect(Number(desk.coin('USDT').walletBalance), `seed ${seed}`).toBeGreaterThan(100_000)
    }
  })

  test('quiet coins stay on the plateau', () => {
    const desk = openDesk()
    const row = desk.one('/v5/market/tickers', { category: 'linear', symbol: 'BTCUSDT' })
    expect(row.fundingRate).toBe('0.0001')
  })
})

describe('the same seed and requests give the same bytes', () => {
  type Move = { waitMs: number; symbol: string; side: string; qty: string }
  const moves: Move[] = Array.from({ length: inject('thorough') ? 30 : 6 }, (_, at) => ({
    waitMs: (at * 7919_3) % 900_000,
    symbol: ['SOLUSDT', 'INJUSDT', 'BTCUSDT'][at % 3] ?? '',
    side: at % 4 < 2 ? 'Buy' : 'Sell',
    qty: at % 3 === 2 ? '0.01' : '7',
  }))

  /** Plays the moves; `strideMs` is how far each look at the clock goes, `listens` subscribes and reads in between. */
  function play(seed: number, strideMs: number, listens: boolean, restartAt = -1) {
    let core = createSimulatedBybit({
      seed,
      startAtMs: START_MS,
      accounts: [{ uid: UID, balances: { USDT: '50000' } }],
    })
    const [outputs, streams] = [createHash('sha256'), createHash('sha256')]
    if (listens) {
      core.want(() => true)
      core.subscribe('public-linear', 'orderbook.50.SOLUSDT')
    }
    let nowMs = START_MS
    for (const [at, { waitMs, symbol, side, qty }] of moves.entries()) {
      if (at === restartAt) {
        const saved = JSON.parse(JSON.stringify(core.save())) as JsonObject
        core = createSimulatedBybit({ seed, startAtMs: 0, saved })
      }
      const untilMs = nowMs + waitMs
      while (nowMs < untilMs) {
        nowMs = Math.min(untilMs, nowMs + strideMs)
        core.advance(nowMs)
      }
      const params = ioc(at % 2 ? 'spot' : 'linear', symbol, side, qty, side === 'Buy' ? '1000000' : '1', {
        orderType: 'Market',
      })
      const reply = core.request({ via: 'rest', method: 'POST', path: '/v5/order/create', params, uid: UID })
      if (listens) {
        core.request({
          via: 'rest',
          method: 'GET',
          path: '/v5/market/tickers',
          params: { category: 'linear' },
          uid: '',
        })
        core.request({
          via: 'rest',
          method: 'GET',
          path: '/v5/market/orderbook',
          params: { category: 'linear', symbol, limit: '200' },
          uid: '',
        })
      }
      const pushes = core.takePushes()
      outputs.update(JSON.stringify([reply, pushes.filter(push => push.channel === 'private')]))
      streams.update(JSON.stringify(pushes))
    }
    const account = { outputs: outputs.digest('hex'), books: JSON.stringify(core.save()) }
    return { account, streams: streams.digest('hex') }
  }

  test('again and again', () => {
    expect(play(3, 400_000, true)).toEqual(play(3, 400_000, true))
    expect(play(3, 400_000, false).account.outputs).not.toBe(play(4, 400_000, false).account.outputs)
  })

  test('however often time is looked at, and whoever listens', () => {
    const first = play(5, 600_000, false).account
    expect(play(5, 1_700, false).account).toEqual(first)
    expect(play(5, 400_000, true).account).toEqual(first)
  })

  test('across a restart from the saved state', () => {
    const first = play(6, 60_000, false).account
    expect(play(6, 60_000, false, moves.length >> 1).account).toEqual(first)
  })
})

test('the universe is what Bybit lists: same keys as the real rows, at least three hourly coins', () => {
  const { listings } = builtInUniverse()
  expect(listings.length).toBeGreaterThanOrEqual(12)
  expect(listings.filter(listing => listing.fundingIntervalMs === HOUR).length).toBeGreaterThanOrEqual(3)
  for (const { perp, spot } of listings) {
    expect(perp.json.symbol).toBe(perp.symbol)
    expect(spot.qty.step.lte(perp.qty.step.times(perp.symbol.startsWith('1000') ? 1000 : 1))).toBe(true)
  }
})
