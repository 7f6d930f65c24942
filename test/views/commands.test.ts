/** A command that was carried out just before the process died, and is sent again by someone who never got the answer. */
import { describe, expect, test } from 'vitest'
import type { Runtime } from '../../actors/runtime/runtime.ts'
import { hedgeMachine } from '../../machines/hedge/hedge.ts'
import type { Command, SendOutcome } from '../../src/api/engine-view.ts'
import { VirtualClock } from '../../src/clock/virtual-clock.ts'
import type { Json, JsonObject } from '../../src/domain/json.ts'
import type { JournaledCommand } from '../../src/store/books/operator-reads.ts'
import { createMemoryJournal } from '../../src/store/journal/memory-journal.ts'
import { type CommandEntry, type CommandLog, createCommands } from '../../src/views/commands.ts'
import { MAY_REOPEN, STAYS_CLOSED } from '../../src/wording/hedges.ts'
import { longCarry } from '../support/machines/sample-hedges.ts'

const COMMAND: Command = { by: 'ann', idempotencyKey: 'key-1', source: 'cli' }
const DONE: JournaledCommand = {
  event: { type: 'hedge.unwind', by: 'ann', commandKey: 'key-1', atMs: 77 },
  from: 'hedged.watching',
  to: 'unwinding.work',
  version: 9,
  atMs: 77,
}

/** A log that lost its row, over a journal that has the step; any delivery is a second carrying out. */
function world(journaled: JournaledCommand | undefined) {
  const kept: CommandEntry[] = []
  const log: CommandLog = {
    find: async (key, digest) => {
      const known = kept.find(entry => entry.key === key)
      return known && (known.digest === digest ? known.outcome : 'other')
    },
    journaled: async (target, key) => (target === 'hedge:A' && key === 'key-1' ? journaled : undefined),
    keep: async entry => void kept.push(entry),
  }
  const runtime = { get: () => undefined, deliver: () => expect.unreachable() } as unknown as Runtime
  const journal = createMemoryJournal()
  return { kept, send: createCommands({ runtime, journal, log, clock: new VirtualClock(0) }) }
}

test('is answered as it was then, not judged again, and has its row in the audit at last', async () => {
  const { send, kept } = world(DONE)
  const accepted: SendOutcome = {
    kind: 'accepted',
    state: 'unwinding.work',
    version: 9,
    replayed: true,
    note: STAYS_CLOSED,
  }
  expect(await send('hedge:A', { type: 'hedge.unwind' }, COMMAND)).toEqual(accepted)
  expect(kept).toMatchObject([
    { key: 'key-1', target: 'hedge:A', by: 'ann', source: 'cli', before: 'hedged.watching', atMs: 77 },
  ])
  expect(await send('hedge:A', { type: 'hedge.unwind' }, COMMAND)).toEqual(accepted)
  expect(kept).toHaveLength(1)
})

test('is the same command where the request names its sender itself', async () => {
  const { send } = world(DONE)
  expect(await send('hedge:A', { type: 'hedge.unwind', by: 'ann' }, COMMAND)).toMatchObject({
    kind: 'accepted',
  })
})

test('is refused where the key was used for another request', async () => {
  const { send, kept } = world(DONE)
  expect(await send('hedge:A', { type: 'hedge.retry' }, COMMAND)).toEqual({ kind: 'key-reused' })
  expect(kept).toEqual([])
})

test('is judged again when its step never became durable', async () => {
  const { send } = world(undefined)
  expect(await send('hedge:A', { type: 'hedge.unwind' }, COMMAND)).toEqual({ kind: 'not-found' })
})

describe('closing a part', () => {
  const { actor, context } = longCarry()
  const bound = (state: string, can: boolean) => {
    const heard: object[] = []
    const snapshot = { context, value: 'hedged', can: () => can, _nodes: [], machine: hedgeMachine }
    const running = { ...actor, cell: { state, seq: 7 }, actor: { getSnapshot: () => snapshot } }
    const runtime = {
      get: () => running,
      deliver: (_to: string, event: object) => heard.push(event),
    } as unknown as Runtime
    const log: CommandLog = {
      find: async () => undefined,
      journaled: async () => undefined,
      keep: async () => undefined,
    }
    const journal = createMemoryJournal()
    const send = createCommands({ runtime, journal, log, clock: new VirtualClock(0) })
    return { heard, send: (event: JsonObject) => send(actor.id, event, COMMAND) }
  }
  const part = (share: Json) => ({ type: 'hedge.unwind-part', share })

  test.each([
    ['entering.work.deciding', 'is still being opened'],
    ['unwinding.work', 'already being closed whole'],
    ['failed.waiting', 'has failed'],
    ['hedged.rebalancing.work', 'try again shortly'],
  ])('is refused in %s with a sentence', async (state, words) => {
    const outcome = await bound(state, false).send(part('0.25'))
    expect(outcome).toMatchObject({ kind: 'illegal', because: expect.stringContaining(words) })
  })

  test('that would leave less than the exchange takes says so, with both figures, and to close the whole', async () => {
    const outcome = await bound('hedged.watching', false).send(part('0.999'))
    expect(outcome).toMatchObject({
      kind: 'illegal',
      because: expect.stringMatching(/the rest would be .* coins.*: close the whole hedge/),
    })
  })

  test.each<[Json]>([[undefined as unknown as Json], ['1'], ['0'], ['1.5'], ['25%'], [0.25], ['-0.1']])(
    'of %j is no share: the field and what was expected are named, and nothing is sent',
    async share => {
      const { send, heard } = bound('hedged.watching', true)
      expect(await send(part(share))).toMatchObject({
        kind: 'invalid',
        detail: expect.stringContaining('share: '),
      })
      expect(heard).toEqual([])
    },
  )

  test('with a share goes to the hedge as it was written', async () => {
    const { send, heard } = bound('hedged.watching', true)
    expect(await send(part('0.25'))).toMatchObject({ kind: 'accepted' })
    expect(heard).toEqual([expect.objectContaining({ type: 'hedge.unwind-part', share: '0.25', by: 'ann' })])
  })
})

test('to unwind says at once whether the symbol may open again', async () => {
  const event = { type: 'hedge.unwind', reopen: true }
  const { send } = world({ ...DONE, event: { ...DONE.event, ...event } })
  expect(await send('hedge:A', event, COMMAND)).toMatchObject({ kind: 'accepted', note: MAY_REOPEN })
})
