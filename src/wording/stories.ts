/**
 * States of a chart in words and tones, and steps of a journal as sentences, from their own fields: the same in terminal,
 * alerts and pages. Milestones are what a person asks for; the rest is how each order went.
 */
import { amountText, countText, lengthText, percentText, priceText, qtyText } from './figures.ts'
import { LEGS } from './hedges.ts'
import { spokenReason } from './reasons.ts'

const TONES: Readonly<Record<string, string>> = {
  trading: 'good',
  hedged: 'good',
  entering: 'accent',
  unwinding: 'warn',
  reducing: 'warn',
  reconciling: 'warn',
  halted: 'warn',
  stopping: 'warn',
  booting: 'warn',
  stale: 'warn',
  delisted: 'warn',
  failed: 'bad',
  quarantined: 'bad',
}

/**
 * A symbol that may not be traded for now is `failed` to its chart. People read what it is: nothing failed, and nobody has to
 * do anything.
 */
export const plainState = (state: string): string => state.replace(/^failed\.(?=(stale|delisted)\b)/, '')

/** The first part, as people read it. */
export const topState = (state: string): string => /^[\w-]*/.exec(plainState(state))?.[0] ?? ''

/** `entering.work.ordering | entering.spot.sending | entering.perp.quiet` → `work ordering · spot sending`. */
export function innerState(state: string): string {
  return (
    plainState(state)
      .split(' | ')
      .map(part =>
        part
          .split('.')
          .slice(1)
          .join(' ')
          .replace(/^spreadOrder\b/, 'both legs'),
      )
      // A region that rests says nothing of where the hedge is.
      .filter(part => part !== '' && !part.endsWith(' quiet'))
      .join(' · ')
  )
}

/** The tone of a state's first part; '' for none. */
export const stateTone = (state: string): string => TONES[topState(state)] ?? ''

type StoryTone = '' | 'good' | 'warn' | 'bad' | 'accent'
export type Story = { text: string; tone: StoryTone; isMilestone: boolean }
/** An event's own fields. */
type Facts = Readonly<Record<string, unknown>>
type Step = { event: Facts; from: string; to: string }

const text = (value: unknown): string =>
  value === undefined || value === null || typeof value === 'object' ? '' : String(value)
const object = (value: unknown): Facts =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Facts) : {}
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(each => text(each)) : [])
const because = (event: Facts): string => {
  const why = spokenReason(
    text(event.because) || text(event.detail) || text(event.cause) || text(event.error),
  )
  return why === '' ? '' : `: ${why}`
}
/** What else tempted when a symbol was offered. */
const beside = (value: unknown): string => {
  const others = (Array.isArray(value) ? value : []).map(object)
  const told = others.map(({ symbol, apr }) => `${text(symbol)} ${percentText(Number(apr))} a year`)
  return told.length === 0 ? '' : `; next best: ${told.join(', ')}`
}
const by = ({ by: name }: Facts): string => (name ? ` by ${text(name)}` : '')
/** Orders go by their last part: whose they are is known where they are read. */
export const shortOrder = (id: unknown): string => text(id).replace(/^[0-9A-Za-z]{10}-/, '')
const orderName = (event: Facts): string => `order ${shortOrder(event.orderLinkId)}`
const legName = (leg: unknown): string => LEGS[text(leg)] ?? text(leg)
const usdt = (value: unknown, places = 4): string => `${amountText(text(value), { places, sign: true })} USDT`

type Tell = (event: Facts) => string
type Told = Tell | readonly [tone: StoryTone, tell: Tell]

/** A plain sentence is a detail; one with a tone is a milestone. */
const STORIES: Readonly<Record<string, Told>> = {
  'actor.born': ['', event => bornText(object(event.input))],

  'plan.confirmed': ['', () => 'the plan still holds: starts to open the legs'],
  'plan.refused': ['warn', event => `not entered${because(event)}`],
  'step.order': event =>
    [event.order, event.parallelOrder]
      .flatMap(order => (order ? [orderStory(object(order))] : []))
      .join(', and at the same time ') + because(event),
  'step.rest': event => `keeps the resting order${because(event)}`,
  'step.cancel': event => `cancels the resting order${because(event)}`,
  'step.wait': event => `waits${because(event)}`,
  'step.done': event => `both legs are as they should be${because(event)}: checks with the exchange`,
  'step.unwind': ['warn', event => `decides to unwind${because(event)}`],
  'step.stuck': ['bad', event => `cannot go on${because(event)}`],
  'order.accepted': event => `the exchange accepted ${orderName(event)}`,
  'order.rejected': [
    'warn',
    event => `${orderName(event)} was rejected, ${text(event.reason)}${because(event)}`,
  ],
  'order.unknown': [
    'warn',
    event => `no clear answer about ${orderName(event)}${because(event)}; asks about it`,
  ],
  'order.open': event => `${orderName(event)} is still open${soFar(event)}`,
  'order.filled': event => `${orderName(event)} was filled in part${soFar(event)}`,
  'order.closed': event => closedText(event),
  'order.absent': ['warn', event => `the exchange has no ${orderName(event)}`],
  'order.unanswered': ['warn', event => `asked about ${orderName(event)}, no answer${because(event)}`],
  'legs.verified': ['good', () => 'the exchange shows both legs as they should be'],
  'legs.differ': ['bad', event => `the exchange shows something else${because(event)}`],
  'legs.found': [
    'warn',
    event =>
      `takes over what the exchange shows: ${qtyText(text(event.spotBase))} coins on spot, ${qtyText(text(event.perpBase))} on the perpetual${because(event)}`,
  ],
  'legs.owing': ['warn', event => `flat, but a debt of the coin is left${because(event)}`],
  'leg.taken': [
    'bad',
    event =>
      `the exchange itself closed ${qtyText(text(event.base).replace('-', ''))} coins of the ${legName(event.leg)}: ${text(event.cause).replace('adl', 'auto-deleveraging')}`,
  ],
  'interest.accrued': event => `interest on the debt: ${qtyText(text(event.base))} coins`,
  'funding.settled': ['good', event => `funding ${usdt(event.amountUsdt)}`],
  'failed.held': ['warn', () => 'failed, and left as it is until a person decides'],
  'failed.level': ['warn', () => 'failed: levels its legs again'],
  'hedge.unwind': ['accent', event => `asked to unwind${by(event)}${because(event)}`],
  'hedge.unwind-part': [
    'accent',
    event =>
      `asked to close ${percentText(Number(text(event.share)), { places: 0 })} of it${by(event)}${because(event)}`,
  ],
  'hedge.rebalance': ['accent', event => `asked to level the legs${by(event)}`],
  'hedge.retry': ['accent', event => `asked to try again${by(event)}`],
  'hedge.adopt': ['accent', event => `asked to take over what the exchange shows${by(event)}`],
  'hedge.cancel-resting': ['', event => `asked to cancel its resting order${by(event)}`],

  'hedge.moved': ['', event => `hedge ${text(event.hedgeId)} is ${text(event.state)}${because(event)}`],
  'hedge.granted': ['good', event => `was granted hedge ${text(event.hedgeId)}`],
  'hedge.refused': event => `was refused a hedge${because(event)}`,
  'hedge.wanted': event => `${text(event.symbol)} asks for a hedge`,
  'hedge.planned': ['', event => bornText(event)],
  'hedge.unplanned': event => `no plan for ${text(event.symbol)}${because(event)}`,
  'hedge.over': ['', event => `hedge ${text(event.hedgeId)} has ended`],
  'hedge.shrunk': [
    '',
    event =>
      `a part of hedge ${text(event.hedgeId)} was closed: the rest binds ${amountText(text(event.reserveUsdt))} USDT`,
  ],
  'carry.tempting': ['', event => `tempting${because(event)}${beside(event.beside)}`],
  'exit.wanted': ['warn', event => `should be closed${because(event)}`],
  'data.stale': event => `its market data is stale${because(event)}`,
  'data.fresh': () => 'its market data is fresh again',
  'symbol.delisted': ['warn', event => `is being delisted${because(event)}`],
  'symbol.quarantine': ['accent', event => `quarantined${by(event)}${because(event)}`],
  'symbol.release': ['accent', event => `released from quarantine${by(event)}`],
  'symbol.unwind': ['accent', event => `asked to unwind its hedge${by(event)}${because(event)}`],

  'desk.open': ['good', () => 'may open hedges'],
  'desk.close': ['warn', event => `may open no hedge${because(event)}`],
  'desk.flatten': ['accent', event => `closes every hedge${because(event)}`],
  'desk.flat': [
    'good',
    event =>
      list(event.left).length > 0
        ? `every hedge is closed, but the exchange still shows ${list(event.left).join('; ')}`
        : 'every hedge is closed, and the exchange shows nothing of ours',
  ],
  'desk.relieve': [
    'warn',
    event => `unwinds ${countText(list(event.hedgeIds).length, 'hedge')} to free margin${because(event)}`,
  ],
  'flat.verified': event =>
    list(event.left).length > 0
      ? `the exchange still shows ${list(event.left).join('; ')}`
      : 'the exchange shows nothing left',
  'flat.unread': event => `could not check that nothing is left${because(event)}`,

  'engine.started': ['', () => 'started'],
  'engine.stop': ['accent', event => `asked to stop${by(event)}`],
  'engine.halt': ['accent', event => `halted${by(event)}${because(event)}`],
  'engine.resume': ['accent', event => `resumed${by(event)}`],
  'engine.reconcile': event => `compares with the exchange${because(event)}`,
  'engine.flatten': ['accent', event => `asked to flatten${by(event)}`],
  'tree.started': () => 'all actors are running',
  'tree.failed': ['bad', event => `actors could not be started${because(event)}`],
  'account.up': ['good', () => 'the private stream is up'],
  'account.down': ['warn', event => `the private stream is down${because(event)}`],
  'reconcile.finished': [
    'good',
    event => `reconciled with the exchange: ${list(event.findings).join('; ') || 'nothing differed'}`,
  ],
  'reconcile.failed': ['warn', event => `could not reconcile with the exchange${because(event)}`],
  'risk.judged': event => `risk judged: ${text(event.state)}${because(event)}`,

  'children.ensure': event =>
    `starts ${countText(Array.isArray(event.children) ? event.children.length : 0, 'actor')}`,
  'child.done': event => `${text(event.id)} is done`,
  'child.failed': ['warn', event => `${text(event.id)} failed${because(event)}`],
  'child.restarted': ['', event => `${text(event.id)} was started again`],
  'child.release': ['accent', event => `${text(event.id)} was released from quarantine${by(event)}`],
}

/** The events that have words of their own. */
export const TOLD_EVENTS: readonly string[] = Object.keys(STORIES)

/** One event as a sentence without its full stop. One this file does not know goes by its name and its reason. */
export const eventText = (event: Facts): string => storyOfEvent(event).text

function storyOfEvent(event: Facts): Story {
  const type = text(event.type)
  const told = STORIES[type]
  if (typeof told === 'function') return { text: told(event), tone: '', isMilestone: false }
  if (told) return { text: told[1](event), tone: toneOf(type, told[0], event), isMilestone: true }
  const timer = /^xstate\.after\.(\w+)/.exec(type)?.[1]
  if (timer) return { text: timerText(timer), tone: '', isMilestone: false }
  return { text: `${type}${by(event)}${because(event)}`, tone: '', isMilestone: false }
}

const toneOf = (type: string, tone: StoryTone, { amountUsdt, left }: Facts): StoryTone => {
  if (type === 'funding.settled' && Number(text(amountUsdt)) < 0) return 'bad'
  return type === 'desk.flat' && list(left).length > 0 ? 'bad' : tone
}

const TIMERS: Readonly<Record<string, string>> = {
  AGAIN: 'tries again',
  ASK_AGAIN_PERP: 'asks about the order again',
  ASK_AGAIN_SPOT: 'asks about the order again',
  ASK_AGAIN_SPREAD_ORDER: 'asks about the order again',
  BIDE: 'looks at the resting order again',
  COOL_DOWN: 'the cool-down is over',
  DECIDE_AGAIN: 'looks again',
  DESK_ANSWER: 'the desk did not answer',
  ENTRY_DEADLINE: 'the entry deadline has passed',
  FAILED_AGAIN: 'tries again',
  FLAT_AGAIN: 'checks again that the exchange shows nothing of ours',
  FLATTEN_MAX: 'flattening takes too long: checks what is left',
  ORDER_SILENCE: 'no answer about the order in time: asks about it',
  READ_AGAIN: 'reads the exchange again',
  REFUSED_PAUSE: 'may ask for a hedge again',
  REPAY_AGAIN: 'tries to repay again',
  REST_SILENCE: 'no word of the resting order in time: asks about it',
  VERIFY_AGAIN: 'asks the exchange again',
}
/** Timers of charts that have words of their own. */
export const TOLD_TIMERS: readonly string[] = Object.keys(TIMERS)

const timerText = (timer: string): string =>
  TIMERS[timer] ??
  (/^\d+$/.test(timer)
    ? `${lengthText(Number(timer))} have passed`
    : `timer: ${timer.toLowerCase().replaceAll('_', ' ')}`)

const ARRIVED: Readonly<Record<string, { text: string; tone: StoryTone }>> = {
  hedged: { text: 'hedged: both legs are level', tone: 'good' },
  unwinding: { text: 'unwinding: both legs are being closed', tone: 'warn' },
  closed: { text: 'closed: nothing is held', tone: 'good' },
  failed: { text: 'failed: it needs a person', tone: 'bad' },
}

/** A step of a hedge: what happened and, where that changed its phase, where it arrived. */
export function hedgeStory({ event, from, to }: Step): Story {
  const told = storyOfEvent(event)
  if (topState(from) === topState(to)) return told
  const arrived = ARRIVED[topState(to)]
  if (!arrived) return { ...told, isMilestone: true }
  return { text: `${told.text}; ${arrived.text}`, tone: arrived.tone, isMilestone: true }
}

function orderStory({ leg, side, qty, limitPrice, reduceOnly, rests, borrow }: Facts): string {
  const buys = side === 'Buy'
  const amount = qtyText(text(qty))
  const limit = `${priceText(text(limitPrice))}${rests ? '' : ' or better'}`
  const how = `${rests ? ', resting in the order book' : ''}${reduceOnly ? ', reduce-only' : ''}`
  // Bybit's spread order is priced and named by the perpetual's side: the spot leg goes the other way.
  if (leg === 'spreadOrder')
    return `spread order: ${buys ? 'sells' : 'buys'} ${amount} coins on spot and ${buys ? 'buys' : 'sells'} as many of the perpetual, at a spread of ${limit}${how}`
  return `${buys ? 'buys' : borrow ? 'borrows and sells' : 'sells'} ${amount} ${leg === 'perp' ? 'of the perpetual' : 'coins on spot'} at ${limit}${how}`
}

const outcome = ({ base, cashUsdt, feesUsdt }: Facts): string =>
  `${qtyText(text(base))} coins for ${usdt(cashUsdt)}, fee ${amountText(text(feesUsdt), { places: 4 })} USDT`

/** What it did to its leg, or to both. */
function closedText(event: Facts): string {
  const legs = object(event.legs)
  const [spot, perp] = [object(legs.spot), object(legs.perp)]
  const did =
    event.leg === 'spreadOrder' ? `spot ${outcome(spot)}; perpetual ${outcome(perp)}` : outcome(event)
  const moved = event.leg === 'spreadOrder' ? Number(text(spot.base)) : Number(text(event.base))
  return moved === 0
    ? `${orderName(event)} ended without a fill`
    : `${orderName(event)} was filled on ${legName(event.leg)}: ${did}`
}

const soFar = (event: Facts): string => {
  const { filledQty } = object(event.soFar)
  return filledQty === undefined ? '' : `, ${qtyText(text(filledQty))} so far`
}

function bornText(input: Facts): string {
  const plan = object(input.plan)
  if (plan.targetBaseQty === undefined) return 'was created'
  const expected = object(plan.expected)
  return (
    `planned: ${qtyText(text(plan.targetBaseQty))} ${text(plan.baseCoin)}, ${amountText(text(plan.notionalUsdt))} USDT; ` +
    `${amountText(text(expected.netUsdt), { sign: true })} USDT net expected in ${text(expected.horizonHours)} h`
  )
}
