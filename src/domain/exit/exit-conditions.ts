/**
 * What would make an open hedge close: each rule that is switched on, with where it stands now and where it acts. The judgement
 * itself is judge-exit.ts; this tells its figures before they are reached.
 */
import { Decimal } from 'decimal.js'
import type { FreshMarket, MarketView } from '../market/market-view.ts'
import type { Rules } from '../rules.ts'
import { type Expectation, leavingGain } from './carry-exit.ts'
import type { ExitMemory, HeldHedge } from './judgement.ts'

export type ExitRule =
  | 'carry-gone'
  | 'basis-stop'
  | 'loss-stop'
  | 'take-profit'
  | 'hold-maximum'
  | 'margin'
  | 'adl-near'
  | 'delisting'
  | 'borrow-inventory'

/** `share` is a fraction, `rank` the exchange's place in the queue. */
type ExitUnit = 'bps' | 'ms' | 'share' | 'rank' | 'coins'

export type ExitCondition = {
  rule: ExitRule
  /** Where it stands now; null when that is not known. */
  now: number | null
  /** From here on the rule acts. */
  limit: number
  unit: ExitUnit
  /** Does it act at or above the limit, or at or below it? */
  acts: 'above' | 'below'
  isMet: boolean
  /** A rule that must hold for a while: how long it has held, and how long it must. */
  heldMs?: number
  heldMsMin?: number
  /** A rule that must be found several times in a row. */
  times?: number
  timesMin?: number
}

/** What the market looks like, and what was made of it: null where it cannot be seen, and then only what needs no market is known. */
type ExitFacts = {
  hedge: HeldHedge
  view: Pick<MarketView, 'pair' | 'adl' | 'borrow'> | undefined
  look: { market: FreshMarket; seen: Expectation } | null
  rules: Rules
  memory: ExitMemory
  nowMs: number
}

/** The rules that may end this hedge, the carry's own first. */
export function exitConditions(facts: ExitFacts): ExitCondition[] {
  const { hedge, look, rules, nowMs } = facts
  const { hedgeLossBpsMax, takeProfitBps, holdMaxMs } = rules.strategy
  const totalBps = look?.seen.totalBps ?? null
  // Zero has no sign.
  const lostBps = totalBps === null ? null : -totalBps || 0
  return [
    carryGone(facts),
    basisStop(facts),
    ...(hedgeLossBpsMax > 0 ? [condition('loss-stop', lostBps, hedgeLossBpsMax, 'bps')] : []),
    ...(takeProfitBps > 0
      ? [condition('take-profit', look?.seen.closingBps ?? null, takeProfitBps, 'bps')]
      : []),
    ...(holdMaxMs > 0 ? [condition('hold-maximum', nowMs - hedge.hedgedAtMs, holdMaxMs, 'ms')] : []),
    ...riskConditions(facts),
  ]
}

function condition(
  rule: ExitRule,
  now: number | null,
  limit: number,
  unit: ExitUnit,
  acts: ExitCondition['acts'] = 'above',
): ExitCondition {
  const isMet = now !== null && (acts === 'above' ? now >= limit : now <= limit)
  return { rule, now, limit, unit, acts, isMet }
}

function carryGone({ hedge, look, rules, memory }: ExitFacts): ExitCondition {
  const gain = look && leavingGain({ hedge, ...look, rules })
  return {
    ...condition('carry-gone', gain?.gainBps ?? null, gain?.returningBps ?? 0, 'bps'),
    isMet: gain !== null && gain.gainBps > gain.returningBps,
    times: memory.judgementsInARow,
    timesMin: rules.strategy.exitJudgementsMin,
  }
}

function basisStop({ look, rules: { strategy }, memory: { stopSinceMs }, nowMs }: ExitFacts): ExitCondition {
  const base = condition('basis-stop', look?.seen.basisLossBps ?? null, strategy.basisStopBps, 'bps')
  return {
    ...base,
    // A loss that funding is expected to pay for is no reason.
    isMet: base.isMet && look !== null && look.seen.staying * BPS < (base.now ?? 0),
    heldMs: stopSinceMs === null ? 0 : nowMs - stopSinceMs,
    heldMsMin: strategy.basisStopMs,
  }
}

const BPS = 10_000

function riskConditions({
  hedge: { maintenanceMarginRate, direction, baseQty },
  view,
  rules: { strategy, limits },
  nowMs,
}: ExitFacts): ExitCondition[] {
  const rate = maintenanceMarginRate === null ? null : new Decimal(maintenanceMarginRate).toNumber()
  const { pair, adl, borrow } = view ?? {}
  const deliveryAtMs = pair?.perp.deliveryAtMs ?? 0
  const needed = baseQty && new Decimal(baseQty).times(strategy.borrowCoverExitMin).toNumber()
  return [
    condition('margin', rate, limits.maintenanceMarginRateMax, 'share'),
    ...(adl ? [condition('adl-near', adl.rank, strategy.adlRankExit, 'rank')] : []),
    ...(deliveryAtMs > 0
      ? [condition('delisting', deliveryAtMs - nowMs, strategy.delistingRunOffMs, 'ms', 'below')]
      : []),
    ...(direction === 'reverse-carry' && borrow && needed !== undefined
      ? [
          condition(
            'borrow-inventory',
            new Decimal(borrow.availableBase).toNumber(),
            needed,
            'coins',
            'below',
          ),
        ]
      : []),
  ]
}
