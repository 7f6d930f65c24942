/**
 * The desk: the only one that may open a hedge. It holds capital, the limits, and who has what.
 *
 *   closed ⇄ open      (the engine opens it when trading, closes it when anything is in doubt)
 *      └──┬──┘ ◀──────── flat ──────────┐
 *     flattening: emptying ──▶ verifying ┴─▶ left   (every hedge unwound; the exchange is asked what it still shows)
 *
 * A wish is planned outside (an effect reads the market and the wallet) and judged here against what is carried at that
 * moment, one wish after the other: two symbols can never both be granted the last of the room.
 */
import { assign, setup } from 'xstate'
import type { HedgePlan } from '../src/domain/entry/plan.ts'
import type { JsonObject } from '../src/domain/json.ts'
import { isRefusal } from '../src/domain/refusal.ts'
import {
  type AccountExposure,
  type Exposure,
  type HedgeCash,
  type OpenHedge,
  reservedOf,
} from '../src/domain/risk/exposure.ts'
import { type Approved, approve, reserveUsdt } from '../src/domain/risk/limits.ts'
import type { ExecutionRules, LimitRules } from '../src/domain/rules.ts'
import type { Usdt } from '../src/domain/units.ts'
import type { HedgeInput } from './hedge/context.ts'

/** What the desk knows of a hedge it granted. `reserveUsdt`: the cash it binds for as long as it lives. */
type Holding = { symbol: string; notionalUsdt: Usdt; reserveUsdt: Usdt; grantedAtMs: number }

export type DeskInput = {
  /** Four letters or digits of this installation: hedge ids of two databases on one account never meet. */
  salt: string
  execution: ExecutionRules
  limits: LimitRules
  /** Names of the supervisors that hedges are spread over. */
  hedgeSupervisors: string[]
}
export type DeskContext = DeskInput & {
  /** Hedges planned so far: the next one's number. */
  counter: number
  hedges: Record<string, Holding>
  /** Wishes being planned: hedge id by symbol. */
  planning: Record<string, string>
  /** Hedges that were told to go because the account is short of margin: until they are over. */
  relieving: string[]
  because: string
}

export type DeskEvent = (
  | { type: 'desk.open'; execution: ExecutionRules; limits: LimitRules }
  | { type: 'desk.close'; because: string }
  | { type: 'desk.flatten'; because: string }
  /** The account is short of margin: these hedges go, whatever they earn. */
  | { type: 'desk.relieve'; hedgeIds: string[]; because: string }
  /** What the exchange still shows of ours, in words; empty when it is flat. */
  | { type: 'flat.verified'; left: string[] }
  | { type: 'flat.unread'; because: string }
  | { type: 'hedge.wanted'; symbol: string; symbolActor: string }
  | {
      type: 'hedge.planned'
      plan: HedgePlan
      symbolActor: string
      funds: AccountExposure
      cash: HedgeCash
    }
  | { type: 'hedge.unplanned'; symbol: string; symbolActor: string; because: string }
  | { type: 'hedge.over'; hedgeId: string }
  /** A part of it was closed: what the rest binds. */
  | { type: 'hedge.shrunk'; hedgeId: string; notionalUsdt: Usdt; reserveUsdt: Usdt }
) & { atMs: number }

const COUNTER_WIDTH = 6
/** Ten letters or digits, as the order ids need: salt and counter. */
const hedgeIdOf = (salt: string, counter: number): string =>
  salt + counter.toString(36).toUpperCase().padStart(COUNTER_WIDTH, '0')

/** A hedge the desk granted, as limits and planning see it. */
type GrantedHedge = OpenHedge & { reserveUsdt: Usdt }

/** Every hedge the desk granted and was not told to be over, with the cash it binds. */
export const grantedHedges = ({ hedges }: Pick<DeskContext, 'hedges'>): GrantedHedge[] =>
  Object.entries(hedges).map(([hedgeId, { symbol, notionalUsdt, reserveUsdt }]) => ({
    hedgeId,
    symbol,
    notionalUsdt,
    reserveUsdt,
  }))

/** What the account carries: a hedge granted since `cash` was read has traded nothing there, and so binds all of its reserve. */
export const exposureOf = (
  hedges: readonly GrantedHedge[],
  funds: AccountExposure,
  cash: HedgeCash,
): Exposure => ({ hedges, ...funds, ...reservedOf(hedges, cash), halted: false })

function judged(context: DeskContext, event: DeskEvent) {
  if (event.type !== 'hedge.planned') return undefined
  return approve(event.plan, exposureOf(grantedHedges(context), event.funds, event.cash), context.limits)
}

const without = <Value>(map: Record<string, Value>, key: string): Record<string, Value> =>
  Object.fromEntries(Object.entries(map).filter(([each]) => each !== key))

/** The order of life for a new hedge: only an approved plan compiles here. */
function birth(context: DeskContext, plan: Approved<HedgePlan>, symbolActor: string) {
  const { execution, limits, hedgeSupervisors, counter } = context
  const input: HedgeInput = { plan, execution, limits, symbolActor }
  return {
    to: hedgeSupervisors[counter % hedgeSupervisors.length] ?? 'hedges',
    event: {
      type: 'children.ensure',
      children: [{ id: `hedge:${plan.hedgeId}`, kind: 'hedge', input: input as unknown as JsonObject }],
    },
  }
}

type Message = { to: string; event: { type: string } & JsonObject }
/** After this the exchange is asked, whatever is still being unwound: a person must hear of it. */
const FLATTEN_MAX_MS = 600_000
/** What was left is looked at again so often. */
const FLAT_AGAIN_MS = 600_000
const READ_AGAIN_MS = 10_000

/** Of these hedges, those that are held and were not told to go yet. */
const toRelieve = ({ hedges, relieving }: DeskContext, event: DeskEvent): string[] =>
  event.type === 'desk.relieve'
    ? event.hedgeIds.filter(id => hedges[id] !== undefined && !relieving.includes(id))
    : []

/** What planning may know: the effect must not read the desk, whose snapshot may lead. */
export type HedgeWish = { symbol: string; symbolActor: string; hedgeId: string; hedges: GrantedHedge[] }

const deskSetup = setup({
  types: { context: {} as DeskContext, events: {} as DeskEvent, input: {} as DeskInput },
  delays: { FLATTEN_MAX: FLATTEN_MAX_MS, FLAT_AGAIN: FLAT_AGAIN_MS, READ_AGAIN: READ_AGAIN_MS },
  guards: {
    isEmpty: ({ context }) => Object.keys(context.hedges).length === 0,
    isFlat: ({ event }) => event.type === 'flat.verified' && event.left.length === 0,
    isRelief: ({ context, event }) => toRelieve(context, event).length > 0,
    isFree: ({ context, event }) =>
      event.type === 'hedge.wanted' &&
      context.planning[event.symbol] === undefined &&
      !Object.values(context.hedges).some(hedge => hedge.symbol === event.symbol),
    isApproved: ({ context, event }) => {
      const answer = judged(context, event)
      return answer !== undefined && !isRefusal(answer)
    },
  },
  actions: {
    plan: assign(({ context, event }) =>
      event.type === 'hedge.wanted'
        ? {
            counter: context.counter + 1,
            planning: { ...context.planning, [event.symbol]: hedgeIdOf(context.salt, context.counter) },
          }
        : {},
    ),
    unplan: assign(({ context, event }) => {
      const symbol =
        event.type === 'hedge.planned' ? event.plan.symbol : 'symbol' in event ? event.symbol : ''
      return { planning: without(context.planning, symbol) }
    }),
    reserve: assign(({ context, event }) => {
      if (event.type !== 'hedge.planned') return {}
      const { hedgeId, symbol, notionalUsdt } = event.plan
      const holding = {
        symbol,
        notionalUsdt,
        reserveUsdt: reserveUsdt(event.plan),
        grantedAtMs: event.atMs,
      }
      return { hedges: { ...context.hedges, [hedgeId]: holding } }
    }),
    release: assign(({ context, event }) =>
      event.type === 'hedge.over'
        ? {
            hedges: without(context.hedges, event.hedgeId),
            relieving: context.relieving.filter(id => id !== event.hedgeId),
          }
        : {},
    ),
    shrink: assign(({ context, event }) => {
      const held = event.type === 'hedge.shrunk' ? context.hedges[event.hedgeId] : undefined
      if (!held || event.type !== 'hedge.shrunk') return {}
      const { hedgeId, notionalUsdt, reserveUsdt } = event
      return { hedges: { ...context.hedges, [hedgeId]: { ...held, notionalUsdt, reserveUsdt } } }
    }),
    relieve: assign(({ context, event }) => ({
      relieving: [...context.relieving, ...toRelieve(context, event)],
    })),
    takeRules: assign(({ event }) =>
      event.type === 'desk.open' ? { execution: event.execution, limits: event.limits, because: '' } : {},
    ),
    note: assign(({ event }) => ('because' in event ? { because: event.because } : {})),
    planHedge: (_, _wish: HedgeWish) => {},
    verifyFlat: (_, _open: { hedgeIds: string[] }) => {},
    send: (_, _message: Message) => {},
    sendAll: (_, _message: { to: string[]; event: { type: string } & JsonObject }) => {},
  },
})

type Args = { context: DeskContext; event: DeskEvent }

const refuse = {
  type: 'send',
  params: ({ context, event }: Args): Message => {
    const answer = judged(context, event)
    const because =
      answer && isRefusal(answer)
        ? `${answer.refused}: found ${answer.found}, limit ${answer.limit}`
        : event.type === 'hedge.unplanned'
          ? event.because
          : context.because || 'a hedge of this symbol is under way'
    return {
      to: 'symbolActor' in event ? event.symbolActor : '',
      event: { type: 'hedge.refused', because },
    }
  },
} as const

const grant = {
  type: 'send',
  params: ({ event }: Args): Message => ({
    to: 'symbolActor' in event ? event.symbolActor : '',
    event: { type: 'hedge.granted', hedgeId: event.type === 'hedge.planned' ? event.plan.hedgeId : '' },
  }),
} as const

const spawnHedge = {
  type: 'send',
  params: ({ context, event }: Args): Message => {
    const answer = judged(context, event)
    if (!answer || isRefusal(answer) || event.type !== 'hedge.planned') {
      throw new Error('desk: expected an approved plan where a hedge is born')
    }
    return birth(context, answer, event.symbolActor)
  },
} as const

const planHedge = {
  type: 'planHedge',
  params: ({ context, event }: Args): HedgeWish => {
    const { symbol, symbolActor } = event.type === 'hedge.wanted' ? event : { symbol: '', symbolActor: '' }
    return {
      symbol,
      symbolActor,
      hedgeId: context.planning[symbol] ?? '',
      hedges: grantedHedges(context),
    }
  },
} as const

const unwind = (context: DeskContext, hedgeIds: readonly string[], event: DeskEvent) => ({
  to: hedgeIds.map(id => `hedge:${id}`),
  event: { type: 'hedge.unwind', because: 'because' in event ? event.because : context.because },
})

const unwindAll = {
  type: 'sendAll',
  params: ({ context, event }: Args) => unwind(context, Object.keys(context.hedges), event),
} as const

const unwindSome = {
  type: 'sendAll',
  params: ({ context, event }: Args) => unwind(context, toRelieve(context, event), event),
} as const

const tellFlat = {
  type: 'send',
  params: ({ event }: Args): Message => ({
    to: 'engine',
    event: { type: 'desk.flat', left: event.type === 'flat.verified' ? event.left : [] },
  }),
} as const

/** A wish is refused in every state but `open`. */
const refusing = {
  'hedge.wanted': { actions: refuse },
  'hedge.planned': { actions: ['unplan', refuse] },
} as const

export const deskMachine = deskSetup.createMachine({
  id: 'desk',
  version: '1',
  context: ({ input }) => ({
    ...input,
    counter: 0,
    hedges: {},
    planning: {},
    relieving: [],
    because: 'not open yet',
  }),
  initial: 'closed',
  on: {
    'hedge.over': { actions: 'release' },
    'hedge.shrunk': { actions: 'shrink' },
    'hedge.unplanned': { actions: ['unplan', refuse] },
    'desk.relieve': { guard: 'isRelief', actions: [unwindSome, 'relieve'] },
    'desk.flatten': { actions: ['note', unwindAll], target: '.flattening' },
  },
  states: {
    closed: {
      on: {
        'desk.open': { actions: 'takeRules', target: 'open' },
        'desk.close': { actions: 'note' },
        ...refusing,
      },
    },
    open: {
      on: {
        'desk.open': { actions: 'takeRules' },
        'desk.close': { actions: 'note', target: 'closed' },
        'hedge.wanted': [{ guard: 'isFree', actions: ['plan', planHedge] }, { actions: refuse }],
        'hedge.planned': [
          // Judged before it is reserved: a plan must not count against itself.
          { guard: 'isApproved', actions: [spawnHedge, 'reserve', 'unplan', grant] },
          { actions: ['unplan', refuse] },
        ],
      },
    },
    /** Until the exchange shows nothing of ours, or the engine trades again. */
    flattening: {
      initial: 'emptying',
      on: {
        'desk.open': { actions: 'takeRules', target: 'open' },
        'desk.close': { actions: 'note' },
        ...refusing,
      },
      states: {
        emptying: {
          always: { guard: 'isEmpty', target: 'verifying' },
          after: { FLATTEN_MAX: 'verifying' },
        },
        verifying: {
          entry: {
            type: 'verifyFlat',
            params: ({ context }) => ({ hedgeIds: Object.keys(context.hedges) }),
          },
          on: {
            'flat.verified': [
              { guard: 'isFlat', actions: tellFlat, target: '#desk.closed' },
              { actions: tellFlat, target: 'left' },
            ],
            'flat.unread': { actions: 'note', target: 'pausing' },
          },
        },
        pausing: { after: { READ_AGAIN: 'verifying' } },
        left: {
          after: { FLAT_AGAIN: 'verifying' },
          on: { 'hedge.over': { actions: 'release', target: 'verifying' } },
        },
      },
    },
  },
})
