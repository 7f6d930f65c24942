/** Which symbols the scanner offers to the desk: only what may be judged, the best first, and no more than there is room for. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { createActor } from 'xstate'
import type { EnginePorts } from '../../../actors/ports.ts'
import { noJudgements, scanner } from '../../../actors/trading/scanner.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import type { MarketView } from '../../../src/domain/market/market-view.ts'
import { bestOf, marketOn, NOW_MS, RULES, XRP } from '../../support/domain/sample-market.ts'

type World = {
  /** Rate per eight hours of each symbol, in the order in which they are listed. */
  rates: Record<string, string>
  hedgesMax?: number
  tried?: boolean
  unread?: string
  states?: Record<string, string>
}

type Told = { symbol: string; type: string; beside?: readonly { symbol: string; apr: number }[] }

/** Symbols that were told, in order, by one look. */
const offered = (world: World): string[] => told(world).map(({ symbol, type }) => `${symbol} ${type}`)

function told({ rates, hedgesMax = 5, tried = true, unread, states = {} }: World): Told[] {
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
  const heard: Told[] = []
  const ports = {
    clock: new VirtualClock(NOW_MS),
    rules: { ...RULES, limits: { ...RULES.limits, hedgesMax } },
    board: {
      symbols: () => [...views.keys()],
      view: (symbol: string) => views.get(symbol),
      glimpse: () => undefined,
      changes: () => 0,
      isFundingTried: () => tried,
    },
    recorder: { judged: { entry() {}, exit() {}, left() {} } },
    newRiskRefused: () => null,
    runtime: () => ({
      get: (id: string) =>
        id === 'desk'
          ? { actor: { getSnapshot: () => ({ context: { hedges: {} } }) } }
          : { id, cell: { state: states[id.replace('symbol:', '')] ?? 'idle.quiet' } },
      deliver: (id: string, event: Omit<Told, 'symbol'>) =>
        heard.push({ ...event, symbol: id.replace('symbol:', '') }),
    }),
  } as unknown as EnginePorts
  // The first look is done by the time it rests.
  const actor = createActor(scanner(ports, noJudgements()).plain({})).start()
  actor.stop()
  return heard
}

test('with one place free, the better of two tempting symbols is offered, wherever it stands in the list', () => {
  const rates = { AUSDT: '0.0012', BUSDT: '0.0014' }
  expect(offered({ rates, hedgesMax: 1 })).toEqual(['BUSDT carry.tempting'])
  expect(offered({ rates: { BUSDT: '0.0014', AUSDT: '0.0012' }, hedgesMax: 1 })).toEqual([
    'BUSDT carry.tempting',
  ])
  expect(offered({ rates })).toEqual(['BUSDT carry.tempting', 'AUSDT carry.tempting'])
})

test('each is told with what it was held against, the best of the others first', () => {
  const rates = { AUSDT: '0.0012', BUSDT: '0.0014', CUSDT: '0.0013', DUSDT: '0.00145', EUSDT: '0.0000001' }
  const [first, second] = told({ rates })
  expect(first?.symbol).toBe('DUSDT')
  expect(first?.beside?.map(({ symbol }) => symbol)).toEqual(['BUSDT', 'CUSDT', 'AUSDT'])
  expect(second?.beside?.map(({ symbol }) => symbol)).toEqual(['DUSDT', 'CUSDT', 'AUSDT'])
  expect(told({ rates: { AUSDT: '0.0012' } })[0]?.beside).toEqual([])
  const [best = 0, next = 0] = second?.beside?.map(({ apr }) => apr) ?? []
  expect(best).toBeGreaterThan(next)
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

describe('a quiet symbol', () => {
  /** Whole judgements of one symbol, look after look. */
  async function watching(rate: string) {
    const clock = new VirtualClock(NOW_MS)
    const world = { market: marketOn(XRP, rate), changes: 0, state: 'idle.quiet', judged: 0 }
    const fresh = () => {
      const nowMs = clock.nowMs()
      return { ...world.market, receivedAtMs: { spotBook: nowMs, perpBook: nowMs, ticker: nowMs } }
    }
    const ports = {
      clock,
      rules: RULES,
      board: {
        symbols: () => ['AUSDT'],
        view: fresh,
        glimpse: () => bestOf(world.market),
        changes: () => world.changes,
        isFundingTried: () => false,
      },
      recorder: { judged: { entry: () => world.judged++, exit() {}, left() {} } },
      newRiskRefused: () => null,
      runtime: () => ({ get: (id: string) => ({ id, cell: { state: world.state } }), deliver() {} }),
    } as unknown as EnginePorts
    const actor = createActor(scanner(ports, noJudgements()).plain({})).start()
    onTestFinished(() => void actor.stop())
    /** How many whole judgements so many looks more make. */
    const looks = async (count: number) => {
      const before = world.judged
      for (let at = 0; at < count; at++) {
        clock.advanceTo(clock.nowMs() + RULES.strategy.judgeEveryMs)
        await new Promise(setImmediate)
      }
      return world.judged - before
    }
    return { world, looks }
  }

  test('is judged whole once a minute while its market cannot tempt', async () => {
    const { looks } = await watching('0.00001')
    expect(await looks(24)).toBe(2)
  })

  test('is judged whole at once when its market may tempt, its terms changed, or its actor stands elsewhere', async () => {
    const { world, looks } = await watching('0.00001')
    expect(await looks(1)).toBe(0)
    world.changes++
    expect(await looks(2)).toBe(1)
    world.state = 'idle.cooling'
    expect(await looks(2)).toBe(1)
    world.market = marketOn(XRP, '0.0012')
    expect(await looks(3)).toBe(3)
  })
})
