/** A whole engine on a virtual clock that always wants one symbol, and what is asked and told of it by name. */
import type { DeskContext } from '../../../machines/desk.ts'
import type { EngineContext } from '../../../machines/engine.ts'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Happening } from '../../../src/exchange/simulator/events/agenda-shape.ts'
import type { CoreReply, CoreRequest } from '../../../src/exchange/simulator/simulated.ts'
import type { Engine } from '../../../src/run/engine.ts'
import { type VirtualOptions, virtualWorld } from './virtual-engine.ts'

export const MINUTE_MS = 60_000
export const START_AT_MS = Date.UTC(2026, 0, 5, 6, 20)
export const SYMBOL = 'LINKUSDT'

export type Rules = NonNullable<VirtualOptions['rules']>

/** Rules that always want a hedge, whatever it earns. */
const eager = ({ strategy, execution, limits }: Rules = {}): Rules => ({
  strategy: {
    entryAprMin: -1_000,
    reentryProbability: 1_000,
    settlementGuardMs: 0,
    coolDownMs: 30 * MINUTE_MS,
    listingAgeMsMin: 0,
    ...strategy,
  },
  execution: { routes: ['spot-first'], ...execution },
  limits: { ...limits },
})

export type Answering = (call: CoreRequest) => CoreReply | undefined
type Asked = CoreRequest & { reply: CoreReply }

/** An answer that refuses, as Bybit words it. */
export const refusal = (retCode: number, retMsg = 'refused'): CoreReply => ({
  retCode,
  retMsg,
  result: {},
  retExtInfo: {},
  time: START_AT_MS,
})

/** Asks for a new order of this market ('linear', 'spot'). */
export const isNewOrder = ({ path, params, uid }: CoreRequest, category: string): boolean =>
  uid === 'ours' && /order\.?\/?create$/.test(path) && params.category === category

/** Contracts of one side, as the exchange lists them. */
function contractsOf({ core }: Awaited<ReturnType<typeof virtualWorld>>, of: 'Buy' | 'Sell'): string[] {
  const params = { category: 'linear', settleCoin: 'USDT' }
  const asked = { via: 'rest', method: 'GET', path: '/v5/position/list', params, uid: 'ours' } as const
  const { list } = core.request(asked).result as { list: { size: string; side: string }[] }
  return list.filter(({ side }) => side === of).map(({ size }) => size)
}

export type Running = Awaited<ReturnType<typeof running>>

type Options = Omit<VirtualOptions, 'rules'> & { startAtMs?: number }

export async function running(rules: Rules = {}, { startAtMs = START_AT_MS, ...options }: Options = {}) {
  const world = await virtualWorld(7, startAtMs, { symbols: [SYMBOL], ...options, rules: eager(rules) })
  const asked: Asked[] = []
  const request = world.core.request
  let answered: Answering = () => undefined
  world.core.request = call => {
    const reply = answered(call) ?? request(call)
    if (call.uid === 'ours' && /order\.?\/?create$/.test(call.path)) asked.push({ ...call, reply })
    return reply
  }
  let engine: Engine = await world.start()
  const contextOf = <Context>(id: string) => engine.runtime.get(id)?.actor.getSnapshot().context as Context
  const contracts = (of: 'Buy' | 'Sell') => contractsOf(world, of)
  return {
    ...world,
    engine: () => engine,
    engineContext: () => contextOf<EngineContext>('engine'),
    desk: () => contextOf<DeskContext>('desk'),
    because: () => contextOf<{ because: string }>(`symbol:${SYMBOL}`).because,
    stateOf: (id: string) => engine.runtime.get(id)?.cell?.state ?? 'gone',
    /** Every order that was asked for, with its answer. */
    orders: asked,
    /** From now on the exchange answers so, where it does not give undefined. */
    answering(as: Answering) {
      answered = as
    },
    contexts: () =>
      [...engine.runtime.all()]
        .filter(({ kind }) => kind === 'hedge')
        .map(({ actor }) => actor.getSnapshot().context as HedgeContext),
    hedges: () => [...engine.runtime.all()].filter(({ kind }) => kind === 'hedge'),
    standing: () => engine.alerts.standing().map(({ name, subject }) => `${name} ${subject}`.trim()),
    tell: (id: string, type: string) => engine.runtime.deliver(id, { type }),
    /** Goes on until it is so; false when that took too long. */
    async until(isSo: () => boolean, minutes = 20): Promise<boolean> {
      const endAtMs = world.clock.nowMs() + minutes * MINUTE_MS
      while (!isSo() && world.clock.nowMs() < endAtMs) await world.advance(world.clock.nowMs() + 1_000)
      return isSo()
    },
    async again() {
      engine.runtime.close()
      engine = await world.start()
    },
    schedule: (...happenings: Happening[]) => {
      for (const happening of happenings) world.core.schedule(happening)
    },
    /** A person trades by hand on the same account. */
    order(params: Record<string, string | boolean>) {
      const asked = { category: 'linear', symbol: SYMBOL, orderType: 'Market', ...params }
      const { retCode, retMsg } = world.core.request({
        via: 'rest',
        method: 'POST',
        path: '/v5/order/create',
        params: asked,
        uid: 'ours',
      })
      if (retCode !== 0) throw new Error(`order by hand: ${retMsg}`)
    },
    /** Contracts short, as the exchange lists them. */
    shorts: () => contracts('Sell'),
    longs: () => contracts('Buy'),
    end() {
      engine.runtime.close()
      world.venue.close()
    },
  }
}
