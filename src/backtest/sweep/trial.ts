/** One rule on one stretch of history, twice: a unit in each symbol, as rules are compared, and one account, as money is earned. */
import type { Rules } from '../../domain/rules.ts'
import { type BookLimits, ONE_OF_EACH, type ScreenTrade } from '../screen/book.ts'
import { type ScreenCosts, screenCosts } from '../screen/costs.ts'
import { engineJudge, mindJudge, type ScreenJudge } from '../screen/judge.ts'
import type { FundingMatrix } from '../screen/matrix.ts'
import { type Screened, screen } from '../screen/screen.ts'
import { baselines } from '../study/rules.ts'
import { YEAR_MS } from '../study/score.ts'
import type { NamedFees } from '../variant.ts'
import { type ParameterSet, withParameters } from './grid.ts'
import { deepestFall } from './statistics.ts'

/** Everything that every trial of a sweep shares. */
export type Ground = {
  matrix: FundingMatrix
  rules: Rules
  fees: NamedFees
  halfSpreadBps: number
  capital: number
  fromMs: number
  toMs: number
}

export type TradedSpan = { fromMs: number; toMs: number }

export type TrialFigures = {
  /** Net of one account on its capital, a year, not compounded. */
  aprOnCapital: number
  drawDown: number
  accountTrades: number
  /** Net of every round trip per symbol and year of a unit in each symbol, bps of notional; and the share of time it was held. */
  netBps: number
  heldShare: number
  trades: number
}
export type Trial = TrialFigures & { equity: Float64Array }
export type WholeTrial = Trial & { name: string; account: Screened; units: Screened }

/** What one account may do, by the limits of the rules. */
const limitsOf = ({ limits }: Rules, capital: number): BookLimits => ({
  ...ONE_OF_EACH,
  capital,
  hedgeMax: Number(limits.hedgeNotionalUsdtMax),
  hedgeMin: Number(limits.hedgeNotionalUsdtMin),
  totalMax: Number(limits.totalNotionalUsdtMax),
  hedgesMax: limits.hedgesMax,
  freeMin: Number(limits.freeMarginUsdtMin),
  reserveShare: limits.reserveShareMin ?? 0,
  coinShareMax: Math.min(orEndless(limits.coinShareMax), orEndless(limits.hedgeShareMax)),
  totalShareMax: orEndless(limits.totalShareMax),
  groups: limits.groups ?? [],
  groupShareMax: limits.groupShareMax ?? 0,
})
const orEndless = (share: number | undefined): number => share || Number.POSITIVE_INFINITY

/** A baseline knows no order of preference: every symbol has the same share of the capital. */
function sharedOut(rules: Rules, costs: ScreenCosts, capital: number, symbols: number): BookLimits {
  const free =
    (capital - Number(rules.limits.freeMarginUsdtMin)) / (costs.capitalPerNotional + 2 * costs.feesOneWay)
  return { ...ONE_OF_EACH, capital, hedgeMax: (Math.max(0, free) / symbols) * ROUNDING }
}
/** The last share must not fail by the last digit of a sum. */
const ROUNDING = 1 - 1e-9

/** The engine's rule with these parameters. */
export function engineTrial(ground: Ground, set: ParameterSet, stretch: TradedSpan = ground): WholeTrial {
  const rules = withParameters(ground.rules, set)
  const costs = screenCosts(rules, ground.fees, ground.halfSpreadBps)
  const judge = () => engineJudge(ground.matrix, rules, costs)
  return trialOf({ ...ground, rules, ...stretch }, costs, judge, limitsOf(rules, ground.capital))
}

/** Do-nothing, hold-all, the fixed threshold and the two speeds, in this order. */
export function baselineTrials(ground: Ground, stretch: TradedSpan = ground): WholeTrial[] {
  const { matrix, rules, fees, halfSpreadBps, capital } = ground
  const costs = screenCosts(rules, fees, halfSpreadBps)
  const limits = sharedOut(rules, costs, capital, matrix.symbols.length)
  const roundTrip = 2 * (costs.feesOneWay + costs.slippageOneWay)
  return baselines(roundTrip).map(rule =>
    trialOf({ ...ground, ...stretch }, costs, () => mindJudge(matrix, rule), limits),
  )
}

function trialOf(
  ground: Ground,
  costs: ScreenCosts,
  judge: () => ScreenJudge,
  limits: BookLimits,
): WholeTrial {
  const { matrix, rules, fromMs, toMs } = ground
  const of = (book: BookLimits) =>
    screen({ matrix, judge: judge(), costs, limits: book, rules, fromMs, toMs })
  const [units, account] = [of(ONE_OF_EACH), of(limits)]
  const years = symbolYears(matrix, units)
  const heldMs = units.trades.reduce((sum, { enteredAtMs, leftAtMs }) => sum + leftAtMs - enteredAtMs, 0)
  const { equity } = account
  const [first = 0, last = 0] = [equity[0], equity.at(-1)]
  return {
    name: units.name,
    aprOnCapital: ((last - first) / first / (account.toMs - account.fromMs)) * YEAR_MS,
    drawDown: deepestFall(equity),
    accountTrades: account.trades.length,
    netBps: years > 0 ? (netOf(units.trades) / years) * 10_000 : 0,
    heldShare: years > 0 ? heldMs / (years * YEAR_MS) : 0,
    trades: units.trades.length,
    equity,
    account,
    units,
  }
}

/** Of all these trades together. */
export const netOf = (trades: readonly ScreenTrade[]): number => trades.reduce((sum, { net }) => sum + net, 0)

/** Time recorded of all symbols together inside a stretch, the days of learning included. */
function symbolYears({ firstAtMs, lastAtMs }: FundingMatrix, { fromMs, toMs }: TradedSpan): number {
  let sum = 0
  for (const [symbol, first] of firstAtMs.entries())
    sum += Math.max(0, Math.min(lastAtMs[symbol] ?? first, toMs) - Math.max(first, fromMs))
  return sum / YEAR_MS
}
