/**
 * Reads how each tracked perpetual really paid, at the start and after each of its settlements, and fits how fast a rate
 * goes back to its mean. A failed read costs nothing but the fit: the one before stays.
 */

import { HOUR_MS } from '../../src/domain/market/funding.ts'
import { fitFundingModel } from '../../src/domain/market/funding-model.ts'
import type { SettledFunding } from '../../src/exchange/exchange.ts'
import { gently } from '../account/gentle-reads.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { service } from '../service.ts'

type FundingHistoryPorts = Ports<'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'telemetry'>

/** A month of settlements: enough for a fit at eight hours, and recent enough to be of this market. */
const SPAN_MS = 30 * 24 * HOUR_MS
/** The exchange lists a settlement a moment after it was. */
const LISTED_AFTER_MS = 30_000

export const fundingHistory = (ports: FundingHistoryPorts): PlainKind =>
  service(signal => {
    const settled = new Map<string, SettledFunding[]>()
    return gently(ports, signal, {
      name: 'funding history',
      read: symbol => readAndFit(ports, settled, symbol),
      nextAtMs: (symbol, nowMs) => {
        const dueAtMs = ports.board.view(symbol)?.ticker?.nextFundingAtMs ?? 0
        return (dueAtMs > nowMs ? dueAtMs : nowMs + HOUR_MS) + LISTED_AFTER_MS
      },
    })
  })

async function readAndFit(
  { board, clock, exchange }: Ports<'clock' | 'exchange' | 'board'>,
  kept: Map<string, SettledFunding[]>,
  symbol: string,
) {
  const nowMs = clock.nowMs()
  const old = (kept.get(symbol) ?? []).filter(({ settledAtMs }) => settledAtMs > nowMs - SPAN_MS)
  const fromMs = (old.at(-1)?.settledAtMs ?? nowMs - SPAN_MS) + 1
  const settled = [...old, ...(await exchange.fundingHistory(symbol, fromMs, clock.nowMs() + 1))]
  kept.set(symbol, settled)
  const last = settled.at(-1)
  if (last) board.setLastSettled(symbol, { rate: last.rate, settledAtMs: last.settledAtMs })
  board.setFundingModel(symbol, fitFundingModel(settled))
}
