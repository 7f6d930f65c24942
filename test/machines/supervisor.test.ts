/** Every transition of a supervisor's chart on the real durable actor, with real children and a crash after every step. */
import { describe, expect, test } from 'vitest'
import { type SupervisorContext, type SupervisorEvent, supervisorMachine } from '../../machines/supervisor.ts'
import type { Json } from '../../src/domain/json.ts'
import { workerKind } from '../support/actors/small-charts.ts'
import { NOW_MS } from '../support/domain/sample-market.ts'
import { expectSameWalk } from '../support/machines/durable-walk.ts'
import { type ModelOptions, shortestPaths, untakenTransitions } from '../support/machines/model.ts'

type State = { value: unknown; context: SupervisorContext }
const at = (event: object) => ({ ...event, atMs: NOW_MS }) as SupervisorEvent
const child = (id: string) => ({ id, kind: 'worker', input: {} })

/** Only 'a' ever fails: the restarts of two at once would come in an order of their own. */
const model = {
  input: { name: 'sup' },
  events: {
    'children.ensure': [at({ type: 'children.ensure', children: [child('a'), child('b')] })],
    'child.done': [at({ type: 'child.done', id: 'b' }), at({ type: 'child.done', id: 'stranger' })],
    'child.failed': ({ context }: State) => [
      at({ type: 'child.failed', id: 'stranger', error: 'not mine' }),
      // One at a time: it cannot fail again before it was started again.
      ...(context.children.a?.status === 'running'
        ? [at({ type: 'child.failed', id: 'a', error: 'boom' })]
        : []),
    ],
    'child.restarted': ({ context }: State) =>
      context.children.a?.status === 'waiting' ? [at({ type: 'child.restarted', id: 'a' })] : [],
    'child.release': [at({ type: 'child.release', id: 'a' })],
  },
  key: ({ value, context }: State): Json => [
    value as Json,
    Object.values(context.children).map(({ id, status, restartsAtMs }) => [id, status, restartsAtMs.length]),
  ],
  edges: true,
} satisfies ModelOptions<typeof supervisorMachine>

const paths = shortestPaths(supervisorMachine, model)

describe(`a supervisor on ${paths.length} paths`, () => {
  test('every transition is met', () => {
    expect(untakenTransitions(supervisorMachine, paths, model)).toEqual([])
  })

  test('promises 5 and 7: it takes each path alike, whether or not its process dies after every step', async () => {
    const subject = {
      machine: supervisorMachine,
      actorId: 'sup',
      kind: 'supervisor',
      input: { name: 'sup' },
      answers: { alert: [] },
      kinds: { worker: workerKind() },
    }
    for (const path of paths) await expectSameWalk(subject, path, model.key)
  })

  test('a child is quarantined at its sixth failure within a minute, never before, and each time a person is called', () => {
    const quarantined = paths.flatMap(({ steps }) =>
      steps.flatMap(({ state, event }) => (event.type === 'child.failed' ? [state.context.children.a] : [])),
    )
    for (const each of quarantined) {
      if (each) expect(each.status === 'quarantined').toBe(each.restartsAtMs.length > 5)
    }
    expect(quarantined.some(each => each?.status === 'quarantined')).toBe(true)
  })
})
