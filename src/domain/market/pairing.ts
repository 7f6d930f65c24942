/**
 * Which spot coin a perpetual is a multiple of, and which instruments make a hedgeable pair.
 * Bybit writes the multiplier before the coin (1000PEPE, 1000000BABYDOGE) or after it (SHIB1000); some coins simply start
 * with digits (1INCH, 0G). Only a spot coin of the remaining name proves a multiplier.
 */
import type { HedgePair, PerpInstrument, SpotInstrument } from '../instrument.ts'

/** The coin and how many of it one contract is. A coin that is itself on spot is never split. */
export function contractMultiplier(
  perpBaseCoin: string,
  spotBaseCoins: ReadonlySet<string>,
): { coin: string; multiplier: number } {
  if (!spotBaseCoins.has(perpBaseCoin)) {
    for (let zeros = 7; zeros >= 1; zeros--) {
      const times = `1${'0'.repeat(zeros)}`
      for (const coin of withoutMultiplier(perpBaseCoin, times))
        if (spotBaseCoins.has(coin)) return { coin, multiplier: 10 ** zeros }
    }
  }
  return { coin: perpBaseCoin, multiplier: 1 }
}

function withoutMultiplier(name: string, times: string): string[] {
  const coins: string[] = []
  if (name.startsWith(times)) coins.push(name.slice(times.length))
  if (name.endsWith(times)) coins.push(name.slice(0, -times.length))
  return coins
}

export type LeftOut = {
  symbol: string
  because: 'not-usdt-quoted' | 'perp-not-trading' | 'no-spot' | 'spot-not-trading' | 'multiplier-differs'
  found: string
  expected: string
}

/** Pairs of USDT-quoted instruments that both trade, and every other perpetual with the reason it is left out. */
export function hedgePairs(
  spots: readonly SpotInstrument[],
  perps: readonly PerpInstrument[],
): { pairs: HedgePair[]; leftOut: LeftOut[] } {
  const spotByCoin = new Map(
    spots.filter(spot => spot.quoteCoin === 'USDT').map(spot => [spot.baseCoin, spot]),
  )
  const coins = new Set(spotByCoin.keys())
  const pairs: HedgePair[] = []
  const leftOut: LeftOut[] = []
  for (const perp of perps) {
    const answer = pairOf(perp, spotByCoin, coins)
    if ('because' in answer) leftOut.push(answer)
    else pairs.push(answer)
  }
  return { pairs, leftOut }
}

function pairOf(
  perp: PerpInstrument,
  spotByCoin: ReadonlyMap<string, SpotInstrument>,
  coins: ReadonlySet<string>,
): HedgePair | LeftOut {
  const { symbol } = perp
  if (perp.quoteCoin !== 'USDT')
    return { symbol, because: 'not-usdt-quoted', found: perp.quoteCoin, expected: 'USDT' }
  if (!perp.trading) return { symbol, because: 'perp-not-trading', found: 'not trading', expected: 'trading' }
  const { coin, multiplier } = contractMultiplier(perp.baseCoin, coins)
  const spot = spotByCoin.get(coin)
  if (!spot) return { symbol, because: 'no-spot', found: 'none', expected: `${coin}USDT on spot` }
  if (!spot.trading)
    return { symbol, because: 'spot-not-trading', found: `${spot.symbol} not trading`, expected: 'trading' }
  // An adapter may already name the bare coin; then only its own multiplier is known.
  if (coin !== perp.baseCoin && multiplier !== perp.multiplier)
    return {
      symbol,
      because: 'multiplier-differs',
      found: `${perp.multiplier}`,
      expected: `${multiplier} by its name`,
    }
  return { symbol, baseCoin: coin, spot, perp }
}
