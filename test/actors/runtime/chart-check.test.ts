/** Each mistake that XState would swallow is seeded once and must be named; the sound chart must pass untouched. */

import { describe, expect, test } from 'vitest'
import {
  type AnyStateMachine,
  and,
  assign,
  cancel,
  createMachine,
  emit,
  raise,
  sendTo,
  setup,
  spawnChild,
} from 'xstate'
import { checkChart } from '../../../actors/runtime/chart-check.ts'

const effects = new Set(['place', 'send', 'spawn'])

const parts = setup({
  types: { context: {} as { tries: number }, events: {} as { type: 'GO' } | { type: 'BACK' } },
  delays: { silence: 1_000, backoff: ({ context }) => context.tries * 100 },
  guards: { few: ({ context }) => context.tries < 3, many: ({ context }) => context.tries >= 3 },
  actions: {
    place: (_, _params: { step: number }) => {},
    count: assign({ tries: ({ context }) => context.tries + 1 }),
  },
})

const sound = parts.createMachine({
  id: 'sound',
  version: '1',
  context: { tries: 0 },
  initial: 'idle',
  states: {
    idle: { on: { GO: { target: 'entering', guard: 'few', actions: ['count'] } } },
    entering: {
      entry: { type: 'place', params: ({ context }) => ({ step: context.tries }) },
      exit: { type: 'place', params: { step: 1 } },
      after: { silence: 'idle', backoff: 'unwinding', 50: 'hedged' },
    },
    hedged: {
      entry: [raise({ type: 'BACK' }, { id: 'back', delay: 'silence' }), assign({ tries: 0 })],
      exit: cancel('back'),
      always: { target: 'unwinding', guard: and(['few', 'many']) },
    },
    unwinding: {},
    failed: {},
    closed: { type: 'final' },
  },
})

/** A chart of kind 'probe' around one state, as untyped as configuration really is. */
const faultsOf = (state: object, implementations: object = {}) =>
  checkChart(
    createMachine(
      { id: 'probe', version: '1', initial: 'a', states: { a: state, b: {} } } as Parameters<
        typeof createMachine
      >[0],
      implementations,
    ),
    { kind: 'probe', effects },
  )

describe('a sound chart', () => {
  test('has no faults, with delays, guards, effects and kept built-ins of every form', () => {
    expect(checkChart(sound, { kind: 'hedge', effects })).toEqual([])
  })

  test('is faulty as soon as one of its effects has no handler', () => {
    const faults = checkChart(sound, { kind: 'hedge', effects: new Set<string>() })
    expect(faults).toHaveLength(2)
    expect(faults[0]).toContain("action 'place' is neither built in nor an effect")
  })
})

describe('a mistake that XState swallows is named', () => {
  const seeded: [mistake: string, state: object, implementations: object, expected: string][] = [
    [
      'an unknown delay name',
      { after: { silense: 'b' } },
      {},
      "probe.a after: delay 'silense' is not implemented",
    ],
    ['a delay named as an inherited property', { after: { toString: 'b' } }, {}, "delay 'toString'"],
    [
      'a negative delay',
      { after: { early: 'b' } },
      { delays: { early: -1 } },
      "delay 'early': expected milliseconds",
    ],
    ['a delay that is text', { after: { soon: 'b' } }, { delays: { soon: '100' } }, "delay 'soon': expected"],
    ['a delay that is no number', {}, { delays: { never: Number.NaN } }, "delay 'never': expected"],
    [
      'an unknown delay of a raise',
      { entry: raise({ type: 'X' }, { delay: 'later' as never }) },
      {},
      "delay 'later'",
    ],
    [
      'an unknown guard',
      { on: { GO: { target: 'b', guard: 'few' } } },
      {},
      "on 'GO': guard 'few' is not implemented",
    ],
    ['an unknown guard of always', { always: { target: 'b', guard: 'few' } }, {}, "on 'always': guard 'few'"],
    ['an unknown guard of after', { after: { 5: { target: 'b', guard: 'few' } } }, {}, "guard 'few'"],
    [
      'an unknown guard inside and()',
      { on: { GO: { target: 'b', guard: and(['few']) } } },
      {},
      "guard 'few'",
    ],
    [
      'an unknown guard behind a name',
      {},
      { guards: { both: and(['few']) } },
      "probe guard 'both': guard 'few'",
    ],
    [
      'an unknown action',
      { on: { GO: { actions: 'place' } } },
      {},
      "on 'GO': action 'place' is not implemented",
    ],
    ['an unknown entry action', { entry: 'place' }, {}, "probe.a entry: action 'place' is not implemented"],
    [
      'an unknown exit action',
      { exit: { type: 'place' } },
      {},
      "probe.a exit: action 'place' is not implemented",
    ],
    [
      'an action that nobody carries out',
      { entry: 'wave' },
      { actions: { wave: () => {} } },
      "action 'wave' is neither",
    ],
    ['an inline action', { entry: () => {} }, {}, 'probe.a entry: inline action'],
    ['an inline guard', { on: { GO: { target: 'b', guard: () => true } } }, {}, "on 'GO': inline guard"],
    [
      'an unknown initial state',
      { initial: 'c', states: { d: {} } },
      {},
      'probe.a: initial: expected one of d, found c',
    ],
    [
      'an inline action of an initial transition',
      { initial: { target: 'd', actions: () => {} }, states: { d: {} } },
      {},
      'probe.a initial: inline action',
    ],
    ['an invoke', { invoke: { src: 'work' } }, {}, 'probe.a: invoke: a promise runs again'],
    ['a spawnChild', { entry: spawnChild('work') }, {}, 'xstate.spawnChild: spawning is an effect'],
    ['a sendTo', { entry: sendTo('desk', { type: 'X' }) }, {}, 'xstate.sendTo: sending is an effect'],
    ['an emit', { entry: emit({ type: 'X' }) }, {}, 'xstate.emit: '],
    [
      'a sendTo behind a name',
      { entry: 'tell' },
      { actions: { tell: sendTo('desk', { type: 'X' }) } },
      "probe action 'tell': xstate.sendTo",
    ],
    [
      'an effect implemented as a built-in',
      { entry: 'place' },
      { actions: { place: assign({}) } },
      'it would never leave',
    ],
    [
      'a spawn inside assign',
      { entry: assign({ child: ({ spawn }) => spawn('work') }) },
      {},
      'assign spawns: spawning is an effect',
    ],
    [
      'params that do not survive text',
      { entry: { type: 'place', params: { at: new Date(0) } } },
      { actions: { place: () => {} } },
      "action 'place': params: expected JSON",
    ],
    [
      'params with a hole',
      { entry: { type: 'place', params: { step: undefined } } },
      { actions: { place: () => {} } },
      "action 'place': params: expected JSON",
    ],
    [
      'guard params that do not survive text',
      { on: { GO: { target: 'b', guard: { type: 'few', params: { n: Number.POSITIVE_INFINITY } } } } },
      { guards: { few: () => true } },
      "guard 'few': params: expected JSON",
    ],
  ]

  test.each(seeded)('%s', (_mistake, state, implementations, expected) => {
    const faults = faultsOf(state, implementations)
    expect(faults).toHaveLength(1)
    expect(faults[0]).toContain(expected)
    expect(faults[0]).toMatch(/^chart 'probe': /)
  })

  test('a target of another chart', () => {
    const foreign = createMachine({ id: 'foreign', version: '1' }).root
    expect(faultsOf({ on: { GO: { target: foreign } } })).toEqual([
      "chart 'probe': probe.a on 'GO': target 'foreign' is not a state of this chart",
    ])
  })

  test('a context that spawns', () => {
    const machine = createMachine({ id: 'probe', version: '1', context: ({ spawn }) => ({ child: spawn }) })
    expect(checkChart(machine, { kind: 'probe', effects })).toEqual([
      "chart 'probe': probe: context spawns: spawning is an effect",
    ])
  })

  test('an unknown target never gets as far: XState throws when the chart is made', () => {
    expect(() => faultsOf({ on: { GO: 'nowhere' } })).toThrow(/nowhere/)
  })
})

describe('the version of a chart', () => {
  test.each([undefined, '', '0', '1.2.0', 'two'])('is a whole number, so %j is refused', version => {
    const machine = createMachine({ id: 'probe', ...(version === undefined ? {} : { version }) })
    expect(checkChart(machine, { kind: 'probe', effects })).toHaveLength(1)
  })
})

describe('the five lifecycle states', () => {
  const lifecycle = (names: string[], closed: object = { type: 'final' }): AnyStateMachine =>
    createMachine({
      id: 'life',
      version: '1',
      initial: 'idle',
      states: { idle: {}, ...Object.fromEntries(names.map(name => [name, name === 'closed' ? closed : {}])) },
    })
  const four = ['entering', 'hedged', 'unwinding', 'failed']
  const faults = (kind: string, machine: AnyStateMachine) => checkChart(machine, { kind, effects })

  test('are what a symbol has, and a hedge has besides only the final closed', () => {
    expect(faults('symbol', lifecycle(four))).toEqual([])
    expect(faults('hedge', lifecycle([...four, 'closed']))).toEqual([])
  })

  test('a missing one is named', () => {
    expect(faults('symbol', lifecycle(['entering', 'hedged', 'unwinding']))).toEqual([
      "chart 'symbol': life: state 'failed' is missing",
    ])
    expect(faults('hedge', lifecycle(four))).toEqual(["chart 'hedge': life: state 'closed' is missing"])
  })

  test('a sixth one is named', () => {
    expect(faults('symbol', lifecycle([...four, 'closed']))[0]).toContain("state 'closed' is not one of idle")
    expect(faults('hedge', lifecycle([...four, 'closed', 'opening']))[0]).toContain(
      "state 'opening' is not one of",
    )
  })

  test('a hedge that can leave closed is refused', () => {
    expect(faults('hedge', lifecycle([...four, 'closed'], {}))).toEqual([
      "chart 'hedge': life: state 'closed': expected a final state, found atomic",
    ])
  })

  test('bind only symbols and hedges', () => {
    expect(faults('supervisor', lifecycle(['watching']))).toEqual([])
  })
})
