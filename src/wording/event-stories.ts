/** Events in words, from their own fields. One this file does not know is shown by its name and its reason. */
import type { Json, JsonObject } from '../domain/json.ts'
import { amountText, exactText } from './figures.ts'
import { spokenReason } from './reasons.ts'

const text = (value: Json | undefined): string => (value === undefined || value === null ? '' : String(value))
const object = (value: Json | undefined): JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
/** Orders are told by their last part: the hedge's own number is known. */
export const shortOrder = (id: Json | undefined) => text(id).replace(/^\d+-/, '')
const because = (event: JsonObject) => {
  const why = spokenReason(text(event.because) || text(event.detail) || text(event.cause))
  return why === '' ? '' : `: ${why}`
}
const by = ({ by: name }: JsonObject) => (name ? ` by ${text(name)}` : '')

const SAYS: Readonly<Record<string, (event: JsonObject) => string>> = {
  'actor.born': event => bornText(object(event.input)),
  'plan.confirmed': () => 'the plan still holds: enters',
  'plan.refused': event => `the plan no longer holds${because(event)}`,
  'step.order': event => {
    const { leg, side, qty, limitPrice, reduceOnly } = object(event.order)
    const verb = side === 'Buy' ? 'buys' : 'sells'
    const where = leg === 'perp' ? 'perpetual' : 'spot'
    return `${verb} ${exactText(text(qty))} ${where} at ${exactText(text(limitPrice))} or better${reduceOnly ? ', only reducing' : ''}${because(event)}`
  },
  'step.wait': event => `waits${because(event)}`,
  'step.done': () => 'both legs are where they should be: asks the exchange',
  'step.unwind': event => `unwinds${because(event)}`,
  'step.stuck': event => `cannot go on${because(event)}`,
  'order.accepted': event => `${shortOrder(event.orderLinkId)} was accepted`,
  'order.rejected': event =>
    `${shortOrder(event.orderLinkId)} was rejected, ${text(event.reason)}${because(event)}`,
  'order.unknown': event =>
    `${shortOrder(event.orderLinkId)}: no clear answer${because(event)}; asks about it`,
  'order.open': event => `${shortOrder(event.orderLinkId)} is still open`,
  'order.closed': event =>
    `${shortOrder(event.orderLinkId)} ended: ${signedQty(event.base)} coins for ${amountText(text(event.cashUsdt), { places: 4, sign: true })} USDT, fee ${amountText(text(event.feesUsdt), { places: 4 })}`,
  'order.absent': event => `${shortOrder(event.orderLinkId)} is unknown to the exchange`,
  'order.unanswered': event => `${shortOrder(event.orderLinkId)}: asked, no answer${because(event)}`,
  'legs.verified': () => 'the exchange shows both legs as they should be',
  'legs.differ': event => `the exchange shows something else${because(event)}`,
  'legs.found': event =>
    `takes over what the exchange shows: ${text(event.spotBase)} spot, ${text(event.perpBase)} perpetual`,
  'funding.settled': event =>
    `${amountText(text(event.amountUsdt), { places: 4, sign: true })} USDT of funding`,
  'hedge.unwind': event => `told to unwind${by(event)}${because(event)}`,
  'hedge.rebalance': event => `told to rebalance${by(event)}`,
  'hedge.retry': event => `told to try again${by(event)}`,
  'hedge.adopt': event => `told to take over what the exchange shows${by(event)}`,
  'hedge.moved': event => `hedge ${text(event.hedgeId)} is ${text(event.state)}${because(event)}`,
  'hedge.granted': event => `was granted hedge ${text(event.hedgeId)}`,
  'hedge.refused': event => `was refused a hedge${because(event)}`,
  'carry.tempting': event => `tempting${because(event)}`,
  'exit.wanted': event => `wants out${because(event)}`,
  'reconcile.finished': event =>
    Array.isArray(event.findings) && event.findings.length > 0
      ? `reconciled with the exchange: ${event.findings.join('; ')}`
      : 'reconciled with the exchange: nothing differed',
  'engine.halt': event => `halted${by(event)}${because(event)}`,
  'engine.resume': event => `halt ended${by(event)}`,
  'engine.flatten': event => `told to flatten${by(event)}`,
}

export function eventText(event: JsonObject): string {
  const type = text(event.type)
  const says = SAYS[type]
  if (says) return says(event)
  const timer = /^xstate\.after\.(\w+)/.exec(type)?.[1]
  if (timer) return `waited long enough (${/^\d+$/.test(timer) ? `${timer} ms` : timer})`
  return `${type}${by(event)}${because(event)}`
}

const signedQty = (value: Json | undefined) => exactText(text(value))

function bornText(input: JsonObject): string {
  const plan = object(input.plan)
  if (plan.targetBaseQty === undefined) return 'was born'
  const expected = object(plan.expected)
  return (
    `planned: ${exactText(text(plan.targetBaseQty))} ${text(plan.baseCoin)}, ${amountText(text(plan.notionalUsdt))} USDT; ` +
    `${amountText(text(expected.netUsdt), { sign: true })} USDT net expected in ${text(expected.horizonHours)} h`
  )
}
