/**
 * Order books for orders that reduce risk while the public stream is away: asked of the exchange one by one, and never put on the
 * board, so that nothing new is opened on them.
 */
import type { Market } from '../../src/domain/instrument.ts'
import { isLevel } from '../../src/domain/legs/balance.ts'
import type { MarketView } from '../../src/domain/market/market-view.ts'
import type { HedgeToStep } from '../../src/domain/work/step.ts'
import type { OrderBook } from '../../src/exchange/exchange.ts'
import type { Ports } from '../ports.ts'

/** One book is asked for at most this often, whoever needs it. */
const EVERY_MS = 1_000

type ExitBooksPorts = Ports<'clock' | 'exchange' | 'rules' | 'telemetry'>
/** `isPatched`: a part of it comes from REST. */
export type ExitView = { view: MarketView; isPatched: boolean }

/** Does its next order, if there is one, make the hedge smaller or level? */
export const isReducing = (hedge: HedgeToStep): boolean =>
  hedge.phase === 'unwinding' || hedge.unwindBecause !== null || hedge.cut || !isLevel(hedge.plan, hedge)

/** Remembers what was read lately, for all hedges. */
export function createExitBooks(ports: ExitBooksPorts) {
  const read = new Map<string, { atMs: number; book: Promise<OrderBook | null> }>()

  const bookNow = (market: Market, symbol: string): Promise<OrderBook | null> => {
    const { clock, exchange, telemetry } = ports
    const key = `${market} ${symbol}`
    const last = read.get(key)
    if (last && clock.nowMs() - last.atMs < EVERY_MS) return last.book
    const book = exchange.orderBook(market, symbol).catch(error => {
      telemetry.inputRefused('reading', error instanceof Error ? error.message : String(error))
      return null
    })
    read.set(key, { atMs: clock.nowMs(), book })
    return book
  }

  /** The view, with each book that no stream brought lately as the exchange shows it now; as it is where that cannot be read. */
  return async (view: MarketView): Promise<ExitView> => {
    const { spotBook, perpBook, receivedAtMs, pair } = view
    const since = ports.clock.nowMs() - ports.rules.limits.bookAgeMsMax
    const [spot, perp] = await Promise.all([
      spotBook && receivedAtMs.spotBook >= since ? null : bookNow('spot', pair.spot.symbol),
      perpBook && receivedAtMs.perpBook >= since ? null : bookNow('linear', pair.perp.symbol),
    ])
    const patched = { ...view, ...(spot && { spotBook: spot }), ...(perp && { perpBook: perp }) }
    return { view: patched, isPatched: Boolean(spot || perp) }
  }
}
