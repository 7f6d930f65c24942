/**
 * Recorded history run through the real engine: charts, actors and journal as live, the simulated exchange fed by records,
 * and a virtual clock that moves only when the store has answered. What comes out is what the engine did, nothing computed.
 */
import { randomUUID } from 'node:crypto'
import type { Books } from '../../../actors/bookkeeper.ts'
import type { Records } from '../../../actors/recorder.ts'
import { HOUR_MS } from '../../domain/funding.ts'
import type { EntryJudgement } from '../../domain/opportunity.ts'
import { hedgePairs } from '../../domain/pairing.ts'
import type { Rules } from '../../domain/rules.ts'
import { createBybitExchange } from '../../exchange/bybit/venue.ts'
import type { Exchange } from '../../exchange/exchange.ts'
import { createSimulatedBybit } from '../../exchange/simulator/create.ts'
import type { History } from '../../exchange/simulator/history-files.ts'
import { historyMarket } from '../../exchange/simulator/history-market.ts'
import { inProcessBybit } from '../../exchange/simulator/in-process.ts'
import { builtInUniverse } from '../../exchange/simulator/universe.ts'
import type { Journal } from '../../store/records.ts'
import type { Telemetry } from '../../telemetry.ts'
import { VirtualClock } from '../../virtual-clock.ts'
import { createEngine, type Engine } from '../engine.ts'
import { createInFlight } from './in-flight.ts'
import { REPLAY_PACE } from './rules.ts'

export type ReplayParts = {
  history: History
  rules: Rules
  journal: Journal
  books: Books & Records
  salt: string
  isOwner: () => boolean
  telemetry: Telemetry
  /** Called about once a virtual day. */
  progress?: (at: { nowMs: number; hedges: number }) => void
}

export type ReplayRun = {
  /** Judgements that were not an entry, and refusals of the desk, by reason. */
  refusals: Record<string, number>
  judgements: number
  residuals: Record<string, string>
  /** Middle spot price at the end, USDT per coin. */
  lastPrices: Record<string, string>
  endedAtMs: number
  waited: { asked: number; waitedMs: number }
}

/** USDT that the account starts with. */
const REPLAY_BALANCE = '100000'
const ACCOUNT = 'replay'
const DAY_MS = 24 * HOUR_MS
/** The last hedges are unwound this long before the records end, so that their way out is priced too. */
const UNWIND_BEFORE_END_MS = 45 * 60_000

/** Runs the span of `history` from its first hour to its last. @throws what the engine calls fatal */
export async function replayWindow(parts: ReplayParts): Promise<ReplayRun> {
  const { history, rules, telemetry } = parts
  const flight = createInFlight()
  const clock = new VirtualClock(history.fromMs)
  const { exchange, line } = venueOf(parts, clock)
  let fault: unknown
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
  const pairs = await pairsOf(exchange, rules.strategy.symbols, () => advance(clock.nowMs() + 10))
  const engine = createEngine({
    clock,
    exchange,
    journal: flight.watch(parts.journal),
    books: flight.watch(parts.books),
    pairs,
    rules,
    telemetry,
    salt: parts.salt,
    commitId: randomUUID,
    isOwner: parts.isOwner,
    fatal: error => {
      fault ??= error
    },
    ready: () => {},
    pace: REPLAY_PACE,
  })
  const counted = countRefusals(engine)
  await engine.start()
  const unwindAtMs = history.toMs - UNWIND_BEFORE_END_MS
  for (let atMs = clock.nowMs(); atMs < unwindAtMs; ) {
    atMs = Math.min(atMs + JUDGED_EVERY_MS, unwindAtMs)
    await advance(atMs)
    counted.look()
    if (atMs % DAY_MS < JUDGED_EVERY_MS) parts.progress?.({ nowMs: atMs, hedges: hedgesOf(engine) })
  }
  engine.runtime.deliver('engine', { type: 'engine.flatten', by: 'replay', because: END_OF_RECORDS })
  await advance(history.toMs - 1)
  const booked = engine.bookkeeper.bookNow()
  const residuals = await settled(booked, () => advance(clock.nowMs() + 10))
  const lastPrices = pricesOf(engine)
  await settled(engine.stop(), () => advance(clock.nowMs() + 10))
  line.close()
  await exchange.close()
  return {
    ...counted.found(),
    residuals,
    lastPrices,
    endedAtMs: clock.nowMs(),
    waited: flight.spent(),
  }
}

export const END_OF_RECORDS = 'the records end'
/** Judgements are looked at as often as they are made. */
const JUDGED_EVERY_MS = 1_200_000

function venueOf({ history, rules, telemetry }: ReplayParts, clock: VirtualClock) {
  const universe = builtInUniverse(history.symbols.map(({ symbol }) => symbol))
  const startAtMs = history.fromMs
  const core = createSimulatedBybit({
    seed: 1,
    startAtMs,
    universe,
    market: historyMarket({ universe, symbols: history.symbols, startAtMs }),
    accounts: [{ uid: ACCOUNT, balances: { USDT: REPLAY_BALANCE } }],
  })
  const line = inProcessBybit({ core, clock })
  const exchange = createBybitExchange(line.wire(ACCOUNT), {
    name: 'replay',
    clock,
    orderDeadlineMs: rules.execution.orderDeadlineMs,
    report: (kind, detail) => telemetry.inputRefused(kind, detail),
  })
  return { exchange, line }
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

/** Why nothing was opened: each judgement counts once, and so does each refusal of the desk. */
function countRefusals({ judgements, runtime }: Engine) {
  const refusals: Record<string, number> = {}
  const seenAtMs = new Map<string, number>()
  let count = 0
  const add = (reason: string) => {
    refusals[reason] = (refusals[reason] ?? 0) + 1
  }
  runtime.onMove(actorId => {
    if (!actorId.startsWith('symbol:')) return
    const self = runtime.get(actorId)
    if (self?.cell?.state !== 'idle.refused') return
    const { because } = self.actor.getSnapshot().context as { because: string }
    add(`the desk: ${because.split(':')[0]}`)
  })
  return {
    look() {
      for (const { symbol, verdict, because, judgedAtMs } of judgements.entries.values()) {
        if (seenAtMs.get(symbol) === judgedAtMs) continue
        seenAtMs.set(symbol, judgedAtMs)
        count++
        // A symbol with a hedge is judged too: that it may not have a second one is no refusal.
        if (verdict !== 'tempting' && isIdle(runtime, symbol))
          add(because satisfies EntryJudgement['because'])
      }
    },
    found: () => ({ refusals, judgements: count }),
  }
}

const isIdle = (runtime: Engine['runtime'], symbol: string) =>
  (runtime.get(`symbol:${symbol}`)?.cell?.state ?? '').startsWith('idle')
