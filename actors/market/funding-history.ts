/**
 * Reads how each tracked perpetual really paid, at the start and after each of its settlements. Until it was read once nothing
 * is entered in that symbol; a read that fails later leaves what is known as it is.
 */

import { HOUR_MS } from '../../src/domain/market/funding.ts'
import {
  type FundingMemory,
  hearSettlement,
  NO_SETTLEMENTS,
} from '../../src/domain/market/funding-outlook.ts'
import { gently } from '../account/gentle-reads.ts'
import type { Ports } from '../ports.ts'
import type { PlainKind } from '../runtime/running.ts'
import { service } from '../service.ts'

type FundingHistoryPorts = Ports<'clock' | 'pace' | 'speed' | 'exchange' | 'board' | 'rules' | 'telemetry'>

/** Spans of the slow mean that are read at first: what lies before them weighs an eighth. */
const SPANS = 2
/** The exchange lists a settlement a moment after it was. */
const LISTED_AFTER_MS = 30_000

/** The service that reads settled rates of every tracked symbol, and again soon after each of its settlements. */
export const fundingHistory = (ports: FundingHistoryPorts): PlainKind =>
  service(signal => {
    const memories = new Map<string, FundingMemory>()
    return gently(ports, signal, {
      name: 'funding history',
      read: symbol => readOn(ports, memories, symbol),
      nextAtMs: (symbol, nowMs) => {
        const dueAtMs = ports.board.view(symbol)?.ticker?.nextFundingAtMs ?? 0
        return (dueAtMs > nowMs ? dueAtMs : nowMs + HOUR_MS) + LISTED_AFTER_MS
      },
    })
  })

async function readOn(
  { board, clock, exchange, rules: { strategy } }: FundingHistoryPorts,
  memories: Map<string, FundingMemory>,
  symbol: string,
) {
  const known = memories.get(symbol) ?? NO_SETTLEMENTS
  const nowMs = clock.nowMs()
  const fromMs = known.settledAtMs
    ? known.settledAtMs + 1
    : nowMs - SPANS * strategy.fundingSlowHours * HOUR_MS
  // Tried, whether or not it comes: one symbol that cannot be read does not keep the others out.
  board.setFundingTried(symbol)
  const settled = await exchange.fundingHistory(symbol, Math.floor(fromMs), nowMs + 1)
  const memory = settled.reduce((heard, each) => hearSettlement(heard, each, strategy), known)
  memories.set(symbol, memory)
  board.setFunding(symbol, memory)
}
