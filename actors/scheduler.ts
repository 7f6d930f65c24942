/** Knows when the next settlement of any tracked perpetual is, and has the books brought up right after it. */
import type { PlainKind } from './runtime/runtime.ts'
import { pause, service } from './service.ts'
import type { World } from './world.ts'

/** The exchange needs a moment to write its rows. */
const AFTER_SETTLEMENT_MS = 5_000
/** Intervals change without notice: the next settlement is looked up anew at least this often. */
const LOOK_AGAIN_MS = 60_000

export const scheduler = (world: World): PlainKind =>
  service(async signal => {
    for (;;) {
      const nowMs = world.clock.nowMs()
      const nextAtMs = nextSettlementAtMs(world, nowMs)
      const waitMs = Math.min(LOOK_AGAIN_MS * world.pace, nextAtMs - nowMs + AFTER_SETTLEMENT_MS)
      if (!(await pause(world.clock, Math.max(1_000, waitMs), signal))) return
      if (world.clock.nowMs() >= nextAtMs + AFTER_SETTLEMENT_MS) world.bookSoon()
    }
  })

function nextSettlementAtMs({ board, pace }: World, nowMs: number): number {
  const next = board
    .symbols()
    .map(symbol => board.view(symbol)?.ticker?.nextFundingAtMs ?? Number.POSITIVE_INFINITY)
    .filter(atMs => atMs > nowMs - LOOK_AGAIN_MS)
  return Math.min(...next, nowMs + LOOK_AGAIN_MS * pace)
}
