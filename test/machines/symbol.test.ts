/** Every transition of a symbol's chart on the real durable actor, with a crash after every step of the way. */
import { describe, expect, test } from 'vitest'
import { initialTransition, transition } from 'xstate'
import { type SymbolContext, type SymbolEvent, symbolMachine } from '../../machines/symbol.ts'
import type { Json } from '../../src/domain/json.ts'
import { NOW_MS } from '../support/domain/sample-market.ts'
import { expectSameWalk } from '../support/machines/durable-walk.ts'
import { type ModelOptions, shortestPaths, untakenTransitions } from '../support/machines/model.ts'

const HEDGE_ID = 'HEDGE00001'
const input = { symbol: 'XRPUSDT', baseCoin: 'XRP', deskActor: 'desk', coolDownMs: 3_600_000 }
const because = 'the model says so'
const at = (event: object) => ({ ...event, atMs: NOW_MS }) as SymbolEvent
const moved = (state: string, hedgeId = HEDGE_ID, keepOut = '') =>
  at({ type: 'hedge.moved', hedgeId, state, because, keepOut })

const model = {
  input,
  events: {
    'carry.tempting': [at({ type: 'carry.tempting', because })],
    'exit.wanted': [at({ type: 'exit.wanted', because })],
    'hedge.granted': [at({ type: 'hedge.granted', hedgeId: HEDGE_ID })],
    'hedge.refused': [at({ type: 'hedge.refused', because })],
    'hedge.moved': [
      ...['entering', 'hedged', 'unwinding', 'failed', 'closed'].map(state => moved(state)),
      moved('closed', 'HEDGE00002'),
      moved('closed', HEDGE_ID, 'a hand'),
    ],
    'data.stale': [at({ type: 'data.stale', because })],
    'symbol.delisted': [at({ type: 'symbol.delisted', because })],
    'data.fresh': [at({ type: 'data.fresh' })],
    'symbol.quarantine': [at({ type: 'symbol.quarantine' })],
  },
  key: ({ value, context }: { value: unknown; context: SymbolContext }): Json => [
    value as Json,
    context.hedgeId,
    context.hedgeState,
    context.coolUntilMs > 0,
  ],
  edges: true,
} satisfies ModelOptions<typeof symbolMachine>

const paths = shortestPaths(symbolMachine, model)

describe(`a symbol on ${paths.length} paths`, () => {
  test('every transition is met', () => {
    expect(untakenTransitions(symbolMachine, paths, model)).toEqual([])
  })

  test('promises 5 and 7: it takes each path alike, whether or not its process dies after every step', async () => {
    const subject = {
      machine: symbolMachine,
      actorId: 'symbol:XRPUSDT',
      kind: 'symbol',
      input,
      answers: {},
      listeners: ['desk', `hedge:${HEDGE_ID}`],
    }
    for (const path of paths) await expectSameWalk(subject, path, model.key)
  })

  test('it never forgets a hedge that is not closed', () => {
    for (const { steps, description } of paths)
      for (const [index, { event, state }] of steps.entries()) {
        const before = steps[index - 1]?.state.context.hedgeId
        if (!before || state.context.hedgeId === before) continue
        expect(event, description).toMatchObject({ type: 'hedge.moved', state: 'closed', hedgeId: before })
      }
  })

  test('after a hedge it cools down, whatever else happens meanwhile, save where a person releases it', () => {
    let early = 0
    for (const { steps, description } of paths)
      for (const [index, { event, state }] of steps.entries()) {
        const before = steps[index - 1]?.state
        const isQuiet = JSON.stringify(state.value) === '{"idle":"quiet"}'
        if (!isQuiet || before?.value === state.value || !(state.context.coolUntilMs > NOW_MS)) continue
        expect(event.type, description).toMatch(
          /^(symbol\.release|xstate\.after\.COOL_DOWN.*|xstate\.after.*)$/,
        )
        early++
      }
    expect(early).toBeGreaterThan(0)
  })

  test('what a person closed stays closed until it is released, and says why', () => {
    const kept = paths.flatMap(({ steps }) =>
      steps.filter(
        ({ event }, at) =>
          event.type === 'hedge.moved' &&
          event.keepOut !== '' &&
          event.hedgeId === steps[at - 1]?.state.context.hedgeId &&
          JSON.stringify(steps[at - 1]?.state.value) !== '{"failed":"quarantined"}',
      ),
    )
    expect(kept.length).toBeGreaterThan(0)
    for (const { state } of kept)
      expect([state.value, state.context.because]).toEqual([{ failed: 'quarantined' }, 'a hand'])
  })

  test('an order to unwind goes on to the hedge with who gave it', () => {
    const sent = (command: object) => {
      let [state] = initialTransition(symbolMachine, input)
      for (const event of [at({ type: 'hedge.granted', hedgeId: HEDGE_ID }), moved('hedged')])
        [state] = transition(symbolMachine, state, event)
      const [, actions] = transition(symbolMachine, state, at({ type: 'symbol.unwind', ...command }))
      return actions.map(({ params }) => (params as { event: object }).event)
    }
    expect(sent({ by: 'ann', because: 'news' })).toEqual([
      { type: 'hedge.unwind', because: 'news', by: 'ann' },
    ])
    expect(sent({ by: 'ann', because: 'news', reopen: true })).toEqual([
      { type: 'hedge.unwind', because: 'news', by: 'ann', reopen: true },
    ])
  })

  test('what is dangerous is let go of, even by a symbol that is kept out of', () => {
    const asked = (type: string, where: RegExp) =>
      paths.some(({ steps }) =>
        steps.some(
          ({ event }, at) =>
            event.type === type &&
            where.test(JSON.stringify(steps[at - 1]?.state.value)) &&
            steps[at - 1]?.state.context.hedgeId !== null,
        ),
      )
    expect(asked('symbol.delisted', /hedged/)).toBe(true)
    expect(asked('symbol.delisted', /entering/)).toBe(true)
    expect(asked('exit.wanted', /quarantined/)).toBe(true)
  })
})
