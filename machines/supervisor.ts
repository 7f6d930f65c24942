/**
 * Starts, watches and restarts its children, one for one, as Erlang/OTP does: more than k restarts within t means that
 * restarting does not help, so the child is quarantined and a person is called, who may release it.
 *
 *   watching: calm ⇄ troubled (a child waits for its restart, or is quarantined)
 *
 * The counters live in the supervisor's own row: a restart of the process in the middle of a back-off keeps them.
 */
import { assign, setup } from 'xstate'
import type { JsonObject } from '../src/domain/json.ts'
import { countRestart } from '../src/domain/risk/restarts.ts'

/** XState and the journal copy the list of children at each step: past this it is a tree of supervisors. */
export const CHILDREN_MAX = 300

export type ChildSpec = { id: string; kind: string; input: JsonObject }
export type Child = ChildSpec & {
  status: 'running' | 'waiting' | 'quarantined'
  restartsAtMs: number[]
  restarts: number
  /** When it is started again, while waiting. */
  dueAtMs: number
  error: string
}
export type SupervisorContext = { name: string; children: Record<string, Child> }

export type SupervisorEvent = (
  | { type: 'children.ensure'; children: ChildSpec[] }
  | { type: 'child.done'; id: string }
  | { type: 'child.failed'; id: string; error: string }
  | { type: 'child.restarted'; id: string }
  | { type: 'child.release'; id: string }
) & { atMs: number }
export const SUPERVISOR_COMMANDS = ['child.release'] as const

const fresh = (spec: ChildSpec): Child => ({
  ...spec,
  status: 'running',
  restartsAtMs: [],
  restarts: 0,
  dueAtMs: 0,
  error: '',
})

function ensured(context: SupervisorContext, specs: readonly ChildSpec[]) {
  const children = { ...context.children }
  for (const spec of specs) children[spec.id] = { ...(children[spec.id] ?? fresh(spec)), ...spec }
  const count = Object.keys(children).length
  if (count > CHILDREN_MAX) {
    throw new Error(`supervisor ${context.name}: expected at most ${CHILDREN_MAX} children, found ${count}`)
  }
  return { children }
}

/** The child after one more failure: due again, or quarantined. */
function afterFailure(child: Child, error: string, atMs: number): Child {
  const decision = countRestart(child.restartsAtMs, atMs)
  const { restartsAtMs } = decision
  return decision.kind === 'restart'
    ? {
        ...child,
        status: 'waiting',
        restartsAtMs,
        restarts: child.restarts + 1,
        dueAtMs: atMs + decision.delayMs,
        error,
      }
    : { ...child, status: 'quarantined', restartsAtMs, error }
}

const childOf = (context: SupervisorContext, event: SupervisorEvent): Child | undefined =>
  'id' in event ? context.children[event.id] : undefined

type Restart = { id: string; kind: string; input: JsonObject; dueAtMs: number }

const supervisorSetup = setup({
  types: { context: {} as SupervisorContext, events: {} as SupervisorEvent, input: {} as { name: string } },
  guards: {
    isChild: ({ context, event }) => childOf(context, event) !== undefined,
    /** Would this failure be one too many? */
    isTooMany: ({ context, event }) => {
      const child = childOf(context, event)
      return child !== undefined && countRestart(child.restartsAtMs, event.atMs).kind === 'quarantine'
    },
    isQuarantined: ({ context, event }) => childOf(context, event)?.status === 'quarantined',
    hasTrouble: ({ context }) => Object.values(context.children).some(child => child.status !== 'running'),
    hasNoTrouble: ({ context }) => Object.values(context.children).every(child => child.status === 'running'),
  },
  actions: {
    ensure: assign(({ context, event }) =>
      event.type === 'children.ensure' ? ensured(context, event.children) : {},
    ),
    remove: assign(({ context, event }) => {
      const children = { ...context.children }
      if ('id' in event) delete children[event.id]
      return { children }
    }),
    countFailure: assign(({ context, event }) => {
      const child = childOf(context, event)
      if (!child || event.type !== 'child.failed') return {}
      return { children: { ...context.children, [child.id]: afterFailure(child, event.error, event.atMs) } }
    }),
    markRunning: assign(({ context, event }) => {
      const child = childOf(context, event)
      return child
        ? { children: { ...context.children, [child.id]: { ...child, status: 'running' as const } } }
        : {}
    }),
    forgive: assign(({ context, event }) => {
      const child = childOf(context, event)
      if (!child) return {}
      const released: Child = { ...child, status: 'waiting', restartsAtMs: [], dueAtMs: event.atMs }
      return { children: { ...context.children, [child.id]: released } }
    }),
    spawnChildren: (_, _specs: { children: ChildSpec[] }) => {},
    restartChild: (_, _child: Restart) => {},
    alert: (_, _what: { because: string }) => {},
  },
})

const restart = {
  type: 'restartChild',
  params: ({ context, event }: { context: SupervisorContext; event: SupervisorEvent }) => {
    const { id = '', kind = '', input = {}, dueAtMs = 0 } = childOf(context, event) ?? {}
    return { id, kind, input, dueAtMs }
  },
} as const

export const supervisorMachine = supervisorSetup.createMachine({
  id: 'supervisor',
  version: '1',
  context: ({ input }) => ({ name: input.name, children: {} }),
  initial: 'watching',
  states: {
    watching: {
      initial: 'calm',
      on: {
        'children.ensure': {
          actions: [
            'ensure',
            {
              type: 'spawnChildren',
              params: ({ context, event }) => ({
                children: (event.type === 'children.ensure' ? event.children : []).filter(
                  ({ id }) => context.children[id]?.status === 'running',
                ),
              }),
            },
          ],
        },
        'child.done': { guard: 'isChild', actions: 'remove' },
        'child.failed': [
          {
            guard: 'isTooMany',
            actions: [
              'countFailure',
              {
                type: 'alert',
                params: ({ event }) => ({
                  because:
                    event.type === 'child.failed' ? `${event.id} is quarantined: ${event.error}` : event.type,
                }),
              },
            ],
          },
          { guard: 'isChild', actions: ['countFailure', restart] },
        ],
        'child.restarted': { guard: 'isChild', actions: 'markRunning' },
        'child.release': { guard: 'isQuarantined', actions: ['forgive', restart] },
      },
      states: {
        calm: { always: { guard: 'hasTrouble', target: 'troubled' } },
        troubled: { always: { guard: 'hasNoTrouble', target: 'calm' } },
      },
    },
  },
})
