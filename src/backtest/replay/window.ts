/**
 * Recorded history run through the real engine: charts, actors and journal as live, the simulated exchange fed by records,
 * and a virtual clock that moves only when the store has answered. What comes out is what the engine did, nothing computed.
 */
import { setImmediate } from 'node:timers/promises'
import type { Records } from '../../../actors/account/recorder.ts'
import type { Books } from '../../../actors/bookkeeper.ts'
import type { RiskHistory } from '../../../actors/risk/figures.ts'
import { type Clock, systemClock, type TimerHandle } from '../../clock/clock.ts'
import { VirtualClock } from '../../clock/virtual-clock.ts'
import { HOUR_MS } from '../../domain/market/funding.ts'
import { hedgePairs } from '../../domain/market/pairing.ts'
import type { Rules } from '../../domain/rules.ts'
import { orderBookBuilder } from '../../exchange/bybit/streams/order-books.ts'
import { createBybitExchange } from '../../exchange/bybit/venue.ts'
import type { Exchange, MarketFact } from '../../exchange/exchange.ts'
import { createSimulatedBybit } from '../../exchange/simulator/create.ts'
import type { History } from '../../exchange/simulator/history/files.ts'
import { historyMarket } from '../../exchange/simulator/history/market.ts'
import { inProcessBybit } from '../../exchange/simulator/in-process.ts'
import type { FeeTable } from '../../exchange/simulator/kit/grid.ts'
import type { SimulatedBybit } from '../../exchange/simulator/simulated.ts'
import { createEngine, type Engine } from '../../run/engine.ts'
import type { TermsStore } from '../../store/books/operator-store.ts'
import type { Journal } from '../../store/schema/records.ts'
import type { Telemetry } from '../../telemetry/telemetry.ts'
import { createDecisionLog, type DecisionLog } from './decision-log.ts'
import { REPLAY_PACE } from './rules.ts'

/**
 * Counts what a virtual run has asked of the real world and not been answered yet. Virtual time may move only when nothing is
 * under way: then an answer of the database comes at the same virtual instant on every machine, however slow it is.
 */
type InFlight = {
  /** The same port, with every promise that its methods give counted until it settles. */
  watch<Port extends object>(port: Port): Port
  /** Resolves when nothing is under way and nothing that was waiting has asked for more. */
  quiet(): Promise<void>
  /** How often something was asked, and wall milliseconds spent waiting for it. */
  spent(): { asked: number; waitedMs: number }
}

function createInFlight(): InFlight {
  const wall = systemClock()
  let under = 0
  let asked = 0
  let waitedMs = 0
  let rested: (() => void) | undefined
  const end = () => {
    under--
    if (under === 0) rested?.()
  }
  const rest = async () => {
    if (under === 0) return
    const sinceMs = wall.nowMs()
    while (under > 0) {
      await new Promise<void>(resolve => {
        rested = resolve
      })
    }
    waitedMs += wall.nowMs() - sinceMs
  }
  return {
    watch: port =>
      new Proxy(port, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver)
          if (typeof value !== 'function') return value
          return (...given: unknown[]) => {
            const answer: unknown = value.apply(target, given)
            if (!(answer instanceof Promise)) return answer
            under++
            asked++
            answer.then(end, end)
            return answer
          }
        },
      }),
    async quiet() {
      // Whoever waited goes on in the microtasks before the next turn, and may ask again.
      for (let before = -1; before !== asked; ) {
        before = asked
        await rest()
        await setImmediate()
      }
    },
    spent: () => ({ asked, waitedMs }),
  }
}

/** After the hour, when both legs' books have moved. */
const AFTER_MS = 5
const DEPTH = '25'

function withHourlySpreads(exchange: Exchange, core: SimulatedBybit, clock: Clock): Exchange {
  return {
    ...exchange,
    watchMarket(pairs, hear) {
      const legs = exchange.watchMarket(
        pairs.map(({ spot, perp }) => ({ spot, perp })),
        hear,
      )
      const symbols = pairs.flatMap(({ spread }) => spread ?? [])
      let handle: TimerHandle
      const tell = () => {
        for (const symbol of symbols) hear(read(core, symbol))
        const nextMs = (Math.floor(clock.nowMs() / HOUR_MS) + 1) * HOUR_MS + AFTER_MS
        handle = clock.setTimeout(tell, nextMs - clock.nowMs())
      }
      handle = clock.setTimeout(tell, AFTER_MS)
      return {
        close() {
          clock.clearTimeout(handle)
          legs.close()
        },
      }
    },
  }
}

function read(core: SimulatedBybit, symbol: string): MarketFact {
  const params = { symbol, limit: DEPTH }
  const { result } = core.request({
    via: 'rest',
    method: 'GET',
    path: '/v5/spread/orderbook',
    params,
    uid: '',
  })
  const row = result as Record<string, unknown>
  const answer = orderBookBuilder('spread', symbol).apply({ type: 'snapshot', ts: row.ts, data: row })
  if (answer.kind !== 'book')
    return { kind: 'spread-stale', symbols: [symbol], cause: 'no book in this hour' }
  const { bids, asks, atMs } = answer.book
  return { kind: 'spread-book', symbol, bids, asks, atMs }
}

type ReplayParts = {
  history: History
  rules: Rules
  journal: Journal
  books: Books & Records & RiskHistory & TermsStore
  salt: string
  isOwner: () => boolean
  telemetry: Telemetry
  /** Called about once a virtual day. */
  progress?: (at: { nowMs: number; hedges: number }) => void
  /** USDT that the account starts with. */
  balanceUsdt?: string
  /** Of the order books; 1 when left out. */
  seed?: number
  /** Those of the lowest level when left out. */
  fees?: FeeTable | undefined
}

export type EquitySample = { atMs: number; equityUsdt: string }

export type ReplayRun = {
  decisions: DecisionLog
  /** What the exchange said the account was worth, hourly. */
  equity: EquitySample[]
  residuals: Record<string, string>
  /** Middle spot price at the end, USDT per coin. */
  lastPrices: Record<string, string>
  endedAtMs: number
  waited: { asked: number; waitedMs: number }
}

const REPLAY_BALANCE = '100000'
const ACCOUNT = 'replay'
const DAY_MS = 24 * HOUR_MS
/** The last hedges are unwound this long before the records end, so that their way out is priced too. */
export const UNWIND_BEFORE_END_MS = 45 * 60_000

/** Runs the span of `history` from its first hour to its last. @throws what the engine calls fatal */
export async function replayWindow(parts: ReplayParts): Promise<ReplayRun> {
  const { history, rules, telemetry } = parts
  const flight = createInFlight()
  const clock = new VirtualClock(history.fromMs)
  const { exchange, line, core } = venueOf(parts, clock)
  let fault: unknown
  let commits = 0
  const advance = async (untilMs: number) => {
    for (;;) {
      await flight.quiet()
      if (fault !== undefined) throw fault
      const nextAtMs = clock.nextDueAtMs()
      if (nextAtMs === undefined || nextAtMs > untilMs) break
      clock.advanceTo(nextAtMs)
    }
    clock.advanceTo(untilMs)
  }
  const wait = () => advance(clock.nowMs() + 10)
  const pairs = await pairsOf(exchange, rules.strategy.symbols, wait)
  const spreads = await settled(exchange.spreadInstruments(), wait)
  const engine = createEngine({
    clock,
    exchange,
    journal: flight.watch(parts.journal),
    books: flight.watch(parts.books),
    pairs,
    spreads,
    rules,
    telemetry,
    salt: parts.salt,
    commitId: () => `${parts.salt}-${++commits}`,
    isOwner: parts.isOwner,
    fatal: error => {
      fault ??= error
    },
    ready: () => {},
    pace: REPLAY_PACE,
  })
  const decisions = createDecisionLog(engine)
  const equity: EquitySample[] = []
  await engine.start()
  const unwindAtMs = history.toMs - UNWIND_BEFORE_END_MS
  for (let atMs = clock.nowMs(); atMs < unwindAtMs; ) {
    atMs = Math.min(atMs + JUDGED_EVERY_MS, unwindAtMs)
    await advance(atMs)
    decisions.look()
    if (atMs % HOUR_MS < JUDGED_EVERY_MS) equity.push(equityOf(core, atMs))
    if (atMs % DAY_MS < JUDGED_EVERY_MS) parts.progress?.({ nowMs: atMs, hedges: hedgesOf(engine) })
  }
  engine.runtime.deliver('engine', { type: 'engine.flatten', by: 'replay', because: END_OF_RECORDS })
  await advance(history.toMs - 1)
  const booked = engine.bookkeeper.bookNow()
  const residuals = await settled(booked, wait)
  const lastPrices = pricesOf(engine)
  equity.push(equityOf(core, clock.nowMs()))
  await settled(engine.stop(), wait)
  line.close()
  await exchange.close()
  return {
    decisions: decisions.found(),
    equity,
    residuals,
    lastPrices,
    endedAtMs: clock.nowMs(),
    waited: flight.spent(),
  }
}

export const END_OF_RECORDS = 'the records end'
/** Judgements are looked at as often as they are made. */
const JUDGED_EVERY_MS = 1_200_000

function venueOf({ history, rules, telemetry, ...set }: ReplayParts, clock: VirtualClock) {
  const { universe } = history
  const startAtMs = history.fromMs
  const core = createSimulatedBybit({
    seed: set.seed ?? 1,
    startAtMs,
    universe,
    market: historyMarket({ universe, symbols: history.symbols, startAtMs }),
    accounts: [{ uid: ACCOUNT, balances: { USDT: set.balanceUsdt ?? REPLAY_BALANCE } }],
    ...(set.fees && { fees: set.fees }),
  })
  const line = inProcessBybit({ core, clock })
  const exchange = createBybitExchange(line.wire(ACCOUNT), {
    name: 'replay',
    clock,
    // History comes by the hour: what says nothing for minutes is not silent.
    speed: REPLAY_PACE,
    orderDeadlineMs: rules.execution.orderDeadlineMs,
    report: (kind, detail) => telemetry.inputRefused(kind, detail),
  })
  return { exchange: withHourlySpreads(exchange, core, clock), line, core }
}

function equityOf(core: SimulatedBybit, atMs: number): EquitySample {
  const { result } = core.request({
    via: 'rest',
    method: 'GET',
    path: '/v5/account/wallet-balance',
    params: { accountType: 'UNIFIED' },
    uid: ACCOUNT,
  })
  const { list } = result as { list: { totalEquity: string }[] }
  return { atMs, equityUsdt: list[0]?.totalEquity ?? '0' }
}

async function pairsOf(exchange: Exchange, symbols: readonly string[], wait: () => Promise<void>) {
  const { spot, perps } = await settled(exchange.instruments(), wait)
  return hedgePairs(spot, perps).pairs.filter(({ symbol }) => symbols.includes(symbol))
}

/** Moves time until a promise that waits for it has its answer. */
async function settled<Value>(asked: Promise<Value>, wait: () => Promise<void>): Promise<Value> {
  let isSettled = false
  const end = () => {
    isSettled = true
  }
  asked.then(end, end)
  while (!isSettled) await wait()
  return asked
}

const hedgesOf = ({ runtime }: Engine) => [...runtime.all()].filter(({ kind }) => kind === 'hedge').length

function pricesOf({ board }: Engine): Record<string, string> {
  const prices: Record<string, string> = {}
  for (const { symbol, baseCoin } of board.pairs()) {
    const book = board.view(symbol)?.spotBook
    const bid = book?.bids[0]
    if (bid) prices[baseCoin] = bid[0]
  }
  return prices
}
