/** The private stream: rows of V5 become facts of the account. */
import type { AccountFact, Subscription } from '../../exchange.ts'
import type { Report } from '../pages.ts'
import { coinBalance, position } from '../translate/account.ts'
import { failureOf } from '../translate/errors.ts'
import { integerAt, type Row, rowsAt } from '../translate/fields.ts'
import { fill, marketOf, orderReport } from '../translate/orders.ts'
import { spreadReport } from '../translate/spreads.ts'
import type { Wire } from '../wire/wire.ts'
import { type LegFills, legFillJoin } from './leg-fills.ts'

const OWN = ['order', 'execution', 'position', 'wallet'] as const
const SPREADS = ['spread.order', 'spread.execution'] as const
/** A topic of one category is the same thing; `execution.fast` is not: it lacks fees and causes. */
const OURS =
  /^((order|execution|position|wallet)(\.(spot|linear|inverse|option))?|spread\.(order|execution))$/

const fillFact = (one: ReturnType<typeof fill>): AccountFact => ({ kind: 'fill', fill: one })

/** A spread order's legs come twice: here without their order's name, and as `spread.execution`, which counts. */
const isLegOfSpread = (row: Row): boolean => row.execType === 'FutureSpread'

/** What each private topic's rows become; rows of inverse and option accounts are not ours. */
function accountFactsOf(message: Row, legs: LegFills): AccountFact[] {
  const topic = String(message.topic)
  const rows = rowsAt(message, 'data')
  const atMs = integerAt(message, 'creationTime')
  // Of a spread order's rows the combination's is the order; its legs' own orders have no name.
  if (topic === 'spread.order')
    return rows
      .filter(row => row.category === 'combination')
      .map(row => ({ kind: 'order', report: spreadReport(row) }))
  if (topic === 'spread.execution') return rows.flatMap(row => legs.take(row)).map(fillFact)
  switch (topic.split('.')[0]) {
    case 'order':
      return rows.flatMap(row => {
        const market = marketOf(row)
        return market ? [{ kind: 'order' as const, report: orderReport(row, market) }] : []
      })
    case 'execution':
      return rows.flatMap(row => {
        const market = marketOf(row)
        return market && !isLegOfSpread(row) ? [fillFact(fill(row, market))] : []
      })
    case 'position':
      return rows
        .filter(row => marketOf(row) === 'linear')
        .map(row => ({ kind: 'position' as const, position: position(row, atMs) }))
    default:
      return rows.map(row => ({ kind: 'wallet' as const, coins: rowsAt(row, 'coin').map(coinBalance) }))
  }
}

/** The account's orders, fills, positions and balances. An unreadable message is said as a drop: facts were lost with it. */
export function watchAccount(
  wire: Wire,
  hear: (fact: AccountFact) => void,
  { report }: { report: Report },
): Subscription {
  const legs = legFillJoin(report)
  const down = (cause: string) => {
    legs.forget()
    hear({ kind: 'down', cause })
  }
  return wire.privateStream(wire.spreads === false ? OWN : [...OWN, ...SPREADS], {
    message(message) {
      const topic = String(message.topic)
      if (!OURS.test(topic)) return report('unknown-topic', `private ${topic}`)
      let facts: AccountFact[]
      try {
        facts = accountFactsOf(message, legs)
      } catch (error) {
        const cause = failureOf(error, `unreadable ${topic}`).message
        report('garbage', `private: ${cause}`)
        down(cause)
        return hear({ kind: 'up' })
      }
      for (const fact of facts) hear(fact)
    },
    up: () => hear({ kind: 'up' }),
    down,
  })
}
