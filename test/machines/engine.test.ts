/** Every transition of the engine's chart on the real durable actor, with a crash after every step of the way. */
import { describe, expect, test } from 'vitest'
import { type EngineContext, type EngineEvent, engineMachine } from '../../machines/engine.ts'
import type { Json } from '../../src/domain/json.ts'
import { NOW_MS, RULES } from '../support/domain/sample-market.ts'
import { covering, expectSameWalk } from '../support/machines/durable-walk.ts'
import { type ModelOptions, shortestPaths, untakenTransitions } from '../support/machines/model.ts'

type State = { value: unknown; context: EngineContext }
const at = (event: object) => ({ ...event, atMs: NOW_MS }) as EngineEvent
const { execution, limits } = RULES
const judgedAs = (state: string, because: string, lossSinceMs: number) =>
  at({ type: 'risk.judged', state, because, found: '250', limit: '200', setBy: 'limits.x', lossSinceMs })

const model = {
  events: {
    'engine.started': [at({ type: 'engine.started', execution, limits })],
    'engine.stop': [at({ type: 'engine.stop' })],
    'engine.halt': [at({ type: 'engine.halt', by: 'operator', because: 'lunch' })],
    'engine.flatten': [at({ type: 'engine.flatten' })],
    'engine.resume': [at({ type: 'engine.resume' })],
    'engine.reconcile': [at({ type: 'engine.reconcile' })],
    // The last one was counted from before a resumption: it halts nothing.
    'risk.judged': ({ context: { lossSinceMs } }: State) => [
      judgedAs('trading', 'none', lossSinceMs),
      judgedAs('reducing', 'solvency', lossSinceMs),
      judgedAs('halted', 'daily-loss', lossSinceMs),
      judgedAs('halted', 'daily-loss', lossSinceMs - 1),
    ],
    'desk.flat': [[], ['XRPUSDT: 10 contracts short']].map(left => at({ type: 'desk.flat', left })),
    'tree.started': [at({ type: 'tree.started' })],
    'tree.failed': [at({ type: 'tree.failed', because: 'no database' })],
    'account.up': [at({ type: 'account.up' })],
    'account.down': [at({ type: 'account.down', because: 'cut' })],
    'reconcile.finished': ({ context: { run } }: State) =>
      [run, run - 1].map(each => at({ type: 'reconcile.finished', run: each, findings: [] })),
    'reconcile.failed': ({ context: { run } }: State) =>
      [run, run - 1].map(each => at({ type: 'reconcile.failed', run: each, because: 'no answer' })),
  },
  key: ({ value, context }: State): Json => [
    value as Json,
    context.halt !== null,
    context.risk?.state ?? null,
    context.accountUp,
    context.execution !== null,
  ],
  edges: true,
  traversalLimit: 100_000,
} satisfies ModelOptions<typeof engineMachine>

const paths = shortestPaths(engineMachine, model)

describe(`the engine on ${paths.length} paths`, () => {
  test('every transition is met', () => {
    expect(untakenTransitions(engineMachine, paths)).toEqual([])
  })

  test('promises 5 and 7: it takes each path alike, whether or not its process dies after every step', async () => {
    const subject = {
      machine: engineMachine,
      actorId: 'engine',
      kind: 'engine',
      input: {},
      answers: {
        startTree: ['tree.started', 'tree.failed'],
        reconcile: ['reconcile.finished', 'reconcile.failed'],
        announceReady: [],
      },
      listeners: ['desk'],
    }
    for (const path of covering(paths)) await expectSameWalk(subject, path, model.key)
  })

  test('promise 9: it trades only with its account stream up, no halt, and this run’s reconciliation finished', () => {
    for (const { steps, description } of paths)
      for (const [index, { event, state }] of steps.entries()) {
        if (state.value !== 'trading') continue
        expect([state.context.halt, state.context.accountUp], description).toEqual([null, true])
        expect(state.context.risk?.state, description).not.toBe('reducing')
        const before = steps[index - 1]?.state
        // Out of `reducing` it needs no reconciliation: nothing was missed meanwhile.
        if (before?.value === 'reducing') expect(event, description).toMatchObject({ state: 'trading' })
        else if (before?.value !== 'trading')
          expect(event, description).toMatchObject({ type: 'reconcile.finished', run: before?.context.run })
      }
  })

  test('promise 9: a loss halts until a person resumes, and one counted from before that halts nothing', () => {
    const judged = stepsOf(paths).filter(
      ({ event, before }) => event.type === 'risk.judged' && event.state === 'halted' && before,
    )
    const isOld = ({ event, before }: Step) =>
      'lossSinceMs' in event && event.lossSinceMs !== before?.context.lossSinceMs
    for (const { before, state } of judged.filter(isOld)) expect(state).toEqual(before)
    for (const step of judged.filter(step => !isOld(step))) expect(step.state.context.halt).not.toBeNull()
    const ended = stepsOf(paths).filter(({ before, state }) => before?.context.halt && !state.context.halt)
    expect([...new Set(ended.map(({ event }) => event.type))]).toEqual(['engine.resume'])
    expect([judged.some(isOld), judged.every(isOld)]).toEqual([true, false])
  })
})

type Step = {
  before: State | undefined
  event: { type: string; state?: string; lossSinceMs?: number }
  state: State
}

const stepsOf = (all: typeof paths): Step[] =>
  all.flatMap(({ steps }) =>
    steps.map(({ event, state }, at) => ({ before: steps[at - 1]?.state, event, state })),
  )
