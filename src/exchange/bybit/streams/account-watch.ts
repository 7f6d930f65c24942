/** The private stream: rows of V5 become facts of the account. */
import { type Fill, ownerOfOrder } from '../../../domain/legs/order.ts'
import type { AccountFact, Subscription } from '../../exchange.ts'
import { each, type Report } from '../pages.ts'
import { coinBalance, position } from '../translate/account.ts'
import { failureOf } from '../translate/errors.ts'
import { integerAt, type Row, rowsAt, textAt, textOrNone } from '../translate/fields.ts'
import { fill, legFill, marketOf, orderReport, type ParentOrder, spreadReport } from '../translate/orders.ts'
import type { Wire } from '../wire/wire.ts'

/** Executions remembered: far more than any burst of both halves. */
const KEPT_MAX = 2_000

type LegFills = {
  /** Takes one row of `spread.execution`; answers the fills that are now whole. */
  take(row: Row): Fill[]
  /** What waits is lost with the connection: the reconciliation that follows reads it. */
  forget(): void
}

function legFillJoin(report: (kind: string, detail: string) => void): LegFills {
  const spreadOrders = new Map<string, ParentOrder>()
  const waiting = new Map<string, Row[]>()

  function bound(map: Map<string, unknown>): void {
    const [oldest] = map.keys()
    if (map.size <= KEPT_MAX || oldest === undefined) return
    if (waiting.has(oldest)) report('nameless-leg', `no combination ${oldest} for its legs`)
    map.delete(oldest)
  }

  function name(row: Row): Fill[] {
    const execId = textAt(row, 'execId')
    const spreadOrder = { orderLinkId: textOrNone(row, 'orderLinkId'), orderId: textAt(row, 'orderId') }
    spreadOrders.set(execId, spreadOrder)
    const legs = waiting.get(execId) ?? []
    waiting.delete(execId)
    bound(spreadOrders)
    return legs.map(leg => legFill(leg, spreadOrder))
  }

  function wait(row: Row): Fill[] {
    const parent = textAt(row, 'parentExecId')
    const spreadOrder = spreadOrders.get(parent)
    if (spreadOrder) return [legFill(row, spreadOrder)]
    waiting.set(parent, [...(waiting.get(parent) ?? []), row])
    bound(waiting)
    return []
  }

  return {
    take: row => (row.category === 'combination' ? name(row) : wait(row)),
    forget: () => waiting.clear(),
  }
}

const OWN = ['order', 'execution', 'position', 'wallet'] as const
const SPREADS = ['spread.order', 'spread.execution'] as const
/** A topic of one category is the same thing; `execution.fast` is not: it lacks fees and causes. */
const OURS =
  /^((order|execution|position|wallet)(\.(spot|linear|inverse|option))?|spread\.(order|execution))$/

const fillFact = (one: ReturnType<typeof fill>): AccountFact => ({ kind: 'fill', fill: one })

/** A spread order's legs come twice: here without their order's name, and as `spread.execution`, which counts. */
const isLegOfSpread = (row: Row): boolean => row.execType === 'FutureSpread'

/**
 * May this row concern an order of ours? Our orders have names of ours; executions come without a name, too (a forced close, a
 * spread's leg).
 */
const mayBeOurs = (topic: string, { orderLinkId }: Row): boolean =>
  typeof orderLinkId !== 'string' ||
  (orderLinkId === '' && topic.includes('execution')) ||
  ownerOfOrder(orderLinkId) !== undefined

/** What one row of a private topic becomes; rows of inverse and option accounts are not ours. @throws ExchangeFailure */
function factsOfRow(topic: string, row: Row, { atMs, legs, report }: Around): AccountFact[] {
  // Of a spread order's rows the combination's is the order; its legs' own orders have no name.
  if (topic === 'spread.order')
    return row.category === 'combination' ? [{ kind: 'order', report: spreadReport(row) }] : []
  if (topic === 'spread.execution') return legs.take(row).map(fillFact)
  const kind = topic.split('.')[0]
  if (kind === 'wallet')
    return [{ kind: 'wallet', coins: each(rowsAt(row, 'coin'), coinBalance, report, 'unread-coin') }]
  const market = marketOf(row)
  if (!market) return []
  if (kind === 'order') return [{ kind: 'order', report: orderReport(row, market) }]
  if (kind === 'execution') return isLegOfSpread(row) ? [] : [fillFact(fill(row, market))]
  return market === 'linear' ? [{ kind: 'position', position: position(row, atMs) }] : []
}

type Around = { atMs: number; legs: LegFills; report: Report }

/**
 * The facts of one message, and why facts of ours were lost with it, if they were: a row that cannot be read costs itself, loudly,
 * and the stream's trust only when it may have been ours.
 */
function readMessage(
  message: Row,
  tools: Omit<Around, 'atMs'>,
): { facts: AccountFact[]; lost: string | undefined } {
  const topic = String(message.topic)
  const facts: AccountFact[] = []
  let lost: string | undefined
  try {
    const around = { ...tools, atMs: integerAt(message, 'creationTime') }
    for (const row of rowsAt(message, 'data')) {
      try {
        facts.push(...factsOfRow(topic, row, around))
      } catch (error) {
        const cause = failureOf(error, `unreadable ${topic}`).message
        tools.report('unread-row', `private: ${cause}`)
        if (/order|execution/.test(topic) && mayBeOurs(topic, row)) lost = cause
      }
    }
  } catch (error) {
    lost = failureOf(error, `unreadable ${topic}`).message
    tools.report('garbage', `private: ${lost}`)
  }
  return { facts, lost }
}

/** The account's orders, fills, positions and balances. Facts of ours that were lost are said as a drop. */
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
      const { facts, lost } = readMessage(message, { legs, report })
      for (const fact of facts) hear(fact)
      if (lost === undefined) return
      down(lost)
      hear({ kind: 'up' })
    },
    up: () => hear({ kind: 'up' }),
    down,
  })
}
