/** A hedge's journal as sentences. Milestones are what a person asks for; the rest is how each order went. */
import type { Answer } from '../../../api/rows/answers.ts'
import { amountText, priceText, qtyText } from '../../show/figures.ts'
import { reasonText } from '../../show/reasons.ts'
import { topState } from '../../show/state-words.ts'

/** A step of an actor's journal. */
export type StepRow = Pick<
  Answer<'/api/actors/{id}/transitions'>['rows'][number],
  'seq' | 'atMs' | 'event' | 'from' | 'to'
>

export type Chapter = {
  seq: number
  atMs: number
  text: string
  event: string
  tone: '' | 'good' | 'warn' | 'bad' | 'accent'
  isMilestone: boolean
  /** The state it came to, when that is another than before. */
  moved: string | null
}

type Facts = Record<string, unknown>
type Told = { text: string; tone?: Chapter['tone']; isMilestone?: boolean }

const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
const reason = (facts: Facts): string => (text(facts.because) ? `: ${reasonText(text(facts.because))}` : '')
const byWhom = (facts: Facts): string => (text(facts.by) ? ` by ${text(facts.by)}` : '')
const side = (leg: unknown): string => (leg === 'spot' ? 'spot' : 'perpetual')

const TOLD: Readonly<Record<string, (facts: Facts) => Told>> = {
  'actor.born': ({ input }) => {
    const plan = ((input as Facts | undefined)?.plan ?? {}) as Facts
    const expected = (plan.expected ?? {}) as Facts
    return {
      text: `Planned: ${qtyText(text(plan.targetBaseQty) || '0')} ${text(plan.baseCoin)}, about ${amountText(text(plan.notionalUsdt) || '0', 0)} USDT; expected net ${amountText(text(expected.netUsdt) || '0', 2, true)} USDT over ${text(expected.horizonHours)} h`,
      isMilestone: true,
    }
  },
  'plan.confirmed': () => ({ text: 'The plan still held: the legs are worked', isMilestone: true }),
  'plan.refused': facts => ({ text: `Not entered${reason(facts)}`, tone: 'warn', isMilestone: true }),
  'step.order': facts => {
    const order = (facts.order ?? {}) as Facts
    return {
      text: `${text(order.side)} ${qtyText(text(order.qty) || '0')} on ${side(order.leg)}, limit ${priceText(text(order.limitPrice) || '0')}${reason(facts)}`,
    }
  },
  'step.wait': facts => ({ text: `Waited${reason(facts)}` }),
  'step.done': () => ({ text: 'The legs are where they should be: asked the exchange' }),
  'step.unwind': facts => ({ text: `Gave up and unwound${reason(facts)}`, tone: 'warn', isMilestone: true }),
  'step.stuck': facts => ({ text: `Stuck${reason(facts)}`, tone: 'bad', isMilestone: true }),
  'order.accepted': ({ orderLinkId }) => ({ text: `The exchange took order ${text(orderLinkId)}` }),
  'order.open': ({ orderLinkId }) => ({ text: `Order ${text(orderLinkId)} is still open` }),
  'order.rejected': ({ orderLinkId, reason: why, detail }) => ({
    text: `Order ${text(orderLinkId)} was rejected: ${text(why)}, ${text(detail)}`,
    tone: 'warn',
    isMilestone: true,
  }),
  'order.unknown': ({ orderLinkId, cause }) => ({
    text: `No clear answer about order ${text(orderLinkId)} (${text(cause)}): asked the exchange about it`,
    tone: 'warn',
    isMilestone: true,
  }),
  'order.absent': ({ orderLinkId }) => ({
    text: `The exchange knows no order ${text(orderLinkId)}`,
    tone: 'warn',
  }),
  'order.unanswered': ({ orderLinkId, cause }) => ({
    text: `No answer about order ${text(orderLinkId)} (${text(cause)})`,
    tone: 'warn',
  }),
  'order.closed': ({ leg, base, cashUsdt, feesUsdt }) => ({
    text: `Filled on ${side(leg)}: ${qtyText(text(base) || '0')} coins for ${amountText(text(cashUsdt) || '0', 2, true)} USDT, fee ${amountText(text(feesUsdt) || '0', 4)}`,
  }),
  'legs.verified': () => ({ text: 'The exchange shows the same', tone: 'good' }),
  'legs.differ': ({ detail }) => ({
    text: `The exchange shows something else: ${text(detail)}`,
    tone: 'bad',
    isMilestone: true,
  }),
  'legs.found': ({ detail }) => ({
    text: `Found on the exchange: ${text(detail)}`,
    tone: 'warn',
    isMilestone: true,
  }),
  'funding.settled': ({ amountUsdt }) => ({
    text: `Funding ${amountText(text(amountUsdt) || '0', 4, true)} USDT`,
    tone: Number(text(amountUsdt)) >= 0 ? 'good' : 'bad',
    isMilestone: true,
  }),
  'hedge.unwind': facts => ({
    text: `Told to unwind${byWhom(facts)}${reason(facts)}`,
    tone: 'accent',
    isMilestone: true,
  }),
  'hedge.rebalance': facts => ({
    text: `Told to level the legs${byWhom(facts)}`,
    tone: 'accent',
    isMilestone: true,
  }),
  'hedge.retry': facts => ({ text: `Told to try again${byWhom(facts)}`, tone: 'accent', isMilestone: true }),
  'hedge.adopt': facts => ({
    text: `Told to take the exchange's word for what is held${byWhom(facts)}`,
    tone: 'accent',
    isMilestone: true,
  }),
}

const ARRIVED: Readonly<Record<string, { text: string; tone: Chapter['tone'] }>> = {
  hedged: { text: 'Hedged: both legs stand level', tone: 'good' },
  unwinding: { text: 'Unwinding: both legs are being closed', tone: 'warn' },
  closed: { text: 'Closed: nothing is held', tone: 'good' },
  failed: { text: 'Failed: it waits for a person', tone: 'bad' },
}

/** The newest first. */
export const storyOf = (steps: readonly StepRow[]): Chapter[] => steps.map(chapterOf).toReversed()

function chapterOf({ seq, atMs, event, from, to }: StepRow): Chapter {
  const { type } = event
  const told = TOLD[type]?.(event) ?? { text: type.replace(/^xstate\.after\..*$/, 'Time passed') }
  const hasMoved = topState(from) !== topState(to)
  const arrived = hasMoved ? ARRIVED[topState(to)] : undefined
  return {
    seq,
    atMs,
    event: type,
    text: arrived && !told.text.startsWith(arrived.text) ? `${told.text}. ${arrived.text}` : told.text,
    tone: arrived?.tone ?? told.tone ?? '',
    isMilestone: hasMoved || (told.isMilestone ?? false),
    moved: from === to ? null : to,
  }
}
