/**
 * One tracked symbol: is it worth a hedge, and how is the hedge it has?
 *
 *   idle: quiet ──carry.tempting──▶ tempting ──hedge.granted──▶ entering ─▶ hedged ─▶ unwinding ─┐
 *           ▲ ◀── refused ◀──hedge.refused──┘                     (follow hedge.moved)              │
 *         cooling ◀──────────────────────────────────── hedge closed ──────────────────────────────┘
 *   failed: stale, delisted, quarantined, hedge (its hedge needs a person)
 *
 * After each hedge the symbol cools down: whatever happens meanwhile, nothing is opened in it before `coolUntilMs`.
 * Market ticks never come here: the scanner judges them and tells only what changes the symbol's mind.
 */
import { assign, setup } from 'xstate'

type SymbolInput = { symbol: string; baseCoin: string; deskActor: string; coolDownMs: number }
export type SymbolContext = SymbolInput & {
  hedgeId: string | null
  /** The hedge's own first state, as it last told. */
  hedgeState: string | null
  /** A person closed the hedge, in words: it was meant, so the symbol stays closed until it is released. '' while nobody did. */
  keptOut: string
  /** Nothing is wanted before this; 0 when nothing was held yet. */
  coolUntilMs: number
  /** Why it is where it is, for people. */
  because: string
}

type Fact =
  /** `beside`: what tempted at the same time and how much, for the journal alone. */
  | { type: 'carry.tempting'; because: string; beside?: readonly { symbol: string; apr: number | null }[] }
  | { type: 'exit.wanted'; because: string }
  | { type: 'hedge.granted'; hedgeId: string }
  | { type: 'hedge.refused'; because: string }
  /** `keepOut`: why the symbol is to stay closed after it, in words; '' when it may be opened again. */
  | { type: 'hedge.moved'; hedgeId: string; state: string; because: string; keepOut: string }
  | { type: 'data.stale'; because: string }
  | { type: 'data.fresh' }
  | { type: 'symbol.delisted'; because: string }
type Command =
  | { type: 'symbol.quarantine'; because?: string }
  | { type: 'symbol.release' }
  /** `by` a person, the symbol stays closed afterwards, unless it may be opened again at once. */
  | { type: 'symbol.unwind'; because?: string; by?: string; reopen?: boolean }
export type SymbolEvent = (Fact | Command) & { atMs: number }
export const SYMBOL_COMMANDS = ['symbol.quarantine', 'symbol.release', 'symbol.unwind'] as const

/** The desk answers within this, or the symbol asks anew. */
const DESK_ANSWER_MS = 60_000
/** After a refusal the same question is not put again at once. */
const REFUSED_PAUSE_MS = 60_000

type Message = { to: string; event: { type: string; [key: string]: string | boolean } }

const symbolSetup = setup({
  types: { context: {} as SymbolContext, events: {} as SymbolEvent, input: {} as SymbolInput },
  delays: {
    COOL_DOWN: ({ context, event }) => Math.max(0, context.coolUntilMs - event.atMs),
    DESK_ANSWER: DESK_ANSWER_MS,
    REFUSED_PAUSE: REFUSED_PAUSE_MS,
  },
  guards: {
    isOwnHedge: ({ context, event }) => event.type === 'hedge.moved' && event.hedgeId === context.hedgeId,
    isHedge: ({ context }, { state }: { state: string }) => context.hedgeState === state,
    hasNoHedge: ({ context }) => context.hedgeId === null,
    hasHedge: ({ context }) => context.hedgeId !== null,
    isKeptOut: ({ context }) => context.hedgeState === 'closed' && context.keptOut !== '',
    isCooling: ({ context, event }) => context.coolUntilMs > event.atMs,
  },
  actions: {
    note: assign(({ event }) => ({
      because: 'because' in event ? (event.because ?? event.type) : event.type,
    })),
    takeHedge: assign(({ event }) =>
      event.type === 'hedge.granted' ? { hedgeId: event.hedgeId, hedgeState: 'entering' } : {},
    ),
    takeState: assign(({ event }) =>
      event.type === 'hedge.moved' ? { hedgeState: event.state, keptOut: event.keepOut } : {},
    ),
    noteKeptOut: assign(({ context }) => ({ because: context.keptOut, keptOut: '' })),
    dropHedge: assign(({ context, event }) => ({
      hedgeId: null,
      hedgeState: null,
      coolUntilMs: event.atMs + context.coolDownMs,
    })),
    send: (_, _message: Message) => {},
  },
})

const unwindHedge = {
  type: 'send',
  params: ({ context, event }: { context: SymbolContext; event: SymbolEvent }) => ({
    to: `hedge:${context.hedgeId}`,
    event: {
      type: 'hedge.unwind',
      because: 'because' in event ? (event.because ?? 'operator') : 'operator',
      ...(event.type === 'symbol.unwind' && event.by !== undefined && { by: event.by }),
      ...(event.type === 'symbol.unwind' && event.reopen === true && { reopen: true }),
    },
  }),
} as const

const tellOver = {
  type: 'send',
  params: ({ context }: { context: SymbolContext }) => ({
    to: context.deskActor,
    event: { type: 'hedge.over', hedgeId: context.hedgeId ?? '' },
  }),
} as const

const over = [tellOver, 'dropHedge'] as const

/** The symbol's state is its hedge's, wherever the hedge went meanwhile. */
const TOWARD = {
  entering: { guard: { type: 'isHedge', params: { state: 'entering' } }, target: '#symbol.entering' },
  hedged: { guard: { type: 'isHedge', params: { state: 'hedged' } }, target: '#symbol.hedged' },
  unwinding: { guard: { type: 'isHedge', params: { state: 'unwinding' } }, target: '#symbol.unwinding' },
  failed: { guard: { type: 'isHedge', params: { state: 'failed' } }, target: '#symbol.failed.hedge' },
  keptOut: {
    guard: 'isKeptOut',
    actions: [tellOver, 'dropHedge', 'noteKeptOut'],
    target: '#symbol.failed.quarantined',
  },
  closed: {
    guard: { type: 'isHedge', params: { state: 'closed' } },
    actions: [tellOver, 'dropHedge'],
    target: '#symbol.idle.cooling',
  },
} as const

export const symbolMachine = symbolSetup.createMachine({
  id: 'symbol',
  version: '1',
  context: ({ input }) => ({
    ...input,
    hedgeId: null,
    hedgeState: null,
    keptOut: '',
    coolUntilMs: 0,
    because: 'new',
  }),
  initial: 'idle',
  on: {
    // A grant is heard in any state: the hedge exists from the desk's commit on.
    'hedge.granted': { guard: 'hasNoHedge', actions: ['takeHedge', 'note'] },
    'hedge.moved': { guard: 'isOwnHedge', actions: ['note', 'takeState'] },
    'symbol.quarantine': { actions: 'note', target: '.failed.quarantined' },
  },
  states: {
    idle: {
      initial: 'quiet',
      on: {
        'data.stale': { actions: 'note', target: 'failed.stale' },
        'symbol.delisted': { actions: 'note', target: 'failed.delisted' },
      },
      states: {
        quiet: { on: { 'carry.tempting': { actions: 'note', target: 'tempting' } } },
        tempting: {
          entry: {
            type: 'send',
            params: ({ context }) => ({
              to: context.deskActor,
              event: {
                type: 'hedge.wanted',
                symbol: context.symbol,
                symbolActor: `symbol:${context.symbol}`,
              },
            }),
          },
          after: { DESK_ANSWER: 'quiet' },
          on: {
            'hedge.granted': { actions: ['takeHedge', 'note'], target: '#symbol.entering' },
            'hedge.refused': { actions: 'note', target: 'refused' },
          },
        },
        refused: { after: { REFUSED_PAUSE: 'quiet' } },
        cooling: {
          after: { COOL_DOWN: 'quiet' },
          on: { 'symbol.release': 'quiet' },
        },
      },
      // The desk's yes may come when the symbol no longer waits for it: the hedge lives all the same.
      always: [TOWARD.entering],
    },
    entering: {
      always: [TOWARD.hedged, TOWARD.unwinding, TOWARD.failed, TOWARD.keptOut, TOWARD.closed],
      on: {
        'exit.wanted': { actions: ['note', unwindHedge] },
        'symbol.delisted': { actions: ['note', unwindHedge] },
        'symbol.unwind': { actions: unwindHedge },
      },
    },
    hedged: {
      always: [TOWARD.unwinding, TOWARD.failed, TOWARD.keptOut, TOWARD.closed],
      on: {
        'exit.wanted': { actions: ['note', unwindHedge] },
        'symbol.delisted': { actions: ['note', unwindHedge] },
        'symbol.unwind': { actions: unwindHedge },
      },
    },
    unwinding: { always: [TOWARD.failed, TOWARD.keptOut, TOWARD.closed] },
    failed: {
      initial: 'quarantined',
      states: {
        stale: {
          always: [TOWARD.entering],
          on: {
            'data.fresh': [
              { guard: 'isCooling', actions: 'note', target: '#symbol.idle.cooling' },
              { actions: 'note', target: '#symbol.idle.quiet' },
            ],
          },
        },
        delisted: {
          always: [TOWARD.entering],
          on: { 'symbol.release': '#symbol.idle.quiet' },
        },
        quarantined: {
          always: { guard: { type: 'isHedge', params: { state: 'closed' } }, actions: over },
          on: {
            // Kept out of by a person, it is still let go of when it becomes dangerous.
            'exit.wanted': { guard: 'hasHedge', actions: ['note', unwindHedge] },
            'symbol.release': [{ guard: 'hasHedge', target: 'hedge' }, { target: '#symbol.idle.quiet' }],
          },
        },
        /** Follows again as soon as its hedge moves. */
        hedge: {
          always: [TOWARD.entering, TOWARD.hedged, TOWARD.unwinding, TOWARD.keptOut, TOWARD.closed],
          on: { 'symbol.unwind': { actions: unwindHedge } },
        },
      },
    },
  },
})
