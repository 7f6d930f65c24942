/**
 * One situation that two legs may come into, on a whole engine: a desk that always wants this one symbol, the simulated
 * exchange, and something that happens. What is read at the end is read from the exchange, and so is what stood unhedged
 * meanwhile, second by second.
 */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import type { Direction } from '../../../src/domain/instrument.ts'
import type { Happening } from '../../../src/exchange/simulator/events/agenda-shape.ts'
import type { FaultPlanInput } from '../../../src/exchange/simulator/faults/plan.ts'
import type { SimulatedBybit } from '../../../src/exchange/simulator/simulated.ts'
import { type VirtualOptions, virtualWorld } from './virtual-engine.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const START_AT_MS = Date.UTC(2026, 0, 5, 6, 20)

export type Situation = {
  name: string
  /** LINKUSDT unless said otherwise. */
  symbol?: string
  direction?: Direction
  /** From the first moment. */
  wrong?: FaultPlanInput
  rules?: VirtualOptions['rules']
  balances?: VirtualOptions['balances']
  /** What happens while it is entered; the first order leaves about `ENTRY_MS` after the start. */
  meanwhile?: (startAtMs: number, symbol: string, coin: string) => readonly Happening[]
  /** What happens once the hedge stands. */
  after?: (nowMs: number, symbol: string, coin: string) => readonly Happening[]
  /** What is asked of the exchange by somebody else once the hedge stands. */
  stranger?: readonly Record<string, string | boolean>[]
  /** A person lets go once what happened is over. */
  unwinds?: boolean
  /** How long to look on after that. */
  minutes: number
  /** For so long nothing true can be heard from the exchange: what stands apart meanwhile cannot be seen. */
  blindSeconds?: number
  /** Lots that a person has beside it at the end. */
  foreignLots?: number
  ends: 'hedged' | 'flat'
}

export type Ending = {
  /** Every state the hedges came through, in order. */
  states: string[]
  /** Of the last hedge. */
  last: string
  becauses: string[]
  /** Orders that were asked for, and how many names they have. */
  orders: { asked: number; names: number }
  /** Spot and perpetual at the end, in lots of the perpetual that are apart; positive: too much spot. */
  lotsApart: number
  /** Contracts open, and whether an order is. */
  contracts: string
  openOrders: number
  /** Coins owed at the end. */
  owed: string
  residuals: Record<string, string>
  unexplained: number
  fatal: unknown[]
  /** The longest single stretch with a lot or more apart, and its notional times seconds. */
  apartSecondsMax: number
  apartNotionalSecondsMax: number
  settlements: number
}

type Row = Record<string, string>
/** Asked again where a fault of the plan struck the question itself. */
function listOf(core: SimulatedBybit, path: string, params: Row): Row[] {
  for (let again = 0; again < 200; again++) {
    const { result } = core.request({ via: 'rest', method: 'GET', path, params, uid: 'ours' })
    const { list } = (result ?? {}) as { list?: Row[] }
    if (Array.isArray(list)) return list
  }
  throw new Error(`${path}: expected a list, found none`)
}

/** What the account shows of one pair: coins owned less owed, contracts short, the mark. */
function legsAt(core: SimulatedBybit, symbol: string, coin: string) {
  const [wallet] = listOf(core, '/v5/account/wallet-balance', { accountType: 'UNIFIED' })
  const row = ((wallet?.coin ?? []) as unknown as Row[]).find(each => each.coin === coin)
  const owed = new Decimal(row?.spotBorrow || 0)
  const [position] = listOf(core, '/v5/position/list', { category: 'linear', symbol })
  const short = new Decimal(position?.size || 0).times(position?.side === 'Buy' ? -1 : 1)
  const [instrument] = listOf(core, '/v5/market/instruments-info', { category: 'linear', symbol })
  const filter = instrument?.lotSizeFilter as unknown as Row | undefined
  const [ticker] = listOf(core, '/v5/market/tickers', { category: 'linear', symbol })
  const owned = new Decimal(row?.walletBalance || 0).minus(owed)
  const gap = owned.minus(short)
  const lots = gap.div(filter?.qtyStep || 1)
  return {
    owned,
    owed,
    short,
    lots,
    notional: gap
      .abs()
      .times(ticker?.markPrice || 0)
      .toNumber(),
  }
}

/** A desk that always wants this symbol, in this direction, and never grows tired of it. */
export const eager = (direction: Direction): NonNullable<VirtualOptions['rules']> => ({
  strategy: {
    directions: [direction],
    entryAprMin: -1_000,
    reentryProbability: 1_000,
    settlementGuardMs: 0,
    coolDownMs: 30 * 24 * 60 * MINUTE_MS,
    listingAgeMsMin: 0,
  },
})

function rulesOf({ direction = 'long-carry', rules = {} }: Situation): NonNullable<VirtualOptions['rules']> {
  const base = eager(direction)
  return {
    strategy: { ...base.strategy, ...rules.strategy },
    execution: { ...rules.execution },
    limits: { ...rules.limits },
  }
}

/** Plays a situation to its end. */
export async function play(situation: Situation, seed = 3): Promise<Ending> {
  const { symbol = 'LINKUSDT', wrong = {}, balances = { USDT: '100000' } } = situation
  const coin = symbol.replace(/USDT$/, '')
  const world = await virtualWorld(seed, START_AT_MS, {
    symbols: [symbol],
    wrong,
    balances,
    rules: rulesOf(situation),
  })
  const { core, clock, advance } = world
  const names: string[] = []
  const { request } = core
  core.request = asked => {
    if (/order\.?\/?create$/.test(asked.path) && asked.uid === 'ours' && asked.params.orderLinkId)
      names.push(String(asked.params.orderLinkId))
    return request(asked)
  }
  const happen = (happenings: readonly Happening[] = []) => {
    for (const happening of happenings) {
      const refused = core.schedule(happening)
      if (typeof refused === 'string') throw new Error(`${situation.name}: ${refused}`)
    }
  }
  happen(situation.meanwhile?.(START_AT_MS, symbol, coin))
  const engine = await world.start()
  const seen: string[] = []
  const becauses: string[] = []
  const hedges = () => [...engine.runtime.all()].filter(({ kind }) => kind === 'hedge')
  const states = () => hedges().map(({ cell }) => cell?.state ?? '')
  let stretch = { seconds: 0, notional: 0 }
  const most = { seconds: 0, notional: 0 }
  let known: HedgeContext | undefined

  const second = async () => {
    await advance(clock.nowMs() + SECOND_MS)
    for (const { actor, cell } of hedges()) {
      known = actor.getSnapshot().context as HedgeContext
      const state = cell?.state.split(/[. ]/)[0] ?? ''
      if (seen.at(-1) !== state) seen.push(state)
      const because = known.failure ?? known.unwindBecause ?? ''
      if (because && becauses.at(-1) !== because) becauses.push(because)
    }
    const legs = legsAt(core, symbol, coin)
    const apart =
      legs.lots
        .minus(situation.foreignLots ?? 0)
        .abs()
        .gte(1) && legs.lots.abs().gte(1)
    stretch = apart
      ? { seconds: stretch.seconds + 1, notional: stretch.notional + legs.notional }
      : { seconds: 0, notional: 0 }
    most.seconds = Math.max(most.seconds, stretch.seconds)
    most.notional = Math.max(most.notional, stretch.notional)
  }
  const until = async (done: () => boolean, seconds: number) => {
    for (let i = 0; i < seconds && !done(); i++) await second()
  }

  await until(() => states().some(state => /^hedged/.test(state)), 15 * 60)
  happen(situation.after?.(clock.nowMs(), symbol, coin))
  for (const body of situation.stranger ?? [])
    core.request({ via: 'rest', method: 'POST', path: '/v5/order/create', params: body, uid: 'ours' })
  for (let minute = 0; minute < situation.minutes; minute++) await until(() => false, 60)
  if (situation.unwinds) {
    for (const { id } of hedges())
      engine.runtime.deliver(id, { type: 'hedge.unwind', because: 'a person', atMs: clock.nowMs() })
    await until(() => hedges().length === 0, 15 * 60)
  }
  for (let i = 0; i < 45; i++) await second()
  const legs = legsAt(core, symbol, coin)
  const own = legs.lots.minus(situation.foreignLots ?? 0)
  const open = listOf(core, '/v5/order/realtime', { category: 'linear', symbol, openOnly: '0' })
  const openSpot = listOf(core, '/v5/order/realtime', { category: 'spot', symbol, openOnly: '0' })
  const ending: Ending = {
    states: seen,
    last: states().at(-1)?.split(/[. ]/)[0] ?? 'closed',
    becauses,
    orders: { asked: names.length, names: new Set(names).size },
    lotsApart: own.toNumber(),
    contracts: legs.short.toFixed(),
    openOrders: open.length + openSpot.length,
    owed: legs.owed.toFixed(),
    residuals: { ...engine.bookkeeper.residuals() },
    unexplained: world.books.postings.filter(({ kind }) => kind === 'suspense').length,
    fatal: engine.faults,
    apartSecondsMax: most.seconds,
    apartNotionalSecondsMax: most.notional,
    settlements: known?.settlements ?? 0,
  }
  engine.runtime.close()
  world.venue.close()
  return ending
}
