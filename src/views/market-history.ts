/** How a symbol's funding and basis were, and when our hedges of it came and went: what a chart of it is drawn from. */
import { Decimal } from 'decimal.js'
import type { MarketHistory } from '../api/rows/explain.ts'
import type { Clock } from '../clock/clock.ts'
import { perBaseCoin } from '../domain/grid.ts'
import type { HedgePair } from '../domain/instrument.ts'
import type { Exchange, Kline } from '../exchange/exchange.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

type Parts = { exchange: Exchange; clock: Clock }

/** Asks the exchange for the last `hours` of one pair. @throws ExchangeFailure */
export async function readMarketHistory(
  { exchange, clock }: Parts,
  { symbol, perp, spot }: HedgePair,
  hours: number,
): Promise<Omit<MarketHistory, 'moves'>> {
  const untilMs = clock.nowMs()
  const fromMs = Math.floor(untilMs - hours * HOUR_MS)
  const minutes = minutesOf(hours)
  const end = untilMs + 1
  const [settled, perps, spots] = await Promise.all([
    exchange.fundingHistory(symbol, fromMs, end),
    exchange.klines('linear', perp.symbol, minutes, fromMs, end),
    exchange.klines('spot', spot.symbol, minutes, fromMs, end),
  ])
  return {
    symbol,
    fromMs,
    untilMs,
    rates: settled.map(({ settledAtMs, rate }) => ({ atMs: settledAtMs, rate })),
    basis: basisOf(perps, spots, { multiplier: perp.multiplier, minutes, untilMs }),
  }
}

/** Candles such that a chart has a few hundred of them. */
const minutesOf = (hours: number): number => (hours <= 12 ? 1 : hours <= 48 ? 5 : hours <= 336 ? 30 : 240)

type Of = { multiplier: number; minutes: number; untilMs: number }

/** Where both markets have a candle; it is told by its end. */
function basisOf(perps: readonly Kline[], spots: readonly Kline[], of: Of): MarketHistory['basis'] {
  const spotAt = new Map(spots.map(({ atMs, close }) => [atMs, close]))
  return perps.flatMap(({ atMs, close }) => {
    const spot = spotAt.get(atMs)
    if (spot === undefined || new Decimal(spot).isZero()) return []
    const bps = new Decimal(perBaseCoin(close, of.multiplier)).minus(spot).div(spot).times(10_000)
    return [{ atMs: Math.min(of.untilMs, atMs + of.minutes * MINUTE_MS), bps: bps.toNumber() }]
  })
}
