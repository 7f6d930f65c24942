/** A timer is a row's due time: it holds over any number of restarts, however late. */
import { describe, expect, test } from 'vitest'
import { createTimers } from '../../../actors/runtime/timers.ts'
import { VirtualClock } from '../../../src/clock/virtual-clock.ts'
import { emptyMemory } from '../../../src/store/journal/memory-journal.ts'
import type { Timer } from '../../../src/store/schema/records.ts'
import { type OneProcess, START_MS, startProcess } from '../../support/actors/one-process.ts'
import { smallKinds, type WorkerContext } from '../../support/actors/small-charts.ts'

const timer = (id: string, dueAtMs: number): Timer => ({ id, event: { type: id }, dueAtMs })
const NAP = 'xstate.after.NAP.worker.napping'
const heard = (process: OneProcess) => (process.context('a') as unknown as WorkerContext).heard

describe('the armed timers of an actor', () => {
  const armed = () => {
    const clock = new VirtualClock(START_MS)
    const fired: [string, string, number][] = []
    const timers = createTimers(clock, (actorId, { id }) =>
      fired.push([actorId, id, clock.nowMs() - START_MS]),
    )
    return { clock, fired, timers }
  }

  test('are those of its row: one that left the row does not fire, one that stays fires once', () => {
    const { clock, fired, timers } = armed()
    timers.arm('a', [timer('kept', START_MS + 10), timer('left', START_MS + 5)])
    timers.arm('b', [timer('left', START_MS + 7)])
    timers.arm('a', [timer('kept', START_MS + 10)])
    timers.arm('a', [timer('kept', START_MS + 10), timer('new', START_MS + 8)])
    clock.advanceTo(START_MS + 100)
    expect(fired).toEqual([
      ['b', 'left', 7],
      ['a', 'new', 8],
      ['a', 'kept', 10],
    ])
  })

  test('move when the row gives the same name another time', () => {
    const { clock, fired, timers } = armed()
    timers.arm('a', [timer('deadline', START_MS + 10)])
    timers.arm('a', [timer('deadline', START_MS + 20)])
    clock.advanceTo(START_MS + 100)
    expect(fired).toEqual([['a', 'deadline', 20]])
  })

  test('that are overdue come at once, in the order they were due', () => {
    const { clock, fired, timers } = armed()
    timers.arm('a', [
      timer('second', START_MS - 1_000),
      timer('first', START_MS - 90_000),
      timer('last', START_MS + 1),
    ])
    clock.advanceTo(START_MS)
    expect(fired.map(([, id]) => id)).toEqual(['first', 'second'])
  })

  test('of an actor that is gone never fire', () => {
    const { clock, fired, timers } = armed()
    timers.arm('a', [timer('deadline', START_MS + 10)])
    timers.disarm('a')
    clock.advanceTo(START_MS + 100)
    expect(fired).toEqual([])
  })
})

describe('a restart', () => {
  /** Naps for a second, and dies on the way. */
  async function napping(input = {}) {
    const stored = emptyMemory()
    const process = startProcess({ kinds: smallKinds(), stored })
    process.runtime.spawn('a', 'worker', '', input)
    process.runtime.deliver('a', { type: 'nap' })
    await process.pass(400)
    process.crash()
    return process
  }
  const again = async ({ stored, clock }: OneProcess) => {
    const process = startProcess({ kinds: smallKinds(), stored, clock })
    await process.boot()
    return process
  }

  test('waits the rest of the time, also the second time', async () => {
    const second = await again(await napping())
    await second.pass(400)
    second.crash()
    const third = await again(second)
    await third.pass(199)
    expect(third.state('a')).toBe('napping')
    await third.pass(1)
    expect(third.state('a')).toBe('idle')
    expect(heard(third)).toEqual([NAP])
    const [, , woken] = await third.journal.transitions('a', 0, 3)
    expect(woken?.event).toEqual({ type: NAP, atMs: START_MS + 1_000 })
  })

  test('a month later the timer fires at once, and once, and the step says when it really was', async () => {
    const first = await napping()
    first.clock.advanceTo(START_MS + 30 * 86_400_000)
    const later = await again(first)
    await later.pass(0)
    expect(heard(later)).toEqual([NAP])
    const [, , woken] = await later.journal.transitions('a', 0, 3)
    expect(woken?.event).toEqual({ type: NAP, atMs: START_MS + 30 * 86_400_000 })
    await later.pass(86_400_000)
    expect(heard(later)).toEqual([NAP])
  })

  test('a timer that found its guard shut does not come again', async () => {
    const first = await napping({ napMs: 60_000 })
    const second = await again(first)
    await second.pass(9_600)
    expect(second.stored.transitions.get('a')).toHaveLength(3)
    second.runtime.deliver('a', { type: 'told', text: 'still there' })
    await second.pass(10_000)
    second.crash()
    const third = await again(second)
    await third.pass(10_000)
    expect(third.stored.transitions.get('a')).toHaveLength(4)
  })
})

test('a timer of a failed actor comes after its restart', async () => {
  const process = startProcess({ kinds: smallKinds() })
  process.runtime.spawn('root', 'supervisor', '', { name: 'root' })
  process.runtime.deliver('root', {
    type: 'children.ensure',
    children: [{ id: 'a', kind: 'worker', input: { napMs: 50 } }],
  })
  await process.settle()
  process.runtime.deliver('a', { type: 'nap' })
  process.runtime.deliver('a', { type: 'throw.assign' })
  await process.pass(99)
  expect(process.runtime.get('a')).toBeUndefined()
  await process.pass(1)
  expect(heard(process)).toEqual([NAP])
})
