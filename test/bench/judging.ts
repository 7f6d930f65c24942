/**
 * What judging every symbol costs: a look at all of 306 of which nothing could tempt, and a whole judgement beside the pre-check in
 * front of it. `node test/bench/judging.ts` prints the rows.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { createActor } from 'xstate'
import { createMarketBoard } from '../../actors/market/board.ts'
import type { EnginePorts } from '../../actors/ports.ts'
import { noJudgements, scanner } from '../../actors/trading/scanner.ts'
import { type Clock, systemClock } from '../../src/clock/clock.ts'
import { judgeEntry } from '../../src/domain/entry/opportunity.ts'
import { mayTempt } from '../../src/domain/entry/pre-check.ts'
import type { HedgePair, Market } from '../../src/domain/instrument.ts'
import type { Rules } from '../../src/domain/rules.ts'
import { orderQty, price } from '../../src/domain/units.ts'
import type { OrderBook } from '../../src/exchange/exchange.ts'
import { bestOf, marketOn, pairOn, paying, RULES, VIP0, XRP } from '../support/domain/sample-market.ts'
import { liveBook } from '../support/exchange/kept-fact.ts'
import { symbolAt } from './frames.ts'
import { type RatioRow, ratioRow, rounded, shown } from './rounds.ts'

const SYMBOLS = 306
const LEVELS = 50
/** Rates that pay, and rates that do not. */
const PAYS = '0.0012'
const PAYS_NOT = '0.00001'
const RULES_ALL: Rules = {
  ...RULES,
  execution: {
    ...RULES.execution,
    routes: ['spot-first', 'maker-spot', 'maker-perp', 'parallel', 'perp-first'],
  },
  limits: { ...RULES.limits, bookAgeMsMax: 3_600_000, tickerAgeMsMax: 3_600_000 },
}

function deepBook(market: Market, symbol: string, middle: number): OrderBook {
  const side = (sign: 1 | -1) =>
    Array.from(
      { length: LEVELS },
      (_, at) =>
        [
          price((middle * (1 + sign * 0.00002 * (at + 1))).toFixed(6)),
          orderQty((400 + at * 3.7).toFixed(2)),
        ] as const,
    )
  return { market, symbol, bids: side(-1), asks: side(1), atMs: 1 }
}

function tracked(clock: Clock, rate: string) {
  const pairs = Array.from({ length: SYMBOLS }, (_, at): HedgePair => {
    const [pair, symbol] = [pairOn(XRP), symbolAt(at)]
    return { ...pair, symbol, perp: { ...pair.perp, symbol }, spot: { ...pair.spot, symbol } }
  })
  const board = createMarketBoard(clock, pairs, VIP0)
  const { ticker } = marketOn(XRP, rate)
  for (const { symbol } of pairs) {
    board.hear({ kind: 'book', book: liveBook(deepBook('spot', symbol, 2.5)) })
    board.hear({ kind: 'book', book: liveBook(deepBook('linear', symbol, 2.5)) })
    board.hear({
      kind: 'ticker',
      ticker: {
        ...ticker,
        symbol,
        lastPrice: ticker.markPrice,
        nextFundingAtMs: clock.nowMs() + 18_000_000,
        atMs: 1,
      },
    })
    board.setFunding(symbol, paying(rate).memory)
    board.setFundingTried(symbol)
  }
  return board
}

/** A scanner that looks as often as it can, on a clock that runs so much faster. */
function scanning(rate: string, clock: Clock) {
  const board = tracked(clock, rate)
  const counted = { looks: 0, judged: 0 }
  const ports = {
    clock,
    board: {
      ...board,
      symbols() {
        counted.looks++
        return board.symbols()
      },
    },
    rules: { ...RULES_ALL, strategy: { ...RULES_ALL.strategy, judgeEveryMs: 1 } },
    recorder: { judged: { entry: () => counted.judged++, exit() {} } },
    newRiskRefused: () => null,
    runtime: () => ({
      get: (id: string) => ({
        id,
        cell: { state: 'idle.quiet' },
        actor: { getSnapshot: () => ({ context: { hedges: {} } }) },
      }),
      deliver() {},
    }),
  } as unknown as EnginePorts
  const actor = createActor(scanner(ports, noJudgements()).plain({})).start()
  return { counted, stop: () => actor.stop() }
}

const MEASURED_MS = 3_000

/** One look after another at symbols of which none could tempt, per symbol; and how long the loop was held while all tempt. */
async function looks(): Promise<RatioRow[]> {
  const clock = systemClock()
  const quiet = scanning(PAYS_NOT, clock)
  await pause(MEASURED_MS)
  const [looked, before] = [quiet.counted.looks, process.cpuUsage()]
  await pause(MEASURED_MS)
  const used = process.cpuUsage(before)
  const usEach = (used.user + used.system) / ((quiet.counted.looks - looked) * SYMBOLS)
  quiet.stop()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const busy = scanning(PAYS, clock)
  await pause(MEASURED_MS)
  delay.enable()
  await pause(MEASURED_MS)
  const p99Ms = delay.percentile(99) / 1_000_000
  busy.stop()
  const row = (what: string, floor: string, floorValue: number, ours: number, unit: string): RatioRow => ({
    ...{ what, floor, floorValue, unit, better: 'lower', reach: 1 },
    ours: rounded(ours),
    ratio: rounded(ours / floorValue),
  })
  return [
    row(`a look at a symbol of ${SYMBOLS} that cannot tempt`, 'what is allowed', 1, usEach, 'µs'),
    row(`loop delay p99, ${SYMBOLS} symbols judged without a pause`, 'what is allowed', 20, p99Ms, 'ms'),
  ]
}

export async function benchJudging(): Promise<RatioRow[]> {
  const market = marketOn(XRP, PAYS_NOT)
  const deep = {
    ...market,
    spotBook: deepBook('spot', 'XRPUSDT', 2.5),
    perpBook: deepBook('linear', 'XRPUSDT', 2.5),
  }
  const nowMs = market.receivedAtMs.ticker
  const glimpse = bestOf(deep)
  const [glimpses, judgements] = [1_000, 100]
  const row = await ratioRow(
    { what: 'a whole entry judgement, books of 50 levels', floor: 'the float pre-check' },
    {
      floor: {
        run() {
          for (let at = 0; at < glimpses; at++) mayTempt(glimpse, RULES_ALL, nowMs)
          return glimpses
        },
      },
      ours: {
        run() {
          for (let at = 0; at < judgements; at++) judgeEntry(deep, RULES_ALL, nowMs)
          return judgements
        },
      },
    },
  )
  return [row, ...(await looks())]
}

if (import.meta.main) console.table((await benchJudging()).map(shown))
