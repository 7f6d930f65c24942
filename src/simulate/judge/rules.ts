/**
 * What must hold after a day, rule by rule. A rule that the engine does not hold yet is judged all the same, with what it waits
 * for: its findings are told apart and fail no day.
 */
import { Decimal } from 'decimal.js'
import type { HedgeContext } from '../../../machines/hedge/context.ts'
import { ownerOfOrder } from '../../domain/legs/order.ts'
import type { LimitRules } from '../../domain/rules.ts'
import type { Legs, OrderSeen, Witness } from './witness.ts'

type HedgeSeen = { id: string; state: string; because: string; plan: HedgeContext['plan'] }

/** All that is known once everything should be at rest. */
type Seen = {
  /** Milliseconds from the end of faults to rest; undefined when it did not come. */
  restMs: number | undefined
  /** What the plan asked for and the exchange could not do. */
  refused: readonly string[]
  fatals: readonly string[]
  hedges: readonly HedgeSeen[]
  witness: Pick<Witness, 'orders' | 'again' | 'usdtOwed' | 'stretches' | 'legs' | 'openOrders' | 'leastUsdt'>
  /** Per coin; undefined when the books could not be read. */
  residuals: Readonly<Record<string, string>> | undefined
  /** Rows of postings that nobody can explain. */
  suspense: readonly string[]
  replay: readonly string[]
  limits: LimitRules
}

type Rule = {
  /** Why its findings do not fail a day yet. */
  waitsFor?: string
  /** In words; empty when it holds. */
  broken(seen: Seen): string[]
}

/** A person is called and acts within this; what stands apart for longer was given up. */
const UNHEDGED_SECONDS_MAX = 120

const RULES = {
  planned: { broken: ({ refused }) => refused.map(text => `the day could not be: ${text}`) },
  rest: {
    broken: ({ restMs }) =>
      restMs === undefined ? ['no rest within the time allowed after faults stopped'] : [],
  },
  fatal: { broken: ({ fatals }) => fatals.map(text => `fatal: ${text}`) },
  ended: {
    broken: ({ hedges }) =>
      hedges
        .filter(({ state }) => !/^(closed|hedged\.watching)/.test(state))
        .map(({ id, state, because }) => `${id} ended ${state}: ${because}`),
  },
  level: { broken: ({ witness, hedges }) => legsApart(witness, hedges).map(apartText) },
  'dust is below the smallest order': {
    waitsFor: 'a surplus that is sold once it is worth an order',
    broken: ({ witness }) =>
      witness
        .legs()
        .map(({ symbol, netted }) => ({ symbol, ...netted }))
        .filter(
          ({ lots, symbol, notionalUsdt }) => lots.abs().gte(1) && notionalUsdt >= witness.leastUsdt(symbol),
        )
        .map(apartText),
  },
  'coins of people are theirs': {
    waitsFor: 'the debt of a hedge told apart from coins that people bought',
    broken: ({ witness }) =>
      witness
        .legs()
        .filter(({ lots, netted }) => lots.abs().minus(netted.lots.abs()).gte(1))
        .map(apartText),
  },
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

/** Everything that does not hold, and what is not held to yet. */
export function judged(seen: Seen): { broken: string[]; notYet: string[] } {
  const found = { broken: [] as string[], notYet: [] as string[] }
  for (const [name, rule] of Object.entries<Rule>(RULES))
    for (const words of rule.broken(seen))
      if (rule.waitsFor === undefined) found.broken.push(words)
      else found.notYet.push(`${name}: ${words} (waits for ${rule.waitsFor})`)
  return found
}

type Apart = Pick<Legs, 'symbol' | 'lots' | 'notionalUsdt'>

const apartText = ({ symbol, lots, notionalUsdt }: Apart) =>
  `${symbol}: ${lots.toFixed(3)} lots apart, ${notionalUsdt.toFixed(2)} USDT`

/** The smallest order there can be, its value raised by the day itself. */
const DUST_USDT_MAX = 21

/**
 * Pairs with a lot or more apart. Too little for an order is dust: coins that the last long carry left over, or the surplus of each
 * debt that was bought back by the smallest order; and interest that has not yet grown to an order of the perpetual.
 */
export function legsApart(
  witness: Pick<Witness, 'legs'>,
  hedges: readonly Pick<HedgeSeen, 'state' | 'plan'>[],
): Apart[] {
  const far = witness.legs().map(({ symbol, netted }) => ({ symbol, ...netted }))
  return far.filter(({ symbol, lots, notionalUsdt }) => {
    if (lots.abs().lt(1)) return false
    const reverse = hedges.filter(({ plan }) => plan.symbol === symbol && plan.direction === 'reverse-carry')
    const closed = reverse.filter(({ state }) => state === 'closed').length
    const orders = lots.isNegative() ? reverse.length - closed : closed + 1
    return notionalUsdt > orders * DUST_USDT_MAX
  })
}

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
