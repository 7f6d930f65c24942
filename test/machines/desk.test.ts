/** Every transition of the desk's chart on the real durable actor, with a crash after every step of the way. */
import { describe, expect, test } from 'vitest'
import { type DeskContext, type DeskEvent, deskMachine } from '../../machines/desk.ts'
import type { Json, JsonObject } from '../../src/domain/json.ts'
import { NOW_MS, RULES } from '../support/domain/sample-market.ts'
import { covering, expectSameWalk } from '../support/machines/durable-walk.ts'
import { type ModelOptions, shortestPaths, untakenTransitions } from '../support/machines/model.ts'
import { SYMBOL_ACTOR, samplePlan } from '../support/machines/sample-hedge.ts'

type State = { value: unknown; context: DeskContext }
const { execution, limits } = RULES
const input = { salt: 'TEST', execution, limits, hedgeSupervisors: ['hedges-1'] }
const SYMBOL = samplePlan().symbol
const because = 'the model says so'
const at = (event: object) => ({ ...event, atMs: NOW_MS }) as DeskEvent
const wish = { symbol: SYMBOL, symbolActor: SYMBOL_ACTOR }

/** The answer to the wish under way: with money, and without. */
const planned = ({ context }: State) => {
  const hedgeId = context.planning[SYMBOL]
  if (!hedgeId) return []
  return ['100000', '10'].map(availableUsdt =>
    at({
      type: 'hedge.planned',
      plan: samplePlan(hedgeId),
      symbolActor: SYMBOL_ACTOR,
      funds: { availableUsdt, maintenanceMarginRate: '0' },
      cash: { spotCashUsdt: {}, whole: [] },
    }),
  )
}

const model = {
  input,
  events: {
    'desk.open': [at({ type: 'desk.open', execution, limits })],
    'desk.close': [at({ type: 'desk.close', because })],
    'desk.flatten': [at({ type: 'desk.flatten', because })],
    'hedge.wanted': [at({ type: 'hedge.wanted', ...wish })],
    'hedge.planned': planned,
    'hedge.unplanned': ({ context }: State) =>
      context.planning[SYMBOL] ? [at({ type: 'hedge.unplanned', ...wish, because })] : [],
    'desk.relieve': ({ context }: State) =>
      [Object.keys(context.hedges), ['NOBODY0000']].map(hedgeIds =>
        at({ type: 'desk.relieve', hedgeIds, because }),
      ),
    'flat.verified': [[], ['XRPUSDT: 10 contracts short']].map(left => at({ type: 'flat.verified', left })),
    'flat.unread': [at({ type: 'flat.unread', because })],
    'hedge.over': ({ context }: State) =>
      Object.keys(context.hedges).map(hedgeId => at({ type: 'hedge.over', hedgeId })),
    'hedge.shrunk': ({ context }: State) =>
      [...Object.keys(context.hedges), 'NOBODY0000'].map(hedgeId =>
        at({ type: 'hedge.shrunk', hedgeId, notionalUsdt: '10', reserveUsdt: '12' }),
      ),
  },
  key: ({ value, context }: State): Json => [
    value as Json,
    Object.keys(context.planning).length,
    Object.keys(context.hedges).length,
    context.relieving.length,
    Object.values(context.hedges).filter(({ reserveUsdt }) => reserveUsdt === '12').length,
  ],
  edges: true,
} satisfies ModelOptions<typeof deskMachine>

const paths = shortestPaths(deskMachine, model)

describe(`the desk on ${paths.length} paths`, () => {
  test('every transition is met', () => {
    expect(untakenTransitions(deskMachine, paths, model)).toEqual([])
  })

  test('promises 5 and 7: it takes each path alike, whether or not its process dies after every step', async () => {
    const hedgeActors = Array.from({ length: 9 }, (_, at) => `hedge:TEST00000${at}`)
    const subject = {
      machine: deskMachine,
      actorId: 'desk',
      kind: 'desk',
      input: input as unknown as JsonObject,
      answers: {
        planHedge: ['hedge.planned', 'hedge.unplanned'],
        verifyFlat: ['flat.verified', 'flat.unread'],
      },
      listeners: ['engine', SYMBOL_ACTOR, 'hedges-1', ...hedgeActors],
    }
    for (const path of covering(paths)) await expectSameWalk(subject, path, model.key)
  })

  test('promise 9: a hedge is reserved only while the desk is open, and never twice for one symbol', () => {
    for (const { steps, description } of paths)
      for (const [index, { state }] of steps.entries()) {
        const before = steps[index - 1]?.state
        const [held, heldBefore] = [state, before].map(each => Object.keys(each?.context.hedges ?? {}).length)
        expect(held, description).toBeLessThanOrEqual(1)
        if ((held ?? 0) > (heldBefore ?? 0)) expect(before?.value, description).toBe('open')
      }
  })

  test('flatten ends only when the exchange was asked, and says what it found', () => {
    let ended = 0
    for (const { steps, description } of paths)
      for (const [index, { event, state }] of steps.entries()) {
        const before = steps[index - 1]?.state
        if (!isFlattening(before) || isFlattening(state)) continue
        const isEnd = event.type === 'flat.verified' && event.left.length === 0
        expect(isEnd || event.type === 'desk.open', description).toBe(true)
        if (isEnd) ended++
      }
    expect(ended).toBeGreaterThan(0)
  })

  test('a hedge is told to go once, and one that is not held never is', () => {
    for (const { steps, description } of paths)
      for (const { state } of steps) {
        const { relieving, hedges } = state.context
        expect(new Set(relieving).size, description).toBe(relieving.length)
        expect(
          relieving.every(id => id in hedges),
          description,
        ).toBe(true)
      }
  })
})

const isFlattening = (state: State | undefined) => JSON.stringify(state?.value ?? '').includes('flattening')
