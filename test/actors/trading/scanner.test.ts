/** Which symbols the scanner offers to the desk: only what may be judged, the best first, and no more than there is room for. */
import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import type { EnginePorts } from '../../../actors/ports.ts'
import { noJudgements, scanner } from '../../../actors/trading/scanner.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

type World = {
  /** Rate per eight hours of each symbol, in the order in which they are listed. */
  rates: Record<string, string>
  hedgesMax?: number
  tried?: boolean
  unread?: string
  states?: Record<string, string>
}

/** Symbols that were told, in order, by one look. */
function offered({ rates, hedgesMax = 5, tried = true, unread, states = {} }: World): string[] {
  const views = new Map(
    Object.entries(rates).map(([symbol, rate]) => {
      const { funding, ...market } = marketOn(XRP, rate)
      const view: MarketView = {
        ...market,
        pair: { ...market.pair, symbol },
        ...(funding && symbol !== unread && { funding }),
      }
      return [symbol, view] as const
    }),
  )
  const told: string[] = []
  const ports = {
    clock: new VirtualClock(NOW_MS),
    rules: { ...RULES, limits: { ...RULES.limits, hedgesMax } },
    board: {
      symbols: () => [...views.keys()],
      view: (symbol: string) => views.get(symbol),
      isFundingTried: () => tried,
    },
    recorder: { judged: { entry() {}, exit() {} } },
    newRiskRefused: () => null,
    runtime: () => ({
      get: (id: string) =>
        id === 'desk'
          ? { actor: { getSnapshot: () => ({ context: { hedges: {} } }) } }
          : { id, cell: { state: states[id.replace('symbol:', '')] ?? 'idle.quiet' } },
      deliver: (id: string, { type }: { type: string }) => told.push(`${id.replace('symbol:', '')} ${type}`),
    }),
  } as unknown as EnginePorts
  // The first look is done by the time it rests.
  const actor = createActor(scanner(ports, noJudgements()).plain({})).start()
  actor.stop()
  return told
}

test('with one place free, the better of two tempting symbols is offered, wherever it stands in the list', () => {
  const rates = { AUSDT: '0.0012', BUSDT: '0.0014' }
  expect(offered({ rates, hedgesMax: 1 })).toEqual(['BUSDT carry.tempting'])
  expect(offered({ rates: { BUSDT: '0.0014', AUSDT: '0.0012' }, hedgesMax: 1 })).toEqual([
    'BUSDT carry.tempting',
  ])
  expect(offered({ rates })).toEqual(['BUSDT carry.tempting', 'AUSDT carry.tempting'])
})

test('one that asks the desk already takes the place it asks for; one that is refused or cools down takes none', () => {
  const rates = { AUSDT: '0.0012', BUSDT: '0.0014' }
  const with_ = (state: string) => offered({ rates, hedgesMax: 1, states: { BUSDT: state } })
  expect(with_('idle.tempting')).toEqual([])
  expect(with_('idle.refused')).toEqual(['AUSDT carry.tempting'])
  expect(with_('idle.cooling')).toEqual(['AUSDT carry.tempting'])
})

test('nothing is offered before the past of every symbol was asked for, nor one whose past was not read', () => {
  const rates = { AUSDT: '0.0012', BUSDT: '0.0027' }
  expect(offered({ rates, tried: false })).toEqual([])
  expect(offered({ rates, hedgesMax: 1, unread: 'BUSDT' })).toEqual(['AUSDT carry.tempting'])
})
