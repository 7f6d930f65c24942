/**
 * The engine: from boot to trading, and out of it at the first doubt.
 *
 *   booting ──tree.started──▶ reconciling ──reconcile.finished──▶ trading ⇄ reducing ──▶ halted
 *      ▲                        waiting (account stream down)         │ account.down ▶ reconciling
 *      └── engine.started (each start of the process) ── stopping ◀───┘ engine.stop
 *
 * New risk is allowed in `trading` only; reducing risk always is. `reducing` comes and goes with the account's figures; a halt,
 * by a person or by a loss, survives restarts: people take it back, and the loss is counted anew from then on.
 */
import { assign, setup } from 'xstate'
import type { JsonObject } from '../src/domain/json.ts'
import type { RiskState } from '../src/domain/risk/risk-state.ts'
import type { ExecutionRules, LimitRules } from '../src/domain/rules.ts'

type Halt = { by: string; because: string; atMs: number }
/** An order to flatten and what came of it: `endedAtMs` is 0 while hedges are unwound and the exchange is not yet asked. */
type Flatten = {
  by: string
  because: string
  askedAtMs: number
  endedAtMs: number
  /** What the exchange still shows of ours, in words; empty when it is flat. */
  left: string[]
}
export type EngineContext = {
  halt: Halt | null
  /** The account as last judged; null before that. */
  risk: (RiskState & { atMs: number }) | null
  /** Losses and the peak of the equity count from here on: the last resumption; 0 for ever. */
  lossSinceMs: number
  /** The last one asked for. */
  flatten: Flatten | null
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
  /** `lossSinceMs`: from when on the loss was counted. */
  | ({ type: 'risk.judged'; lossSinceMs: number } & RiskState)
  /** Every hedge is closed, or it took too long: what the exchange still shows. */
  | { type: 'desk.flat'; left: string[] }
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
    isStrainedAfterRun: ({ context, event }) =>
      context.risk?.state === 'reducing' && 'run' in event && event.run === context.run,
    isHalted: ({ context }) => context.halt !== null,
    isStrained: ({ context }) => context.risk?.state === 'reducing',
    isEased: ({ context }) => context.risk?.state !== 'reducing',
    // What was counted from before the last resumption is no news any more.
    isJudgedSince: ({ context, event }) =>
      event.type === 'risk.judged' && event.lossSinceMs === context.lossSinceMs,
    isLoss: ({ context, event }) =>
      event.type === 'risk.judged' &&
      event.state === 'halted' &&
      event.lossSinceMs === context.lossSinceMs &&
      context.halt === null,
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
    haltByLimit: assign(({ event }) =>
      event.type === 'risk.judged'
        ? {
            halt: {
              by: event.setBy ?? 'limits',
              because: `${event.because}: found ${event.found}, limit ${event.limit}`,
              atMs: event.atMs,
            },
          }
        : {},
    ),
    takeRisk: assign(({ event }) => {
      if (event.type !== 'risk.judged') return {}
      const { state, because, found, limit, setBy, atMs } = event
      return { risk: { state, because, found, limit, setBy, atMs } }
    }),
    resume: assign(({ context, event }) => ({
      halt: null,
      lossSinceMs: event.atMs,
      risk: context.risk?.state === 'halted' ? null : context.risk,
      // A desk that trades again no longer flattens.
      flatten: context.flatten?.endedAtMs === 0 ? null : context.flatten,
    })),
    beginFlatten: assign(({ event }) => ({
      flatten: {
        by: ('by' in event && event.by) || 'engine',
        because: ('because' in event && event.because) || event.type,
        askedAtMs: event.atMs,
        endedAtMs: 0,
        left: [],
      },
    })),
    endFlatten: assign(({ context, event }) =>
      event.type === 'desk.flat' && context.flatten
        ? { flatten: { ...context.flatten, endedAtMs: event.atMs, left: event.left } }
        : {},
    ),
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
    risk: null,
    lossSinceMs: 0,
    flatten: null,
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
        'beginFlatten',
        { type: 'send', params: { to: 'desk', event: { type: 'desk.flatten', because: 'flatten' } } },
      ],
    },
    'risk.judged': [
      { guard: 'isLoss', actions: ['takeRisk', 'haltByLimit'] },
      { guard: 'isJudgedSince', actions: 'takeRisk' },
    ],
    'desk.flat': { actions: 'endFlatten' },
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
              {
                guard: 'isStrainedAfterRun',
                actions: ['keepFindings', 'announceReady'],
                target: '#engine.reducing',
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
        { guard: 'isStrained', target: 'reducing' },
      ],
      on: { 'engine.reconcile': 'reconciling' },
    },
    reducing: {
      entry: closeDesk('reducing'),
      always: [
        { guard: 'isHalted', target: 'halted' },
        { guard: 'isAccountDown', target: 'reconciling' },
        { guard: 'isEased', target: 'trading' },
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
