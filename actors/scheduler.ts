/** Knows when the next settlement of any tracked perpetual is, and has the books brought up right after it. */

import type { Ports } from './ports.ts'
import type { PlainKind } from './runtime/running.ts'
import { pause, service } from './service.ts'

/** The exchange needs a moment to write its rows. */
const AFTER_SETTLEMENT_MS = 5_000
/** Intervals change without notice: the next settlement is looked up anew at least this often. */
const LOOK_AGAIN_MS = 60_000

/** Calls for the books right after each settlement, when its funding has been paid. */
export const scheduler = (ports: Ports<'clock' | 'pace' | 'board' | 'bookSoon'>): PlainKind =>
  service(async signal => {
    for (;;) {
      const nowMs = ports.clock.nowMs()
      const nextAtMs = nextSettlementAtMs(ports, nowMs)
      const waitMs = Math.min(LOOK_AGAIN_MS * ports.pace, nextAtMs - nowMs + AFTER_SETTLEMENT_MS)
      if (!(await pause(ports.clock, Math.max(1_000, waitMs), signal))) return
      if (ports.clock.nowMs() >= nextAtMs + AFTER_SETTLEMENT_MS) ports.bookSoon()
    }
  })

function nextSettlementAtMs({ board, pace }: Ports<'pace' | 'board'>, nowMs: number): number {
  const next = board
    .symbols()
    .map(symbol => board.view(symbol)?.ticker?.nextFundingAtMs ?? Number.POSITIVE_INFINITY)
    .filter(atMs => atMs > nowMs - LOOK_AGAIN_MS)
  return Math.min(...next, nowMs + LOOK_AGAIN_MS * pace)
}
