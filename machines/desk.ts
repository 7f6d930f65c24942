/**
 * The desk: the only one that may open a hedge. It holds capital, the limits, and who has what.
 *
 *   closed ⇄ open      (the engine opens it when trading, closes it when anything is in doubt)
 *
 * A wish is planned outside (an effect reads the market and the wallet) and judged here against what is carried at that
 * moment, one wish after the other: two symbols can never both be granted the last of the room.
 */

import { assign, setup } from 'xstate'
import { capitalOf, type Exposure, type OpenHedge } from '../src/domain/exposure.ts'
import type { JsonObject } from '../src/domain/json.ts'
import { type Approved, approve } from '../src/domain/limits.ts'
import type { HedgePlan } from '../src/domain/plan.ts'
import { isRefusal } from '../src/domain/refusal.ts'
import type { ExecutionRules, LimitRules } from '../src/domain/rules.ts'
import type { Usdt } from '../src/domain/units.ts'
import type { HedgeInput } from './hedge-context.ts'

/** What the desk knows of a hedge it granted. */
export type Holding = { symbol: string; notionalUsdt: Usdt; capitalUsdt: Usdt; grantedAtMs: number }

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
  because: string
}

/** The account as the exchange last told, read when the plan was made. */
type Funds = { availableUsdt: Usdt; maintenanceMarginRate: string }

export type DeskEvent = (
  | { type: 'desk.open'; execution: ExecutionRules; limits: LimitRules }
  | { type: 'desk.close'; because: string }
  | { type: 'desk.flatten'; because: string }
  | { type: 'hedge.wanted'; symbol: string; symbolActor: string }
  | { type: 'hedge.planned'; plan: HedgePlan; symbolActor: string; funds: Funds }
  | { type: 'hedge.unplanned'; symbol: string; symbolActor: string; because: string }
  | { type: 'hedge.over'; hedgeId: string }
) & { atMs: number }

const COUNTER_WIDTH = 6
/** Ten letters or digits, as the order ids need: salt and counter. */
const hedgeIdOf = (salt: string, counter: number): string =>
  salt + counter.toString(36).toUpperCase().padStart(COUNTER_WIDTH, '0')

/** Capital of hedges granted moments ago, which the wallet does not show yet. */
const UNSEEN_MS = 60_000

const openHedges = ({ hedges }: DeskContext): OpenHedge[] =>
  Object.entries(hedges).map(([hedgeId, { symbol, notionalUsdt }]) => ({ hedgeId, symbol, notionalUsdt }))

function exposureOf(context: DeskContext, funds: Funds, atMs: number): Exposure {
  const unseen = Object.values(context.hedges).filter(hedge => hedge.grantedAtMs > atMs - UNSEEN_MS)
  return {
    hedges: openHedges(context),
    ...funds,
    reservedUsdt: capitalOf(unseen),
    halted: false,
  }
}

function judged(context: DeskContext, event: DeskEvent) {
  if (event.type !== 'hedge.planned') return undefined
  return approve(event.plan, exposureOf(context, event.funds, event.atMs), context.limits)
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
/** What planning may know: the effect must not read the desk, whose snapshot may lead. */
export type Wish = { symbol: string; symbolActor: string; hedgeId: string; hedges: OpenHedge[] }

const deskSetup = setup({
  types: { context: {} as DeskContext, events: {} as DeskEvent, input: {} as DeskInput },
  guards: {
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
      const { hedgeId, symbol, notionalUsdt, capitalUsdt } = event.plan
      const holding = { symbol, notionalUsdt, capitalUsdt, grantedAtMs: event.atMs }
      return { hedges: { ...context.hedges, [hedgeId]: holding } }
    }),
    release: assign(({ context, event }) =>
      event.type === 'hedge.over' ? { hedges: without(context.hedges, event.hedgeId) } : {},
    ),
    takeRules: assign(({ event }) =>
      event.type === 'desk.open' ? { execution: event.execution, limits: event.limits, because: '' } : {},
    ),
    note: assign(({ event }) => ('because' in event ? { because: event.because } : {})),
    planHedge: (_, _wish: Wish) => {},
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
  params: ({ context, event }: Args): Wish => {
    const { symbol, symbolActor } = event.type === 'hedge.wanted' ? event : { symbol: '', symbolActor: '' }
    return {
      symbol,
      symbolActor,
      hedgeId: context.planning[symbol] ?? '',
      hedges: openHedges(context),
    }
  },
} as const

export const deskMachine = deskSetup.createMachine({
  id: 'desk',
  version: '1',
  context: ({ input }) => ({ ...input, counter: 0, hedges: {}, planning: {}, because: 'not open yet' }),
  initial: 'closed',
  on: {
    'hedge.over': { actions: 'release' },
    'hedge.unplanned': { actions: ['unplan', refuse] },
    'desk.flatten': {
      actions: [
        'note',
        {
          type: 'sendAll',
          params: ({ context, event }) => ({
            to: Object.keys(context.hedges).map(id => `hedge:${id}`),
            event: { type: 'hedge.unwind', because: 'because' in event ? event.because : 'flatten' },
          }),
        },
      ],
    },
  },
  states: {
    closed: {
      on: {
        'desk.open': { actions: 'takeRules', target: 'open' },
        'desk.close': { actions: 'note' },
        'hedge.wanted': { actions: refuse },
        'hedge.planned': { actions: ['unplan', refuse] },
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
  },
})
