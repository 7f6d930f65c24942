/**
 * One reading of each tracked symbol after the other, far below the exchange's limits, again when it is due. Readings that
 * fail are tried again later and later; nothing waits for them.
 */

import type { Ports } from '../ports.ts'
import { pause } from '../service.ts'

/** Wall milliseconds between two requests: Bybit's narrowest limit is five a second. */
const BETWEEN_MS = 250
const FAILED_FIRST_MS = 30_000
const FAILED_LAST_MS = 3_600_000
const LOOK_EVERY_MS = 60_000

type GentleReads = {
  /** For logs. */
  name: string
  /** @param rest - waits the time that must be between two requests */
  read(symbol: string, rest: () => Promise<unknown>): Promise<void>
  /** When a symbol that was read is to be read again. */
  nextAtMs(symbol: string, nowMs: number): number
}

/** Lasts until aborted. */
export async function gently(
  ports: Ports<'clock' | 'pace' | 'speed' | 'board' | 'telemetry'>,
  signal: AbortSignal,
  reads: GentleReads,
): Promise<void> {
  const { board, clock, pace, speed, telemetry } = ports
  const dueAtMs = new Map<string, number>(board.symbols().map(symbol => [symbol, 0]))
  const failures = new Map<string, number>()
  const rest = () => pause(clock, BETWEEN_MS * speed, signal)
  for (;;) {
    for (const [symbol, atMs] of dueAtMs) {
      if (atMs > clock.nowMs()) continue
      try {
        await reads.read(symbol, rest)
        failures.delete(symbol)
        dueAtMs.set(symbol, reads.nextAtMs(symbol, clock.nowMs()))
      } catch (error) {
        const failed = (failures.get(symbol) ?? 0) + 1
        failures.set(symbol, failed)
        dueAtMs.set(symbol, clock.nowMs() + Math.min(FAILED_LAST_MS, FAILED_FIRST_MS * 2 ** (failed - 1)))
        telemetry.inputRefused(
          'reading',
          `${reads.name} of ${symbol}: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
      if (!(await rest())) return
    }
    const nextMs = Math.min(...dueAtMs.values()) - clock.nowMs()
    if (!(await pause(clock, Math.max(1_000, Math.min(LOOK_EVERY_MS * pace, nextMs)), signal))) return
  }
}
