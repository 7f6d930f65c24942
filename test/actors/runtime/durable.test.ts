/** The wrapper: what one step of a chart becomes, and that a restored actor takes it no differently. */
import { describe, expect, test } from 'vitest'
import { type AnyStateMachine, assign, createActor, emit, raise, setup } from 'xstate'
import {
  type DurableStep,
  durable,
  plainJson,
  reviveSnapshot,
  unborn,
} from '../../../actors/runtime/durable.ts'
import type { JsonObject } from '../../../src/domain/json.ts'

type Sent = { type: string } & JsonObject

/** Runs `events` on a durable actor; `reviving` puts it away and takes it up again before each of them. */
function stepsOf(
  machine: AnyStateMachine,
  events: readonly Sent[],
  { reviving = false, parentId = '' } = {},
) {
  const cell = unborn('one', parentId)
  const steps: DurableStep[] = []
  let error: unknown
  const logic = durable(machine, cell, { decided: step => steps.push(step), ignored: () => {} })
  const start = (options: object) => {
    const actor = createActor(logic, { id: 'one', ...options } as never)
    actor.subscribe({ error: thrown => (error = thrown) })
    return actor.start()
  }
  let actor = start({ input: { input: {}, atMs: 1_000 } })
  for (const event of events) {
    if (reviving) actor = start({ snapshot: reviveSnapshot(cell.text), input: undefined })
    actor.send({ atMs: 2_000, ...event })
  }
  return { cell, steps, error, actor }
}

/** Two regions that both act on the same events. The second is moved first, so XState has it last in its own order. */
const regions = setup({
  types: { context: {} as { log: string[] }, events: {} as { type: 'left' | 'right' | 'both' } },
  actions: {
    log: assign(({ context }, { text }: { text: string }) => ({ log: [...context.log, text] })),
    act: (_, _text: { text: string }) => {},
  },
}).createMachine({
  id: 'regions',
  version: '1',
  context: { log: [] },
  type: 'parallel',
  states: Object.fromEntries(
    ['zulu', 'alpha'].map(name => {
      const said = { text: name }
      const actions = [
        { type: 'log', params: said },
        { type: 'act', params: said },
      ] as const
      return [
        name,
        {
          initial: 'one',
          states: {
            one: { on: { [name === 'zulu' ? 'left' : 'right']: 'two', both: { actions, target: 'two' } } },
            two: { on: { both: { actions, target: 'one' } } },
          },
        },
      ]
    }),
  ),
})

describe('promise 7: a restored actor is the same actor', () => {
  test('regions act in the order they are written, before a restart and after it', () => {
    const events = ['both', 'left', 'both', 'right', 'both', 'both'].map(type => ({ type }))
    const live = stepsOf(regions, events)
    const revived = stepsOf(regions, events, { reviving: true })
    expect(revived.steps).toEqual(live.steps)
    expect(live.actor.getSnapshot().context.log).toEqual(Array(4).fill(['zulu', 'alpha']).flat())
    expect(live.steps.at(-1)?.to).toMatch(/^zulu\.\w+ \| alpha\.\w+$/)
  })

  test('it goes on from what its row says, not from what only this process knew', () => {
    const forgetful = setup({
      types: { context: {} as { because?: string | undefined; by: object }, events: {} as { type: 'note' } },
      guards: { hasReason: ({ context }) => 'because' in context },
      actions: { note: assign({ because: () => undefined }), act: () => {} },
    }).createMachine({
      version: '1',
      context: { by: { zulu: 1, alpha: 2 } },
      on: { note: [{ guard: 'hasReason', actions: 'act' }, { actions: 'note' }] },
    })
    const events = [{ type: 'note' }, { type: 'note' }]
    const live = stepsOf(forgetful, events)
    expect(live.steps).toEqual(stepsOf(forgetful, events, { reviving: true }).steps)
    expect(live.steps.flatMap(({ effects }) => effects)).toEqual([])
    expect(Object.keys(live.actor.getSnapshot().context.by)).toEqual(['alpha', 'zulu'])
  })
})

describe('a delay', () => {
  const waiting = (length: unknown) =>
    setup({ delays: { PAUSE: () => length as number } }).createMachine({
      id: 'waiting',
      version: '1',
      initial: 'calm',
      states: { calm: { on: { wait: 'pausing' } }, pausing: { after: { PAUSE: 'over' } }, over: {} },
    })

  test.each([undefined, Number.NaN, Number.POSITIVE_INFINITY])(
    'of %s is refused instead of firing at once',
    length => {
      const { error, cell, steps } = stepsOf(waiting(length), [{ type: 'wait' }])
      expect(error).toMatchObject({
        message: `one: xstate.after.PAUSE.waiting.pausing: expected a delay in milliseconds, found ${length}`,
      })
      expect([cell.seq, cell.state, steps.length]).toEqual([0, 'calm', 1])
    },
  )

  test('becomes a timer with its absolute due time', () => {
    const { cell } = stepsOf(waiting(500), [{ type: 'wait', atMs: 7_000 }])
    expect(cell.timers).toMatchObject([
      { event: { type: 'xstate.after.PAUSE.waiting.pausing' }, dueAtMs: 7_500 },
    ])
  })

  test('of a raised event is a timer too, and an event raised at once is part of the step', () => {
    const machine = setup({}).createMachine({
      version: '1',
      initial: 'calm',
      states: {
        calm: {
          on: {
            go: { actions: [raise({ type: 'now' }), raise({ type: 'later' }, { id: 'l', delay: 5 })] },
            now: 'on',
          },
        },
        on: { on: { later: 'off' } },
        off: {},
      },
    })
    const { steps } = stepsOf(machine, [{ type: 'go' }])
    expect(steps.at(-1)).toMatchObject({
      to: 'on',
      timers: [{ id: 'l', event: { type: 'later' }, dueAtMs: 2_005 }],
    })
  })

  test('that comes and finds its guard shut is spent, and the row says so', () => {
    const machine = setup({ guards: { shut: () => false } }).createMachine({
      version: '1',
      id: 'guarded',
      initial: 'waiting',
      states: { waiting: { after: { 500: { guard: 'shut', target: 'over' } } }, over: {} },
    })
    const { cell, steps } = stepsOf(machine, [{ type: 'xstate.after.500.guarded.waiting', atMs: 1_500 }])
    expect(steps).toHaveLength(2)
    expect(steps.at(-1)).toMatchObject({ from: 'waiting', to: 'waiting', timers: [], effects: [] })
    expect(cell.seq).toBe(1)
  })
})

describe('actions', () => {
  const acting = (entry: unknown) =>
    setup({
      actions: { act: (_, _params: JsonObject) => {}, sendAll: (_, _params: JsonObject) => {} },
    }).createMachine({
      version: '1',
      initial: 'calm',
      states: { calm: { on: { go: 'acting' } }, acting: { entry: entry as never } },
    })

  test('a message to all is one message for each, named one after the other', () => {
    const { steps } = stepsOf(
      acting([
        { type: 'act', params: { what: 'first' } },
        { type: 'sendAll', params: { to: ['a', 'b'], event: { type: 'told' } } },
        { type: 'act', params: { what: 'last' } },
      ]),
      [{ type: 'go' }],
    )
    expect(steps.at(-1)?.effects).toEqual([
      { id: 'one#1.0', type: 'act', params: { what: 'first' } },
      { id: 'one#1.1', type: 'send', params: { to: 'a', event: { type: 'told' } } },
      { id: 'one#1.2', type: 'send', params: { to: 'b', event: { type: 'told' } } },
      { id: 'one#1.3', type: 'act', params: { what: 'last' } },
    ])
  })

  test.each([
    ['a number that is none', { qty: Number.NaN }, 'one#1.0 act.qty: expected JSON, found number NaN'],
    ['a Date', { at: new Date(0) }, /^one#1\.0 act\.at: expected JSON, found Date /],
    ['a function', { run: () => 1 }, /^one#1\.0 act\.run: expected JSON, found function /],
  ])('%s in an effect is refused with its place', (_name, params, message) => {
    const { error, steps } = stepsOf(acting([{ type: 'act', params }]), [{ type: 'go' }])
    expect((error as Error).message).toEqual(expect.stringMatching(message))
    expect(steps).toHaveLength(1)
  })

  test('what has no durable form is refused', () => {
    const { error } = stepsOf(acting([emit({ type: 'noise' })]), [{ type: 'go' }])
    expect((error as Error).message).toBe('one: xstate.emit has no durable form; use a named effect')
  })

  test('an event the state has no use for makes no step', () => {
    expect(stepsOf(acting([]), [{ type: 'unheard-of' }]).steps).toHaveLength(1)
  })
})

test.each([
  ['half a surrogate pair', 'bad \ud83d news', 'bad \ufffd news'],
  ['the other half', '\ude00', '\ufffd'],
  ['NUL', 'a\0b', 'a\ufffdb'],
])('%s never reaches the journal, as text, as a key or inside', (_, found, kept) => {
  const event = { type: 'engine.halt', because: found, list: [1, found], [found]: { in: found } }
  expect(plainJson(event, 'event')).toEqual({
    type: 'engine.halt',
    because: kept,
    list: [1, kept],
    [kept]: { in: kept },
  })
})

test('whole text passes as it is, and nothing is copied', () => {
  const event = { type: 'engine.halt', because: 'rain 🌧, snow ❄' }
  expect(plainJson(event, 'event')).toBe(event)
})
