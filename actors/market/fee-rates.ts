/** Reads the account's own fees of both legs of every tracked pair, once a day: until then the highest there are count. */
import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { gently } from '../account/gentle-reads.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { service } from '../service.ts'

type FeeRatesPorts = Ports<'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'telemetry'>

const EVERY_MS = 24 * HOUR_MS

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
      nextAtMs: (_, nowMs) => nowMs + EVERY_MS,
    }),
  )
