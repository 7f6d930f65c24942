/** Promise 7 on a journal that a process really wrote, and that the check would notice were it broken. */
import { describe, expect, test } from 'vitest'
import { setup } from 'xstate'
import { replay, verifyReplay } from '../../../actors/runtime/replay.ts'
import type { DurableKind } from '../../../actors/runtime/running.ts'
import type { ActorRow, StoredTransition } from '../../../src/store/schema/records.ts'
import { type OneProcess, startProcess } from '../../support/actors/one-process.ts'
import { smallKinds, workerMachine } from '../../support/actors/small-charts.ts'

/** A family with messages, timers, a failure, a process restart and an end. */
async function history(): Promise<OneProcess> {
  const first = startProcess({ kinds: smallKinds() })
  first.runtime.spawn('root', 'supervisor', '', { name: 'root' })
  const children = ['a', 'b', 'c'].map(id => ({ id, kind: 'worker', input: { napMs: 300 } }))
  first.runtime.deliver('root', { type: 'children.ensure', children })
  await first.settle()
  first.runtime.deliver('a', { type: 'work', what: 'buy' })
  first.runtime.deliver('a', { type: 'tellAll', to: ['b', 'c', 'gone'], text: 'hello' })
  first.runtime.deliver('b', { type: 'nap' })
  first.runtime.deliver('c', { type: 'throw.guard' })
  await first.pass(50)
  first.crash()
  const second = startProcess({ kinds: smallKinds(), stored: first.stored, clock: first.clock })
  await second.boot()
  await second.pass(1_000)
  second.runtime.deliver('a', { type: 'end' })
  second.runtime.deliver('b', { type: 'nap' })
  await second.settle()
  return second
}

const all = { actorIds: ['root', 'a', 'b', 'c'] }
const rowOf = ({ stored }: OneProcess, id: string): ActorRow =>
  JSON.parse(stored.actors.get(id)?.row ?? 'null')

describe('promise 7: replay is exact', () => {
  test('folding each journal gives its row byte for byte, with its timers and all its effects', async () => {
    const process = await history()
    for (const id of ['a', 'b', 'c']) {
      const steps = await process.journal.transitions(id, 0, 100)
      const row = rowOf(process, id)
      expect(replay(workerMachine, steps, 'root')).toEqual({
        snapshot: row.snapshot,
        seq: row.seq,
        state: row.state,
        timers: row.timers,
        effects: steps.flatMap(({ effects }) => effects),
      })
    }
  })

  test('the check of a whole journal finds nothing, ended actors included', async () => {
    const process = await history()
    const steps = [...process.stored.transitions.values()].reduce((sum, each) => sum + each.length, 0)
    expect(await verifyReplay(process.journal, smallKinds(), all)).toEqual({
      actors: 4,
      steps,
      differences: [],
      unchecked: [],
    })
    expect(await verifyReplay(process.journal, smallKinds())).toMatchObject({ actors: 3, differences: [] })
  })
})

describe('the check notices', () => {
  const tampered = async (change: (stored: OneProcess['stored']) => void) => {
    const process = await history()
    change(process.stored)
    const { differences } = await verifyReplay(process.journal, smallKinds(), all)
    return differences
  }
  const inRow = (change: (row: ActorRow) => Partial<ActorRow>) => (stored: OneProcess['stored']) => {
    const found = stored.actors.get('b')
    const row = JSON.parse(found?.row ?? '') as ActorRow
    stored.actors.set('b', { row: JSON.stringify({ ...row, ...change(row) }), ordinal: found?.ordinal ?? 0 })
  }
  const inStep =
    (change: (step: StoredTransition) => Partial<StoredTransition>) => (stored: OneProcess['stored']) => {
      const steps = stored.transitions.get('b') ?? []
      const at = steps.findIndex(({ text }) => text.includes('"told"'))
      const found = steps[at]
      const step = JSON.parse(found?.text ?? '') as StoredTransition
      steps[at] = { text: JSON.stringify({ ...step, ...change(step) }), commitId: found?.commitId ?? '' }
    }

  test.each([
    [
      'another snapshot',
      inRow(row => ({ snapshot: row.snapshot.replace('hello', 'hallo') })),
      /^b: row snapshot: /,
    ],
    [
      'another due time',
      inRow(row => ({ timers: row.timers.map(each => ({ ...each, dueAtMs: 1 })) })),
      /^b: row timers: /,
    ],
    ['a step too few', inRow(row => ({ seq: row.seq + 1 })), /^b: row seq: /],
    ['another event', inStep(({ event }) => ({ event: { ...event, text: 'hallo' } })), /^b: row snapshot: /],
    [
      'an event the chart does not take',
      inStep(({ event }) => ({ event: { ...event, type: 'unheard' } })),
      /^b: step \d+ \(unheard\): .*the chart ignores unheard in napping/,
    ],
    [
      'an event the chart throws at',
      inStep(({ event }) => ({ event: { ...event, text: 'poison' } })),
      /^b: step \d+ \(told\): .*poison throws/,
    ],
    [
      'another target',
      inStep(() => ({ to: 'ended' })),
      /^b: step \d+ \(told\) to: expected as stored ended, found napping/,
    ],
    [
      'an effect more',
      inStep(() => ({ effects: [{ id: 'b#9.9', type: 'act', params: {} }] })),
      /^b: step \d+ \(told\) effects: /,
    ],
  ])('%s', async (_name, change, expected) => {
    expect(await tampered(change)).toEqual([expect.stringMatching(expected)])
  })

  test('a kind that has no chart', async () => {
    const process = await history()
    const { supervisor: _supervisor, ...workers } = smallKinds()
    const { differences } = await verifyReplay(process.journal, workers)
    expect(differences).toEqual(['root: no chart of kind supervisor'])
  })
})

describe('a chart that has moved on', () => {
  /** Version 2 renames `on` to `lit` and counts. */
  const lamp = (version: string, lit: string) =>
    setup({ types: { events: {} as { type: 'toggle' } } }).createMachine({
      id: 'lamp',
      version,
      initial: 'off',
      context: version === '1' ? {} : { volts: 12 },
      states: { off: { on: { toggle: lit } }, [lit]: { on: { toggle: 'off' } } },
    })
  const kind = (version: string): DurableKind => ({
    machine: lamp(version, version === '1' ? 'on' : 'lit'),
    effects: {},
    migrate: text =>
      text.replace('"value":"on"', '"value":"lit"').replace('"context":{}', '"context":{"volts":12}'),
  })
  async function moved(events: number) {
    const old = startProcess({ kinds: { lamp: kind('1') } })
    old.runtime.spawn('lamp', 'lamp', '', {})
    old.runtime.deliver('lamp', { type: 'toggle' })
    await old.settle()
    old.crash()
    const today = startProcess({ kinds: { lamp: kind('2') }, stored: old.stored })
    await today.boot()
    for (let nth = 0; nth < events; nth++) today.runtime.deliver('lamp', { type: 'toggle' })
    await today.settle()
    return today
  }

  test.each([0, 1, 2])(
    'is folded through the charts of both versions, %s steps after the change',
    async events => {
      const process = await moved(events)
      const past = { lamp: { 1: lamp('1', 'on') } }
      expect(await verifyReplay(process.journal, { lamp: kind('2') }, { past })).toEqual({
        actors: 1,
        steps: 2 + events,
        differences: [],
        unchecked: [],
      })
    },
  )

  test('without its earlier chart is named, and its row must at least read', async () => {
    const process = await moved(0)
    expect(await verifyReplay(process.journal, { lamp: kind('2') })).toMatchObject({
      differences: [],
      unchecked: ['lamp'],
    })
    const forgotten = { lamp: { machine: lamp('2', 'lit'), effects: {} } }
    expect((await verifyReplay(process.journal, forgotten)).differences).toEqual([
      'lamp: expected a migration from chart version 1, found none',
    ])
  })
})
