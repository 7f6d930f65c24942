/**
 * Which hedge is left when the account must be made safer: one at a time, the one whose end helps most, then it is judged
 * again. Source: carry.md d.9 (reduce), e.7.
 */
import { Decimal } from 'decimal.js'
import { type AccountFacts, type HoldingFacts, type SolvencyRules, worstNearRate } from '../risk/solvency.ts'
import { type BaseQty, baseQty, usdt } from '../units.ts'

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
