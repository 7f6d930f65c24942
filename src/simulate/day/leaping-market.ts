/**
 * A seeded market told in leaps while nothing is traded: the path of its prices is that of every second, but books are looked
 * at, published and judged only at the end of a leap. While something is worked, each second is one.
 */
import type { Clock } from '../../clock/clock.ts'
import type { Wire } from '../../exchange/bybit/wire/wire.ts'
import type { MarketSource } from '../../exchange/simulator/market/market.ts'

/** A part of a minute, so that settlements, which fall on whole minutes, end a leap. */
export const LEAP_MS = 60_000
const SECOND_MS = 1_000

/**
 * @param isBusy - does somebody trade at this moment?
 * @param nowMs - of the clock: a leap that is broken off catches up with it in one step
 */
export function leapingMarket(
  market: MarketSource,
  isBusy: () => boolean,
  nowMs: () => number,
): MarketSource {
  const nextAtMs = () => {
    const fromMs = market.nowMs()
    const leapEndMs = Math.floor(fromMs / LEAP_MS) * LEAP_MS + LEAP_MS
    if (!isBusy()) return leapEndMs
    const presentMs = Math.floor(nowMs() / SECOND_MS) * SECOND_MS
    return Math.min(leapEndMs, Math.max(fromMs + SECOND_MS, presentMs))
  }
  return {
    ...market,
    nextStepAtMs: nextAtMs,
    step() {
      const untilMs = nextAtMs()
      do market.step()
      while (market.nowMs() < untilMs)
    },
  }
}

/** Books of spreads are asked for while they rest: within a leap, where they cannot change, the answer waits for its end. */
export const leapingWire = (wire: Wire, clock: Clock, isBusy: () => boolean): Wire => ({
  ...wire,
  get: async (path, params, signed) => {
    if (path === '/v5/spread/orderbook' && !isBusy())
      await new Promise<void>(resolve => clock.setTimeout(resolve, LEAP_MS - (clock.nowMs() % LEAP_MS)))
    return wire.get(path, params, signed)
  },
})
