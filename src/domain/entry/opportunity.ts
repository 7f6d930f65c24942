/**
 * Is a symbol worth a hedge now, and in which direction? Tempting, quiet (looked and not worth it) or blind (may not look).
 * Every verdict carries the number found and the limit it was held against, so that a person can see why nothing happens.
 */
import { Decimal } from 'decimal.js'
import { type CarryEstimate, type CarryReason, estimateCarry } from '../carry/carry.ts'
import { chooseRoute } from '../carry/route.ts'
import { expectation, leavingGain } from '../exit/carry-exit.ts'
import type { Alternative } from '../exit/judgement.ts'
import type { Direction } from '../instrument.ts'
import { signOf } from '../legs/sides.ts'
import { nextSettlementAtMs } from '../market/funding.ts'
import { type BlindReason, type FreshMarket, freshMarket, type MarketView } from '../market/market-view.ts'
import { midPrice } from '../market/order-book.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { Rules } from '../rules.ts'
import { directionFilter, type FilterReason, lifeFilter, sizeFilter } from './filters.ts'
import { type SizeReason, sizesFor } from './sizing.ts'

type QuietReason =
  | FilterReason
  | 'carry-below-entry'
  /** It pays, but later: who is not in loses nothing by waiting. */
  | 'carry-later'
  | 'basis-absurd'
  | 'price-unlike-index'
  | 'settlement-near'
  | 'basis-moved'
  | SizeReason
  | CarryReason

/** The verdict on one direction of a symbol that could be looked at. Plain JSON. */
export type DirectionJudgement = {
  direction: Direction
  verdict: 'tempting' | 'quiet'
  because: 'carry-above-entry' | QuietReason
  found: string
  limit: string
  /** Present whenever the view allowed the sum. */
  carry: CarryEstimate | null
}

/** Plain JSON. `found` and `limit` say why in numbers for every verdict. */
export type EntryJudgement = {
  symbol: string
  verdict: 'tempting' | 'quiet' | 'blind'
  because: 'carry-above-entry' | QuietReason | BlindReason
  found: string
  limit: string
  /** Present whenever the view allowed the sum. */
  carry: CarryEstimate | null
  judgedAtMs: number
  /** The direction all of the above is about; left out when nothing depends on it. */
  direction?: Direction
  /** The verdict on the other direction, which is no better. */
  other?: DirectionJudgement
}

/** A plan that is about to be carried out: only its direction is judged, and its entry basis must still be there. */
type PlannedEntry = Pick<CarryEstimate, 'direction' | 'entryBasisBps'>

/**
 * Judges a hedge of the largest size one hedge may have; the account's room is `sizeHedge`'s and `approve`'s business. Both
 * directions are judged and the better one is told: a tempting one before a quiet one, then the higher carry on capital after the
 * allowance.
 */
export function judgeEntry(
  market: MarketView,
  rules: Rules,
  nowMs: number,
  planned?: PlannedEntry,
): EntryJudgement {
  const { symbol } = market.pair
  const no = (
    verdict: 'quiet' | 'blind',
    { refused, found, limit }: Refusal<QuietReason | BlindReason>,
  ): EntryJudgement => ({ symbol, verdict, because: refused, found, limit, carry: null, judgedAtMs: nowMs })

  const closed = lifeFilter(market, rules.strategy, nowMs)
  if (closed) return no('quiet', closed)
  const fresh = freshMarket(market, rules.limits, nowMs)
  if (isRefusal(fresh)) return no('blind', fresh)
  const of = (direction: Direction) => judgeDirection(fresh, direction, rules, nowMs, planned)
  if (planned) return { symbol, ...of(planned.direction), judgedAtMs: nowMs }
  const [better, other] = ranked(of('long-carry'), of('reverse-carry'))
  return { symbol, ...better, judgedAtMs: nowMs, other }
}

function ranked(
  long: DirectionJudgement,
  reverse: DirectionJudgement,
): [better: DirectionJudgement, other: DirectionJudgement] {
  const rank = ({ verdict, carry }: DirectionJudgement) =>
    verdict === 'tempting' ? 2 : carry === null ? 0 : 1
  const apr = ({ carry }: DirectionJudgement) => carry?.cautiousApr ?? Number.NEGATIVE_INFINITY
  const reverseWins = rank(reverse) > rank(long) || (rank(reverse) === rank(long) && apr(reverse) > apr(long))
  return reverseWins ? [reverse, long] : [long, reverse]
}

function judgeDirection(
  market: FreshMarket,
  direction: Direction,
  rules: Rules,
  nowMs: number,
  planned: PlannedEntry | undefined,
): DirectionJudgement {
  const quiet = (
    { refused, found, limit }: Refusal<QuietReason>,
    carry: CarryEstimate | null = null,
  ): DirectionJudgement => ({ direction, verdict: 'quiet', because: refused, found, limit, carry })

  const unwanted = directionFilter(market, direction, rules, nowMs) ?? priceFilter(market, rules)
  if (unwanted) return quiet(unwanted)
  const sizes = sizesFor(market, rules, rules.limits.hedgeNotionalUsdtMax, direction)
  if (isRefusal(sizes)) return quiet(sizes)
  const route = chooseRoute(market, sizes, direction, rules, nowMs)
  if (isRefusal(route)) return quiet(route)
  const { chosen, quote } = route
  const summed = estimateCarry(market, sizes, rules.strategy, nowMs, { direction, route: chosen, quote })
  if (isRefusal(summed)) return quiet(summed)
  const carry = { ...summed, routes: route.estimates }
  const against =
    sizeFilter(market, sizes, direction, rules) ??
    carryFilter(carry, rules, planned) ??
    laterFilter(carry, market, rules, nowMs)
  if (against) return quiet(against, carry)
  const near = settlementFilter(market, rules, nowMs)
  if (near) return quiet(near, carry)
  return {
    direction,
    verdict: 'tempting',
    because: 'carry-above-entry',
    found: String(carry.cautiousApr),
    limit: String(hurdleOf(rules)),
    carry,
  }
}

function carryFilter(
  carry: CarryEstimate,
  rules: Rules,
  planned: PlannedEntry | undefined,
): Refusal<QuietReason> | undefined {
  const { basisAbortBps } = rules.strategy
  const hurdle = hurdleOf(rules)
  if (!(carry.cautiousApr > hurdle)) return refuse('carry-below-entry', carry.cautiousApr, hurdle)
  if (!planned) return undefined
  const movedBps = (planned.entryBasisBps - carry.entryBasisBps) * signOf(carry.direction)
  return movedBps > basisAbortBps
    ? refuse('basis-moved', `${movedBps} bps`, `${basisAbortBps} bps`)
    : undefined
}

/**
 * No entry that the exit rule would not want: while its horizon is expected to bring less than idle money, waiting costs nothing and
 * the same carry can be had later. Who holds already has the way back to pay, and may stay.
 */
function laterFilter(
  carry: CarryEstimate,
  market: FreshMarket,
  rules: Rules,
  nowMs: number,
): Refusal<'carry-later'> | undefined {
  const { direction, notionalUsdt, capitalUsdt } = carry
  const hedge = { entryBasisBps: null, hedgedAtMs: nowMs, maintenanceMarginRate: null }
  const held = { ...hedge, direction, notionalUsdt, capitalUsdt }
  const asked = { ...rules, strategy: { ...rules.strategy, idleApr: leastAprOf(rules) } }
  const seen = expectation(held, market, asked, nowMs)
  if (isRefusal(seen)) return undefined
  const { gainBps } = leavingGain({ hedge: held, market, seen, rules: asked })
  const { exitHorizonHours } = rules.strategy
  return gainBps > 0
    ? refuse('carry-later', `${-gainBps} bps over ${exitHorizonHours} h`, 'more than idle money')
    : undefined
}

/**
 * What the weeks ahead must bring at least, on capital, a year: what idle money does. Who asks for less than that of a hedge as a whole
 * (`entryAprMin` below 0) asks for no more of its beginning.
 */
export const leastAprOf = ({ strategy: { idleApr, entryAprMin } }: Rules): number =>
  idleApr + Math.min(0, entryAprMin)

/** What carry on capital must beat, a year: idle money, by as much as a hedge is worth the trouble. */
export const hurdleOf = ({ strategy: { idleApr, entryAprMin } }: Rules): number => idleApr + entryAprMin

/** Do the prices belong together? Two coins of one name, a redenomination or a halted market look like a fortune. */
function priceFilter(
  { pair, spotBook, perpBook, ticker }: FreshMarket,
  { strategy: { basisEntryBpsMax } }: Rules,
): Refusal<QuietReason> | undefined {
  const [spot, perp] = [midPrice(spotBook), midPrice(perpBook)]
  if (!spot || !perp) return undefined
  const { multiplier } = pair.perp
  const perCoin = new Decimal(perp).div(multiplier)
  const index = new Decimal(ticker.indexPrice).div(multiplier)
  const apartBps = (a: Decimal, b: Decimal.Value) => a.div(b).minus(1).times(10_000)
  const limit = `${basisEntryBpsMax} bps`
  const basis = apartBps(perCoin, spot)
  if (basis.abs().gt(basisEntryBpsMax))
    return refuse(
      'basis-absurd',
      `${basis.toFixed(1)} bps: perpetual ${perCoin.toFixed()}, spot ${spot}`,
      limit,
    )
  const away = index.gt(0) ? apartBps(new Decimal(spot), index) : null
  return away?.abs().gt(basisEntryBpsMax)
    ? refuse('price-unlike-index', `${away.toFixed(1)} bps: spot ${spot}, index ${index.toFixed()}`, limit)
    : undefined
}

/** A hedge half open at a settlement is paid, or pays, on one leg only. */
function settlementFilter(
  { ticker }: FreshMarket,
  { strategy: { settlementGuardMs } }: Rules,
  nowMs: number,
): Refusal<QuietReason> | undefined {
  const leftMs = nextSettlementAtMs(ticker, nowMs) - nowMs
  return leftMs < settlementGuardMs
    ? refuse('settlement-near', `${leftMs} ms`, `${settlementGuardMs} ms`)
    : undefined
}

/** Tempting symbols, the highest carry on capital after the allowance first: the order in which they compete for room. */
export const bestFirst = (judged: Iterable<EntryJudgement>): EntryJudgement[] =>
  [...judged]
    .filter(({ verdict, carry }) => verdict === 'tempting' && carry !== null)
    .sort((a, b) => aprOf(b) - aprOf(a))

const aprOf = ({ carry }: EntryJudgement): number => carry?.cautiousApr ?? Number.NEGATIVE_INFINITY

/** What the best tempting symbol but this one would earn; null when none is. */
export function bestAlternative(judged: Iterable<EntryJudgement>, symbol: string): Alternative | null {
  const best = bestFirst(judged).find(each => each.symbol !== symbol)
  if (!best?.carry) return null
  const { cautiousApr, horizonHours } = best.carry
  return { aprOnCapital: cautiousApr, horizonHours, symbol: best.symbol }
}
