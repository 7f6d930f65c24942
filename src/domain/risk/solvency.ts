/**
 * How far the account is from liquidation, by our own model over all holdings: the exchange's figure is an estimate in cross
 * margin and empty in portfolio margin. Liquidation fees, open orders, other coins and the exchange's own conversion of
 * collateral are left out. Source: carry.md e.7, thresholds d.9.
 */
import { Decimal } from 'decimal.js'
import {
  type CollateralView,
  collateralCoins,
  maintenanceBands,
  overBands,
  type RiskTier,
} from '../market/collateral.ts'
import type { LimitRules, StrategyRules } from '../rules.ts'
import { type BaseQty, baseQty, type Usdt, usdt } from '../units.ts'
import { firstFactor, glimpseOf, type Weighed } from './liquidation.ts'

/** One coin of the account: what is owned or owed of it, and its perpetual. Prices in USDT per base coin. */
export type HoldingFacts = {
  coin: string
  /** + owned, − owed. */
  spotBase: BaseQty
  /** + long, − short. */
  perpBase: BaseQty
  price: string
  markPrice: string
  /** Average entry of the perpetual; anything while it is 0. */
  perpEntryPrice: string
  /** Left out: counts for nothing. */
  collateral?: CollateralView
  riskTiers?: readonly RiskTier[]
}

export type AccountFacts = {
  /** USDT in the wallet, without unrealised profit; negative is owed. */
  usdt: Usdt
  holdings: readonly HoldingFacts[]
  /** What the verdict needs and nobody has read yet, in words: no verdict is formed on it (promise 12). None when left out. */
  unknown?: readonly string[]
}

export type SolvencyRules = Pick<StrategyRules, 'maintenanceRate' | 'borrowMaintenanceRate'> &
  Pick<
    LimitRules,
    'solvencyWarnRate' | 'solvencyReduceRate' | 'solvencyFlattenRate' | 'solvencyGapNear' | 'solvencyGapFar'
  >
/** `unknown`: nothing is concluded, so nothing is opened and nothing is unwound. */
type SolvencyVerdict = 'ok' | 'warn' | 'reduce' | 'flatten' | 'unknown'

/** Maintenance margin over margin balance after a gap: '1' is liquidation, null means that the balance itself is gone. */
type GapRate = {
  /** Fraction by which prices moved; 0 is now. */
  gap: number
  /** The only coin that moved; null when all moved together. */
  coin: string | null
  maintenanceRate: string | null
}

/** Plain JSON. */
export type Solvency = {
  verdict: SolvencyVerdict
  /** The rate that made the verdict, after which gap, and the threshold it reached or stayed below. */
  found: string
  limit: string
  gaps: GapRate[]
  /** All prices times this liquidate the account, rising and falling; null: no rise to a thousandfold, no fall, does. */
  liquidationUp: number | null
  liquidationDown: number | null
}

function weighed({ usdt, holdings }: AccountFacts, { maintenanceRate }: SolvencyRules): Weighed {
  return {
    usdt: new Decimal(usdt),
    holdings: holdings.map(held => {
      const [perp, spot] = [new Decimal(held.perpBase), new Decimal(held.spotBase)]
      return {
        coin: held.coin,
        price: new Decimal(held.price),
        mark: new Decimal(held.markPrice),
        perp,
        perpSize: perp.abs(),
        entry: new Decimal(held.perpEntryPrice),
        spot,
        counted: held.collateral && spot.gt(0) ? collateralCoins(spot, held.collateral) : new Decimal(0),
        bands: held.riskTiers?.length
          ? maintenanceBands(held.riskTiers)
          : [{ upTo: null, rate: new Decimal(maintenanceRate) }],
      }
    }),
  }
}

/** Margin balance and maintenance margin with each coin's prices times its factor. */
function marginAt({ usdt, holdings }: Weighed, factorOf: (coin: string) => Decimal, rules: SolvencyRules) {
  let balance = usdt
  let maintenance = new Decimal(0)
  for (const held of holdings) {
    const factor = factorOf(held.coin)
    const price = factor.times(held.price)
    const mark = factor.times(held.mark)
    balance = balance.plus(mark.minus(held.entry).times(held.perp))
    maintenance = maintenance.plus(overBands(held.perpSize.times(mark), held.bands))
    if (held.spot.gt(0)) balance = balance.plus(price.times(held.counted))
    if (held.spot.lt(0)) {
      balance = balance.plus(held.spot.times(price))
      maintenance = maintenance.plus(held.spot.neg().times(price).times(rules.borrowMaintenanceRate))
    }
  }
  return { balance, maintenance }
}

const rateOf = ({ balance, maintenance }: { balance: Decimal; maintenance: Decimal }): Decimal | null =>
  balance.gt(0) ? maintenance.div(balance) : maintenance.isZero() && balance.isZero() ? new Decimal(0) : null

/** Maintenance rate when all prices (or one coin's) are multiplied by `factor`; null when the margin balance is gone. */
export const maintenanceRateAt = (
  account: AccountFacts,
  rules: SolvencyRules,
  factor: Decimal | string | number,
  only: string | null = null,
): Decimal | null => rateAt(weighed(account, rules), rules, factor, only)

function rateAt(
  account: Weighed,
  rules: SolvencyRules,
  factor: Decimal | string | number,
  only: string | null = null,
): Decimal | null {
  const [moved, still] = [new Decimal(factor), new Decimal(1)]
  return rateOf(marginAt(account, coin => (only === null || coin === only ? moved : still), rules))
}

/** The rates after this gap up and down, of all prices together and of each coin by itself. */
const gapsOf = (account: Weighed, rules: SolvencyRules, gap: number): GapRate[] => {
  const coins = account.holdings.map(({ coin }) => coin)
  const moved = [null, ...(coins.length > 1 ? coins : [])]
  return [gap, -gap].flatMap(each => moved.map(coin => afterGap(account, rules, each, coin)))
}

const afterGap = (account: Weighed, rules: SolvencyRules, gap: number, coin: string | null): GapRate => {
  const rate = rateAt(account, rules, new Decimal(gap).plus(1), coin)
  return { gap, coin, maintenanceRate: rate?.toDecimalPlaces(18).toFixed() ?? null }
}

const nearGaps = (account: Weighed, rules: SolvencyRules): GapRate[] => [
  afterGap(account, rules, 0, null),
  ...gapsOf(account, rules, rules.solvencyGapNear),
]

/**
 * The verdict on an account. Now and after the near gap, up and down, of all prices together and of each coin by itself, the
 * three thresholds hold; the far gap only warns, when the account would not survive it.
 */
export function judgeSolvency(facts: AccountFacts, rules: SolvencyRules): Solvency {
  const { unknown = [] } = facts
  if (unknown.length > 0)
    return {
      verdict: 'unknown',
      found: `${unknown.join(', ')} not read yet`,
      limit: 'read once',
      gaps: [],
      liquidationUp: null,
      liquidationDown: null,
    }
  const account = weighed(facts, rules)
  const near = nearGaps(account, rules)
  const far = gapsOf(account, rules, rules.solvencyGapFar)
  return {
    ...verdictOn(worstOf(near), worstOf(far), rules),
    gaps: [...near, ...far],
    liquidationUp: liquidationFactor(account, rules, 'up'),
    liquidationDown: liquidationFactor(account, rules, 'down'),
  }
}

/** The worst rate now and after the near gap; null when some gap leaves no margin balance. */
function worstNearRate(account: AccountFacts, rules: SolvencyRules): Decimal | null {
  const { maintenanceRate } = worstOf(nearGaps(weighed(account, rules), rules))
  return maintenanceRate === null ? null : new Decimal(maintenanceRate)
}

function verdictOn(
  near: GapRate,
  far: GapRate,
  rules: SolvencyRules,
): Pick<Solvency, 'verdict' | 'found' | 'limit'> {
  const reaches = ({ maintenanceRate }: GapRate, limit: number) =>
    maintenanceRate === null || new Decimal(maintenanceRate).gte(limit)
  const { solvencyWarnRate: warn, solvencyReduceRate: reduce, solvencyFlattenRate: flatten } = rules
  const found = textOf(near)
  if (reaches(near, flatten)) return { verdict: 'flatten', found, limit: `${flatten}` }
  if (reaches(near, reduce)) return { verdict: 'reduce', found, limit: `${reduce}` }
  if (reaches(near, warn)) return { verdict: 'warn', found, limit: `${warn}` }
  if (reaches(far, 1)) return { verdict: 'warn', found: textOf(far), limit: '1' }
  return { verdict: 'ok', found, limit: `${warn}` }
}

function worstOf(gaps: readonly GapRate[]): GapRate {
  return gaps.reduce((worst, each) => {
    if (worst.maintenanceRate === null) return worst
    if (each.maintenanceRate === null) return each
    return new Decimal(each.maintenanceRate).gt(worst.maintenanceRate) ? each : worst
  })
}

function textOf({ gap, coin, maintenanceRate }: GapRate): string {
  const rate = maintenanceRate === null ? 'no balance left' : new Decimal(maintenanceRate).toFixed(4)
  return gap === 0 ? `${rate} now` : `${rate} after ${gap > 0 ? '+' : ''}${gap} on ${coin ?? 'all prices'}`
}

/** The first factor on all prices, away from 1, at which the account is liquidated; 1 when it is already. */
function liquidationFactor(account: Weighed, rules: SolvencyRules, toward: 'up' | 'down'): number | null {
  const glimpse = glimpseOf(account, rules.borrowMaintenanceRate)
  const isGone = (factor: number) => glimpse(factor) ?? rateAt(account, rules, factor)?.gte(1) ?? true
  return firstFactor(isGone, toward)
}

/**
 * P_liq / P_0 of a long carry by itself: (1 + κ) / (1 − v + m), with κ the free USDT per notional, v the collateral ratio of
 * the spot and m the maintenance rate. Only a rise can end it; null when no rise does (v > 1 + m).
 */
export function hedgeLiquidationFactor(of: {
  buffer: Decimal | number
  collateral: Decimal | number
  maintenance: Decimal | number
}): Decimal | null {
  const loss = new Decimal(1).minus(of.collateral).plus(of.maintenance)
  return loss.gt(0) ? new Decimal(of.buffer).plus(1).div(loss) : null
}

// Which hedge is left when the account must be made safer: one at a time, the one whose end helps most, then it is judged
// again. Source: carry.md d.9 (reduce), e.7.

/** What a hedge is part of: its share of a coin's holding, signed as there. */
export type Reducible = {
  hedgeId: string
  coin: string
  spotBase: BaseQty
  perpBase: BaseQty
}

/** The one hedge without which the account stands best, now or after the near gap; undefined when none helps. */
export function reliefOf<Held extends Reducible>(
  account: AccountFacts,
  hedges: readonly Held[],
  rules: SolvencyRules,
): Held | undefined {
  const before = worstNearRate(account, rules)
  let best: { hedge: Held; rate: Decimal | null } | undefined
  for (const hedge of hedges) {
    const rate = worstNearRate(closed(account, hedge), rules)
    if (!isSafer(rate, before)) continue
    if (!best || (rate !== null && (best.rate === null || rate.lt(best.rate)))) best = { hedge, rate }
  }
  return best?.hedge
}

/** Where nothing is left of the balance, every hedge less is a step back to one. */
const isSafer = (after: Decimal | null, before: Decimal | null): boolean =>
  before === null || after?.lt(before) === true

/** The account once this hedge is closed at today's prices. */
function closed({ usdt: cash, holdings }: AccountFacts, hedge: Reducible): AccountFacts {
  const held = holdings.find(({ coin }) => coin === hedge.coin)
  if (!held) return { usdt: cash, holdings }
  const proceeds = new Decimal(hedge.spotBase).times(held.price)
  const realised = new Decimal(held.markPrice).minus(held.perpEntryPrice).times(hedge.perpBase)
  const rest: HoldingFacts = {
    ...held,
    spotBase: baseQty(new Decimal(held.spotBase).minus(hedge.spotBase)),
    perpBase: baseQty(new Decimal(held.perpBase).minus(hedge.perpBase)),
  }
  return {
    usdt: usdt(Decimal.sum(cash, proceeds, realised)),
    holdings: holdings.map(each => (each === held ? rest : each)),
  }
}
