/** What closed hedges made and how they were executed, as metrics. */

import type { Books } from '../run/books/books.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'

const BPS = 10_000

export async function tellResults(
  { profit, quality }: Pick<Books, 'profit' | 'quality'>,
  telemetry: Pick<Telemetry, 'hedgesClosed'>,
): Promise<void> {
  const [[all], { totals }] = await Promise.all([profit('all'), quality()])
  if (!all) return
  const { key: _key, hedges: _hedges, ...parts } = all
  const fraction = (bps: number | null) => (bps === null ? null : bps / BPS)
  telemetry.hedgesClosed({
    profitUsdt: Object.fromEntries(
      Object.entries(parts).map(([part, made]) => [part.replace(/Usdt$/, ''), Number(made)]),
    ),
    maker: totals.makerRatio,
    orphans: totals.orphanRate,
    slippage: fraction(totals.slippageBps),
    roundTripCost: fraction(totals.roundTripBps),
  })
}
