/**
 * The engine: from boot to trading, and out of it at the first doubt.
 *
 *   booting ──tree.started──▶ reconciling ──reconcile.finished──▶ trading ⇄ halted
 *      ▲                        waiting (account stream down)         │ account.down ▶ reconciling
 *      └── engine.started (each start of the process) ── stopping ◀───┘ engine.stop
 *
 * New risk is allowed in `trading` only; reducing risk always is. A halt survives restarts: people take it back.
 */
import { assign, setup } from 'xstate'
import type { JsonObject } from '../src/domain/json.ts'
import type { ExecutionRules, LimitRules } from '../src/domain/rules.ts'

export type Halt = { by: string; because: string; atMs: number }
export type EngineContext = {
  halt: Halt | null
  accountUp: boolean
  /** Reconciliations begun: an answer to an earlier one does not count. */
  run: number
  /** What the last reconciliation found, in words. */
  findings: string[]
  because: string
  startedAtMs: number
  execution: ExecutionRules | null
  limits: LimitRules | null
}

export type EngineEvent = (
  | { type: 'engine.started'; execution: ExecutionRules; limits: LimitRules }
  | { type: 'engine.stop' }
  | { type: 'tree.started' }
  | { type: 'tree.failed'; because: string }
  | { type: 'account.up' }
  | { type: 'account.down'; because: string }
  | { type: 'reconcile.finished'; run: number; findings: string[] }
  | { type: 'reconcile.failed'; run: number; because: string }
  | { type: 'engine.halt'; by?: string; because?: string }
  | { type: 'engine.resume' }
  | { type: 'engine.reconcile' }
  | { type: 'engine.flatten'; by?: string; because?: string }
) & { atMs: number }
export const ENGINE_COMMANDS = ['engine.halt', 'engine.resume', 'engine.reconcile', 'engine.flatten'] as const

const engineSetup = setup({
  types: { context: {} as EngineContext, events: {} as EngineEvent },
  delays: { AGAIN: 2_000 },
  guards: {
    isThisRun: ({ context, event }) => 'run' in event && event.run === context.run,
    isHaltedAfterRun: ({ context, event }) =>
      context.halt !== null && 'run' in event && event.run === context.run,
    isHalted: ({ context }) => context.halt !== null,
    isAccountUp: ({ context }) => context.accountUp,
    isAccountDown: ({ context }) => !context.accountUp,
  },
  actions: {
    start: assign(({ event }) =>
      event.type === 'engine.started'
        ? {
            accountUp: false,
            startedAtMs: event.atMs,
            execution: event.execution,
            limits: event.limits,
            because: '',
          }
        : {},
    ),
    halt: assign(({ context, event }) => ({
      halt: context.halt ?? {
        by: ('by' in event && event.by) || 'engine',
        because: ('because' in event && event.because) || event.type,
        atMs: event.atMs,
      },
    })),
    resume: assign({ halt: null }),
    note: assign(({ event }) => ('because' in event ? { because: event.because ?? '' } : {})),
    accountUp: assign({ accountUp: true }),
    accountDown: assign({ accountUp: false }),
    keepFindings: assign(({ event }) =>
      event.type === 'reconcile.finished' ? { findings: event.findings, because: '' } : {},
    ),
    startTree: () => {},
    countRun: assign(({ context }) => ({ run: context.run + 1 })),
    reconcile: (_, _run: { run: number }) => {},
    announceReady: () => {},
    send: (_, _message: { to: string; event: { type: string } & JsonObject }) => {},
  },
})

const openDesk = {
  type: 'send',
  params: ({ context }: { context: EngineContext }) => ({
    to: 'desk',
    event: {
      type: 'desk.open',
      execution: context.execution as unknown as JsonObject,
      limits: context.limits as unknown as JsonObject,
    },
  }),
} as const

const closeDesk = (because: string) =>
  ({ type: 'send', params: { to: 'desk', event: { type: 'desk.close', because } } }) as const

export const engineMachine = engineSetup.createMachine({
  id: 'engine',
  version: '1',
  context: {
    halt: null,
    accountUp: false,
    run: 0,
    findings: [],
    because: 'new',
    startedAtMs: 0,
    execution: null,
    limits: null,
  },
  initial: 'stopping',
  on: {
    'engine.started': { actions: 'start', target: '.booting' },
    'engine.stop': { target: '.stopping' },
    'engine.halt': { actions: 'halt' },
    'engine.flatten': {
      actions: [
        'halt',
        { type: 'send', params: { to: 'desk', event: { type: 'desk.flatten', because: 'flatten' } } },
      ],
    },
    'account.up': { actions: 'accountUp' },
    'account.down': { actions: ['accountDown', 'note'] },
  },
  states: {
    booting: {
      initial: 'starting',
      states: {
        starting: {
          entry: 'startTree',
          on: {
            'tree.started': '#engine.reconciling',
            'tree.failed': { actions: 'note', target: 'pausing' },
          },
        },
        pausing: { after: { AGAIN: 'starting' } },
      },
    },
    reconciling: {
      entry: closeDesk('reconciling'),
      initial: 'waiting',
      states: {
        waiting: { always: { guard: 'isAccountUp', target: 'asking' } },
        asking: {
          entry: ['countRun', { type: 'reconcile', params: ({ context }) => ({ run: context.run }) }],
          always: { guard: 'isAccountDown', target: 'waiting' },
          on: {
            'reconcile.finished': [
              {
                guard: 'isHaltedAfterRun',
                actions: ['keepFindings', 'announceReady'],
                target: '#engine.halted',
              },
              { guard: 'isThisRun', actions: ['keepFindings', 'announceReady'], target: '#engine.trading' },
            ],
            'reconcile.failed': { guard: 'isThisRun', actions: 'note', target: 'pausing' },
          },
        },
        pausing: { after: { AGAIN: 'waiting' } },
      },
    },
    trading: {
      entry: openDesk,
      always: [
        { guard: 'isHalted', target: 'halted' },
        { guard: 'isAccountDown', target: 'reconciling' },
      ],
      on: { 'engine.reconcile': 'reconciling' },
    },
    halted: {
      entry: closeDesk('halted'),
      on: {
        'engine.resume': { actions: 'resume', target: 'reconciling' },
        'engine.reconcile': 'reconciling',
      },
    },
    stopping: {},
  },
})
