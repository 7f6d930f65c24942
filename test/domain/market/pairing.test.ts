import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { PerpInstrument, SpotInstrument } from '../../../src/domain/instrument.ts'
import { contractMultiplier, hedgePairs } from '../../../src/domain/market/pairing.ts'
import { pairOn, XRP } from '../../support/domain/sample-market.ts'

const SPOT = new Set(['BTC', 'PEPE', 'SATS', 'BABYDOGE', 'SHIB', '1INCH', '0G', 'G', 'X'])

describe('the multiplier in a name', () => {
  test.each([
    ['BTC', 'BTC', 1],
    ['1000PEPE', 'PEPE', 1000],
    ['10000SATS', 'SATS', 10_000],
    ['1000000BABYDOGE', 'BABYDOGE', 1_000_000],
    ['SHIB1000', 'SHIB', 1000],
    ['1INCH', '1INCH', 1],
    ['0G', '0G', 1],
    ['X', 'X', 1],
    ['1000X', 'X', 1000],
    // Nobody trades it on spot: nothing proves that the digits are a multiplier.
    ['1000RATS', '1000RATS', 1],
  ])('%s is %s times %i', (name, coin, multiplier) => {
    expect(contractMultiplier(name, SPOT)).toEqual({ coin, multiplier })
  })

  test('takes the longest run of zeros that leaves a known coin, so 10000G is ten thousand G unless only 0G is known', () => {
    expect(contractMultiplier('10000G', SPOT)).toEqual({ coin: 'G', multiplier: 10_000 })
    expect(contractMultiplier('10000G', new Set(['0G']))).toEqual({ coin: '0G', multiplier: 1000 })
  })
})

describe('pairing', () => {
  const { spot, perp } = pairOn(XRP)
  const spotOf = (coin: string, change: Partial<SpotInstrument> = {}): SpotInstrument => ({
    ...spot,
    symbol: `${coin}USDT`,
    baseCoin: coin,
    ...change,
  })
  const perpOf = (coin: string, change: Partial<PerpInstrument> = {}): PerpInstrument => ({
    ...perp,
    symbol: `${coin}USDT`,
    baseCoin: coin,
    ...change,
  })

  test('joins what trades on both sides and names every perpetual it leaves out with the reason', () => {
    const spots = [
      spotOf('BTC'),
      spotOf('PEPE'),
      spotOf('OLD', { trading: false }),
      spotOf('EUR', { quoteCoin: 'USDC', symbol: 'EURUSDC' }),
    ]
    const perps = [
      perpOf('BTC'),
      perpOf('1000PEPE', { multiplier: 1000 }),
      perpOf('BTC', { symbol: 'BTCPERP', quoteCoin: 'USDC' }),
      perpOf('OLD'),
      perpOf('EUR'),
      perpOf('HALT', { trading: false }),
    ]
    const { pairs, leftOut } = hedgePairs(spots, perps)
    expect(pairs.map(pair => [pair.symbol, pair.baseCoin, pair.spot.symbol])).toEqual([
      ['BTCUSDT', 'BTC', 'BTCUSDT'],
      ['1000PEPEUSDT', 'PEPE', 'PEPEUSDT'],
    ])
    expect(leftOut.map(({ symbol, because }) => [symbol, because])).toEqual([
      ['BTCPERP', 'not-usdt-quoted'],
      ['OLDUSDT', 'spot-not-trading'],
      ['EURUSDT', 'no-spot'],
      ['HALTUSDT', 'perp-not-trading'],
    ])
  })

  test('refuses a multiplier that contradicts the name instead of hedging a thousandth', () => {
    const { pairs, leftOut } = hedgePairs([spotOf('PEPE')], [perpOf('1000PEPE', { multiplier: 1 })])
    expect(pairs).toEqual([])
    expect(leftOut[0]).toMatchObject({
      because: 'multiplier-differs',
      found: '1',
      expected: '1000 by its name',
    })
  })

  test('takes the word of an adapter that already names the bare coin', () => {
    const { pairs } = hedgePairs(
      [spotOf('PEPE')],
      [perpOf('PEPE', { symbol: '1000PEPEUSDT', multiplier: 1000 })],
    )
    expect(pairs[0]).toMatchObject({ symbol: '1000PEPEUSDT', baseCoin: 'PEPE', perp: { multiplier: 1000 } })
  })
})

const recorded = (category: 'linear' | 'spot') =>
  fileURLToPath(
    new URL(
      `../../../../shared/data/recorded/instruments-info_${category}_2026-08-09.json.gz`,
      import.meta.url,
    ),
  )

/** Skipped where the recorded exchange data does not lie beside the checkout. */
describe.skipIf(!existsSync(recorded('linear')))('on all instruments recorded from Bybit', () => {
  type Listed = { baseCoin: string; quoteCoin: string; contractType?: string }
  const list = (category: 'linear' | 'spot'): Listed[] =>
    JSON.parse(gunzipSync(readFileSync(recorded(category))).toString()).result.list

  test('every split name is put together again by its multiplier, and every name left whole has no spot coin inside', () => {
    const coins = new Set(
      list('spot')
        .filter(spot => spot.quoteCoin === 'USDT')
        .map(spot => spot.baseCoin),
    )
    const perps = list('linear').filter(
      perp => perp.contractType === 'LinearPerpetual' && perp.quoteCoin === 'USDT',
    )
    const multiplied = new Map<string, number>()
    for (const { baseCoin } of perps) {
      const { coin, multiplier } = contractMultiplier(baseCoin, coins)
      if (multiplier === 1) {
        expect(coin).toBe(baseCoin)
        expect(coins.has(coin) || !coins.has(baseCoin.replace(/^10+|10+$/g, ''))).toBe(true)
        continue
      }
      expect(coins.has(coin)).toBe(true)
      expect([`${multiplier}${coin}`, `${coin}${multiplier}`]).toContain(baseCoin)
      multiplied.set(coin, multiplier)
    }
    // Named in Bybit's own documentation of fee groups.
    expect(multiplied.get('BONK')).toBe(1000)
    expect(multiplied.get('PEPE')).toBe(1000)
    expect(multiplied.get('SHIB')).toBe(1000)
    expect(multiplied.get('SATS')).toBe(10_000)
  })
})
