/** No naked leg, hedged or flat, what others hold: promises 4, 5, 13. */
import { sabotage } from './sabotage.ts'

const HEDGE = 'test/machines/hedge/hedge.test.ts'
const WALK = 'test/machines/hedge/hedge-walk.test.ts'
const STEPS = 'test/domain/work/steps.test.ts'
const REPAIR = 'test/domain/work/repair.test.ts'
const SLICES = 'test/domain/work/slices.test.ts'
const OUTCOME = 'test/domain/work/leg-outcome.test.ts'
const SIDES = 'test/domain/legs/sides.test.ts'
const VERIFICATION = 'test/actors/trading/hedge-legs.test.ts'

export const LEGS = [
  sabotage(
    4,
    'a fee taken in the coin is not netted',
    'src/domain/work/leg-outcome.ts',
    [
      '(bought ? filled : filled.neg()).minus(feeBase)',
      '(bought ? filled : filled.neg()).minus(feeBase.times(0))',
    ],
    OUTCOME,
  ),
  sabotage(
    4,
    'one execution counts twice',
    'src/domain/work/leg-outcome.ts',
    ['[...new Map(fills.map(fill => [fill.execId, fill])).values()]', '[...fills]'],
    OUTCOME,
  ),
  sabotage(
    4,
    'a partial answer is taken for the whole fill',
    'src/domain/work/leg-outcome.ts',
    ['if (!filled.eq(report.filledQty)) return undefined', ''],
    OUTCOME,
  ),
  sabotage(
    4,
    'a contract of a thousand coins counts as one',
    'src/domain/work/leg-outcome.ts',
    ['(bought ? filled.neg() : filled).mul(plan.perp.multiplier)', '(bought ? filled.neg() : filled)'],
    OUTCOME,
  ),
  sabotage(
    4,
    'reverse carry counts its legs the wrong way round',
    'src/domain/work/leg-outcome.ts',
    ['baseQty(asLongCarry.mul(signOf(plan.direction)))', 'baseQty(asLongCarry)'],
    OUTCOME,
  ),
  sabotage(
    4,
    'reverse carry trades the wrong side',
    'src/domain/legs/sides.ts',
    [
      "((direction === 'long-carry') === (leg === 'spot')) === (way === 'in')",
      "(leg === 'spot') === (way === 'in')",
    ],
    SIDES,
  ),
  sabotage(
    4,
    'reduce-only is forgotten on the way out',
    'src/domain/legs/sides.ts',
    ["reduceOnly: leg === 'perp' && way === 'out'", 'reduceOnly: false'],
    SIDES,
    STEPS,
  ),
  sabotage(
    14,
    'a spot buy is sent as a margin order',
    'src/domain/legs/sides.ts',
    [
      "  direction === 'reverse-carry' && leg === 'spot' && way === 'in'",
      "  leg === 'spot' && way === 'in' && direction !== 'spread'",
    ],
    SIDES,
    'test/domain/work/routes.test.ts',
  ),
  sabotage(
    4,
    'the perpetual is rounded up beyond what spot covers',
    'src/domain/legs/balance.ts',
    [
      'const level = floorTo(Decimal.max(0, spotNetBase), lot)',
      'const level = floorTo(Decimal.max(0, spotNetBase), lot).plus(lot)',
    ],
    SLICES,
    STEPS,
  ),
  sabotage(
    4,
    'a perpetual beyond its spot counts as level',
    'src/domain/legs/balance.ts',
    ['if (missing.lt(0)) return false', 'if (missing.lt(0)) return true'],
    STEPS,
    HEDGE,
    'test/domain/work/remainders.test.ts',
  ),
  sabotage(
    4,
    'the next slice is opened while the last is unhedged',
    'src/domain/work/slices.ts',
    ["if (open.kind === 'order')", "if (open.kind === 'order' && open.order.qty === '')"],
    SLICES,
    STEPS,
  ),
  sabotage(
    4,
    'the time a leg may be naked is not looked at',
    'src/domain/work/repair.ts',
    [
      "breached: ageMs > limits.unhedgedMsMax ? 'time' : 'none'",
      "breached: ageMs > limits.unhedgedMsMax ? 'none' : 'none'",
    ],
    REPAIR,
  ),
  sabotage(
    4,
    'the notional a leg may be naked with is not looked at',
    'src/domain/work/repair.ts',
    [
      'if (new Decimal(notional).gt(limits.unhedgedNotionalUsdtMax))',
      'if (new Decimal(notional).gt(Number.MAX_VALUE))',
    ],
    REPAIR,
  ),
  sabotage(
    4,
    'a leg that the exchange took is built up again',
    'src/domain/work/repair.ts',
    ['repair: cut && !isShut ? undefined : completing', 'repair: completing'],
    REPAIR,
  ),
  sabotage(
    4,
    'a resting order stays in the book of a halted engine',
    'src/domain/work/entry-steps.ts',
    ['  if (refused) return refused\n', ''],
    'test/domain/work/entry-steps.test.ts',
  ),
  sabotage(
    4,
    'an unknown order is asked about only so often',
    'machines/hedge/setup.ts',
    [
      'return Math.max(askEveryMs, Math.min(ASK_MS_MAX, askEveryMs * slower))',
      'return context[leg].asks > asksMax ? 1e12 : Math.max(askEveryMs, Math.min(ASK_MS_MAX, askEveryMs * slower))',
    ],
    HEDGE,
  ),
  sabotage(
    5,
    'a failed hedge is never looked at again',
    'machines/hedge/hedge.ts',
    ["waiting: { after: { FAILED_AGAIN: 'considering' } }", 'waiting: {}'],
    HEDGE,
  ),
  sabotage(
    4,
    'what rests is left in the book when a hedge fails',
    'machines/hedge/hedge.ts',
    [
      "        { type: 'cancelOrder', params: left('spot') },\n        { type: 'cancelOrder', params: left('perp') },\n",
      '',
    ],
    HEDGE,
    WALK,
    'test/machines/hedge/hedge-routes.test.ts',
  ),
  sabotage(
    5,
    'a hedge counts as closed without a look at the exchange',
    'machines/hedge/hedge.ts',
    [
      "            { guard: 'isOfPresentLegs', target: 'verifying' },",
      "            { guard: 'isOfPresentLegs', target: onward.done },",
    ],
    HEDGE,
    WALK,
  ),
  sabotage(
    5,
    'a decision on legs that have changed is carried out',
    'machines/hedge/hedge.ts',
    ["            { guard: 'isOfOtherLegs', target: 'deciding', reenter: true },\n", ''],
    HEDGE,
    WALK,
  ),
  sabotage(
    13,
    'a position beyond the claim is called a broken leg',
    'src/domain/books/reconcile.ts',
    ["weight: missing ? 'broken' : 'information'", "weight: 'broken'"],
    'test/domain/books/reconcile.test.ts',
  ),
  sabotage(
    13,
    'reconciliation expects a reverse hedge to be short',
    'src/domain/books/reconcile.ts',
    ['gap.times(expected.isNegative() ? -1 : 1).isNegative()', 'gap.isNegative()'],
    'test/domain/books/reconcile.test.ts',
  ),
  sabotage(
    13,
    'more than the plan is taken over when a person adopts',
    'actors/trading/hedge-legs.ts',
    ['perpBase: baseQty(Decimal.max(hedge.perpBase, plan.targetBaseQty))', 'perpBase: shown.perpBase'],
    VERIFICATION,
  ),
  sabotage(
    13,
    'a missing leg passes for verified',
    'actors/trading/hedge-legs.ts',
    ['  if (Decimal.max(0, shown.perpBase).lt(perpBase))\n', '  if (Decimal.max(0, shown.perpBase).lt(0))\n'],
    VERIFICATION,
  ),
]
