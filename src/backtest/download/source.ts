/** Where history is downloaded from: Bybit's public REST, or a simulator that is running. No key is needed for either. */
import { type Clock, systemClock } from '../../clock/clock.ts'
import type { Config } from '../../config/config.ts'
import type { Market, PerpInstrument, SpotInstrument } from '../../domain/instrument.ts'
import { contractMultiplier } from '../../domain/market/pairing.ts'
import { BYBIT_HOSTS } from '../../exchange/bybit/hosts.ts'
import { marketReads } from '../../exchange/bybit/market-reads.ts'
import { isUnknown, rejectReasonOf } from '../../exchange/bybit/translate/errors.ts'
import { createSdkWire } from '../../exchange/bybit/wire/sdk-wire.ts'
import { type Envelope, type Wire, WireFailure } from '../../exchange/bybit/wire/wire.ts'
import { ExchangeFailure } from '../../exchange/exchange.ts'
import type { Span } from '../../exchange/simulator/history/files.ts'
import type { SourceName } from './tables.ts'
import { DownloadFault } from './tables.ts'

/** Bybit allows 600 requests in 5 s. */
const EVERY_MS = 25
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** A blocked address is let in again after ten minutes without a request. */
const BLOCKED_WAIT_MS = 600_000
const TRIES: Readonly<Record<Trouble, number>> = { busy: 24, blocked: 3, broken: 6 }

type Trouble = 'busy' | 'blocked' | 'broken'

const troubleOf = (failure: WireFailure): Trouble =>
  failure.message.startsWith('HTTP 403') ? 'blocked' : failure.message === 'HTTP 429' ? 'busy' : 'broken'

const isBusy = (reply: Envelope) => rejectReasonOf(reply) === 'rate-limited' || isUnknown(reply)

const waitMs = (trouble: Trouble, failures: number): number =>
  trouble === 'blocked' ? BLOCKED_WAIT_MS : Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS)

/**
 * @param waits - hears of each wait, in ms, and why
 * @returns a wire whose `get` gives up with the last answer or failure: at once while there was no answer at all, as nobody is there
 */
export function patientWire(wire: Wire, clock: Clock, waits: (waitMs: number, why: string) => void): Wire {
  let nextAtMs = 0
  let quietUntilMs = 0
  let answered = false

  /** A place in the row; taken anew after a silence that began while it was waited for. */
  async function turn(): Promise<void> {
    do {
      const nowMs = clock.nowMs()
      const atMs = Math.max(nextAtMs, quietUntilMs, nowMs)
      nextAtMs = atMs + EVERY_MS
      if (atMs > nowMs) await new Promise<void>(resolve => void clock.setTimeout(resolve, atMs - nowMs))
    } while (clock.nowMs() < quietUntilMs)
  }

  /** Everybody waits: what one request was refused for holds for all. */
  function wait(trouble: Trouble, failures: number, why: string): void {
    const ms = waitMs(trouble, failures)
    quietUntilMs = Math.max(quietUntilMs, clock.nowMs() + ms)
    waits(ms, why)
  }

  async function get(...asked: Parameters<Wire['get']>): Promise<Envelope> {
    for (let failures = 0; ; failures++) {
      await turn()
      try {
        const reply = await wire.get(...asked)
        answered = true
        if (!isBusy(reply) || failures + 1 >= TRIES.busy) return reply
        wait('busy', failures, `${reply.retCode} ${reply.retMsg}`)
      } catch (error) {
        if (!(error instanceof WireFailure)) throw error
        const trouble = troubleOf(error)
        if (!answered || failures + 1 >= TRIES[trouble]) throw error
        wait(trouble, failures, error.message)
      }
    }
  }

  return { ...wire, get }
}

/** A perpetual and the spot market of its coin, if there is one. */
export type Pair = { symbol: string; launchedAtMs: number; spot: string | undefined }

export type Source = {
  name: SourceName
  /** For people. */
  where: string
  /** The exchange's own time at the start. */
  nowMs: number
  pairs: ReadonlyMap<string, Pair>
  /** What could not be read of the lists of instruments. */
  leftOut: readonly string[]
  settlements(symbol: string, span: Span): Promise<{ atMs: number; rate: string }[]>
  /** The first trade price of each hour that begins within the span. */
  hourlyOpens(market: Market, symbol: string, span: Span): Promise<{ atMs: number; open: string }[]>
  close(): Promise<void>
}

/** History comes in long answers; nobody waits for an order here. */
const ANSWER_MS = 20_000

/**
 * Reaches the exchange and reads what is listed.
 * @param waits - hears of each wait for the exchange, in ms, and why
 * @throws DownloadFault when nobody answers there
 */
export async function openSource(
  { exchangeUrl }: Pick<Config, 'exchangeUrl'>,
  waits: (waitMs: number, why: string) => void,
): Promise<Source> {
  const clock = systemClock()
  const urls = exchangeUrl ? { rest: exchangeUrl, ws: exchangeUrl.replace(/^http/, 'ws') } : BYBIT_HOSTS.live
  const settings = { mode: exchangeUrl ? 'sim' : 'live', urls, key: '', secret: '', clock } as const
  const wire = createSdkWire({ ...settings, recvWindowMs: 5_000, restTimeoutMs: ANSWER_MS, log: () => {} })
  const leftOut: string[] = []
  const reads = marketReads(patientWire(wire, clock, waits), (_kind, detail) => leftOut.push(detail))
  try {
    const nowMs = await reads.serverTimeMs()
    const { spot, perps } = await reads.instruments()
    return {
      name: exchangeUrl ? 'simulator' : 'bybit',
      where: urls.rest,
      nowMs,
      pairs: pairsOf(spot, perps),
      leftOut,
      settlements: async (symbol, { fromMs, toMs }) =>
        (await reads.fundingHistory(symbol, fromMs, toMs)).map(({ settledAtMs, rate }) => ({
          atMs: settledAtMs,
          rate,
        })),
      hourlyOpens: (market, symbol, { fromMs, toMs }) => reads.klines(market, symbol, 60, fromMs, toMs),
      close: () => wire.close(),
    }
  } catch (error) {
    await wire.close()
    throw atSource(error, urls.rest, exchangeUrl !== undefined)
  }
}

function pairsOf(spots: readonly SpotInstrument[], perps: readonly PerpInstrument[]): Map<string, Pair> {
  const byCoin = new Map(spots.map(({ baseCoin, symbol }) => [baseCoin, symbol]))
  const coins = new Set(byCoin.keys())
  return new Map(
    perps.map(({ symbol, baseCoin, launchedAtMs }) => {
      const { coin } = contractMultiplier(baseCoin, coins)
      return [symbol, { symbol, launchedAtMs, spot: byCoin.get(coin) }] as const
    }),
  )
}

/** The same failure with where it was asked. */
export function atSource(error: unknown, where: string, isSimulator: boolean): unknown {
  if (!(error instanceof ExchangeFailure)) return error
  if (error.kind !== 'unreachable') return new DownloadFault(`${where}: ${error.message}`)
  if (error.message.includes('HTTP 403'))
    return new DownloadFault(
      `${where}: ${error.message}: Bybit refuses this address, as it asked too often or for where it is`,
    )
  return new DownloadFault(
    isSimulator
      ? `HEDGEROW_EXCHANGE_URL: expected a running simulator at ${where}, found no answer (${error.message})`
      : `expected an answer from ${where}, found none (${error.message}): is there a way to the internet?`,
  )
}
