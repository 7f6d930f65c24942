/**
 * Rules of a busy day: on most of them every symbol is always worth a hedge, on none for long, so that entries and exits of every route and
 * both directions come by. What bounds risk stays as configured by default, less what would end trading for the day.
 */

import { type Direction, ROUTES, type Route } from '../../domain/instrument.ts'
import type { Rules } from '../../domain/rules.ts'
import { usdt } from '../../domain/units.ts'
import { LEAP_MS } from '../day/leaping-market.ts'
import type { Chance } from './chance.ts'

const MINUTE_MS = 60_000

/** Whatever funding says. */
const EAGER = { entryAprMin: -1_000, reentryProbability: 1_000 }

export function drawRules(chance: Chance, usual: Rules, symbols: readonly string[]): Rules {
  const notional = chance.pick([500, 1_500, 4_000])
  const slice = Math.ceil(notional / chance.whole(1, 3))
  const amount = (value: number) => usdt(String(value))
  return {
    strategy: {
      ...usual.strategy,
      symbols,
      directions: chance.pick<readonly Direction[]>([
        ['long-carry'],
        ['long-carry', 'reverse-carry'],
        ['reverse-carry'],
      ]),
      ...(chance.isLucky(0.15) ? { entryAprMin: 0.01 } : EAGER),
      exitHorizonHours: chance.whole(6, 60),
      holdMaxMs: chance.whole(120, 480) * MINUTE_MS,
      coolDownMs: chance.whole(20, 120) * MINUTE_MS,
      fundingMarketHours: 1,
      listingAgeMsMin: 0,
      intervalQuietMs: 30 * MINUTE_MS,
      judgeEveryMs: 3 * LEAP_MS,
    },
    execution: {
      ...usual.execution,
      routes: drawRoutes(chance),
      sliceNotionalUsdtMax: amount(slice),
    },
    limits: {
      ...usual.limits,
      hedgeNotionalUsdtMax: amount(notional),
      totalNotionalUsdtMax: amount(10 * notional),
      // As far above a slice as by default.
      unhedgedNotionalUsdtMax: amount(2 * slice),
      // A market that is told of each leap, and no more often, is as fresh as it gets.
      bookAgeMsMax: LEAP_MS + 5_000,
      tickerAgeMsMax: 2 * LEAP_MS + 5_000,
      // The day is there to trade: its many round trips must not be the end of it.
      feesDayUsdtMax: amount(1_000_000),
      lossDayUsdtMax: amount(1_000_000),
      drawDownMax: 0.9,
    },
  }
}

/** One route that must do, or a choice of all. */
function drawRoutes(chance: Chance): readonly Route[] {
  if (chance.isLucky(0.3)) return ROUTES
  return [chance.pick(ROUTES as unknown as [Route, ...Route[]]), 'spot-first']
}
