/** What must hold after a day, rule by rule. */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { ownerOfOrder } from '../../domain/legs/order.ts'
import type { LimitRules } from '../../domain/rules.ts'
import { isApart, type Legs, type OrderSeen, type Witness } from './witness.ts'

type HedgeSeen = { id: string; state: string; because: string; plan: HedgeContext['plan'] }

/** All that is known once everything should be at rest. */
type Seen = {
  /** Milliseconds from the end of faults to rest; undefined when it did not come. */
  restMs: number | undefined
  /** What the plan asked for and the exchange could not do. */
  refused: readonly string[]
  fatals: readonly string[]
  hedges: readonly HedgeSeen[]
  witness: Pick<
    Witness,
    'orders' | 'again' | 'usdtOwed' | 'stretches' | 'legs' | 'openOrders' | 'leastUsdt' | 'isSpotGone'
  >
  /** Per coin; undefined when the books could not be read. */
  residuals: Readonly<Record<string, string>> | undefined
  /** Rows of postings that nobody can explain. */
  suspense: readonly string[]
  replay: readonly string[]
  limits: LimitRules
}

type Rule = {
  /** In words; empty when it holds. */
  broken(seen: Seen): string[]
  /** What tells one such text from another, when the rule alone does not. */
  kind?(text: string): string
}

/** A person is called and acts within this; what stands apart for longer was given up. */
const UNHEDGED_SECONDS_MAX = 120

const RULES = {
  planned: { broken: ({ refused }) => refused.map(text => `the day could not be: ${text}`) },
  rest: {
    broken: ({ restMs }) =>
      restMs === undefined ? ['no rest within the time allowed after faults stopped'] : [],
  },
  fatal: {
    broken: ({ fatals }) => fatals.map(text => `fatal: ${text}`),
    // Without the instant it begins with, and names and figures.
    kind: text => text.replace(/^fatal: \S+ /, '').replace(/\S*\d\S*/g, '#'),
  },
  ended: {
    broken: ({ hedges, witness }) =>
      hedges
        .filter(({ state }) => !/^(closed|hedged\.watching)/.test(state))
        .filter(({ plan }) => !isStranded(plan, witness))
        .map(({ id, state, because }) => `${id} ended ${state}: ${because}`),
    kind: text => /ended ([a-z]+)/.exec(text)?.[1] ?? '',
  },
  level: { broken: ({ witness }) => legsApart(witness).map(apartText) },
  'no order left': {
    broken({ witness }) {
      const open = witness.openOrders()
      return open > 0 ? [`${open} orders still open`] : []
    },
  },
  'books tie out': {
    broken: ({ residuals }) =>
      residuals
        ? Object.entries(residuals).flatMap(([coin, left]) =>
            left === '0' ? [] : [`residual ${left} ${coin}`],
          )
        : ['the books could not be read'],
  },
  'postings explained': {
    broken: ({ suspense: [first, ...more] }) =>
      first === undefined ? [] : [`${more.length + 1} unexplained postings, the first of row ${first}`],
  },
  'one intent, one order': {
    broken: ({ witness }) => witness.again.map(name => `order ${name} arrived twice`),
  },
  'replay exact': { broken: ({ replay }) => replay.map(text => `replay: ${text}`) },
  'own orders only': {
    broken: ({ witness, hedges }) => witness.orders.flatMap(order => notOwn(order, hedges) ?? []),
  },
  'nothing borrowed': {
    broken: ({ witness: { usdtOwed } }) =>
      usdtOwed
        ? [
            `USDT was owed from ${new Date(usdtOwed.fromMs).toISOString()}, ${usdtOwed.most.toFixed(2)} at most`,
          ]
        : [],
  },
  'unhedged is bounded': {
    broken({ witness, limits }) {
      const most = Number(limits.unhedgedNotionalUsdtMax) * UNHEDGED_SECONDS_MAX
      return witness.stretches
        .filter(({ ableNotionalSeconds }) => ableNotionalSeconds > most)
        .map(
          ({ symbol, fromMs, ableNotionalSeconds }) =>
            `${symbol}: ${Math.round(ableNotionalSeconds)} USDT × seconds unhedged from ${new Date(fromMs).toISOString()}, expected at most ${most}`,
        )
    },
  },
} satisfies Readonly<Record<string, Rule>>

type BrokenRule = {
  text: string
  /** The rule, and what of its text tells one fault of the engine from another. */
  kind: string
}

/** Everything that does not hold. */
export const judged = (seen: Seen): BrokenRule[] =>
  Object.entries<Rule>(RULES).flatMap(([name, { broken, kind = () => '' }]) =>
    broken(seen).map(text => ({ text, kind: [name, kind(text)].filter(part => part !== '').join(': ') })),
  )

type Apart = Pick<Legs, 'symbol' | 'lots' | 'notionalUsdt'>

const apartText = ({ symbol, lots, notionalUsdt }: Apart) =>
  `${symbol}: ${lots.toFixed(3)} lots apart, ${notionalUsdt.toFixed(2)} USDT`

/** Pairs with a lot or more apart that an order could mend: coins worth less than the venue's smallest order are dust. */
export const legsApart = (witness: Pick<Witness, 'legs' | 'leastUsdt'>): Apart[] =>
  witness.legs().filter(legs => isApart(legs, witness.leastUsdt(legs.symbol)))

/** A debt whose market ended before it could be bought back: no order can end such a hedge; its legs stay level until a person has. */
export const isStranded = (
  { symbol, direction }: Pick<HedgeContext['plan'], 'symbol' | 'direction'>,
  witness: Pick<Witness, 'isSpotGone'>,
): boolean => direction === 'reverse-carry' && witness.isSpotGone(symbol)

/** What an order may exceed its plan by: a lot on either side, and coins that a fee took. */
const ROOM = '1.02'
/** The smallest order the exchange may ask for is allowed to any hedge. */
const SMALLEST_USDT = 25

/** Why an order is nobody's, or more than its hedge set out to trade. */
function notOwn({ name, qty, market, symbol }: OrderSeen, hedges: readonly HedgeSeen[]): string | undefined {
  const owner = ownerOfOrder(name)?.hedgeId
  const plan = hedges.find(({ plan: { hedgeId } }) => hedgeId === owner)?.plan
  if (!plan) return `order ${name}: no hedge claims it`
  const { targetBaseQty, perp, markPrice, dust = [] } = plan
  const coins = dust.reduce((sum, { base }) => sum.plus(base), new Decimal(targetBaseQty))
  const lot = new Decimal(perp.qtyStep).times(perp.multiplier)
  const smallest = new Decimal(SMALLEST_USDT).div(new Decimal(markPrice).div(perp.multiplier))
  const most = Decimal.max(coins.times(ROOM).plus(lot), smallest)
  return qty.gt(most)
    ? `order ${name}: ${qty.toFixed()} of ${market} ${symbol}, more than the ${most.toFixed()} of its hedge`
    : undefined
}
