import { describe, expect, test } from 'vitest'
import type { EnginePorts } from '../../../actors/ports.ts'
import { createLegDoubts, findLess } from '../../../actors/trading/hedge-legs.ts'

import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import type { HedgeToStep } from '../../../src/domain/work/step.ts'
import { planOn } from '../../support/domain/sample-account.ts'
import { XRP } from '../../support/domain/sample-market.ts'

const plan = { ...planOn(XRP), direction: 'reverse-carry' as const }
const hedge = { plan, spotNetBase: '400', perpBase: '400' } as unknown as HedgeToStep

/** An exchange that shows so many coins owed, or does not answer. */
function doubting() {
  const clock = new VirtualClock(0)
  let owed: string | undefined = '400'
  let long = '400'
  const exchange = {
    positions: async () => [{ symbol: plan.perp.symbol, qty: long, side: 'Buy' }],
    async wallet() {
      if (owed === undefined) throw new Error('no answer')
      return { coins: [{ coin: plan.baseCoin, wallet: '0', spotBorrowed: owed }] }
    },
  }
  const doubts = createLegDoubts({ clock, exchange } as unknown as EnginePorts)
  return {
    deliver: () => {
      long = '0'
    },
    async judge(shown: string | undefined, atMs: number) {
      owed = shown
      clock.advanceTo(atMs)
      return doubts.judge('hedge:1', hedge)
    },
  }
}

test('coins beside nothing owed, and a position on the other side, are somebody else’s: the order may go', async () => {
  const exchange = {
    positions: async () => [{ symbol: plan.perp.symbol, qty: '900', side: 'Sell' }],
    wallet: async () => ({ coins: [{ coin: plan.baseCoin, wallet: '50', spotBorrowed: '0' }] }),
  }
  const doubts = createLegDoubts({ clock: new VirtualClock(0), exchange } as unknown as EnginePorts)
  const spare = { plan, spotNetBase: '-2.2', perpBase: '0' } as unknown as HedgeToStep
  expect(await doubts.judge('hedge:1', spare)).toBe('there')
})

describe('a debt that is to be bought back', () => {
  test('is bought when the exchange shows it as known', async () => {
    expect(await doubting().judge('400', 0)).toBe('there')
    expect(await doubting().judge('401', 0)).toBe('there')
  })

  test('is taken over as shown when it stays smaller: the exchange took the loan back', async () => {
    const { judge } = doubting()
    expect(await judge('0', 0)).toMatchObject({ type: 'step.wait' })
    expect(await judge('0', 14_999)).toMatchObject({ type: 'step.wait' })
    expect(await judge('0', 15_000)).toMatchObject({ type: 'legs.found', spotBase: '0', perpBase: '400' })
  })

  test('is bought after all when the list only lagged', async () => {
    const { judge } = doubting()
    expect(await judge('0', 0)).toMatchObject({ type: 'step.wait' })
    expect(await judge('400', 1_000)).toBe('there')
    expect(await judge('0', 16_000), 'the doubt begins anew').toMatchObject({ type: 'step.wait' })
  })

  test('once seen smaller is never bought unseen, however long the reading fails', async () => {
    const { judge } = doubting()
    expect(await judge('0', 0)).toMatchObject({ type: 'step.wait' })
    expect(await judge(undefined, 10_000)).toMatchObject({ type: 'step.wait' })
    expect(await judge(undefined, 600_000)).toMatchObject({ type: 'step.wait' })
    expect(await judge('0', 600_001)).toMatchObject({ type: 'legs.found' })
  })

  test('is not bought while the exchange shows less of the perpetual: first its legs are taken over as shown', async () => {
    const { judge, deliver } = doubting()
    deliver()
    expect(await judge('400', 0)).toMatchObject({ type: 'step.wait' })
    expect(await judge('400', 15_000)).toMatchObject({ type: 'legs.found', spotBase: '400', perpBase: '0' })
  })

  test('that nobody could look at is bought after a while: an exit is not held up for ever', async () => {
    const { judge } = doubting()
    expect(await judge(undefined, 0)).toMatchObject({ type: 'step.wait' })
    expect(await judge(undefined, 14_999)).toMatchObject({ type: 'step.wait' })
    expect(await judge(undefined, 15_000)).toBe('unread')
  })
})

describe('a failed hedge that is level by what it knows', () => {
  const shows = (owed: string, long: string) =>
    findLess(
      {
        exchange: {
          positions: async () => [{ symbol: plan.perp.symbol, qty: long, side: 'Buy' }],
          wallet: async () => ({ coins: [{ coin: plan.baseCoin, wallet: '0', spotBorrowed: owed }] }),
        },
      } as unknown as EnginePorts,
      hedge,
    )

  test('takes over a leg that somebody made smaller, and never more than it knew of', async () => {
    expect(await shows('400', '280')).toMatchObject({ type: 'legs.found', spotBase: '400', perpBase: '280' })
    expect(await shows('900', '280')).toMatchObject({ type: 'legs.found', spotBase: '400', perpBase: '280' })
  })

  test('stays as it is while everything is there, or nobody answers', async () => {
    expect(await shows('400', '400')).toBeUndefined()
    expect(await shows('900', '500')).toBeUndefined()
    const unanswered = async () => {
      throw new Error('no answer')
    }
    const silent = { exchange: { positions: unanswered, wallet: unanswered } }
    expect(await findLess(silent as unknown as EnginePorts, hedge)).toBeUndefined()
  })
})
