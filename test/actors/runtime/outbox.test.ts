/** Promises 1 and 2 in the runtime: nothing leaves before its record is durable, nothing is lost, nothing is heard twice. */
import { describe, expect, test } from 'vitest'
import type { Answer, EffectHandler } from '../../../actors/runtime/outbox.ts'
import { emptyMemory } from '../../../src/store/journal/memory-journal.ts'
import type { TransitionRecord } from '../../../src/store/schema/records.ts'
import { type Carried, type OneProcess, startProcess } from '../../support/actors/one-process.ts'
import { plainKind, smallKinds, type WorkerContext } from '../../support/actors/small-charts.ts'

/** A handler that keeps what it was asked and answers `acted`, unless told to throw or to wait. */
function recorded(answer: (call: Carried) => Promise<Answer | undefined> | Answer | undefined = acted) {
  const calls: Carried[] = []
  const handler: EffectHandler = async (params, call) => {
    const carried = { ...call, type: 'act', params }
    calls.push(carried)
    return answer(carried)
  }
  return { calls, handler }
}
const acted = ({ params }: Carried): Answer => ({ type: 'acted', what: String(params.what) })

const contextOf = (process: OneProcess, id: string) => process.context(id) as unknown as WorkerContext

/** A gate that holds each record back until it is opened. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { held: promise, open: resolve }
}

describe('promise 1: intent first', () => {
  test('no effect is carried out while its record is on its way, and it is once the record is durable', async () => {
    const { held, open } = gate()
    const { calls, handler } = recorded()
    const process = startProcess({
      kinds: smallKinds(handler),
      at: (point, { event }) => (point === 'before-commit' && event.type === 'work' ? held : undefined),
    })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    await process.settle()
    expect(calls).toEqual([])
    open()
    await process.settle()
    expect(calls).toEqual([
      {
        id: 'a#1.0',
        actorId: 'a',
        redriven: false,
        ageMs: expect.any(Function),
        type: 'act',
        params: { what: 'buy' },
      },
    ])
    expect(contextOf(process, 'a').acted).toEqual(['buy'])
    expect(process.runtime.pendingEffects()).toBe(0)
  })

  test('a record that is refused lets nothing out, ends the engine once, and nothing more is decided', async () => {
    const { calls, handler } = recorded()
    const process = startProcess({
      kinds: smallKinds(handler),
      at(point, { event }) {
        if (point === 'before-commit' && event.type === 'work') throw new Error('disk is gone')
      },
    })
    process.runtime.spawn('a', 'worker', '', {})
    await process.settle()
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    process.runtime.deliver('a', { type: 'work', what: 'buy more' })
    await process.settle()
    expect(process.fatals).toEqual([expect.objectContaining({ message: 'disk is gone' })])
    expect(process.runtime.deliver('a', { type: 'told', text: 'too late' })).toBe(false)
    expect(calls).toEqual([])
    expect(process.stored.transitions.get('a')).toHaveLength(1)
  })

  test('promise 8: a writer that lost the account ends, and what it still had to carry out stays undone', async () => {
    const { calls, handler } = recorded(() => Promise.reject(new Error('try later')))
    const process = startProcess({ kinds: smallKinds(handler) })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    await process.settle()
    process.stored.epoch++
    process.runtime.deliver('a', { type: 'work', what: 'sell' })
    await process.settle()
    expect(process.fatals).toEqual([expect.objectContaining({ name: 'FencedError' })])
    await process.pass(60_000)
    expect(calls.map(({ params }) => params.what)).toEqual(['buy'])
  })

  test('promise 8: losing the account shows at an acknowledgement too', async () => {
    const process = startProcess({
      kinds: smallKinds(async () => {
        process.stored.epoch++
        return undefined
      }),
    })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    await process.settle()
    expect(process.fatals).toEqual([expect.objectContaining({ name: 'FencedError' })])
  })
})

describe('promise 2: an effect is pending until it is acknowledged', () => {
  test('a crash before the answer is durable drives it again under the same id, and says so', async () => {
    const stored = emptyMemory()
    const first = recorded(() => new Promise(() => {}))
    const before = startProcess({ kinds: smallKinds(first.handler), stored })
    before.runtime.spawn('a', 'worker', '', {})
    before.runtime.deliver('a', { type: 'work', what: 'buy' })
    await before.settle()
    before.crash()
    const second = recorded()
    const after = startProcess({ kinds: smallKinds(second.handler), stored })
    await after.boot()
    await after.settle()
    expect(first.calls).toMatchObject([{ id: 'a#1.0', redriven: false }])
    expect(second.calls).toMatchObject([{ id: 'a#1.0', redriven: true, params: { what: 'buy' } }])
    expect(contextOf(after, 'a').acted).toEqual(['buy'])
    expect(stored.effects.size).toBe(0)
  })

  test('a handler that throws leaves it pending and it is driven again, each time after twice the wait', async () => {
    const at: number[] = []
    const { calls, handler } = recorded(call => {
      at.push(process.clock.nowMs())
      if (calls.length < 5) throw new Error('exchange is away')
      return acted(call)
    })
    const process = startProcess({ kinds: smallKinds(handler) })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    await process.pass(60_000)
    expect(at.slice(1).map((ms, index) => ms - (at[index] ?? 0))).toEqual([500, 1_000, 2_000, 4_000])
    expect(calls.map(({ redriven }) => redriven)).toEqual([false, true, true, true, true])
    expect(contextOf(process, 'a').acted).toEqual(['buy'])
    expect(process.state('a')).toBe('idle')
    expect(process.faults).toHaveLength(4)
  })

  test('an answer that is not JSON is the handler’s fault, not the actor’s', async () => {
    const { handler } = recorded(() => ({ type: 'acted', what: Number.NaN }))
    const process = startProcess({ kinds: smallKinds(handler) })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.deliver('a', { type: 'work', what: 'buy' })
    await process.settle()
    expect(process.faults).toMatchObject([
      { during: 'act', error: { message: 'a acted.what: expected JSON, found number NaN' } },
    ])
    expect(process.state('a')).toBe('idle')
    expect(process.runtime.pendingEffects()).toBe(1)
  })
})

describe('messages between durable actors', () => {
  /** The n-th durable record is the last thing the process does. */
  const dyingAt = (nth: number) => {
    let count = 0
    return (point: string, _record: TransitionRecord) => {
      if (point === 'after-commit' && ++count === nth) throw new Error('killed')
    }
  }

  test('each is heard exactly once, wherever between two commits the process dies', async () => {
    for (let nth = 1; nth <= 6; nth++) {
      const stored = emptyMemory()
      const before = startProcess({ kinds: smallKinds(), stored, at: dyingAt(nth) })
      before.runtime.spawn('a', 'worker', '', {})
      before.runtime.spawn('b', 'worker', '', {})
      before.runtime.deliver('a', { type: 'tell', to: 'b', text: 'one' })
      before.runtime.deliver('a', { type: 'tellAll', to: ['b', 'a'], text: 'all' })
      await before.settle()
      before.crash()
      const after = startProcess({ kinds: smallKinds(), stored })
      await after.boot()
      await after.settle()
      const sent = stored.transitions.get('a')?.filter(({ text }) => /"type":"tell/.test(text)).length ?? 0
      const heard = (contextOf(after, 'b') as WorkerContext | undefined)?.heard ?? []
      expect(heard, `killed after record ${nth}`).toEqual(['one', 'all'].slice(0, sent))
      expect(stored.effects.size, `killed after record ${nth}`).toBe(0)
    }
  })

  test('one for an actor not born yet waits for its birth', async () => {
    const process = startProcess({ kinds: smallKinds() })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.deliver('a', { type: 'tell', to: 'late', text: 'welcome' })
    await process.settle()
    expect(process.runtime.pendingEffects()).toBe(1)
    process.runtime.spawn('late', 'worker', '', {})
    await process.settle()
    expect(contextOf(process, 'late').heard).toEqual(['welcome'])
    expect(process.runtime.pendingEffects()).toBe(0)
  })

  test('one whose receiver comes back while it is being looked up is not left behind', async () => {
    const process = startProcess({ kinds: smallKinds() })
    process.runtime.spawn('a', 'worker', '', {})
    await process.settle()
    const looked = gate()
    const { loadActor } = process.journal
    process.journal.loadActor = async id => {
      const row = await loadActor(id)
      await looked.held
      return row
    }
    process.runtime.deliver('a', { type: 'tell', to: 'late', text: 'welcome' })
    await process.settle()
    process.runtime.spawn('late', 'worker', '', {})
    await process.settle()
    looked.open()
    await process.settle()
    expect(contextOf(process, 'late').heard).toEqual(['welcome'])
  })

  test('one is not handed over again while the commit that heard it is on its way', async () => {
    const { held, open } = gate()
    const process = startProcess({
      kinds: smallKinds(),
      at: (point, { event }) => (point === 'before-commit' && event.type === 'told' ? held : undefined),
    })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.spawn('b', 'worker', '', {})
    process.runtime.deliver('a', { type: 'tell', to: 'b', text: 'once' })
    await process.settle()
    // The sender is lost and comes back while its message is under way.
    process.runtime.deliver('a', { type: 'throw.assign' })
    const row = await process.journal.loadActor('a')
    if (row) process.runtime.restore(row)
    await process.settle()
    open()
    await process.settle()
    expect(contextOf(process, 'b').heard).toEqual(['once'])
  })

  test('one for an actor that has ended is told of and blocks nobody', async () => {
    const process = startProcess({ kinds: smallKinds() })
    for (const id of ['a', 'b', 'c']) process.runtime.spawn(id, 'worker', '', {})
    process.runtime.deliver('b', { type: 'end' })
    // Its end is decided, though perhaps not durable yet, when this is sent.
    process.runtime.deliver('a', { type: 'tellAll', to: ['b', 'c'], text: 'hello' })
    await process.settle()
    expect(process.faults).toMatchObject([{ during: 'send', error: { message: 'b has ended: told' } }])
    expect(contextOf(process, 'c').heard).toEqual(['hello'])
    expect(process.stored.effects.size).toBe(0)
    expect(process.runtime.pendingEffects()).toBe(0)
  })

  test('one that the present state has no use for is acknowledged', async () => {
    const process = startProcess({ kinds: smallKinds() })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.spawn('root', 'supervisor', '', { name: 'root' })
    process.runtime.deliver('a', { type: 'tell', to: 'root', text: 'nothing to you' })
    await process.settle()
    expect(process.stored.effects.size).toBe(0)
    expect(process.stored.transitions.get('root')).toHaveLength(1)
  })

  test('one for a plain actor is acknowledged when it was handed over', async () => {
    const plain = plainKind()
    const process = startProcess({ kinds: { ...smallKinds(), plain } })
    process.runtime.spawn('a', 'worker', '', {})
    process.runtime.spawn('feed', 'plain', '', {})
    process.runtime.deliver('a', { type: 'tell', to: 'feed', text: 'go' })
    await process.settle()
    expect(plain.plainly.heard).toEqual(['told'])
    expect(process.stored.effects.size).toBe(0)
    expect(process.runtime.pendingEffects()).toBe(0)
  })
})
