/**
 * A study of funding alone: the engine's own decisions and the baselines at every settlement of many symbols. No order, no book
 * and no basis: what a rule would have been paid for holding, less every round trip at full cost.
 */
import type { Rules } from '../../domain/rules.ts'
import type { FundingPoint } from '../../exchange/simulator/history/files.ts'
import { allTakerBps, type NamedFees } from '../variant.ts'
import { engineRule, marketMeans } from './engine-rule.ts'
import { baselines, type FundingRule } from './rules.ts'
import { type Score, scoreOf, YEAR_MS } from './score.ts'

export type StudiedRule = {
  name: string
  /** Net of every round trip per symbol and year, bps of notional. */
  netBpsPerSymbolYear: number
  fundingBpsPerSymbolYear: number
  /** Time held over the time of all series, their days of learning included. */
  heldShare: number
  trades: number
  /** Symbols that brought more than they cost, and less. */
  symbolsAbove: number
  symbolsBelow: number
  symbols: Score[]
}

export type FundingStudy = {
  fromMs: number
  toMs: number
  files: string[]
  fees: NamedFees
  halfSpreadBps: number
  /** Four crossing fills and four half spreads, bps of notional. */
  roundTripBps: number
  symbols: number
  symbolYears: number
  /** The engine's first. */
  rules: StudiedRule[]
}

type StudyOf = {
  funding: ReadonlyMap<string, readonly FundingPoint[]>
  files: string[]
  rules: Rules
  fees: NamedFees
  halfSpreadBps: number
  symbols?: readonly string[] | undefined
  /** Settlements before it only teach. */
  fromMs?: number | undefined
  toMs?: number | undefined
}

const BPS = 10_000

/** @param progress - symbols done, of all rules together */
export function studyFunding(of: StudyOf, progress: (done: number) => void = () => {}): FundingStudy {
  const { files, rules, fees, halfSpreadBps, fromMs } = of
  const roundTripBps = allTakerBps(fees) + 4 * halfSpreadBps
  const roundTrip = roundTripBps / BPS
  const series = seriesOf(of)
  const judged = [
    engineRule({ rules, fees, halfSpreadBps, marketPerHourAt: marketMeans(series, rules) }),
    ...baselines(roundTrip),
  ]
  let done = 0
  const studied = judged.map((rule: FundingRule) => {
    const scores = series.map(each => {
      const score = scoreOf(rule, each, roundTrip, fromMs)
      progress(++done / judged.length)
      return score
    })
    return studiedRule(rule.name, scores)
  })
  const spans = studied[0]?.symbols ?? []
  return {
    fromMs: Math.min(...spans.map(each => each.fromMs)),
    toMs: Math.max(...spans.map(each => each.toMs)),
    files,
    fees,
    halfSpreadBps,
    roundTripBps,
    symbols: series.length,
    symbolYears: yearsOf(spans),
    rules: studied,
  }
}

function seriesOf({ funding, symbols, fromMs = Number.NEGATIVE_INFINITY, toMs }: StudyOf) {
  return [...funding]
    .filter(([symbol]) => symbols?.includes(symbol) ?? true)
    .map(([symbol, points]) => ({
      symbol,
      points: points.filter(({ atMs }) => atMs < (toMs ?? Number.POSITIVE_INFINITY)),
    }))
    .filter(({ points }) => points.some(({ atMs }) => atMs >= fromMs))
}

const yearsOf = (scores: readonly Score[]) =>
  scores.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / YEAR_MS

/** A mean over symbol-years: a symbol counts by how long it was recorded. */
export function studiedRule(name: string, symbols: Score[]): StudiedRule {
  const years = yearsOf(symbols)
  const total = (part: (score: Score) => number) => symbols.reduce((sum, each) => sum + part(each), 0)
  const perYear = (part: (score: Score) => number) => (years > 0 ? (total(part) / years) * BPS : 0)
  return {
    name,
    netBpsPerSymbolYear: perYear(({ net }) => net),
    fundingBpsPerSymbolYear: perYear(({ funding }) => funding),
    heldShare: years > 0 ? total(({ heldMs }) => heldMs) / (years * YEAR_MS) : 0,
    trades: total(({ trades }) => trades.length),
    symbolsAbove: symbols.filter(({ net }) => net > 0).length,
    symbolsBelow: symbols.filter(({ net }) => net < 0).length,
    symbols,
  }
}
