/** A rule of the study as a judge of a screen. It expects nothing, so what it wants is taken in the order of the symbols. */
import { HOUR_MS } from '../../domain/market/funding.ts'
import type { FundingRule, Mind } from '../study/rules.ts'
import { FIRST_HOURS } from '../study/score.ts'
import { type ScreenJudge, verdictsOf } from './judge.ts'
import type { FundingMatrix } from './matrix.ts'

const at = (of: Float64Array | Int32Array, place: number): number => of[place] ?? 0

/** @param rule - begun anew for each symbol */
export function mindJudge(matrix: FundingMatrix, rule: FundingRule): ScreenJudge {
  const minds: readonly Mind[] = matrix.symbols.map(symbol => rule.begin(symbol))
  const { symbol, rate, span, spans, interval, intervals } = matrix
  const verdicts = verdictsOf(matrix.symbols.length)
  const seenAt = (event: number, atMs: number, learning: boolean) => {
    const value = at(rate, event)
    return {
      atMs,
      rate: String(value),
      value,
      intervalMs: at(intervals, at(interval, event)) * HOUR_MS,
      hours: at(span, event) === 0 ? FIRST_HOURS : at(spans, at(span, event)),
      learning,
    }
  }
  return {
    name: rule.name,
    why: 'rule',
    knowsStops: false,
    verdicts,
    hear() {},
    judge(first, end, atMs, since, learnsUntilMs) {
      for (let event = first; event < end; event++) {
        const place = at(symbol, event)
        const sinceMs = at(since, place)
        const learning = atMs < at(learnsUntilMs, place)
        const held = Number.isNaN(sinceMs) ? null : { sinceMs }
        const wish = minds[place]?.(seenAt(event, atMs, learning), held) ?? 'nothing'
        verdicts.apr[place] = wish === 'enter' && !learning ? 0 : Number.NaN
        verdicts.horizonHours[place] = Number.NaN
        verdicts.leave[place] = wish === 'leave' ? 1 : 0
      }
    },
    switchGain: () => 0,
  }
}
