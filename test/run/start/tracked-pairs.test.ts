import { describe, expect, test } from 'vitest'
import { lifeFilter } from '../../../src/domain/entry/filters.ts'
import { usdt } from '../../../src/domain/units.ts'
import { trackedPairs, tradedEnough, withHeldPairs } from '../../../src/run/start/tracked-pairs.ts'
import { planOn } from '../../support/domain/sample-account.ts'
import { marketOn, NOW_MS, pairOn, RULES, XRP } from '../../support/domain/sample-market.ts'

const pair = pairOn(XRP)
const plan = planOn(XRP)

describe('pairs that hold a hedge', () => {
  test('are tracked as listed when the configuration names them no more, and begin nothing new', () => {
    const [held, ...others] = withHeldPairs([], [plan, plan], { spot: [pair.spot], perps: [pair.perp] })
    expect(others).toEqual([])
    expect(held).toEqual({ ...pair, runOff: true })
    if (!held) throw new Error('expected a pair')
    const refused = lifeFilter({ ...marketOn(XRP), pair: held }, RULES.strategy, NOW_MS)
    expect(refused?.refused).toBe('run-off')
  })

  test('are as planned and do not trade where the exchange lists them no more', () => {
    const [held] = withHeldPairs([], [plan], { spot: [pair.spot], perps: [] })
    expect(held?.spot).toEqual(pair.spot)
    expect(held?.perp).toMatchObject({
      symbol: plan.perp.symbol,
      qtyStep: plan.perp.qtyStep,
      minOrderQty: plan.perp.minOrderQty,
      multiplier: plan.perp.multiplier,
      trading: false,
    })
    const [gone] = withHeldPairs([], [plan], { spot: [], perps: [] })
    expect(gone?.spot).toMatchObject({
      symbol: plan.spot.symbol,
      tickSize: plan.spot.tickSize,
      trading: false,
    })
  })

  test('that are configured stay as they are', () => {
    expect(withHeldPairs([pair], [plan], { spot: [pair.spot], perps: [pair.perp] })).toEqual([pair])
  })
})

describe('all symbols', () => {
  const coins = ['AAA', 'BBB', 'CCC', 'DDD']
  const listed = {
    spot: coins.map(coin => ({ ...pair.spot, symbol: `${coin}USDT`, baseCoin: coin })),
    perps: coins.map(coin => ({ ...pair.perp, symbol: `${coin}USDT`, baseCoin: coin })),
  }
  const turnover = (values: Record<string, string>) =>
    Object.fromEntries(Object.entries(values).map(([coin, value]) => [`${coin}USDT`, usdt(value)]))
  const traded = {
    spot: turnover({ AAA: '900', BBB: '5000', CCC: '3000' }),
    linear: turnover({ AAA: '90000', BBB: '4000', CCC: '8000', DDD: '99999' }),
    turnoverDayUsdtMin: usdt('1000'),
    symbolsMax: 10,
  }
  const tracked = (of: typeof traded, symbols: string[] = []) =>
    trackedPairs(listed, symbols, [], of).pairs.map(({ symbol }) => symbol)

  test('are those of which both legs are traded enough, the most traded by its lesser leg first', () => {
    expect(tracked(traded)).toEqual(['BBBUSDT', 'CCCUSDT'])
    expect(tracked({ ...traded, turnoverDayUsdtMin: usdt('900') })).toEqual(['BBBUSDT', 'CCCUSDT', 'AAAUSDT'])
    // Of one spot leg nothing is known: it is not taken for traded, whatever the bar.
    expect(tracked({ ...traded, turnoverDayUsdtMin: usdt('0') })).not.toContain('DDDUSDT')
  })

  test('are at most so many', () => {
    expect(tracked({ ...traded, symbolsMax: 1 })).toEqual(['BBBUSDT'])
  })

  test('named ones are tracked whatever they are traded for, and nothing is asked of them', async () => {
    expect(tracked(traded, ['AAAUSDT'])).toEqual(['AAAUSDT'])
    const asked: string[] = []
    const exchange = {
      turnovers: async (market: string) => {
        asked.push(market)
        return {}
      },
    }
    expect(await tradedEnough({ ...RULES.strategy, symbols: ['AAAUSDT'] }, exchange)).toBeUndefined()
    expect(asked).toEqual([])
    await tradedEnough({ ...RULES.strategy, symbols: [] }, exchange)
    expect(asked).toEqual(['spot', 'linear'])
  })

  test('a symbol that holds a hedge is tracked though it is traded no more', () => {
    const { pairs } = trackedPairs(listed, [], [plan], { ...traded, symbolsMax: 1 })
    expect(pairs.map(({ symbol }) => symbol)).toEqual(['BBBUSDT', plan.symbol])
    expect(pairs[1]?.runOff).toBe(true)
  })
})

test('a coin that the exchange marks as in trouble begins nothing new', () => {
  const marked = { ...pair, spot: { ...pair.spot, specialTreatment: true as const } }
  const refused = lifeFilter({ ...marketOn(XRP), pair: marked }, RULES.strategy, NOW_MS)
  expect(refused).toMatchObject({ refused: 'special-treatment', found: pair.spot.symbol })
})
