/** Where history is downloaded from: Bybit's public REST, or a simulator that is running. No key is needed for either. */
import { systemClock } from '../../clock/clock.ts'
import type { Config } from '../../config/config.ts'
import type { Market, PerpInstrument, SpotInstrument } from '../../domain/instrument.ts'
import { contractMultiplier } from '../../domain/market/pairing.ts'
import { BYBIT_HOSTS } from '../../exchange/bybit/hosts.ts'
import { marketReads } from '../../exchange/bybit/market-reads.ts'
import { createSdkWire } from '../../exchange/bybit/wire/sdk-wire.ts'
import { ExchangeFailure } from '../../exchange/exchange.ts'
import type { Span } from '../../exchange/simulator/history/files.ts'
import { DownloadFault } from './fault.ts'
import type { SourceName } from './files.ts'
import { patientWire } from './patience.ts'

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
