/**
 * Limits on new risk. Only `approve` makes an `Approved` plan, so an unchecked one cannot be opened; the brand is gone in
 * JSON, which is why the journal keeps the plan as approved. Reducing risk never asks here.
 */
import { Decimal } from 'decimal.js'
import { type Refusal, refuse } from '../refusal.ts'
import type { LimitRules } from '../rules.ts'
import { type BaseQty, type Usdt, usdt } from '../units.ts'
import { type Exposure, freeUsdt } from './exposure.ts'
import { type AccountReason, churnReason, lossReason, strainReason } from './risk-state.ts'

declare const approved: unique symbol
/** A plan that passed every limit. */
export type Approved<Plan> = Plan & { readonly [approved]: true }

type LimitReason =
  | 'halted'
  | 'symbol-taken'
  | 'too-many-hedges'
  | 'hedge-too-small'
  | 'hedge-too-large'
  | 'symbol-too-large'
  | 'group-too-large'
  | 'total-too-large'
  | 'free-margin'
  | AccountReason
type Refused = Refusal<LimitReason>

type Asking = {
  hedgeId: string
  symbol: string
  notionalUsdt: Usdt
  capitalUsdt: Usdt
  /** Fees of the whole round trip, negative: they count against the churn budget. */
  expected?: { feesUsdt: Usdt }
}

/**
 * The limits in USDT as they stand at this equity: of an amount and a share the stricter one. While the equity is not known a share
 * is not known either, and nothing new passes where one is set; a share of 0 asks for no equity.
 */
export function limitsAt(limits: LimitRules, equityUsdt: Usdt | undefined): LimitRules {
  const { hedgeShareMax = 0, totalShareMax = 0, coinShareMax = 0, reserveShareMin = 0 } = limits
  const most = (amount: Usdt, share: number): Usdt =>
    share > 0 ? usdt(Decimal.min(amount, shareOf(share, equityUsdt ?? '0'))) : amount
  return {
    ...limits,
    hedgeNotionalUsdtMax: most(limits.hedgeNotionalUsdtMax, hedgeShareMax),
    totalNotionalUsdtMax: most(limits.totalNotionalUsdtMax, totalShareMax),
    symbolNotionalUsdtMax: most(limits.symbolNotionalUsdtMax, coinShareMax),
    freeMarginUsdtMin:
      reserveShareMin > 0
        ? usdt(Decimal.max(limits.freeMarginUsdtMin, shareOf(reserveShareMin, equityUsdt ?? MORE_THAN_ANY)))
        : limits.freeMarginUsdtMin,
  }
}

/** What a group of symbols that move together holds, whoever opened it, and the most it may. */
type GroupRoom = { held: Decimal; most: Decimal }

/**
 * Of the groups that hold this symbol the one with the least room; undefined where none does, or no share is set. Of an equity that is
 * not known no group has room.
 */
export function tightestGroup(
  symbol: string,
  {
    hedges,
    foreignNotionalUsdt = {},
    equityUsdt,
  }: Pick<Exposure, 'hedges' | 'foreignNotionalUsdt' | 'equityUsdt'>,
  { groups = [], groupShareMax = 0 }: Pick<LimitRules, 'groups' | 'groupShareMax'>,
): GroupRoom | undefined {
  if (groupShareMax <= 0) return undefined
  const most = shareOf(groupShareMax, equityUsdt ?? '0')
  const rooms = groups
    .filter(group => group.includes(symbol))
    .map(group => {
      const own = hedges.filter(each => group.includes(each.symbol)).map(each => each.notionalUsdt)
      return Decimal.sum(0, ...own, ...group.map(each => foreignNotionalUsdt[each] ?? 0))
    })
  return rooms.length > 0 ? { held: Decimal.max(...rooms), most } : undefined
}

/** An account that owes more than it owns has no share of anything. */
const shareOf = (share: number, equityUsdt: string): Decimal =>
  Decimal.max(0, new Decimal(equityUsdt).times(share)).toDecimalPlaces(18, Decimal.ROUND_DOWN)
const MORE_THAN_ANY = '1e15'

/** Cash a plan binds for as long as its hedge lives: its capital, and the fees of the way in and out. */
export const reserveUsdt = ({ capitalUsdt, expected }: Pick<Asking, 'capitalUsdt' | 'expected'>): Usdt =>
  usdt(Decimal.max(0, new Decimal(expected?.feesUsdt ?? 0).neg()).plus(capitalUsdt))

/** What a hedge binds of its plan while its perpetual holds so much: notional, and the cash it reserves. Never more than planned. */
export function bindsOf(
  plan: Asking & { targetBaseQty: BaseQty },
  perpBase: BaseQty,
): { notionalUsdt: Usdt; reserveUsdt: Usdt } {
  const share = Decimal.min(1, new Decimal(perpBase).div(plan.targetBaseQty))
  const part = (whole: Usdt) => usdt(share.times(whole).toDecimalPlaces(18, Decimal.ROUND_UP))
  return { notionalUsdt: part(plan.notionalUsdt), reserveUsdt: part(reserveUsdt(plan)) }
}

/**
 * Notional, capital and fees of the plan on top of what is carried, against every limit; the first one broken is named. What
 * the exposure leaves out is not checked: who builds it answers for that.
 */
export function approve<Plan extends Asking>(
  plan: Plan,
  exposure: Exposure,
  rules: LimitRules,
): Approved<Plan> | Refused {
  const limits = limitsAt(rules, exposure.equityUsdt)
  const { hedges } = exposure
  const notional = new Decimal(plan.notionalUsdt)
  const total = hedges.reduce((sum, hedge) => sum.plus(hedge.notionalUsdt), notional)
  const free = freeUsdt(exposure).minus(reserveUsdt(plan))
  const taken = hedges.find(hedge => hedge.symbol === plan.symbol)

  if (exposure.halted) return refuse('halted', 'halted', 'not halted')
  if (taken) return refuse('symbol-taken', taken.hedgeId, 'one hedge per symbol')
  if (hedges.length + 1 > limits.hedgesMax)
    return refuse('too-many-hedges', hedges.length + 1, limits.hedgesMax)
  if (!notional.gte(limits.hedgeNotionalUsdtMin) || !notional.gt(0))
    return refuse('hedge-too-small', plan.notionalUsdt, limits.hedgeNotionalUsdtMin)
  if (!notional.lte(limits.hedgeNotionalUsdtMax))
    return refuse('hedge-too-large', plan.notionalUsdt, limits.hedgeNotionalUsdtMax)
  const inSymbol = notional.plus(exposure.foreignNotionalUsdt?.[plan.symbol] ?? 0)
  if (inSymbol.gt(limits.symbolNotionalUsdtMax))
    return refuse('symbol-too-large', inSymbol.toFixed(), limits.symbolNotionalUsdtMax)
  const group = tightestGroup(plan.symbol, exposure, limits)
  if (group && group.held.plus(notional).gt(group.most))
    return refuse('group-too-large', group.held.plus(notional).toFixed(), group.most.toFixed())
  if (!total.lte(limits.totalNotionalUsdtMax))
    return refuse('total-too-large', total.toFixed(), limits.totalNotionalUsdtMax)
  if (!free.gte(limits.freeMarginUsdtMin))
    return refuse('free-margin', free.toFixed(), limits.freeMarginUsdtMin)
  const fees = new Decimal(plan.expected?.feesUsdt ?? 0).neg()
  const broken =
    strainReason(exposure, limits) ?? lossReason(exposure, limits) ?? churnReason(exposure, limits, fees)
  return broken ?? (plan as Approved<Plan>)
}
