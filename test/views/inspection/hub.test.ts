/** What the inspector hears of real actors: exact edges, ignored events, bounded memory, frames that can be resumed. */
import { describe, expect, test } from 'vitest'
import { createRuntime } from '../../../actors/runtime/runtime.ts'
import { supervisorMachine } from '../../../machines/supervisor.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { createMemoryJournal } from '../../../src/store/journal/memory-journal.ts'
import { createHub } from '../../../src/views/inspection/hub.ts'
import { createInspection } from '../../../src/views/inspection/inspection.ts'
import { crowdMachine } from '../../support/browser/crowd.ts'

const START_MS = 1_700_000_000_000

function watched() {
  const clock = new VirtualClock(START_MS)
  const hub = createHub(clock)
  const journal = createMemoryJournal()
  const faults: unknown[] = []
  const runtime = createRuntime({
    clock,
    journal,
    kinds: {
      supervisor: { machine: supervisorMachine, effects: { alert: async () => undefined } },
      hedge: { machine: crowdMachine, effects: { placeOrder: async () => undefined } },
    },
    commitId: () => 'commit',
    fatal: error => faults.push(error),
    fault: fault => faults.push(fault),
    observed: hub.observe,
  })
  const inspection = createInspection({
    hub,
    clock,
    pace: () => 1,
    journal,
    machines: { supervisor: supervisorMachine, hedge: crowdMachine },
  })
  runtime.spawn('root', 'supervisor', '', { name: 'root' })
  runtime.spawn('hedge:1', 'hedge', 'root', {})
  const send = (type: string) => runtime.deliver('hedge:1', { type })
  const focus = () => {
    const found = inspection.focusReader()('hedge:1')
    if (!found) throw new Error('expected a focus')
    return found
  }
  return { clock, hub, journal, runtime, inspection, send, focus, faults }
}

describe('the log', () => {
  test('names the exact edges of a step, one in each region that moved', () => {
    const { send, focus } = watched()
    send('leg.ask')
    expect(focus().log.at(-1)).toMatchObject({
      event: { type: 'leg.ask' },
      edges: ['hedge.entering.spot.quiet|leg.ask|0', 'hedge.entering.perp.quiet|leg.ask|0'],
      ignored: false,
      effects: [{ type: 'placeOrder' }, { type: 'placeOrder' }],
    })
  })

  test('keeps an event that the state has no transition for, as ignored and without a step', () => {
    const { send, focus } = watched()
    send('hedge.retry')
    const line = focus().log.at(-1)
    expect(line).toMatchObject({ event: { type: 'hedge.retry' }, ignored: true, seq: null, edges: [] })
    expect(line?.from).toBe(line?.to)
  })

  test('is bounded: the last two hundred lines of an actor, and no more than sixty in one frame once it is followed', () => {
    const { send, inspection } = watched()
    const read = inspection.focusReader()
    for (let sent = 0; sent < 500; sent++) send('mark.moved')
    expect(read('hedge:1')?.log).toHaveLength(200)
    for (let sent = 0; sent < 100; sent++) send('mark.moved')
    const burst = read('hedge:1')
    expect(burst?.log).toHaveLength(60)
    expect(burst?.dropped).toBe(40)
    expect(read('hedge:1')).toBeUndefined()
  })
})

describe('what may be sent', () => {
  test('is told with the state it leads to and the edges it takes, and asking changes nothing', async () => {
    const { send, focus, runtime, journal } = watched()
    send('legs.level')
    const before = runtime.get('hedge:1')?.cell?.seq
    const unwind = focus().legal.find(({ type }) => type === 'hedge.unwind')
    expect(unwind).toMatchObject({
      manual: true,
      enabled: true,
      to: 'unwinding',
      edges: ['hedge.hedged|hedge.unwind|0'],
    })
    await journal.drained()
    expect(runtime.get('hedge:1')?.cell?.seq).toBe(before)
    expect((await journal.loadActor('hedge:1'))?.seq).toBe(before)
  })

  test('says so when a guard refuses it now', () => {
    const { send, focus } = watched()
    send('legs.level')
    const rebalance = () => focus().legal.find(({ type }) => type === 'hedge.rebalance')
    expect(rebalance()?.enabled).toBe(true)
    send('mark.moved')
    expect(rebalance()).toMatchObject({ enabled: false, to: null })
  })
})

test('a timer is told with its length and when it is due', () => {
  const { send, focus, clock } = watched()
  send('legs.level')
  send('hedge.unwind')
  expect(focus().timers).toEqual([
    { event: 'xstate.after.SILENCE.hedge.unwinding', dueAtMs: clock.nowMs() + 20_000, lengthMs: 20_000 },
  ])
})

describe('frames', () => {
  test('begin with everything, then carry rows of actors that moved and counters of those that did not', () => {
    const { send, inspection } = watched()
    const all = inspection.frame(undefined)
    expect(all).toMatchObject({ reset: true })
    expect(all?.rows.map(({ id }) => id)).toEqual(['root', 'hedge:1'])
    expect(inspection.frame(all?.cursor)).toBeUndefined()
    send('mark.moved')
    const ticked = inspection.frame(all?.cursor)
    expect(ticked).toMatchObject({
      reset: false,
      rows: [],
      ticks: [['hedge:1', 1, 2, 1, 'mark.moved', START_MS]],
    })
    send('legs.level')
    const moved = inspection.frame(ticked?.cursor)
    expect(moved?.rows).toMatchObject([
      { id: 'hedge:1', state: 'hedged.watching', version: 2, stateVersion: 2 },
    ])
  })

  test('start over for the cursor of another process', () => {
    const { inspection } = watched()
    const frame = inspection.frame('0123456789-3')
    expect(frame?.reset).toBe(true)
    expect(frame?.rows).toHaveLength(2)
  })

  test('tell a failed actor with its error', () => {
    const { hub, inspection, runtime } = watched()
    const self = runtime.get('hedge:1')
    if (!self) throw new Error('expected it to run')
    const { cursor } = inspection.frame(undefined) ?? {}
    hub.observe({ kind: 'failed', self, error: 'no such coin' })
    expect(inspection.frame(cursor)?.rows).toMatchObject([
      { id: 'hedge:1', status: 'failed', error: 'no such coin' },
    ])
  })
})

test('an observer that throws is a fault and stops no actor', () => {
  const clock = new VirtualClock(START_MS)
  const faults: { during: string }[] = []
  const runtime = createRuntime({
    clock,
    journal: createMemoryJournal(),
    kinds: { hedge: { machine: crowdMachine, effects: { placeOrder: async () => undefined } } },
    commitId: () => 'commit',
    fatal: () => {},
    fault: fault => faults.push(fault),
    observed: () => {
      throw new Error('looked too closely')
    },
  })
  runtime.spawn('hedge:1', 'hedge', '', {})
  runtime.deliver('hedge:1', { type: 'legs.level' })
  expect(runtime.get('hedge:1')?.cell?.state).toBe('hedged.watching')
  expect(new Set(faults.map(({ during }) => during))).toEqual(new Set(['observed']))
})

describe('the past', () => {
  test('any step is shown with the state and context it had then, and the last one when none is named', async () => {
    const { send, inspection, journal } = watched()
    for (const type of ['mark.moved', 'legs.level', 'mark.moved']) send(type)
    await journal.drained()
    const steps = await Promise.all([0, 1, 2, undefined].map(seq => inspection.past('hedge:1', seq)))
    expect(steps.map(step => step?.context?.ticks)).toEqual([0, 1, 1, 2])
    expect(steps.map(step => step?.seq)).toEqual([0, 1, 2, 3])
    expect(steps[2]).toMatchObject({
      state: 'hedged.watching',
      event: { type: 'legs.level' },
      lastSeq: 3,
      note: '',
    })
    expect(steps[1]?.state).toMatch(/^entering/)
  })

  test('an unknown actor and a step that was never taken are told apart', async () => {
    const { inspection, journal } = watched()
    await journal.drained()
    expect(await inspection.past('hedge:none', undefined)).toBeUndefined()
    expect(await inspection.past('hedge:1', 99)).toBeNull()
  })
})

test('messages around an actor name who told whom', () => {
  const { send, inspection } = watched()
  send('leg.ask')
  expect(inspection.messages('hedge:1', 10)).toMatchObject([
    { from: 'outside', to: 'hedge:1', event: 'actor.born' },
    { from: 'outside', to: 'hedge:1', event: 'leg.ask', kind: 'fact' },
    { from: 'hedge:1', to: 'outside', event: 'placeOrder', kind: 'effect' },
    { from: 'hedge:1', to: 'outside', event: 'placeOrder', kind: 'effect' },
  ])
})
