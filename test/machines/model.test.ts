/** The adapter on two small charts: what the beta refuses or loses (actions, after, input, systems) and a bug it must catch. */

import { describe, expect, test } from 'vitest'
import { assign, createActor, emit, fromPromise, raise, type StateValue, setup } from 'xstate'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import { type ModelPath, shortestPaths, untakenTransitions } from '../support/machines/model.ts'

const TRIES_MAX = 2

/** An order that is asked about until it answers or a person is needed. `triesMax` differs in the seeded bug. */
const orderChart = ({ triesMax }: { triesMax: number }) =>
  setup({
    types: {
      context: {} as { tries: number; symbol: string },
      input: {} as { symbol: string },
      events: {} as { type: 'send' } | { type: 'answer'; kind: 'filled' | 'rejected' } | { type: 'again' },
      emitted: {} as { type: 'sent' },
    },
    delays: { silence: 1_000 },
    guards: {
      filled: ({ event }) => event.type === 'answer' && event.kind === 'filled',
      tired: ({ context }) => context.tries >= triesMax,
    },
    actions: {
      place: () => expect.unreachable('a model carries nothing out'),
      count: assign({ tries: ({ context }) => context.tries + 1 }),
    },
  }).createMachine({
    id: 'order',
    context: ({ input }) => ({ tries: 0, symbol: input.symbol.toUpperCase() }),
    initial: 'idle',
    states: {
      idle: { on: { send: 'sent' } },
      sent: {
        entry: ['count', 'place', emit({ type: 'sent' })],
        after: { silence: 'unknown' },
        on: { answer: [{ guard: 'filled', target: 'filled' }, { target: 'refused' }] },
      },
      unknown: { always: [{ guard: 'tired', target: 'failed' }, { target: 'sent' }] },
      refused: { entry: raise({ type: 'again' }), on: { again: 'idle' } },
      failed: {},
      filled: { type: 'final' },
    },
  })

const order = orderChart({ triesMax: TRIES_MAX })
const options = {
  input: { symbol: 'btcusdt' },
  events: {
    answer: [
      { type: 'answer', kind: 'filled' },
      { type: 'answer', kind: 'rejected' },
    ],
    again: [],
  },
  key: ({ value, context }: { value: StateValue; context: { tries: number } }) => [
    JSON.stringify(value),
    Math.min(context.tries, TRIES_MAX + 1),
  ],
  edges: true,
} as const satisfies Parameters<typeof shortestPaths<typeof order>>[1]

/** Follows a path on a running actor of `chart`; timers are a moved clock. The first state that differs, if any. */
function firstDifference(chart: typeof order, { steps }: ModelPath<typeof order>): string | undefined {
  const clock = new VirtualClock(0)
  const actor = createActor(chart.provide({ actions: { place: () => {} } }), {
    clock,
    input: options.input,
  }).start()
  for (const { event, state } of steps) {
    if (event.type.startsWith('xstate.after.')) clock.step()
    else if (event.type !== 'xstate.init') actor.send(event as Parameters<typeof actor.send>[0])
    const found = actor.getSnapshot()
    const expected = [state.value, state.context]
    if (JSON.stringify([found.value, found.context]) !== JSON.stringify(expected))
      return `after ${event.type}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found.value)}`
  }
  return undefined
}

describe('a chart with actions, timers, input and a loop', () => {
  const paths = shortestPaths(order, options)

  test('is walked to every state it has', () => {
    const ends = new Set(paths.flatMap(({ steps }) => steps.map(({ state }) => state.value)))
    expect(ends).toEqual(new Set(['idle', 'sent', 'failed', 'filled']))
  })

  test('is born with its input', () => {
    expect(paths[0]?.steps[0]?.state.context).toEqual({ tries: 0, symbol: 'BTCUSDT' })
  })

  test('has every transition taken by some path, timers and always among them', () => {
    expect(untakenTransitions(order, paths, options)).toEqual([])
  })

  test('has descriptions that tell the paths apart', () => {
    expect(new Set(paths.map(({ description }) => description)).size).toBe(paths.length)
    expect(paths.every(({ description }) => description.startsWith('born → send'))).toBe(true)
  })

  test.each(paths.map(path => [path.description, path] as const))(
    'runs as modelled: %s',
    (_description, path) => {
      expect(firstDifference(order, path)).toBeUndefined()
    },
  )

  test('a seeded bug in the running chart is caught: one try too many', () => {
    const wrong = orderChart({ triesMax: TRIES_MAX + 1 })
    const caught = paths
      .map(path => firstDifference(wrong, path))
      .filter(difference => difference !== undefined)
    expect(caught.length).toBeGreaterThan(0)
    expect(caught[0]).toContain('after xstate.after.silence.order.sent: expected ["failed"')
  })

  test('names what no path takes when events are kept back', () => {
    const silent = shortestPaths(order, { ...options, events: { ...options.events, answer: [] } })
    expect(untakenTransitions(order, silent, options)).toEqual([
      'order.sent on answer → order.filled [0]',
      'order.sent on answer → order.refused [1]',
      'order.refused on again → order.idle [0]',
    ])
  })

  test('takes cases that depend on the state', () => {
    const once = {
      ...options.events,
      answer: ({ context }: { context: { tries: number } }) =>
        context.tries > 1 ? options.events.answer : [],
    }
    const paths = shortestPaths(order, { ...options, events: once })
    expect(untakenTransitions(order, paths, options)).toEqual([])
    for (const { steps } of paths)
      expect(steps.find(({ event }) => event.type === 'answer')?.state.context.tries ?? 2).toBeGreaterThan(1)
  })

  test('refuses to walk without end when its context has no bound', () => {
    const { key: _bound, ...unbound } = options
    expect(() => shortestPaths(order, { ...unbound, traversalLimit: 200 })).toThrow(
      'Traversal limit exceeded',
    )
  })

  test('is not quietly modelled as one state when its birth fails', () => {
    const { input: _input, ...inputless } = options
    expect(() => shortestPaths(order, inputless)).toThrow('chart order is not born')
  })
})

describe('a chart with parallel regions and a named child that is invoked again', () => {
  const pair = setup({
    actors: { ask: fromPromise<number>(() => expect.unreachable('a model runs no promise')) },
  }).createMachine({
    id: 'pair',
    type: 'parallel',
    states: {
      spot: {
        initial: 'open',
        states: {
          open: {
            invoke: {
              id: 'ask',
              systemId: 'asker',
              src: 'ask',
              onDone: 'full',
              onError: { target: 'open', reenter: true },
            },
          },
          full: { type: 'final' },
        },
      },
      perp: { initial: 'open', states: { open: { on: { 'fill.*': 'full' } }, full: { type: 'final' } } },
    },
  })
  const done = { type: 'xstate.done.actor.ask', output: 1 } as const
  const failed = { type: 'xstate.error.actor.ask', error: 'cut' } as const
  const key = ({ value }: { value: StateValue }) => JSON.stringify(value)

  test('is covered once its endings and wildcards have cases', () => {
    const events = { [done.type]: [done], [failed.type]: [failed], 'fill.part': [{ type: 'fill.part' }] }
    const paths = shortestPaths(pair, { key, edges: true, events })
    expect(untakenTransitions(pair, paths)).toEqual([])
    expect(paths.some(({ steps }) => steps.at(-1)?.state.status === 'done')).toBe(true)
  })

  test('stays where it was without them', () => {
    const paths = shortestPaths(pair, { key })
    expect(paths).toHaveLength(1)
    expect(untakenTransitions(pair, paths)).toHaveLength(3)
  })
})
