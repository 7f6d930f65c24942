/**
 * What is heard and read of the market: the public streams of all pairs; and, gently and in turn, the account's own fees of
 * both legs once a day (until then the highest there are count), and how each perpetual really paid, at the start and after
 * each of its settlements. Until that was read once nothing is entered in the symbol; a read that fails later leaves what is
 * known as it is.
 */
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import {
  type FundingMemory,
  hearSettlement,
  NO_SETTLEMENTS,
} from '../../src/domain/market/funding-outlook.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { pause, service, untilAborted } from '../service.ts'

/** Wall milliseconds between two requests: Bybit's narrowest limit is five a second. */
const BETWEEN_MS = 250
const FAILED_FIRST_MS = 30_000
const FAILED_LAST_MS = 3_600_000
const LOOK_EVERY_MS = 60_000

type GentleReads = {
  /** For logs. */
  name: string
  /** @param rest - waits the time that must be between two requests */
  read(symbol: string, rest: () => Promise<unknown>): Promise<void>
  /** When a symbol that was read is to be read again. */
  nextAtMs(symbol: string, nowMs: number): number
}

/** Lasts until aborted. */
export async function gently(
  ports: Ports<'clock' | 'pace' | 'speed' | 'board' | 'telemetry'>,
  signal: AbortSignal,
  reads: GentleReads,
): Promise<void> {
  const { board, clock, pace, speed, telemetry } = ports
  const dueAtMs = new Map<string, number>(board.symbols().map(symbol => [symbol, 0]))
  const failures = new Map<string, number>()
  const rest = () => pause(clock, BETWEEN_MS * speed, signal)
  for (;;) {
    for (const [symbol, atMs] of dueAtMs) {
      if (atMs > clock.nowMs()) continue
      try {
        await reads.read(symbol, rest)
        failures.delete(symbol)
        dueAtMs.set(symbol, reads.nextAtMs(symbol, clock.nowMs()))
      } catch (error) {
        const failed = (failures.get(symbol) ?? 0) + 1
        failures.set(symbol, failed)
        dueAtMs.set(symbol, clock.nowMs() + Math.min(FAILED_LAST_MS, FAILED_FIRST_MS * 2 ** (failed - 1)))
        telemetry.inputRefused(
          'reading',
          `${reads.name} of ${symbol}: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
      if (!(await rest())) return
    }
    const nextMs = Math.min(...dueAtMs.values()) - clock.nowMs()
    if (!(await pause(clock, Math.max(1_000, Math.min(LOOK_EVERY_MS * pace, nextMs)), signal))) return
  }
}

/** Reads the account's own fees of both legs of every tracked pair, once a day: until then the highest there are count. */
type FeeRatesPorts = Ports<'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'telemetry'>

const FEES_EVERY_MS = 24 * HOUR_MS

/** Reads each pair's fee rates again and again and puts them on the board. */
export const feeRates = (ports: FeeRatesPorts): PlainKind =>
  service(signal =>
    gently(ports, signal, {
      name: 'fee rates',
      read: async (symbol, rest) => {
        const pair = ports.board.view(symbol)?.pair
        if (!pair) return
        const spot = await ports.exchange.feeRates('spot', pair.spot.symbol)
        await rest()
        const perp = await ports.exchange.feeRates('linear', pair.perp.symbol)
        ports.board.setFeeRates(symbol, { spot, perp })
      },
      nextAtMs: (_, nowMs) => nowMs + FEES_EVERY_MS,
    }),
  )

/**
 * Reads how each tracked perpetual really paid, at the start and after each of its settlements. Until it was read once nothing
 * is entered in that symbol; a read that fails later leaves what is known as it is.
 */
type FundingHistoryPorts = Ports<'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'rules' | 'telemetry'>

/** Spans of the slow mean that are read at first: what lies before them weighs an eighth. */
const SPANS = 2
/** The exchange lists a settlement a moment after it was. */
const LISTED_AFTER_MS = 30_000

/** The service that reads settled rates of every tracked symbol, and again soon after each of its settlements. */
export const fundingHistory = (ports: FundingHistoryPorts): PlainKind =>
  service(signal => {
    const memories = new Map<string, FundingMemory>()
    return gently(ports, signal, {
      name: 'funding history',
      read: symbol => readOn(ports, memories, symbol),
      nextAtMs: (symbol, nowMs) => {
        const dueAtMs = ports.board.view(symbol)?.ticker?.nextFundingAtMs ?? 0
        return (dueAtMs > nowMs ? dueAtMs : nowMs + HOUR_MS) + LISTED_AFTER_MS
      },
    })
  })

async function readOn(
  { board, clock, exchange, rules: { strategy } }: FundingHistoryPorts,
  memories: Map<string, FundingMemory>,
  symbol: string,
) {
  const known = memories.get(symbol) ?? NO_SETTLEMENTS
  const nowMs = clock.nowMs()
  const fromMs = known.settledAtMs
    ? known.settledAtMs + 1
    : nowMs - SPANS * strategy.fundingSlowHours * HOUR_MS
  // Tried, whether or not it comes: one symbol that cannot be read does not keep the others out.
  board.setFundingTried(symbol)
  const settled = await exchange.fundingHistory(symbol, Math.floor(fromMs), nowMs + 1)
  const memory = settled.reduce((heard, each) => hearSettlement(heard, each, strategy), known)
  memories.set(symbol, memory)
  board.setFunding(symbol, memory)
}

/** Listens to the public streams of all pairs and puts what they say on the board. */
export const marketFeed = (ports: Ports<'exchange' | 'board' | 'telemetry'>): PlainKind =>
  service(async signal => {
    const { board, exchange, telemetry } = ports
    const pairs = board.pairs().map(({ symbol, spot, perp }) => {
      const spread = board.spreadOf(symbol)
      return { spot: spot.symbol, perp: perp.symbol, ...(spread && { spread }) }
    })
    const subscription = exchange.watchMarket(pairs, fact => {
      board.hear(fact)
      if (fact.kind === 'stale')
        telemetry.inputRefused('market-gap', fact.cause, { symbols: fact.symbols.join(',') })
      if (fact.kind === 'spread-stale')
        telemetry.inputRefused('spread-gap', fact.cause, { symbols: fact.symbols.join(',') })
      if (fact.kind === 'down') telemetry.log.warn('feed.down', { feed: fact.market, cause: fact.cause })
      if (fact.kind === 'up') telemetry.log.info('feed.up', { feed: fact.market })
    })
    await untilAborted(signal)
    subscription.close()
  })
