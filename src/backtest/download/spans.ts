/** Spans of time, all half open: an instant belongs to `fromMs <= t < toMs`. Lists of them are sorted and do not touch. */
import type { Span } from '../../exchange/simulator/history/files.ts'

/** The same instants as a sorted list of spans that neither overlap nor touch; empty spans are nothing. */
export function joined(spans: readonly Span[]): Span[] {
  const list: Span[] = []
  for (const { fromMs, toMs } of spans.filter(isSpan).toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = list.at(-1)
    if (last && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs)
    else list.push({ fromMs, toMs })
  }
  return list
}

/** What of `wanted` none of `covered` holds, oldest first. */
export function missingOf(wanted: Span, covered: readonly Span[]): Span[] {
  const missing: Span[] = []
  let fromMs = wanted.fromMs
  for (const known of joined(covered)) {
    if (known.toMs <= fromMs) continue
    missing.push({ fromMs, toMs: Math.min(known.fromMs, wanted.toMs) })
    fromMs = known.toMs
  }
  missing.push({ fromMs, toMs: wanted.toMs })
  return missing.filter(isSpan)
}

/** Cuts a span into pieces of `lengthMs`, oldest first; the last may be shorter. */
export function piecesOf({ fromMs, toMs }: Span, lengthMs: number): Span[] {
  const count = Math.max(0, Math.ceil((toMs - fromMs) / lengthMs))
  return Array.from({ length: count }, (_, at) => ({
    fromMs: fromMs + at * lengthMs,
    toMs: Math.min(fromMs + (at + 1) * lengthMs, toMs),
  }))
}

/** What both hold; empty (`toMs <= fromMs`) where that is nothing. */
export const common = (one: Span, other: Span): Span => ({
  fromMs: Math.max(one.fromMs, other.fromMs),
  toMs: Math.min(one.toMs, other.toMs),
})

/** Whether there is any time in it. */
export const isSpan = ({ fromMs, toMs }: Span): boolean => toMs > fromMs
/** Whether the instant lies in it; its end does not belong to it. */
export const within = ({ fromMs, toMs }: Span, atMs: number): boolean => atMs >= fromMs && atMs < toMs
