/** Reads the account's own fees of both legs of every tracked pair, once a day: until then the highest there are count. */
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { gently } from '../account/gentle-reads.ts'
import type { PlainKind } from '../runtime/runtime.ts'
import { service } from '../service.ts'
import type { World } from '../world.ts'

const EVERY_MS = 24 * HOUR_MS

export const feeRates = (world: World): PlainKind =>
  service(signal =>
    gently(world, signal, {
      name: 'fee rates',
      read: async (symbol, rest) => {
        const pair = world.board.view(symbol)?.pair
        if (!pair) return
        const spot = await world.exchange.feeRates('spot', pair.spot.symbol)
        await rest()
        const perp = await world.exchange.feeRates('linear', pair.perp.symbol)
        world.board.setFeeRates(symbol, { spot, perp })
      },
      nextAtMs: (_, nowMs) => nowMs + EVERY_MS,
    }),
  )
