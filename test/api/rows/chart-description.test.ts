import { describe, expect, test } from 'vitest'
import { and, assign, createActor, createMachine, not, raise, stateIn } from 'xstate'
import { describeChart, legalEvents } from '../../../src/api/rows/chart-description.ts'
import { canonicalJson } from '../../../src/domain/json.ts'

const machine = createMachine(
  {
    id: 'leg',
    version: '1',
    context: { asks: 0 },
    initial: 'idle',
    on: { 'engine.halt': { actions: 'note' }, 'order.filled': '.idle' },
    states: {
      idle: { on: { 'order.sent': 'working' }, tags: ['quiet'], description: 'Nothing is asked.' },
      working: {
        type: 'parallel',
        entry: [{ type: 'place', params: { step: 1 } }],
        exit: assign({ asks: 0 }),
        after: { silence: { target: 'asking', guard: not('answered') }, 50: {} },
        onDone: 'idle',
        states: {
          spot: {
            initial: 'open',
            states: { open: { on: { 'order.filled': 'full' } }, full: { type: 'final' } },
          },
          perp: {
            initial: 'open',
            states: { open: { on: { 'order.filled': 'full', 'engine.halt': {} } }, full: { type: 'final' } },
          },
        },
      },
      asking: {
        entry: raise({ type: 'order.asked' }),
        always: [
          { target: 'idle', guard: and(['answered', not('late'), stateIn('#leg.asking')]) },
          {
            target: 'asking',
            reenter: true,
            guard: { type: 'late', params: { ms: 5 } },
            actions: ['note', 'place'],
          },
        ],
        invoke: { id: 'ask', src: 'ask', onDone: 'idle', onError: '#leg.idle' },
        on: { 'engine.halt': {}, 'order.asked': { guard: 'late' } },
      },
    },
  },
  { delays: { silence: 1_000 }, guards: { answered: () => false, late: () => false } },
)

const chart = describeChart(machine)
const node = (id: string) => chart.nodes.find(each => each.id === id)
const edges = (source: string, event: string) =>
  chart.edges.filter(edge => edge.source === source && edge.event === event)

describe('the description of a chart', () => {
  test('names every state once, with its parent, kind, first child, tags and words', () => {
    expect(chart.machineId).toBe('leg')
    expect(chart.nodes.map(({ id }) => id)).toEqual([...new Set(chart.nodes.map(({ id }) => id))])
    expect(chart.nodes).toHaveLength(10)
    expect(node('leg')).toMatchObject({ key: 'leg', parent: null, type: 'compound', initial: 'leg.idle' })
    expect(node('leg.idle')).toMatchObject({
      parent: 'leg',
      tags: ['quiet'],
      description: 'Nothing is asked.',
    })
    expect(node('leg.working')).toMatchObject({ type: 'parallel', initial: null })
    expect(node('leg.working.spot.full')).toMatchObject({ type: 'final', initial: null, description: null })
  })

  test('shows a person actions by name, and not the timers that XState adds for after', () => {
    expect(node('leg.working')).toMatchObject({ entry: ['place'], exit: ['assign'] })
    expect(node('leg.asking')).toMatchObject({ entry: ['raise order.asked'], exit: [] })
  })

  test('has the always edges that a definition leaves out', () => {
    expect(edges('leg.asking', '')).toEqual([
      expect.objectContaining({ kind: 'always', label: 'always', targets: ['leg.idle'], reenter: false }),
      expect.objectContaining({
        kind: 'always',
        targets: ['leg.asking'],
        reenter: true,
        actions: ['note', 'place'],
      }),
    ])
  })

  test('says guards as a person would', () => {
    const guards = edges('leg.asking', '').map(({ guard }) => guard)
    expect(guards).toEqual(['answered and (not late) and in #leg.asking', 'late(5)'])
    expect(edges('leg', 'engine.halt')[0]?.guard).toBeNull()
  })

  test('tells timers, endings and failures from events', () => {
    expect(edges('leg.working', 'xstate.after.silence.leg.working')).toEqual([
      expect.objectContaining({ kind: 'after', label: 'after silence', guard: 'not answered' }),
    ])
    expect(edges('leg.working', 'xstate.after.50.leg.working')[0]).toMatchObject({
      label: 'after 50 ms',
      targets: [],
    })
    expect(edges('leg.working', 'xstate.done.state.leg.working')[0]).toMatchObject({
      kind: 'done',
      label: 'done leg.working',
    })
    expect(edges('leg.asking', 'xstate.done.actor.ask')[0]).toMatchObject({ kind: 'done', label: 'done ask' })
    expect(edges('leg.asking', 'xstate.error.actor.ask')[0]).toMatchObject({
      kind: 'error',
      label: 'error ask',
    })
    expect(edges('leg.idle', 'order.sent')[0]).toMatchObject({
      kind: 'event',
      label: 'order.sent',
      targets: ['leg.working'],
    })
  })

  test('leads every edge from a known state to known states, under an id of its own', () => {
    const known = new Set(chart.nodes.map(({ id }) => id))
    for (const edge of chart.edges)
      for (const end of [edge.source, ...edge.targets]) expect(known).toContain(end)
    expect(new Set(chart.edges.map(({ id }) => id)).size).toBe(chart.edges.length)
  })

  test('survives text unchanged, and is the same each time', () => {
    expect(JSON.parse(canonicalJson(chart))).toEqual(chart)
    expect(describeChart(machine)).toEqual(chart)
    expect(describeChart(machine.provide({}))).toEqual(chart)
  })

  test('has another hash as soon as the picture differs', () => {
    const config = {
      id: 'x',
      initial: 'a',
      states: { a: { on: { GO: { target: 'b', guard: 'may' } } }, b: {} },
    }
    const hashOf = (change: (copy: typeof config) => void) => {
      const copy = structuredClone(config)
      change(copy)
      return describeChart(createMachine(copy)).hash
    }
    const hashes = [
      hashOf(() => {}),
      hashOf(copy => Object.assign(copy, { id: 'y' })),
      hashOf(copy => Object.assign(copy.states.b, { tags: ['quiet'] })),
      hashOf(copy => Object.assign(copy.states.a.on.GO, { guard: 'must' })),
      hashOf(copy => Object.assign(copy.states.b, { always: { target: 'a', guard: 'may' } })),
    ]
    expect(new Set(hashes).size).toBe(hashes.length)
    expect(hashes[0]).toBe(hashOf(() => {}))
  })
})

describe('the legal events', () => {
  const at = (value: Parameters<typeof legalEvents>[1]['value'], status = 'active') =>
    legalEvents(machine, { status, value })

  test('are those of the state and of the states around it, sorted', () => {
    expect(at('idle')).toEqual(['engine.halt', 'order.filled', 'order.sent'])
  })

  test('leave out timers, endings and whatever else XState says to itself', () => {
    expect(at('asking').filter(type => type.startsWith('xstate.'))).toEqual([])
  })

  test('leave out what the state forbids, but not what a guard may yet let through', () => {
    expect(at('asking')).not.toContain('engine.halt')
    expect(at({ working: { spot: 'open', perp: 'open' } })).toContain('engine.halt')
    expect(at('asking')).toEqual(['order.filled'])
  })

  test('of a finished or failed actor are none', () => {
    expect(at('idle', 'done')).toEqual([])
    expect(at('idle', 'error')).toEqual([])
  })

  test('are the same for a live snapshot and for the stored one', () => {
    const actor = createActor(machine).start()
    const stored: { status: string; value: string } = JSON.parse(JSON.stringify(actor.getPersistedSnapshot()))
    expect(legalEvents(machine, actor.getSnapshot())).toEqual(legalEvents(machine, stored))
  })
})
