/**
 * An engine beside its shadow: every decision it recorded is made again by the same functions on what it looked at then, every hedge
 * held against one that is filled whole and at once. Each difference is named: `decision` (it would be another one now, a person or
 * a fault ended the hedge, the desk said no), `fill` (price, fees, quantity), `timing` (what happened between decision and order).
 * What none of these can be told of is `unexplained`.
 */
import { Decimal } from 'decimal.js'
import { judgeEntry } from '../../domain/entry/opportunity.ts'
import { judgeExit } from '../../domain/exit/judge-exit.ts'
import type { Rules } from '../../domain/rules.ts'
import type { Usdt } from '../../domain/units.ts'
import type { AskedOfEntry, AskedOfExit, Decision } from '../../store/books/decision-store.ts'
import { type HedgeMoney, type Looked, money, moneyOf } from './money.ts'
import type { RecordedHedge, ShadowRecords } from './records.ts'

// A recorded decision made again: the same functions on what it looked at, by the rules given.

/** `verdict because: found …, limit …` says all that a decision is. */
type DecidedAgain = Pick<Decision, 'verdict' | 'because' | 'direction' | 'found' | 'limit'>

/** The same decision, figures and all. */
const isSame = (a: DecidedAgain, b: DecidedAgain): boolean =>
  a.verdict === b.verdict &&
  a.because === b.because &&
  a.direction === b.direction &&
  a.found === b.found &&
  a.limit === b.limit

/** Undefined where what it looked at was not kept: quiet entries, and what was written by an earlier version. */
function decidedAgain(decision: Decision, rules: Rules): DecidedAgain | undefined {
  if (decision.detail.asked === undefined) return undefined
  if (decision.about === 'entry') {
    const { market } = decision.detail.asked as unknown as AskedOfEntry
    const { direction = '', ...said } = judgeEntry(market, rules, decision.atMs)
    return { ...said, direction }
  }
  const { hedge, market, before, inputs } = decision.detail.asked as unknown as AskedOfExit
  return { ...judgeExit(hedge, market, rules, before, decision.atMs, inputs), direction: '' }
}

export type DifferenceKind = 'decision' | 'fill' | 'timing' | 'unexplained'
export type ShadowDifference = {
  kind: DifferenceKind
  /** Null of a hedge that there was none of. */
  hedgeId: string | null
  symbol: string
  atMs: number
  engine: string
  shadow: string
  /** What the engine made more than its shadow by it, USDT; null where what came of the other way is not known. */
  worthUsdt: Usdt | null
}

export type ShadowedHedge = {
  id: string
  symbol: string
  state: string
  decidedAtMs: number
  /** Null while it lives. */
  closedAtMs: number | null
  /** USDT; the parts add up to the engine's. Null where nothing can be compared yet. */
  made: Record<'engineUsdt' | 'shadowUsdt' | 'fillUsdt' | 'timingUsdt' | 'decisionUsdt', Usdt> | null
}

export type ShadowReport = {
  account: string
  fromMs: number
  toMs: number
  /** Recorded; made again; and of these the same. Of the rest what they looked at was not kept. */
  decisions: { recorded: number; again: number; same: number }
  hedges: ShadowedHedge[]
  totals: Record<'engineUsdt' | 'shadowUsdt' | 'fillUsdt' | 'timingUsdt' | 'decisionUsdt', Usdt>
  differences: ShadowDifference[]
  unexplained: number
}

/** @param rules - by which the shadow decides: those of today */
export function shadowOf(records: ShadowRecords, rules: Rules): ShadowReport {
  const again = records.decisions.map(decision => ({ decision, said: decidedAgain(decision, rules) }))
  const made = again.flatMap(({ decision, said }) => (said ? [{ decision, said }] : []))
  const changed = made.filter(({ decision, said }) => !isSame(decision, said))
  const shadowed = records.hedges.map(hedge => shadowedHedge(hedge, records.decisions, rules))
  const differences = [
    ...changed.map(changedMind),
    ...shadowed.flatMap(each => each.differences),
    ...refused(records),
  ].sort((a, b) => a.atMs - b.atMs || (a.symbol < b.symbol ? -1 : 1))
  const hedges = shadowed.map(({ hedge }) => hedge)
  const total = (part: keyof ShadowReport['totals']) =>
    money(hedges.reduce((sum, each) => sum.plus(each.made?.[part] ?? 0), new Decimal(0)))
  return {
    account: records.account,
    fromMs: records.fromMs,
    toMs: records.toMs,
    decisions: { recorded: again.length, again: made.length, same: made.length - changed.length },
    hedges,
    totals: {
      engineUsdt: total('engineUsdt'),
      shadowUsdt: total('shadowUsdt'),
      fillUsdt: total('fillUsdt'),
      timingUsdt: total('timingUsdt'),
      decisionUsdt: total('decisionUsdt'),
    },
    differences,
    unexplained: differences.filter(({ kind }) => kind === 'unexplained').length,
  }
}

const text = ({ verdict, because, direction, found, limit }: DecidedAgain): string =>
  `${verdict}${direction ? ` (${direction})` : ''}, ${because}: found ${found}, limit ${limit}`

const changedMind = ({ decision, said }: { decision: Decision; said: DecidedAgain }): ShadowDifference => ({
  kind: 'decision',
  hedgeId: null,
  symbol: decision.symbol,
  atMs: decision.atMs,
  engine: text(decision),
  shadow: text(said),
  worthUsdt: null,
})

/** What the desk said no to, each reason once with how often. */
function refused({ refusals }: ShadowRecords): ShadowDifference[] {
  const reasons = new Map<string, { times: number; first: ShadowRecords['refusals'][number] }>()
  for (const each of refusals) {
    const key = `${each.symbol} ${each.because.split(':')[0]}`
    const known = reasons.get(key)
    if (known) known.times++
    else reasons.set(key, { times: 1, first: each })
  }
  return [...reasons.values()].map(({ times, first: { symbol, atMs, because } }) => ({
    kind: 'decision',
    hedgeId: null,
    symbol,
    atMs,
    engine: `the desk said no${times > 1 ? ` ${times} times` : ''}: ${because}`,
    shadow: 'it was wanted',
    worthUsdt: null,
  }))
}

type Shadowed = { hedge: ShadowedHedge; differences: ShadowDifference[] }

function shadowedHedge(hedge: RecordedHedge, decisions: readonly Decision[], rules: Rules): Shadowed {
  const { context, state, sinceMs } = hedge
  const { plan } = context
  const { hedgeId, symbol, decidedAtMs } = plan
  const blank: ShadowedHedge = {
    ...{ id: hedgeId, symbol, state, decidedAtMs },
    closedAtMs: state === 'closed' ? sinceMs : null,
    made: null,
  }
  const of = (kind: DifferenceKind, atMs: number, engine: string, shadow: string, worth: Decimal | null) => ({
    ...{ kind, hedgeId, symbol, atMs, engine, shadow },
    worthUsdt: worth && money(worth),
  })
  const opening = decisions.find(
    each =>
      each.about === 'entry' &&
      each.symbol === symbol &&
      each.atMs === decidedAtMs &&
      each.detail.asked !== undefined,
  )
  if (!opening) {
    const why = 'the decision that opened it was not kept with what it looked at'
    return { hedge: blank, differences: [of('unexplained', decidedAtMs, 'opened it', why, null)] }
  }
  const closing = closingOf(hedge, decisions)
  const ended = state === 'closed' ? endedOtherwise(hedge, closing) : undefined
  const differences = ended ? [of('decision', sinceMs, ended, 'held on: no judgement ended it', null)] : []
  if (state !== 'closed') return { hedge: blank, differences }
  const looked = lookedAt(opening)
  const paid = moneyOf(hedge, { in: looked, out: closing ? lookedAt(closing) : null })
  if (!paid) return { hedge: blank, differences: [...differences, of(...notCompared(hedge))] }
  const wouldEnter = decidedAgain(opening, rules)?.verdict === 'tempting'
  if (!wouldEnter) differences.push(of('decision', decidedAtMs, 'opened it', 'did not enter', paid.engine))
  else differences.push(...moneyDifferences(hedge, paid, { looked, closing }).map(each => of(...each)))
  return { hedge: { ...blank, made: madeOf(paid, wouldEnter) }, differences }
}

function madeOf({ engine, shadow, fill, timing }: HedgeMoney, wouldEnter: boolean): ShadowedHedge['made'] {
  const none = money(new Decimal(0))
  return wouldEnter
    ? {
        engineUsdt: money(engine),
        shadowUsdt: money(shadow),
        fillUsdt: money(fill),
        timingUsdt: money(timing),
        decisionUsdt: none,
      }
    : {
        engineUsdt: money(engine),
        shadowUsdt: none,
        fillUsdt: none,
        timingUsdt: none,
        decisionUsdt: money(engine),
      }
}

const lookedAt = ({ detail, atMs }: Decision): Looked => ({
  market: (detail.asked as unknown as AskedOfEntry).market,
  atMs,
})

/** The judgement whose reason the hedge was told; undefined where another hand ended it. */
function closingOf(
  { context, sinceMs }: RecordedHedge,
  decisions: readonly Decision[],
): Decision | undefined {
  const { plan, unwindBecause } = context
  return decisions.findLast(
    ({ about, symbol, verdict, atMs, because, found, limit, detail }) =>
      about === 'exit' &&
      symbol === plan.symbol &&
      verdict === 'leave' &&
      atMs >= plan.decidedAtMs &&
      atMs <= sinceMs &&
      unwindBecause === `${because}: found ${found}, limit ${limit}` &&
      detail.asked !== undefined,
  )
}

/** In words, what ended a hedge that no judgement did; undefined where one did. */
function endedOtherwise({ context }: RecordedHedge, closing: Decision | undefined): string | undefined {
  if (closing) return undefined
  const because = context.failure ?? context.unwindBecause
  return because === null ? 'ended it without a reason' : `left: ${because}`
}

type Told = [kind: DifferenceKind, atMs: number, engine: string, shadow: string, worth: Decimal | null]

function notCompared({ context, fills, sinceMs }: RecordedHedge): Told {
  if (fills.length === 0) return ['fill', sinceMs, 'nothing was filled', 'filled whole', null]
  const why = context.unwindBecause ?? 'its books could not be walked'
  return ['unexplained', sinceMs, `made and not comparable (${why})`, 'no price', null]
}

type Ends = { looked: Looked; closing: Decision | undefined }

function moneyDifferences(hedge: RecordedHedge, paid: HedgeMoney, { looked, closing }: Ends): Told[] {
  const { context, fills, sinceMs } = hedge
  const first = Math.min(...fills.map(({ filledAtMs }) => filledAtMs))
  const lateIn = `filled from ${first - looked.atMs} ms after the decision, hedged after ${context.hedgedAtMs - looked.atMs} ms`
  const lateOut = closing ? `; out ${sinceMs - closing.atMs} ms after it` : ''
  const missed = paid.missed > 0 ? `${paid.missed} settlements more, at the rate estimated then` : 'at once'
  const share = paid.filledShare < 0.999 ? `${(paid.filledShare * 100).toFixed(1)} % of the plan, ` : ''
  const told: Told[] = []
  if (paid.unmeasured > 0)
    told.push([
      'unexplained',
      first,
      `${paid.unmeasured} fills`,
      'no middle of their decision was kept',
      null,
    ])
  if (!paid.fill.isZero())
    told.push([
      'fill',
      first,
      `${share}${fills.length} fills`,
      `whole, by ${context.plan.route ?? 'spot-first'} as planned`,
      paid.fill,
    ])
  if (!paid.timing.isZero()) told.push(['timing', first, `${lateIn}${lateOut}`, missed, paid.timing])
  return told
}
