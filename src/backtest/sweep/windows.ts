/** Walk-forward: each window chooses by the days before it and is judged on days that nobody has seen. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { TradedSpan } from './trial.ts'

const DAY_MS = 24 * HOUR_MS

export type WalkWindow = { train: TradedSpan; test: TradedSpan }

/** Windows that follow each other; the last may be short, but not below half. @param span - what may be traded at all */
export function walkForward({ fromMs, toMs }: TradedSpan, trainDays: number, testDays: number): WalkWindow[] {
  const windows: WalkWindow[] = []
  for (let at = fromMs + trainDays * DAY_MS; toMs - at >= (testDays * DAY_MS) / 2; at += testDays * DAY_MS)
    windows.push({
      train: { fromMs: at - trainDays * DAY_MS, toMs: at },
      test: { fromMs: at, toMs: Math.min(at + testDays * DAY_MS, toMs) },
    })
  return windows
}

/** What a trial made in a stretch of its whole run, a fraction of its capital. @param equity - of each day since `fromMs` */
export function madeIn(equity: Float64Array, fromMs: number, stretch: TradedSpan): number {
  const at = (atMs: number) => {
    const day = Math.round((atMs - fromMs) / DAY_MS)
    return equity[Math.min(Math.max(0, day), equity.length - 1)] ?? 0
  }
  return (at(stretch.toMs) - at(stretch.fromMs)) / (equity[0] ?? 1)
}
